"""Writing an ICVP: the newest generation by default, and nothing that reading would only let pass."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from hcert.errors import IssueError
from hcert.findings import Finding, finding, limit_findings
from hcert.fragments import fragment
from hcert.records.icvp import schema
from hcert.records.icvp.decode import decode
from hcert.records.icvp.model import Generation, Icvp
from hcert.records.partial_date import PartialDate
from hcert.records.signable import change_findings, refusals, type_findings
from hcert.records.text_rules import blank_findings, member_name, text_findings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.records.icvp.model import Dose

_TEXT_OF_DAY: Final = 10  # characters of YYYY-MM-DD


def encode(record: Icvp) -> dict[str, Any]:
    """Write a record as the payload to sign, in its generation.

    Raises:
        IssueError: with every rule the record breaks, each a `record.*` finding.
    """
    found = type_findings(record)
    if found:
        raise IssueError(*found)
    if record.generation is Generation.A:
        raise IssueError.of("record.superseded_generation")
    form = schema.FORMS[record.generation]
    payload = _written(record, form.certificate)
    doses = [_written(dose, form.dose) for dose in record.doses]
    payload[form.doses] = doses if record.generation is Generation.B else doses[0] if len(doses) == 1 else None
    found = [*_lost(record, form.certificate, ""), *_text_faults(record, form)]
    for index, dose in enumerate(record.doses):
        found += _lost(dose, form.dose, f"doses[{index}].")
    if record.generation is Generation.C and len(doses) != 1:
        found.append(finding("record.schema", path="vx", problem=fragment("icvp.one_dose")))
    if found:
        raise IssueError(*found)
    found = change_findings(record, _strictly(payload))
    if found:
        raise IssueError(*found)
    return payload


def from_payload(payload: Any) -> Icvp:
    """Read a payload in its JSON form (`{"n": ..., "dob": ..., "vx": {...}, "v": "1.0.0"}`) as a record to issue.

    Raises:
        IssueError: with everything that is to be said of it.
    """
    record = _strictly(payload)
    encode(record)
    unknown = limit_findings(
        finding("record.unknown_member", field=path)
        for path in _unknown_members(payload, schema.FORMS[record.generation])
    )
    if unknown:  # a record has no place for them, and nothing may be lost silently
        raise IssueError(*unknown)
    return record


def _unknown_members(payload: dict[str, Any], form: schema.Form) -> Iterator[str]:
    doses = payload[form.doses]
    for path, holder, members in (
        ("", payload, form.certificate),
        *((f"{form.doses}.", dose, form.dose) for dose in (doses if isinstance(doses, list) else [doses])),
    ):
        for name in holder.keys() - {member.wire for member in members} - {form.doses}:
            yield path + member_name(name)


def _strictly(payload: Any) -> Icvp:
    record, found = decode(payload)
    refused = refusals(found)
    if record is None or refused:
        raise IssueError(*refused)
    if record.birth_date is not None and len(str(record.birth_date)) != _TEXT_OF_DAY:
        raise IssueError.of("record.schema", path="dob", problem=fragment("schema.whole_date"))
    return record


def _written(record: Icvp | Dose, members: tuple[schema.Member, ...]) -> dict[str, Any]:
    values = {member.wire: getattr(record, member.attribute) for member in members}
    return {
        name: str(value) if isinstance(value, (dt.date, PartialDate)) else value
        for name, value in values.items()
        if value is not None
    }


def _lost(record: Icvp | Dose, members: tuple[schema.Member, ...], path: str) -> Iterator[Finding]:
    """Name the attributes that the generation has no place for."""
    known = {member.attribute for member in members} | {"doses", "generation"}
    for name in record.__struct_fields__:
        if name not in known and getattr(record, name) is not None:
            yield finding("record.unknown_member", field=path + name)


def _text_faults(record: Icvp, form: schema.Form) -> Iterator[Finding]:
    holders: list[tuple[str, Icvp | Dose, tuple[schema.Member, ...]]] = [("", record, form.certificate)]
    holders += [(f"{form.doses}.", dose, form.dose) for dose in record.doses]
    for path, holder, members in holders:
        for member in members:
            value = getattr(holder, member.attribute)
            if isinstance(value, str):
                yield from text_findings(value, field=path + member.wire)
                yield from blank_findings(value, field=path + member.wire)
