"""Why a record of any kind must not be signed.

The reasons are members of the wrong type, members that the format cannot represent, and everything that decoding would
report, except for the warnings in `ISSUABLE_WARNINGS`.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple, Union, get_args, get_origin

import msgspec

from hcert.findings import Finding, finding
from hcert.fragments import Fragment, fragment
from hcert.records.places import RECORD, entry_of
from hcert.records.record_struct import RecordStruct
from hcert.records.schema_words import either
from hcert.times import to_zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hcert.fragments import Place

# Warnings that do not keep a record from being signed: an issuer who takes over the certificates of others cannot
# correct their identifiers, nor what a newer version added; and an unlikely dose number may be right. A new warning
# refuses unless it is added here.
ISSUABLE_WARNINGS: Final = frozenset(
    {"record.uvci_check_character", "record.unrecognised_members", "record.dose_beyond_series"}
)

_WORDS: Final[dict[type, str | Fragment]] = {NoneType: "None", dt.datetime: fragment("type.aware_datetime")}


def refusals(found: Iterable[Finding], *, issuable_warnings: frozenset[str] = ISSUABLE_WARNINGS) -> list[Finding]:
    """Return the findings of decoding that keep a record from being signed."""
    return [reason for reason in found if reason.severity == "error" or reason.code not in issuable_warnings]


def type_findings(record: RecordStruct) -> list[Finding]:
    """Return a `record.schema` for each member, at any depth, whose type is not the declared one.

    Run it first: it looks only into declared types, so cyclic and very deep objects are harmless.
    """
    return [_schema_finding(path, problem) for path, problem in _type_problems(record, type(record), "")]


def change_findings(record: RecordStruct, read_back: RecordStruct) -> list[Finding]:
    """Return a `record.schema` for each member that changed when the record was encoded and decoded again."""
    if record == read_back:
        return []
    return [_schema_finding(path, fragment("schema.not_representable")) for path in _changes(record, read_back, "")]


class _Expected(NamedTuple):
    """What an annotation allows.

    Attributes:
        kinds: the allowed types.
        words: the same for a message.
        items: for a tuple of any length, what each item may be.
        parts: for a tuple of fixed length, what each part may be.
    """

    kinds: tuple[type, ...]
    words: str | Fragment
    items: _Expected | None = None
    parts: tuple[_Expected, ...] = ()

    @property
    def plain(self) -> frozenset[type]:
        """The types whose values need no further check."""
        return frozenset(
            kind for kind in self.kinds if kind not in {dt.datetime, tuple} and not issubclass(kind, RecordStruct)
        )


class _Members(NamedTuple):
    """The members of a type: a getter for all of them; and plain types, name and expected types of each."""

    get_all: attrgetter[tuple[Any, ...]]
    expected: tuple[tuple[frozenset[type], str, _Expected], ...]


@cache
def _members(kind: type[RecordStruct]) -> _Members:
    members = [(member.name, _expected_by(member.type)) for member in msgspec.structs.fields(kind)]
    return _Members(
        attrgetter(*(name for name, _ in members)),
        tuple((expected.plain, name, expected) for name, expected in members),
    )


def _expected_by(annotation: Any) -> _Expected:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _expected_by(arguments[0])
    if origin in {Union, UnionType}:
        options = [_expected_by(argument) for argument in arguments]
        kinds = tuple(kind for option in options for kind in option.kinds)
        items = next((option.items for option in options if option.items), None)
        return _Expected(kinds, either([option.words for option in options]), items)
    if origin is tuple and arguments[-1] is Ellipsis:
        items = _expected_by(arguments[0])
        return _Expected((tuple,), fragment("type.tuple_of", items=items.words), items)
    if origin is tuple:
        parts = tuple(_expected_by(argument) for argument in arguments)
        return _Expected((tuple,), fragment("type.tuple_length", count=len(parts)), parts=parts)
    return _Expected((annotation,), _WORDS.get(annotation, annotation.__name__))


def _type_problems(record: RecordStruct, kind: type[RecordStruct], path: str) -> Iterator[tuple[str, Fragment]]:
    members = _members(kind)
    for value, (plain, name, expected) in zip(members.get_all(record), members.expected, strict=True):
        found = type(value)
        if found not in plain and (found is not tuple or value or expected.items is None):
            yield from _value_problems(value, expected, f"{path}{name}")


def _value_problems(value: Any, expected: _Expected, path: str) -> Iterator[tuple[str, Fragment]]:
    for kind in expected.kinds:
        if _is_a(value, kind):
            break
    else:
        yield path, fragment("schema.expected_got", expected=expected.words, got=_type_name(value))
        return
    if kind is tuple and expected.parts and len(value) != len(expected.parts):
        got = fragment("type.tuple_length", count=len(value))
        yield path, fragment("schema.expected_got", expected=expected.words, got=got)
    elif kind is tuple:
        items = expected.parts or [expected.items] * len(value)
        for index, (item, one) in enumerate(zip(value, items, strict=True)):
            yield from _value_problems(item, one, f"{path}[{index}]")  # type: ignore[arg-type]
    elif issubclass(kind, RecordStruct):
        yield from _type_problems(value, kind, f"{path}.")


def _is_a(value: Any, kind: type) -> bool:
    if kind is dt.datetime:
        return isinstance(value, dt.datetime) and value.utcoffset() is not None
    if kind is dt.date:  # datetime is a subclass of date
        return isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


def _type_name(value: Any) -> str | Fragment:
    if isinstance(value, dt.datetime) and value.utcoffset() is None:
        return fragment("type.naive_datetime")
    return type(value).__name__


def _changes(one: Any, two: Any, path: str) -> Iterator[Place]:
    """Yield the paths of members that differ; times are compared in UTC.

    By PEP 495 a time in the repeated hour of a zone never equals a time of another zone.
    """
    if isinstance(one, dt.datetime) and isinstance(two, dt.datetime):
        same = to_zone(one, dt.UTC) == to_zone(two, dt.UTC)
    elif isinstance(one, RecordStruct) and type(one) is type(two):
        for name in one.__struct_fields__:
            yield from _changes(getattr(one, name), getattr(two, name), f"{path}.{name}".lstrip("."))
        return
    elif isinstance(one, tuple) and isinstance(two, tuple) and len(one) == len(two):
        for index, (left, right) in enumerate(zip(one, two, strict=True)):
            yield from _changes(left, right, f"{path}[{index}]")
        return
    else:
        same = bool(one == two)
    if not same:
        yield path or RECORD


def _schema_finding(path: Place, problem: Fragment) -> Finding:
    return finding("record.schema", record=entry_of(path), path=path, problem=problem)
