"""The deviations of published EU DCCs that are tolerated, each with a name and a warning.

They follow the EU's own list (dcc-quality-assurance, `SpecialCaseHandling.md`) and about 900 published codes. Anything
else breaks the schema. The payload stays as signed; only the typed record is corrected.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from hcert.codec.cbor import DateTimeText
from hcert.codec.limits import MAX_DATE_TIME, MAX_EVENTS
from hcert.findings import Finding, finding
from hcert.records.eu_dcc.model import GROUPS, Recovery, Test, Vaccination

_NAMES: Final = ("fn", "gn", "fnt", "gnt")
_OPTIONAL: Final = {"t": ("nm", "ma", "tc")}  # by group; all other members are required
_DAYS: Final = ("dt", "fr", "df", "du")
_COUNTS: Final = ("dn", "sd")
_SAMPLED_AT: Final = "sc"
_MEMBERS: Final = {
    wire: frozenset(kind.__struct_encode_fields__)
    for (wire, _, _), kind in zip(GROUPS, (Vaccination, Test, Recovery), strict=True)
}
_UNNOTICED: Final = frozenset({type(None), DateTimeText})  # msgspec takes them for an optional member and for text
# Compiled on first use: most programs never meet a deviation.
_DAY_WITH_TIME: Final = (
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]"
    r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]{1,9})?)?(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_ZERO_PART: Final = r"([0-9]{4}(?:-(?!00)[0-9]{2}(?=-00$))?)-00(?:-(?:[0-2][0-9]|3[01]))?"
_RFC_3339: Final = r"[0-9-]{10}[Tt ][0-9:]{8}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"

Members = dict[str, Any]


def deviates(payload: Members) -> bool:
    """Tell whether a payload that fits the types deviates in a way that msgspec does not notice."""
    names = payload["nam"]
    for name in _NAMES:
        value = names.get(name, "")
        if type(value) is not str or value != value.strip():
            return True
    for wire, members in _MEMBERS.items():
        for entry in payload.get(wire, ()):
            if not _UNNOTICED.isdisjoint(map(type, entry.values())) and any(
                type(entry[name]) in _UNNOTICED for name in members & entry.keys()
            ):
                return True
            if _SAMPLED_AT in entry and not re.fullmatch(_RFC_3339, entry[_SAMPLED_AT]):
                return True
    return type(payload["dob"]) is DateTimeText or type(payload["ver"]) is DateTimeText


def apply(payload: Any) -> tuple[Any, list[Finding]]:
    """Return a copy of the payload with the named deviations corrected, and a warning for each."""
    found: list[Finding] = []
    if not isinstance(payload, dict):
        return payload, found
    corrected = dict(payload)
    for wire, attribute, _ in GROUPS:
        entries = corrected.get(wire, True)
        if entries is None or entries == []:
            del corrected[wire]
            found.append(finding("record.empty_group", field=wire))
        elif isinstance(entries, list) and len(entries) <= MAX_EVENTS:
            corrected[wire] = [
                _correct_entry(
                    entry, _OPTIONAL.get(wire, ()), _Place(f"{wire}[{index}]", f"{attribute}[{index}]", found)
                )
                for index, entry in enumerate(entries)
            ]
    if isinstance(corrected.get("nam"), dict):
        corrected["nam"] = _correct_names(corrected["nam"], _Place("nam", None, found))
    if isinstance(corrected.get("dob"), str):
        corrected["dob"] = _correct_birth_date(corrected["dob"], found)
    return corrected, found


@dataclass(frozen=True, slots=True)
class _Place:
    """The part of the payload to correct, and the list that its warnings are added to."""

    path: str
    entry: str | None
    found: list[Finding]

    def warn(self, code: str, name: str) -> None:
        self.found.append(finding(code, record=self.entry, field=f"{self.path}.{name}"))


def _correct_names(names: Members, place: _Place) -> Members:
    corrected = _drop_nulls(names, _NAMES, place)
    for name in _NAMES:
        value = names.get(name)
        if type(value) is str and value != value.strip():
            corrected[name] = value.strip()
            place.warn("record.padded_text", name)
    return corrected


def _correct_birth_date(value: str, found: list[Finding]) -> str:
    if isinstance(value, DateTimeText):
        found.append(finding("record.tagged_time", field="dob"))
        value = str(value)
    with_time = re.fullmatch(_DAY_WITH_TIME, value)
    if with_time:
        found.append(finding("record.date_with_time", field="dob"))
        value = with_time[1]
    zero_part = re.fullmatch(_ZERO_PART, value)
    if zero_part:
        found.append(finding("record.date_incomplete", field="dob"))
        value = zero_part[1]
    return value


def _drop_nulls(members: Members, optional: tuple[str, ...], place: _Place) -> Members:
    """Drop optional members that are null, with a warning for each."""
    nulls = [name for name in optional if name in members and members[name] is None]
    for name in nulls:
        place.warn("record.null_member", name)
    return {name: value for name, value in members.items() if name not in nulls}


def _correct_entry(entry: Any, optional: tuple[str, ...], place: _Place) -> Any:
    if not isinstance(entry, dict):
        return entry
    corrected = _drop_nulls(entry, optional, place)
    for day in _DAYS:
        value = entry.get(day)
        if isinstance(value, DateTimeText):
            place.warn("record.tagged_time", day)
            corrected[day] = value = str(value)
        with_time = re.fullmatch(_DAY_WITH_TIME, value) if isinstance(value, str) else None
        if with_time:
            corrected[day] = with_time[1]
            place.warn("record.date_with_time", day)
    for count in _COUNTS:
        value = entry.get(count)
        if isinstance(value, float) and value.is_integer():
            corrected[count] = int(value)
            place.warn("record.float_integer", count)
    sampled_at = entry.get(_SAMPLED_AT)
    if isinstance(sampled_at, str):
        corrected[_SAMPLED_AT] = _correct_moment(sampled_at, place)
    return corrected


def _correct_moment(value: str, place: _Place) -> str:
    """Remove the tag, and write offsets such as `+02` in the form of RFC 3339; a time without a zone stays invalid."""
    if isinstance(value, DateTimeText):
        place.warn("record.tagged_time", _SAMPLED_AT)
        value = str(value)
    if len(value) > MAX_DATE_TIME:
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    if moment.tzinfo is None or re.fullmatch(_RFC_3339, value):
        return value
    place.warn("record.time_format", _SAMPLED_AT)
    return moment.isoformat()
