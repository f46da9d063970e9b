"""Encoding an ICVP: the newest generation by default, and nothing that decoding only tolerates."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from hcert.errors import IssueError
from hcert.findings import Finding, finding, limit_findings
from hcert.fragments import fragment
from hcert.records.icvp import rules, schema
from hcert.records.icvp.decode import decode
from hcert.records.icvp.model import Generation, Icvp
from hcert.records.partial_date import PartialDate
from hcert.records.places import member_place
from hcert.records.signable import change_findings, refusals, type_findings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.fragments import Place
    from hcert.records.icvp.model import Dose
    from hcert.records.value_sets import ValueSets
    from hcert.records.who_payload import MemberSchema

_DAY_CHARACTERS: Final = 10  # of YYYY-MM-DD


def encode(record: Icvp, *, value_sets: ValueSets | None = None) -> dict[str, Any]:
    """Encode a record as the payload to sign in its generation, by these value sets (None: those of the package).

    Raises:
        IssueError: with a finding `record.*` for every rule that the record breaks.
    """
    found = type_findings(record)
    if found:
        raise IssueError(*found)
    if record.generation is Generation.A:
        raise IssueError.of("record.superseded_generation")
    generation_schema = schema.SCHEMAS[record.generation]
    payload = _members_to_wire(record, generation_schema.certificate)
    doses = [_members_to_wire(dose, generation_schema.dose) for dose in record.doses]
    found = list(_lost_member_findings(record, generation_schema.certificate, ""))
    for index, dose in enumerate(record.doses):
        found += _lost_member_findings(dose, generation_schema.dose, f"doses[{index}].")
    if record.generation is Generation.B:
        payload[generation_schema.doses] = doses
    elif len(doses) == 1:
        payload[generation_schema.doses] = doses[0]
    else:
        found.append(finding("record.schema", path=generation_schema.doses, problem=fragment("icvp.one_dose")))
    if found:
        raise IssueError(*found)
    found = list(rules.text_faults(record))
    try:
        read_back = _decode_to_issue(payload, value_sets)
    except IssueError as error:
        found += error.findings
    else:
        found += change_findings(record, read_back)
    if found:
        raise IssueError(*dict.fromkeys(found))
    return payload


def from_payload(payload: Any, *, value_sets: ValueSets | None = None) -> Icvp:
    """Return the record to issue of a payload in its JSON form (`{"n": ..., "dob": ..., "vx": {...}, "v": "1.0.0"}`).

    Args:
        payload: as a JSON parser returns it.
        value_sets: the codes that may be issued; those of the package if None.

    Raises:
        IssueError: with a finding `record.*` for every rule that the payload breaks.
    """
    record = _decode_to_issue(payload, value_sets)
    encode(record, value_sets=value_sets)
    unknown = limit_findings(finding("record.unknown_member", field=path) for path in _unknown_members(payload, record))
    if unknown:  # a record cannot hold them, and nothing may be lost silently
        raise IssueError(*unknown)
    return record


def _unknown_members(payload: dict[str, Any], record: Icvp) -> Iterator[Place]:
    """Yield the places of members that no generation knows."""
    generation_schema = schema.SCHEMAS[record.generation]
    doses = payload[generation_schema.doses]
    for name in payload.keys() - schema.certificate_members(record.generation):
        yield member_place("", name)
    for dose in doses if isinstance(doses, list) else [doses]:
        for name in dose.keys() - schema.dose_members(record.generation):
            yield member_place(generation_schema.doses, name)


def _decode_to_issue(payload: Any, value_sets: ValueSets | None) -> Icvp:
    """Decode a payload that may be issued.

    Raises:
        IssueError: with all findings that keep it from being issued.
    """
    record, found = decode(payload, value_sets=value_sets)
    refused = refusals(found)
    if record is None or refused:
        raise IssueError(*refused)
    if record.birth_date is not None and len(str(record.birth_date)) != _DAY_CHARACTERS:
        raise IssueError.of("record.schema", path="dob", problem=fragment("schema.whole_date"))
    return record


def _members_to_wire(record: Icvp | Dose, members: tuple[MemberSchema, ...]) -> dict[str, Any]:
    values = {member.wire: getattr(record, member.attribute) for member in members}
    return {
        name: str(value) if isinstance(value, (dt.date, PartialDate)) else value
        for name, value in values.items()
        if value is not None
    }


def _lost_member_findings(record: Icvp | Dose, members: tuple[MemberSchema, ...], path: str) -> Iterator[Finding]:
    """Yield an error for each attribute that the generation has no member for."""
    known = {member.attribute for member in members} | {"doses", "generation"}
    for name in record.__struct_fields__:
        if name not in known and getattr(record, name) is not None:
            yield finding("record.unknown_member", field=path + name)
