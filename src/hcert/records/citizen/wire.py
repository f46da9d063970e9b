"""The citizen record on the wire, format version 1.0: `docs/spec/citizen-record.md` and `.cddl` say the same.

Keys are small integers, and a key keeps its meaning for all versions of one major number. In an entry what differs from
entry to entry comes first and what repeats comes last, so that zlib sees one long repetition; the keys 0, 1 and 7 to 11
mean the same in all three groups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hcert.codec.limits import INTEGER_MOST, MAX_ENTRIES, MAX_REVISION, MAX_UNRECOGNISED
from hcert.findings import Finding, finding
from hcert.fragments import Fragment, fragment, fragment_of
from hcert.records.citizen import fields, sealed
from hcert.records.citizen.fields import Field, Form, Problem
from hcert.records.citizen.person import Person
from hcert.records.citizen.record import (
    CERTIFICATE_ID_BYTES,
    VERSION,
    CitizenRecord,
    Recovery,
    Test,
    Vaccination,
)

if TYPE_CHECKING:
    from hcert.records.base import Unrecognised

_PERSON: Final = Form(
    Person,
    Field(0, "family_name", fields.TEXT),
    Field(1, "given_name", fields.TEXT),
    Field(2, "birth_date", fields.BIRTH_DATE),
    Field(3, "sex", fields.SEX),
    Field(4, "nationality", fields.COUNTRY),
    Field(5, "standardised_family_name", fields.TEXT),
    Field(6, "standardised_given_name", fields.TEXT),
)
_VACCINATION: Final = Form(
    Vaccination,
    Field(0, "date", fields.DAY, required=True),
    Field(1, "number", fields.COUNT, required=True),
    Field(2, "dose_number", fields.COUNT),
    Field(3, "series_doses", fields.COUNT),
    Field(4, "product", fields.PRODUCT),
    Field(5, "vaccine", fields.VACCINE),
    Field(6, "manufacturer", fields.MANUFACTURER),
    Field(7, "diseases", fields.DISEASES, required=True),
    Field(8, "country", fields.COUNTRY, required=True),
    Field(9, "issuer", fields.TEXT),
    Field(10, "centre", fields.TEXT),
    Field(11, "uvci", fields.TEXT),
)
_TEST: Final = Form(
    Test,
    Field(0, "sampled_at", fields.MOMENT, required=True),
    Field(1, "number", fields.COUNT, required=True),
    Field(2, "test_type", fields.TEST_TYPE, required=True),
    Field(3, "result", fields.TEST_RESULT, required=True),
    Field(4, "name", fields.TEXT),
    Field(5, "device", fields.TEXT),
    Field(7, "disease", fields.DISEASE, required=True),
    Field(8, "country", fields.COUNTRY, required=True),
    Field(9, "issuer", fields.TEXT),
    Field(10, "centre", fields.TEXT),
    Field(11, "uvci", fields.TEXT),
)
_RECOVERY: Final = Form(
    Recovery,
    Field(0, "first_positive", fields.DAY, required=True),
    Field(1, "number", fields.COUNT, required=True),
    Field(2, "valid_from", fields.DAY),
    Field(3, "valid_until", fields.DAY),
    Field(7, "disease", fields.DISEASE, required=True),
    Field(8, "country", fields.COUNTRY, required=True),
    Field(9, "issuer", fields.TEXT),
    Field(11, "uvci", fields.TEXT),
)

_VERSION, _CERTIFICATE_ID, _REVISION, _PERSON_KEY = 0, 1, 2, 3
SEALED: Final = 7
_LAST_NUMBER: Final = 8
GROUP_KEYS: Final = {4: "vaccinations", 5: "tests", 6: "recoveries"}
_FORMS: Final[dict[int, Form[Any]]] = {4: _VACCINATION, 5: _TEST, 6: _RECOVERY}
_VERSIONS: Final = frozenset(range(1000))
_SHOWN_KEYS: Final = range(-1000, 1000)
_KEYS: Final = frozenset({_VERSION, _CERTIFICATE_ID, _REVISION, _PERSON_KEY, SEALED, _LAST_NUMBER, *GROUP_KEYS})


def read(wire: Any) -> tuple[CitizenRecord | None, list[Finding]]:
    """Read a payload by the format.

    Returns:
        The record, or None where the format does not hold; and what was found.
    """
    version = wire.get(_VERSION) if type(wire) is dict else None
    if type(version) is not list or list(map(type, version)) != [int, int] or not _VERSIONS.issuperset(version):
        return None, [finding("record.schema", path="version", problem=fragment("schema.version"))]
    if version[0] != VERSION[0]:
        words = {"version": f"{version[0]}.{version[1]}", "known": f"{VERSION[0]}.x"}
        return None, [finding("record.newer_version", **words)]

    problems: list[Problem] = []
    members = {"version": (version[0], version[1]), **_members(wire, problems)}
    if not problems:
        numbers = [entry.number for name in GROUP_KEYS.values() for entry in members.get(name, ())]
        _check_numbers(numbers, members.get("last_number"), problems)
    if problems:
        return None, [_schema_finding(path, problem) for path, problem in problems]
    if not _KEYS.issuperset(wire):
        further = [(key, value) for key, value in wire.items() if key not in _KEYS]
        try:
            members["unrecognised"] = fields.in_order(
                [fields.unrecognised_member(*member) for member in further[: MAX_UNRECOGNISED + 1]]
            )
        except ValueError as fault:
            return None, [_schema_finding(fields.NEWER, fragment_of(fault))]
    record = CitizenRecord(**members)
    unrecognised = _unrecognised(record)
    if sum(len(members) for _, _, members in unrecognised) > MAX_UNRECOGNISED:
        return None, [_schema_finding("the record", fields.TOO_MANY)]
    unknown = [_unrecognised_finding(record.version, *place) for place in unrecognised]
    return (None if any(found.severity == "error" for found in unknown) else record), unknown


def write(record: CitizenRecord) -> dict[int | str, Any]:
    """Write a record as its payload; the same record gives the same payload."""
    wire: dict[int | str, Any] = {
        _VERSION: list(record.version),
        _CERTIFICATE_ID: record.certificate_id,
        _REVISION: record.revision,
        _PERSON_KEY: _PERSON.write(record.person),
    }
    for key, name in GROUP_KEYS.items():
        entries = getattr(record, name)
        if entries:
            wire[key] = [_FORMS[key].write(entry) for entry in entries]
    if record.sealed is not None:
        wire[SEALED] = sealed.write(record.sealed)
    if record.last_number:
        wire[_LAST_NUMBER] = record.last_number
    return fields.with_unrecognised(wire, record.unrecognised)


def _members(wire: dict[Any, Any], problems: list[Problem]) -> dict[str, Any]:
    """Read all but the version, adding what is wrong to `problems`."""
    members: dict[str, Any] = {
        "certificate_id": wire.get(_CERTIFICATE_ID),
        "revision": wire.get(_REVISION),
        "person": _PERSON.read(wire.get(_PERSON_KEY), "person", problems),
    }
    if type(members["certificate_id"]) is not bytes or len(members["certificate_id"]) != CERTIFICATE_ID_BYTES:
        problems.append(("certificate_id", fragment("schema.bytes", length=CERTIFICATE_ID_BYTES)))
    if type(members["revision"]) is not int or not 1 <= members["revision"] <= MAX_REVISION:
        problems.append(("revision", fragment("schema.integer", most=MAX_REVISION)))
    for key, name in GROUP_KEYS.items():
        if key in wire:
            members[name] = _read_group(wire[key], name, _FORMS[key], problems)
    if _LAST_NUMBER in wire:
        members["last_number"] = wire[_LAST_NUMBER]
    if SEALED in wire:
        try:
            members["sealed"] = sealed.read(wire[SEALED])
        except ValueError as fault:
            problems.append(("sealed", fragment_of(fault)))
    return members


def _read_group(wire: Any, name: str, form: Form[Any], problems: list[Problem]) -> tuple[Any, ...]:
    if type(wire) is not list or not 1 <= len(wire) <= MAX_ENTRIES:
        problems.append((name, fragment("schema.entries", most=MAX_ENTRIES)))
        return ()
    return tuple(form.read(entry, f"{name}[{index}]", problems) for index, entry in enumerate(wire))


def _check_numbers(numbers: list[int], last_number: Any, problems: list[Problem]) -> None:
    if not 1 <= len(numbers) <= MAX_ENTRIES:
        problems.append(("the record", fragment("schema.entries_in_all", most=MAX_ENTRIES)))
        return
    if len(set(numbers)) != len(numbers):
        problems.append(("the record", fragment("schema.same_number")))
    if last_number is not None and (type(last_number) is not int or not max(numbers) < last_number <= INTEGER_MOST):
        problems.append(("last_number", fragment("schema.last_number")))


def _unrecognised(record: CitizenRecord) -> list[tuple[str, str | None, Unrecognised]]:
    """Return path, place of the entry, and members wherever a newer version added some."""
    found: list[tuple[str, str | None, Unrecognised]] = []
    if record.unrecognised:
        found.append(("the record", None, record.unrecognised))
    if record.person.unrecognised:
        found.append(("person", None, record.person.unrecognised))
    if any(entry.unrecognised for entry in record.entries):
        found += [(place, place, entry.unrecognised) for place, entry in record.places() if entry.unrecognised]
    return found


def _unrecognised_finding(
    version: tuple[int, int],
    path: str,
    place: str | None,
    members: Unrecognised,
) -> Finding:
    if version <= VERSION:
        problem = fragment("schema.not_in_version", major=version[0], minor=version[1])
        return finding("record.schema", record=place, path=path, problem=problem)
    # Only small integers are shown: whoever signs could write anything as a text or as a number.
    keys = ", ".join(str(key) if type(key) is int and key in _SHOWN_KEYS else "other" for key, _ in members)
    return finding("record.unrecognised_members", record=place, field=path, keys=keys)


def _schema_finding(path: str, problem: Fragment) -> Finding:
    place, bracket, _ = path.partition("]")
    return finding("record.schema", record=place + bracket if bracket else None, path=path, problem=problem)
