"""Writing an EU DCC: stricter than reading, so that what is issued needs no leniency anywhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from hcert.errors import IssueError
from hcert.findings import Finding, finding
from hcert.records.eu_dcc import leniencies, rules
from hcert.records.eu_dcc.record import GROUPS, EuDcc, from_wire, schema_problems, to_wire, unknown_members
from hcert.records.text import text_findings

if TYPE_CHECKING:
    from collections.abc import Iterator

# eHealth Network, "Guidelines on verifiable vaccination certificates", annex 2: alphabet A-Z 0-9 / # :
_CERTIFICATE_ID: Final = r"URN:UVCI:01:[A-Z]{2,10}:[A-Z0-9/:]+(?:#[A-Z0-9/:])?"
_SCHEMA_VERSIONS: Final = r"1\.3\.[0-9]"
_STANDARDISED: Final = "[A-Z]+(?:<[A-Z]+)*"  # ICAO 9303-3: words, one filler between them


def encode(record: EuDcc) -> dict[str, Any]:
    """Write a record as the payload to sign.

    Raises:
        IssueError: with every rule the record breaks, each a `record.*` finding.
    """
    payload = to_wire(record)
    if _read_strictly(payload) != record:
        problem = "its members have other types than they should, or more precision than the schema can hold"
        raise IssueError.of("record.schema", path="the record", problem=problem)
    return payload


def from_payload(payload: Any) -> EuDcc:
    """Read a payload in its JSON form (`{"ver": ..., "nam": ..., "dob": ..., "v": [...]}`) as a record to issue.

    Raises:
        IssueError: with every rule the payload breaks, each a `record.*` finding.
    """
    try:
        record = _read_strictly(payload)
    except UnicodeEncodeError:  # JSON can spell lone surrogates, which no text can hold
        raise IssueError.of("record.forbidden_character", field="the payload") from None
    unknown = list(unknown_members(payload, record))
    if unknown:  # a record has no place for them, and nothing may be lost silently
        raise IssueError(*(finding("record.unknown_member", field=path) for path in unknown))
    return record


def _read_strictly(payload: Any) -> EuDcc:
    """Read a payload that breaks no rule of issuing; raise with all that it breaks."""
    try:
        record = from_wire(payload)
    except msgspec.ValidationError:
        problems = schema_problems(payload)
        raise IssueError(*(finding("record.schema", path=path, problem=words) for path, words in problems)) from None
    found = list(_findings(record, payload))
    if found:
        raise IssueError(*found)
    return record


def _findings(record: EuDcc, payload: dict[str, Any]) -> Iterator[Finding]:
    if leniencies.needed(payload):
        yield from leniencies.mend(payload)[1]
    yield from rules.findings(record)
    yield from _text_findings(payload, "")
    if not re.fullmatch(_SCHEMA_VERSIONS, record.schema_version):
        yield finding("record.unsupported_version", version=ascii(record.schema_version))
    for name in ("fnt", "gnt"):
        value = payload["nam"].get(name)
        if value is not None and not re.fullmatch(_STANDARDISED, value):
            yield finding("record.name_not_standardised", field=f"nam.{name}")
    for group in GROUPS:
        for index, entry in enumerate(payload.get(group.wire, ())):
            if not re.fullmatch(_CERTIFICATE_ID, entry["ci"]):
                place = f"{group.attribute}[{index}]"
                yield finding("record.certificate_id", record=place, field=f"{group.wire}[{index}].ci")


def _text_findings(members: dict[str, Any], path: str) -> Iterator[Finding]:
    """Look at every text of a payload."""
    for name, value in members.items():
        if isinstance(value, str):
            yield from text_findings(value, field=path + name)
        elif isinstance(value, dict):
            yield from _text_findings(value, f"{path}{name}.")
        elif isinstance(value, list):
            for index, entry in enumerate(value):
                if isinstance(entry, dict):
                    yield from _text_findings(entry, f"{path}{name}[{index}].")
