"""The schema language of the citizen record: CBOR maps with small integer keys, described field by field.

A `MapSchema` describes one map. It encodes the members in the order of their keys, which makes the encoding
deterministic, and decodes them collecting every problem. Unknown keys may come from a newer version: they are kept as
`unrecognised`, and the caller decides whether they are allowed.
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
from hcert.records.places import newer_member
from hcert.times import to_epoch_seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from hcert.fragments import Place
    from hcert.records.citizen.code_registry import Table
    from hcert.records.record_struct import RecordStruct, Unrecognised

T = TypeVar("T", bound="RecordStruct")
Problem: TypeAlias = "tuple[Place, Fragment]"  # where, and what is wrong there

_MAX_NUMBER: Final = 65535  # of a row in the code registry; far more than it will ever have
_EPOCH_ORDINAL: Final = dt.date(1970, 1, 1).toordinal()
_COUNTRY: Final = re.compile("[A-Z]{1,10}")
_MAX_DATE_PARTS: Final = 2
TOO_MANY: Final = fragment("schema.too_many_newer", most=MAX_UNRECOGNISED)
_UNSET: Final = (None, (), PartialDate())  # values that are left out


class FieldType(NamedTuple):
    """The conversions between a value of one type and its form in CBOR.

    Attributes:
        from_wire: decodes a value, enforcing a maximum for text, arrays, maps and integers; raises ValueError with a
            fragment.
        to_wire: encodes a value.
    """

    from_wire: Callable[[Any], Any]
    to_wire: Callable[[Any], Any]


class Field(NamedTuple):
    """One member of a map: its key, its attribute, its type, and whether it is required."""

    key: int
    attribute: str
    type: FieldType
    required: bool = False


class MapSchema(Generic[T]):
    """One map of the format, and the type of its records."""

    def __init__(self, entry: type[T], *members: Field) -> None:
        self._entry = entry
        self._members = members
        self._by_key = {member.key: (member.attribute, member.type.from_wire) for member in members}
        self._required = [(member.key, member.attribute) for member in members if member.required]

    def from_wire(self, wire: Any, path: str, problems: list[Problem]) -> T | None:
        """Decode a map; on failure add every problem to `problems` and return None."""
        if type(wire) is not dict:
            problems.append((path, fragment("schema.map")))
            return None
        by_key = self._by_key
        try:  # nearly every map is valid
            return self._entry(**{by_key[key][0]: by_key[key][1](value) for key, value in wire.items()})
        except (KeyError, TypeError, ValueError):
            return self._from_wire_by_member(wire, path, problems)

    def _from_wire_by_member(self, wire: dict[Any, Any], path: str, problems: list[Problem]) -> T | None:
        """Decode member by member, keeping unknown members and collecting every problem."""
        members: dict[str, Any] = {}
        unrecognised: list[tuple[int | str, bytes]] = []
        before = len(problems)
        for key, value in wire.items():
            known = self._by_key.get(key)
            try:
                if known is None:
                    if len(unrecognised) == MAX_UNRECOGNISED:
                        problems.append((newer_member(path), TOO_MANY))
                        return None
                    unrecognised.append(encode_unrecognised(key, value))
                else:
                    members[known[0]] = known[1](value)
            except ValueError as error:
                problems.append((_join_path(path, known[0]) if known else newer_member(path), fragment_of(error)))
        problems += [
            (_join_path(path, name), fragment("schema.missing")) for key, name in self._required if key not in wire
        ]
        if len(problems) > before:
            return None
        if unrecognised:
            members["unrecognised"] = sort_unrecognised(unrecognised)
        return self._entry(**members)

    def to_wire(self, entry: T) -> dict[int | str, Any]:
        """Encode a map in the order of its keys, leaving out members that are None or empty."""
        wire: dict[int | str, Any] = {}
        for key, attribute, field_type, required in self._members:
            value = getattr(entry, attribute)
            if required or value not in _UNSET:
                wire[key] = field_type.to_wire(value)
        return restore_unrecognised(wire, entry.unrecognised)  # type: ignore[attr-defined]


def restore_unrecognised(wire: dict[int | str, Any], unrecognised: Unrecognised) -> dict[int | str, Any]:
    """Add the members of a newer version, with all keys in the order of deterministic CBOR (RFC 8949 section 4.2.1)."""
    if not unrecognised:
        return wire
    for key, value in unrecognised:
        wire[key] = cbor.decode(value, depth=16)
    return dict(sorted(wire.items(), key=lambda item: cbor.encode(item[0])))


def encode_unrecognised(key: int | str, value: Any) -> tuple[int | str, bytes]:
    """Encode the value of an unknown member, so that it can be issued again.

    Raises:
        ValueError: if it is too large, or holds a tag or a floating-point number, which the format does not use.
    """
    if type(key) is str and not 0 < len(key) <= MAX_TEXT:
        raise ValueError(fragment("schema.name_length", most=MAX_TEXT))
    parts, seen = [value], 0  # every part takes at least one byte, so counting parts bounds the work
    while parts and seen <= MAX_UNRECOGNISED_BYTES:
        part = parts.pop()
        seen += 1
        if type(part) is cbor.DateTimeText or type(part) is float:
            raise ValueError(fragment("schema.tag_or_float"))
        if type(part) is dict:
            parts += part.values()
        elif type(part) is list:
            parts += part
    encoded = b"" if parts else cbor.encode(value)
    if parts or len(encoded) > MAX_UNRECOGNISED_BYTES:
        raise ValueError(fragment("size.bytes", most=MAX_UNRECOGNISED_BYTES))
    return key, encoded


def sort_unrecognised(unrecognised: list[tuple[int | str, bytes]]) -> Unrecognised:
    """Sort members of a newer version in the order of deterministic CBOR (RFC 8949 section 4.2.1)."""
    return tuple(sorted(unrecognised, key=lambda member: cbor.encode(member[0])))


def _join_path(path: str, attribute: str) -> str:
    return f"{path}.{attribute}" if path else attribute


def _text_type(most: int) -> FieldType:
    def read(value: Any) -> str:
        if type(value) is not str or not 0 < len(value) <= most:
            raise ValueError(fragment("schema.text", most=most))
        return value

    return FieldType(read, _pass_through)


def _pass_through(value: Any) -> Any:
    return value


def _count_from_wire(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= MAX_INTEGER:
        raise ValueError(fragment("schema.positive_integer"))
    return value


def _country_from_wire(value: Any) -> str:
    if type(value) is not str or not _COUNTRY.fullmatch(value):
        raise ValueError(fragment("schema.capital_letters"))
    return value


def _day_from_wire(value: Any) -> dt.date:
    if type(value) is not int:
        raise ValueError(fragment("schema.days"))
    try:
        return dt.date.fromordinal(_EPOCH_ORDINAL + value)
    except (ValueError, OverflowError):
        raise ValueError(fragment("schema.day_range")) from None


def _day_to_wire(value: dt.date) -> int:
    return value.toordinal() - _EPOCH_ORDINAL


def _moment_from_wire(value: Any) -> dt.datetime:
    if type(value) is not int or not MIN_SECONDS <= value <= MAX_SECONDS:
        raise ValueError(fragment("schema.seconds"))
    return dt.datetime.fromtimestamp(value, dt.UTC)


def _moment_to_wire(value: dt.datetime) -> int:
    return to_epoch_seconds(value)


def _birth_date_from_wire(value: Any) -> PartialDate:
    parts = value
    if type(value) is int:
        day = _day_from_wire(value)
        parts = [day.year, day.month, day.day]
    elif type(value) is not list or not 1 <= len(value) <= _MAX_DATE_PARTS or {*map(type, value)} != {int}:
        raise ValueError(fragment("schema.birth_date"))
    if parts[0] not in YEARS:
        raise ValueError(fragment("schema.year"))
    try:
        return PartialDate(*parts)
    except (ValueError, OverflowError):
        raise ValueError(fragment("schema.month")) from None


def _birth_date_to_wire(value: PartialDate) -> Any:
    if value.year is not None and value.month is not None and value.day is not None:
        return _day_to_wire(dt.date(value.year, value.month, value.day))
    return [part for part in (value.year, value.month) if part is not None]


def _sex_from_wire(value: Any) -> Sex:
    if type(value) is not int or value not in Sex._value2member_map_:
        raise ValueError(fragment("schema.sex"))
    return Sex(value)


def _code_type(table: Table) -> FieldType:
    def read(value: Any) -> str:
        if type(value) is int and 0 <= value <= _MAX_NUMBER:
            codes = code_registry.codes(table)
            return codes[value] if value < len(codes) else f"{code_registry.UNREGISTERED}{value}"
        if type(value) is not str or not 0 < len(value) <= MAX_TEXT or value.startswith(code_registry.UNREGISTERED):
            raise ValueError(fragment("schema.code", most=MAX_TEXT))
        return value

    return FieldType(read, lambda code: code_registry.to_wire(table, code))


def _list_type(one: FieldType, most: int) -> FieldType:
    def read(value: Any) -> tuple[Any, ...]:
        if type(value) is not list or not 1 <= len(value) <= most:
            raise ValueError(fragment("schema.codes", most=most))
        found = tuple(map(one.from_wire, value))
        if len(set(found)) != len(found):
            raise ValueError(fragment("schema.code_twice"))
        return found

    return FieldType(read, lambda codes: [one.to_wire(code) for code in codes])


def _lots_from_wire(value: Any) -> tuple[tuple[int, str], ...]:
    if type(value) is not dict or not 1 <= len(value) <= MAX_LOTS:
        raise ValueError(fragment("schema.lots", most=MAX_LOTS))
    lots = tuple((_count_from_wire(number), TEXT.from_wire(lot)) for number, lot in value.items())
    if list(value) != sorted(value):
        raise ValueError(fragment("schema.entry_numbers_order"))
    return lots


TEXT: Final = _text_type(MAX_TEXT)
LONG_TEXT: Final = _text_type(MAX_LONG_TEXT)
COUNT: Final = FieldType(_count_from_wire, _pass_through)
COUNTRY: Final = FieldType(_country_from_wire, _pass_through)
DAY: Final = FieldType(_day_from_wire, _day_to_wire)
MOMENT: Final = FieldType(_moment_from_wire, _moment_to_wire)
BIRTH_DATE: Final = FieldType(_birth_date_from_wire, _birth_date_to_wire)
SEX: Final = FieldType(_sex_from_wire, int)
DISEASE: Final = _code_type("diseases")
DISEASES: Final = _list_type(DISEASE, MAX_DISEASES)
VACCINE: Final = _code_type("vaccines")
PRODUCT: Final = _code_type("products")
MANUFACTURER: Final = _code_type("manufacturers")
TEST_TYPE: Final = _code_type("test_types")
TEST_RESULT: Final = _code_type("test_results")
LOTS: Final = FieldType(_lots_from_wire, dict)
