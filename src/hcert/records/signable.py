"""What keeps a record of any kind from being signed.

Members of other types, members that the format cannot hold as they are, and everything that reading would warn of, but
for the few codes that an issuer passes on.
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
from hcert.records.record_struct import RecordStruct
from hcert.times import to_zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Warnings with which a record may be signed. All others refuse, those to come too, unless they are added here. An
# issuer who takes over the certificates of others cannot mend their identifiers, nor what a newer version added.
PASSED_ON: Final = frozenset({"record.uvci_check_character", "record.unrecognised_members"})


def refusals(found: Iterable[Finding], *, passed_on: frozenset[str] = PASSED_ON) -> list[Finding]:
    """Return the findings of reading that keep a record from being signed: all but the warnings in `passed_on`."""
    return [reason for reason in found if reason.severity == "error" or reason.code not in passed_on]


def type_findings(record: RecordStruct) -> list[Finding]:
    """Return a `record.schema` for each member, at any depth, that has another type than the record declares.

    Nothing is looked into that was not declared, so cyclic and very deep objects are no danger; run it first.
    """
    return [_schema(path, problem) for path, problem in _type_problems(record, type(record), "")]


def change_findings(record: RecordStruct, read_back: RecordStruct) -> list[Finding]:
    """Return a `record.schema` for each member that did not come back from its format as it was."""
    if record == read_back:
        return []
    return [_schema(path, fragment("schema.not_representable")) for path in _changes(record, read_back, "")]


class _Expected(NamedTuple):
    """What an annotation allows: types, in words too; for a tuple what it holds, and in which number where fixed.

    A value whose very type is among `plain` needs no closer look.
    """

    kinds: tuple[type, ...]
    words: str
    items: _Expected | None = None
    parts: tuple[_Expected, ...] = ()

    @property
    def plain(self) -> frozenset[type]:
        return frozenset(
            kind for kind in self.kinds if kind not in {dt.datetime, tuple} and not issubclass(kind, RecordStruct)
        )


class _Members(NamedTuple):
    """How the members of a type are read, all at once, and of each its plain types, its name and what is expected."""

    read: attrgetter[tuple[Any, ...]]
    due: tuple[tuple[frozenset[type], str, _Expected], ...]


@cache
def _members(kind: type[RecordStruct]) -> _Members:
    due = [(member.name, _expected(member.type)) for member in msgspec.structs.fields(kind)]
    return _Members(
        attrgetter(*(name for name, _ in due)), tuple((expected.plain, name, expected) for name, expected in due)
    )


def _expected(annotation: Any) -> _Expected:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _expected(arguments[0])
    if origin in {Union, UnionType}:
        options = [_expected(argument) for argument in arguments]
        kinds = tuple(kind for option in options for kind in option.kinds)
        items = next((option.items for option in options if option.items), None)
        return _Expected(kinds, " or ".join(option.words for option in options), items)
    if origin is tuple and arguments[-1] is Ellipsis:
        items = _expected(arguments[0])
        return _Expected((tuple,), f"tuple of {items.words}", items)
    if origin is tuple:
        parts = tuple(_expected(argument) for argument in arguments)
        return _Expected((tuple,), f"tuple of {len(parts)}", parts=parts)
    words = {NoneType: "None", dt.datetime: "datetime with a time zone"}.get(annotation, annotation.__name__)
    return _Expected((annotation,), words)


def _type_problems(record: RecordStruct, kind: type[RecordStruct], path: str) -> Iterator[tuple[str, Fragment]]:
    members = _members(kind)
    for value, (plain, name, expected) in zip(members.read(record), members.due, strict=True):
        found = type(value)
        if found not in plain and (found is not tuple or value or expected.items is None):
            yield from _value_problems(value, expected, f"{path}{name}")


def _value_problems(value: Any, expected: _Expected, path: str) -> Iterator[tuple[str, Fragment]]:
    for kind in expected.kinds:
        if _is_a(value, kind):
            break
    else:
        yield path, fragment("schema.expected_got", expected=expected.words, got=_named(value))
        return
    if kind is tuple and expected.parts and len(value) != len(expected.parts):
        yield path, fragment("schema.expected_got", expected=expected.words, got=f"tuple of {len(value)}")
    elif kind is tuple:
        items = expected.parts or [expected.items] * len(value)
        for index, (item, due) in enumerate(zip(value, items, strict=True)):
            yield from _value_problems(item, due, f"{path}[{index}]")  # type: ignore[arg-type]
    elif issubclass(kind, RecordStruct):
        yield from _type_problems(value, kind, f"{path}.")


def _is_a(value: Any, kind: type) -> bool:
    if kind is dt.datetime:
        return isinstance(value, dt.datetime) and value.utcoffset() is not None
    if kind is dt.date:  # of which a datetime is a kind in Python
        return isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


def _named(value: Any) -> str:
    if isinstance(value, dt.datetime) and value.utcoffset() is None:
        return "datetime without one"
    return type(value).__name__


def _changes(one: Any, two: Any, path: str) -> Iterator[str]:
    """Compare by moments: a time of the hour that comes twice a year equals none of another zone (PEP 495)."""
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
        yield path or "the record"


def _schema(path: str, problem: Fragment) -> Finding:
    place, bracket, _ = path.partition("]")
    entry = place + bracket if bracket and "." not in place else None
    return finding("record.schema", record=entry, path=path, problem=problem)
