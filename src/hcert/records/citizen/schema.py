"""How the members of a record stand on the wire: maps with small integer keys, described field by field.

A `Form` describes one map. It writes the members in the order of their keys, which makes the encoding deterministic,
and reads them collecting every problem. Keys it does not know are an older reader's view of a newer version: they are
kept as `unrecognised`, and whether they may be there is for the caller to decide.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

from hcert.codec import cbor
from hcert.codec.limits import (
    MAX_DISEASES,
    MAX_INTEGER,
    MAX_LONG_TEXT,
    MAX_LOTS,
    MAX_SECONDS,
    MAX_TEXT,
    MAX_UNRECOGNISED,
    MAX_UNRECOGNISED_BYTES,
    MIN_SECONDS,
)
from hcert.fragments import Fragment, fragment, fragment_of
from hcert.records.citizen import code_registry
from hcert.records.citizen.person import Sex
from hcert.records.partial_date import YEARS, PartialDate
from hcert.times import to_epoch_seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from hcert.records.citizen.code_registry import Table
    from hcert.records.record_struct import RecordStruct, Unrecognised

T = TypeVar("T", bound="RecordStruct")
Problem: TypeAlias = tuple[str, Fragment]  # a path of attribute names, and what is wrong there

_MAX_NUMBER: Final = 65535  # of the code registry; far more rows than it will ever have
_EPOCH_ORDINAL: Final = dt.date(1970, 1, 1).toordinal()
_COUNTRY: Final = re.compile("[A-Z]{1,10}")
_MAX_DATE_PARTS: Final = 2
NEWER: Final = "a member of a newer version"
TOO_MANY: Final = fragment("schema.too_many_newer", most=MAX_UNRECOGNISED)
_UNSET: Final = (None, (), PartialDate())  # what is not written


class Kind(NamedTuple):
    """How one kind of value is read from the wire and written to it; reading raises ValueError with words.

    Reading bounds whatever can be long: text, arrays, maps, integers.
    """

    read: Callable[[Any], Any]
    write: Callable[[Any], Any]


class Field(NamedTuple):
    """One member of a map: its key, its attribute, its kind, and whether it must be there."""

    key: int
    attribute: str
    kind: Kind
    required: bool = False


class Form(Generic[T]):
    """One map of the format, and the type it becomes."""

    def __init__(self, entry: type[T], *members: Field) -> None:
        self._entry = entry
        self._members = members
        self._by_key = {member.key: (member.attribute, member.kind.read) for member in members}
        self._required = [(member.key, member.attribute) for member in members if member.required]

    def read(self, wire: Any, path: str, problems: list[Problem]) -> T | None:
        """Read a map, or add to `problems` all that keeps it from being read."""
        if type(wire) is not dict:
            problems.append((path, fragment("schema.map")))
            return None
        by_key = self._by_key
        try:  # nearly every map is as it should be
            return self._entry(**{by_key[key][0]: by_key[key][1](value) for key, value in wire.items()})
        except (KeyError, TypeError, ValueError):
            return self._read_closely(wire, path, problems)

    def _read_closely(self, wire: dict[Any, Any], path: str, problems: list[Problem]) -> T | None:
        """Read member by member: keep what is not known, and say of each what is wrong with it."""
        members: dict[str, Any] = {}
        unrecognised: list[tuple[int | str, bytes]] = []
        sound = len(problems)
        for key, value in wire.items():
            known = self._by_key.get(key)
            try:
                if known is None:
                    if len(unrecognised) == MAX_UNRECOGNISED:
                        problems.append((_join(path, NEWER), TOO_MANY))
                        return None
                    unrecognised.append(unrecognised_member(key, value))
                else:
                    members[known[0]] = known[1](value)
            except ValueError as fault:
                problems.append((_join(path, known[0] if known else NEWER), fragment_of(fault)))
        problems += [(_join(path, name), fragment("schema.missing")) for key, name in self._required if key not in wire]
        if len(problems) > sound:
            return None
        if unrecognised:
            members["unrecognised"] = in_order(unrecognised)
        return self._entry(**members)

    def write(self, entry: T) -> dict[int | str, Any]:
        """Write a map in the order of its keys, without the members that are None or empty."""
        wire: dict[int | str, Any] = {}
        for key, attribute, kind, required in self._members:
            value = getattr(entry, attribute)
            if required or value not in _UNSET:
                wire[key] = kind.write(value)
        return with_unrecognised(wire, entry.unrecognised)  # type: ignore[attr-defined]


def with_unrecognised(wire: dict[int | str, Any], unrecognised: Unrecognised) -> dict[int | str, Any]:
    """Put back what a newer version added, in the order that deterministic CBOR has for keys."""
    if not unrecognised:
        return wire
    for key, value in unrecognised:
        wire[key] = cbor.decode(value, depth=16)
    return dict(sorted(wire.items(), key=lambda item: cbor.encode(item[0])))


def unrecognised_member(key: int | str, value: Any) -> tuple[int | str, bytes]:
    """Return a member that is not known with its value encoded, so that it can be written again.

    Raises:
        ValueError: for one that is too large, or that holds a tag or a floating-point number, which the format does not
            use.
    """
    if type(key) is str and not 0 < len(key) <= MAX_TEXT:
        raise ValueError(fragment("schema.name_length", most=MAX_TEXT))
    parts, seen = [value], 0  # every part has a byte or more, so that counting parts bounds the work
    while parts and seen <= MAX_UNRECOGNISED_BYTES:
        part = parts.pop()
        seen += 1
        if type(part) is cbor.DateTimeText or type(part) is float:
            raise ValueError(fragment("schema.tag_or_float"))
        if type(part) is dict:
            parts += part.values()
        elif type(part) is list:
            parts += part
    written = b"" if parts else cbor.encode(value)
    if parts or len(written) > MAX_UNRECOGNISED_BYTES:
        raise ValueError(fragment("size.bytes", most=MAX_UNRECOGNISED_BYTES))
    return key, written


def in_order(unrecognised: list[tuple[int | str, bytes]]) -> Unrecognised:
    """Sort members of a newer version as deterministic CBOR does, RFC 8949 section 4.2.1."""
    return tuple(sorted(unrecognised, key=lambda member: cbor.encode(member[0])))


def _join(path: str, attribute: str) -> str:
    return f"{path}.{attribute}" if path else attribute


def _text(most: int) -> Kind:
    def read(value: Any) -> str:
        if type(value) is not str or not 0 < len(value) <= most:
            raise ValueError(fragment("schema.text", most=most))
        return value

    return Kind(read, _same)


def _same(value: Any) -> Any:
    return value


def _read_count(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= MAX_INTEGER:
        raise ValueError(fragment("schema.positive_integer"))
    return value


def _read_country(value: Any) -> str:
    if type(value) is not str or not _COUNTRY.fullmatch(value):
        raise ValueError(fragment("schema.capital_letters"))
    return value


def _read_day(value: Any) -> dt.date:
    if type(value) is not int:
        raise ValueError(fragment("schema.days"))
    try:
        return dt.date.fromordinal(_EPOCH_ORDINAL + value)
    except (ValueError, OverflowError):
        raise ValueError(fragment("schema.day_range")) from None


def _write_day(value: dt.date) -> int:
    return value.toordinal() - _EPOCH_ORDINAL


def _read_moment(value: Any) -> dt.datetime:
    if type(value) is not int or not MIN_SECONDS <= value <= MAX_SECONDS:
        raise ValueError(fragment("schema.seconds"))
    return dt.datetime.fromtimestamp(value, dt.UTC)


def _write_moment(value: dt.datetime) -> int:
    return to_epoch_seconds(value)


def _read_birth_date(value: Any) -> PartialDate:
    parts = value
    if type(value) is int:
        day = _read_day(value)
        parts = [day.year, day.month, day.day]
    elif type(value) is not list or not 1 <= len(value) <= _MAX_DATE_PARTS or {*map(type, value)} != {int}:
        raise ValueError(fragment("schema.birth_date"))
    if parts[0] not in YEARS:
        raise ValueError(fragment("schema.year"))
    try:
        return PartialDate(*parts)
    except (ValueError, OverflowError):
        raise ValueError(fragment("schema.month")) from None


def _write_birth_date(value: PartialDate) -> Any:
    if value.year is not None and value.month is not None and value.day is not None:
        return _write_day(dt.date(value.year, value.month, value.day))
    return [part for part in (value.year, value.month) if part is not None]


def _read_sex(value: Any) -> Sex:
    if type(value) is not int or value not in Sex._value2member_map_:
        raise ValueError(fragment("schema.sex"))
    return Sex(value)


def _code(table: Table) -> Kind:
    def read(value: Any) -> str:
        if type(value) is int and 0 <= value <= _MAX_NUMBER:
            codes = code_registry.codes(table)
            return codes[value] if value < len(codes) else f"{code_registry.UNREGISTERED}{value}"
        if type(value) is not str or not 0 < len(value) <= MAX_TEXT or value.startswith(code_registry.UNREGISTERED):
            raise ValueError(fragment("schema.code", most=MAX_TEXT))
        return value

    return Kind(read, lambda code: code_registry.to_wire(table, code))


def _several(one: Kind, most: int) -> Kind:
    def read(value: Any) -> tuple[Any, ...]:
        if type(value) is not list or not 1 <= len(value) <= most:
            raise ValueError(fragment("schema.codes", most=most))
        found = tuple(map(one.read, value))
        if len(set(found)) != len(found):
            raise ValueError(fragment("schema.code_twice"))
        return found

    return Kind(read, lambda codes: [one.write(code) for code in codes])


def _read_lots(value: Any) -> tuple[tuple[int, str], ...]:
    if type(value) is not dict or not 1 <= len(value) <= MAX_LOTS:
        raise ValueError(fragment("schema.lots", most=MAX_LOTS))
    lots = tuple((_read_count(number), TEXT.read(lot)) for number, lot in value.items())
    if list(value) != sorted(value):
        raise ValueError(fragment("schema.entry_numbers_order"))
    return lots


TEXT: Final = _text(MAX_TEXT)
LONG_TEXT: Final = _text(MAX_LONG_TEXT)
COUNT: Final = Kind(_read_count, _same)
COUNTRY: Final = Kind(_read_country, _same)
DAY: Final = Kind(_read_day, _write_day)
MOMENT: Final = Kind(_read_moment, _write_moment)
BIRTH_DATE: Final = Kind(_read_birth_date, _write_birth_date)
SEX: Final = Kind(_read_sex, int)
DISEASE: Final = _code("diseases")
DISEASES: Final = _several(DISEASE, MAX_DISEASES)
VACCINE: Final = _code("vaccines")
PRODUCT: Final = _code("products")
MANUFACTURER: Final = _code("manufacturers")
TEST_TYPE: Final = _code("test_types")
TEST_RESULT: Final = _code("test_results")
LOTS: Final = Kind(_read_lots, dict)
