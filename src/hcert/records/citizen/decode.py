"""Decoding a payload as a citizen record: the format first, then the rules of `rules.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hcert.citizen_ids import CERTIFICATE_ID_BYTES
from hcert.codec.limits import MAX_ENTRIES, MAX_INTEGER, MAX_REVISION, MAX_UNRECOGNISED
from hcert.findings import MAX_FINDINGS, Finding, finding
from hcert.fragments import Fragment, fragment, fragment_of
from hcert.records.citizen import rules, schema, sealed
from hcert.records.citizen.layout import (
    CERTIFICATE_ID,
    GROUP_KEYS,
    GROUP_SCHEMAS,
    KEYS,
    LAST_NUMBER,
    PERSON,
    PERSON_KEY,
    REVISION,
    SEALED,
    VERSION_KEY,
)
from hcert.records.citizen.model import VERSION, CitizenRecord
from hcert.records.places import RECORD, entry_of, newer_member
from hcert.records.value_sets import ValueSets

if TYPE_CHECKING:
    from hcert.fragments import Place
    from hcert.records.citizen.schema import MapSchema, Problem
    from hcert.records.record_struct import Origin, Unrecognised

_VERSIONS: Final = frozenset(range(1000))
_SHOWN_KEYS: Final = range(-1000, 1000)


def decode(
    payload: Any, origin: Origin, value_sets: ValueSets | None = None
) -> tuple[CitizenRecord | None, list[Finding]]:
    """Decode a payload from the certificate of `origin`, by these value sets (None: those of the package).

    Returns:
        The record, or None if the payload breaks the format; and all findings.
    """
    record, found = from_wire(payload)
    if record is None:
        return None, found
    if record.sealed is not None:
        record = record.with_sealed(record.sealed.bind_to(record.certificate_id, origin))
    return record, found + rules.findings(record, value_sets or ValueSets.packaged(), maximum=MAX_FINDINGS)


def from_wire(wire: Any) -> tuple[CitizenRecord | None, list[Finding]]:
    """Decode a payload by the format alone, without the rules.

    Returns:
        The record, or None if the payload breaks the format; and the findings.
    """
    version = wire.get(VERSION_KEY) if type(wire) is dict else None
    if type(version) is not list or list(map(type, version)) != [int, int] or not _VERSIONS.issuperset(version):
        return None, [finding("record.schema", path="version", problem=fragment("schema.version"))]
    if version[0] != VERSION[0]:
        shown = f"{version[0]}.{version[1]}"
        return None, [finding("record.newer_version", version=shown, known=f"{VERSION[0]}.x")]

    problems: list[Problem] = []
    members = {"version": (version[0], version[1]), **_members_from_wire(wire, problems)}
    if not problems:
        numbers = [entry.number for name in GROUP_KEYS.values() for entry in members.get(name, ())]
        _check_numbers(numbers, members.get("last_number"), problems)
    if problems:
        return None, [_schema_finding(path, problem) for path, problem in problems]
    if not KEYS.issuperset(wire):
        further = [(key, value) for key, value in wire.items() if key not in KEYS]
        try:
            members["unrecognised"] = schema.sort_unrecognised(
                [schema.encode_unrecognised(*member) for member in further[: MAX_UNRECOGNISED + 1]]
            )
        except ValueError as error:
            return None, [_schema_finding(newer_member(""), fragment_of(error))]
    record = CitizenRecord(**members)
    unrecognised = _find_unrecognised(record)
    if sum(len(members) for _, _, members in unrecognised) > MAX_UNRECOGNISED:
        return None, [_schema_finding(RECORD, schema.TOO_MANY)]
    unknown = [_unrecognised_finding(record.version, *place) for place in unrecognised]
    return (None if any(found.severity == "error" for found in unknown) else record), unknown


def _members_from_wire(wire: dict[Any, Any], problems: list[Problem]) -> dict[str, Any]:
    """Decode all known members but the version, adding every problem to `problems`."""
    members: dict[str, Any] = {
        "certificate_id": wire.get(CERTIFICATE_ID),
        "revision": wire.get(REVISION),
        "person": PERSON.from_wire(wire.get(PERSON_KEY), "person", problems),
    }
    if type(members["certificate_id"]) is not bytes or len(members["certificate_id"]) != CERTIFICATE_ID_BYTES:
        problems.append(("certificate_id", fragment("schema.bytes", length=CERTIFICATE_ID_BYTES)))
    if type(members["revision"]) is not int or not 1 <= members["revision"] <= MAX_REVISION:
        problems.append(("revision", fragment("schema.integer", most=MAX_REVISION)))
    for key, name in GROUP_KEYS.items():
        if key in wire:
            members[name] = _group_from_wire(wire[key], name, GROUP_SCHEMAS[key], problems)
    if LAST_NUMBER in wire:
        members["last_number"] = wire[LAST_NUMBER]
    if SEALED in wire:
        try:
            members["sealed"] = sealed.from_wire(wire[SEALED])
        except ValueError as error:
            problems.append(("sealed", fragment_of(error)))
    return members


def _group_from_wire(wire: Any, name: str, group_schema: MapSchema[Any], problems: list[Problem]) -> tuple[Any, ...]:
    if type(wire) is not list or not 1 <= len(wire) <= MAX_ENTRIES:
        problems.append((name, fragment("schema.entries", most=MAX_ENTRIES)))
        return ()
    return tuple(group_schema.from_wire(entry, f"{name}[{index}]", problems) for index, entry in enumerate(wire))


def _check_numbers(numbers: list[int], last_number: Any, problems: list[Problem]) -> None:
    if not 1 <= len(numbers) <= MAX_ENTRIES:
        problems.append((RECORD, fragment("schema.entries_in_all", most=MAX_ENTRIES)))
        return
    if len(set(numbers)) != len(numbers):
        problems.append((RECORD, fragment("schema.same_number")))
    if last_number is not None and (type(last_number) is not int or not max(numbers) < last_number <= MAX_INTEGER):
        problems.append(("last_number", fragment("schema.last_number")))


def _find_unrecognised(record: CitizenRecord) -> list[tuple[Place, str | None, Unrecognised]]:
    """Return path, place of the entry, and members of every part of the record with members of a newer version."""
    found: list[tuple[Place, str | None, Unrecognised]] = []
    if record.unrecognised:
        found.append((RECORD, None, record.unrecognised))
    if record.person.unrecognised:
        found.append(("person", None, record.person.unrecognised))
    if any(entry.unrecognised for entry in record.entries):
        found += [(place, place, entry.unrecognised) for place, entry in record.places() if entry.unrecognised]
    return found


def _unrecognised_finding(
    version: tuple[int, int],
    path: Place,
    place: str | None,
    members: Unrecognised,
) -> Finding:
    if version <= VERSION:
        problem = fragment("schema.not_in_version", major=version[0], minor=version[1])
        return finding("record.schema", record=place, path=path, problem=problem)
    # Only small integers are shown: a signer could put personal data into a text or a long number.
    keys = tuple(key if type(key) is int and key in _SHOWN_KEYS else fragment("place.other_key") for key, _ in members)
    return finding("record.unrecognised_members", record=place, field=path, keys=keys)


def _schema_finding(path: Place, problem: Fragment) -> Finding:
    return finding("record.schema", record=entry_of(path), path=path, problem=problem)
