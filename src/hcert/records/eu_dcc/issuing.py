"""Writing an EU DCC: stricter than reading, so that what is issued needs no leniency anywhere."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

import msgspec

from hcert.errors import IssueError
from hcert.findings import Finding, bounded, finding
from hcert.records.base import came_back
from hcert.records.eu_dcc import leniencies, rules
from hcert.records.eu_dcc.record import (
    GROUPS,
    EuDcc,
    Test,
    Vaccination,
    from_wire,
    schema_problems,
    to_wire,
    unknown_members,
)
from hcert.records.text import STANDARDISED, blank_findings, member_name, text_findings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.records.eu_dcc.record import Event
    from hcert.records.partial_date import PartialDate

# eHealth Network, "Guidelines on verifiable vaccination certificates", annex 2: alphabet A-Z 0-9 / # :
_CERTIFICATE_ID: Final = r"URN:UVCI:01:[A-Z]{2,10}:[A-Z0-9/:]{1,66}(?:#[A-Z0-9/:])?"
_SCHEMA_VERSIONS: Final = r"1\.3\.[0-9]"
_TEXTS: Final = ("is", "nm", "tc", "ma")  # a code, but of a list that is not embedded for the device of a test
_FIRST_YEAR: Final = 1900  # that the schema knows for a birth date
_EARLIEST_ZONE: Final = timezone(timedelta(hours=14))  # where a day begins first


def encode(record: EuDcc) -> dict[str, Any]:
    """Write a record as the payload to sign.

    Raises:
        IssueError: with every rule the record breaks, each a `record.*` finding.
    """
    payload = to_wire(record)
    if not came_back(record, _read_strictly(payload)):
        problem = "its members have other types than they should, or more precision than the schema can hold"
        raise IssueError.of("record.schema", path="the record", problem=problem)
    return payload


def from_payload(payload: Any) -> EuDcc:
    """Read a payload in its JSON form (`{"ver": ..., "nam": ..., "dob": ..., "v": [...]}`) as a record to issue.

    Raises:
        IssueError: with every rule the payload breaks, each a `record.*` finding.
    """
    if not _is_json(payload):
        raise IssueError.of("record.schema", path="the payload", problem="it holds what JSON does not have")
    record = _read_strictly(payload)
    unknown = bounded(finding("record.unknown_member", field=path) for path in unknown_members(payload, record))
    if unknown:  # a record has no place for them, and nothing may be lost silently
        raise IssueError(*unknown)
    return record


def _is_json(value: Any) -> bool:
    """Tell whether a value is one that a JSON text can stand for; other formats have dates, say."""
    if isinstance(value, dict):
        return all(isinstance(name, str) and _is_json(member) for name, member in value.items())
    if isinstance(value, list):
        return all(map(_is_json, value))
    return value is None or isinstance(value, (str, int, float))


def _read_strictly(payload: Any) -> EuDcc:
    """Read a payload that breaks no rule of issuing; raise with all that it breaks."""
    try:
        record = from_wire(payload)
    except msgspec.ValidationError:
        found = [finding("record.schema", path=path, problem=words) for path, words in schema_problems(payload)]
    except UnicodeEncodeError:  # JSON can spell lone surrogates, which no text can hold
        found = [finding("record.forbidden_character", field="the payload")]
    else:
        found = list(_findings(record, payload))
    if found:  # raised here, so that no error that quotes a value hangs on to it
        raise IssueError(*bounded(found))
    return record


def _findings(record: EuDcc, payload: dict[str, Any]) -> Iterator[Finding]:
    if leniencies.needed(payload):
        yield from leniencies.mend(payload)[1]
    yield from rules.findings(record)
    yield from _text_findings(payload, "")
    if not re.fullmatch(_SCHEMA_VERSIONS, record.schema_version):
        yield finding("record.unsupported_version", version=record.schema_version)
    for name in ("fn", "gn"):
        if payload["nam"].get(name) == "":
            yield finding("record.schema", path=f"nam.{name}", problem="it is empty")
    for name in ("fnt", "gnt"):
        value = payload["nam"].get(name)
        if value is not None and not re.fullmatch(STANDARDISED, value):
            yield finding("record.name_not_standardised", field=f"nam.{name}")
    for group in GROUPS:
        events = zip(payload.get(group.wire, ()), getattr(record, group.attribute), strict=True)
        for index, (entry, event) in enumerate(events):
            path, place = f"{group.wire}[{index}]", f"{group.attribute}[{index}]"
            if not re.fullmatch(_CERTIFICATE_ID, entry["ci"]):
                yield finding("record.certificate_id", record=place, field=f"{path}.ci")
            yield from _free_text_findings(entry, path, place)
            yield from _date_findings(event, record.birth_date, path, place)


def _free_text_findings(entry: dict[str, Any], path: str, place: str) -> Iterator[Finding]:
    for name in _TEXTS:
        value = entry.get(name)
        if value is not None:
            yield from blank_findings(value, field=f"{path}.{name}", record=place)


def _date_findings(event: Event, birth: PartialDate, path: str, place: str) -> Iterator[Finding]:
    """Look whether the event lies where the life of a person can have it, wherever on earth that is."""
    born = date(birth.year or _FIRST_YEAR, birth.month or 1, birth.day or 1)
    if isinstance(event, Test):
        name, year = "sc", event.sampled_at.year
        before = event.sampled_at < datetime.combine(born, time(), _EARLIEST_ZONE)
    else:
        name, day = ("dt", event.date) if isinstance(event, Vaccination) else ("fr", event.first_positive)
        year, before = day.year, day < born
    if year < _FIRST_YEAR:
        yield finding("record.schema", record=place, path=f"{path}.{name}", problem=f"it lies before {_FIRST_YEAR}")
    elif before:
        yield finding("record.inconsistent_dates", record=place, field=f"{path}.{name}", other="dob")


def _text_findings(members: dict[str, Any], path: str) -> Iterator[Finding]:
    """Look at every text of a payload."""
    for name, value in members.items():
        place = path + member_name(name)
        if isinstance(value, str):
            yield from text_findings(value, field=place)
        elif isinstance(value, dict):
            yield from _text_findings(value, f"{place}.")
        elif isinstance(value, list):
            for index, entry in enumerate(value):
                if isinstance(entry, dict):
                    yield from _text_findings(entry, f"{place}[{index}].")
