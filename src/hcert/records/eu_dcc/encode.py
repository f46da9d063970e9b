"""Encoding an EU DCC: stricter than decoding, so that no verifier needs a leniency for what is issued."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from hcert.errors import IssueError
from hcert.findings import Finding, finding, limit_findings
from hcert.fragments import fragment
from hcert.records import uvci
from hcert.records.eu_dcc import leniencies, rules
from hcert.records.eu_dcc.model import (
    GROUPS,
    EuDcc,
    from_wire,
    schema_problems,
    to_wire,
    unknown_members,
)
from hcert.records.places import PAYLOAD, member_place
from hcert.records.signable import change_findings, refusals, type_findings
from hcert.records.text_rules import STANDARDISED, blank_findings, text_findings
from hcert.records.value_sets import ValueSets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.fragments import Place

_SCHEMA_VERSIONS: Final = r"1\.3\.[0-9]"
_TEXTS: Final = ("is", "nm", "tc", "ma")  # an empty device would count as none
_MAX_DEPTH: Final = 16  # of a payload in its JSON form; the schema needs 3


def encode(record: EuDcc, *, value_sets: ValueSets | None = None) -> dict[str, Any]:
    """Encode a record as the payload to sign, by these value sets (None: those of the package).

    Raises:
        IssueError: with a finding `record.*` for every rule that the record breaks.
    """
    found = type_findings(record)
    if found:
        raise IssueError(*found)
    payload = to_wire(record)
    found = change_findings(record, _decode_to_issue(payload, value_sets))
    if found:
        raise IssueError(*found)
    return payload


def from_payload(payload: Any, *, value_sets: ValueSets | None = None) -> EuDcc:
    """Return the record to issue of a payload in its JSON form (`{"ver": ..., "nam": ..., "dob": ..., "v": [...]}`).

    Args:
        payload: as a JSON parser returns it.
        value_sets: the codes that may be issued; those of the package if None.

    Raises:
        IssueError: with a finding `record.*` for every rule that the payload breaks.
    """
    if not _is_json(payload):
        problem = fragment("schema.not_json", most=_MAX_DEPTH)
        raise IssueError.of("record.schema", path=PAYLOAD, problem=problem)
    record = _decode_to_issue(payload, value_sets)
    unknown = limit_findings(finding("record.unknown_member", field=path) for path in unknown_members(payload, record))
    if unknown:  # a record cannot hold them, and nothing may be lost silently
        raise IssueError(*unknown)
    return record


def _is_json(value: Any, depth: int = _MAX_DEPTH) -> bool:
    """Tell whether JSON can represent a value; other formats have dates, for example."""
    if isinstance(value, (dict, list)) and not depth:
        return False
    if isinstance(value, dict):
        return all(isinstance(name, str) and _is_json(member, depth - 1) for name, member in value.items())
    if isinstance(value, list):
        return all(_is_json(item, depth - 1) for item in value)
    return value is None or isinstance(value, (str, int, float))


def _decode_to_issue(payload: Any, value_sets: ValueSets | None) -> EuDcc:
    """Decode a payload that may be issued.

    Raises:
        IssueError: with a finding `record.*` for every rule that it breaks.
    """
    try:
        record = from_wire(payload)
    except msgspec.ValidationError:
        found = [finding("record.schema", path=path, problem=problem) for path, problem in schema_problems(payload)]
    except UnicodeEncodeError:  # JSON can express lone surrogates, which UTF-8 cannot
        found = [finding("record.forbidden_character", field=PAYLOAD)]
    else:
        found = list(dict.fromkeys(refusals(_findings(record, payload, value_sets or ValueSets.packaged()))))
    if found:  # outside `except`, so that no chained exception quotes a value
        raise IssueError(*limit_findings(found))
    return record


def _findings(record: EuDcc, payload: dict[str, Any], known: ValueSets) -> Iterator[Finding]:
    if leniencies.deviates(payload):
        yield from leniencies.apply(payload)[1]
    yield from rules.findings(record, known)
    yield from rules.outdated_type_findings(record, known)
    yield from _text_findings(payload, "")
    if not re.fullmatch(_SCHEMA_VERSIONS, record.schema_version):
        yield finding("record.unsupported_version", version=record.schema_version, known="1.3.x")
    for name in ("fn", "gn"):
        if payload["nam"].get(name) == "":
            yield finding("record.schema", path=f"nam.{name}", problem=fragment("content.empty"))
    for name in ("fnt", "gnt"):
        value = payload["nam"].get(name)
        if value is not None and not re.fullmatch(STANDARDISED, value):
            yield finding("record.name_not_standardised", field=f"nam.{name}")
    for group in GROUPS:
        for index, entry in enumerate(payload.get(group.wire, ())):
            path, place = f"{group.wire}[{index}]", f"{group.attribute}[{index}]"
            if not uvci.is_well_formed(entry["ci"]):
                yield finding("record.certificate_id", record=place, field=f"{path}.ci")
            yield from _free_text_findings(entry, path, place)


def _free_text_findings(entry: dict[str, Any], path: str, place: str) -> Iterator[Finding]:
    for name in _TEXTS:
        value = entry.get(name)
        if value is not None:
            yield from blank_findings(value, field=f"{path}.{name}", record=place)


def _text_findings(members: dict[str, Any], holder: Place) -> Iterator[Finding]:
    """Yield findings for every text of a payload that must not be signed."""
    for name, value in members.items():
        if isinstance(value, str):
            yield from text_findings(value, field=member_place(holder, name))
        elif isinstance(value, dict):
            yield from _text_findings(value, member_place(holder, name))
        elif isinstance(value, list):
            place = member_place(holder, name)
            for index, entry in enumerate(value):
                if isinstance(entry, dict):
                    yield from _text_findings(entry, f"{place}[{index}]" if isinstance(place, str) else place)
