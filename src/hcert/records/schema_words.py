"""The errors of msgspec as fragments, since its own messages exist in English only."""

from __future__ import annotations

import re
from functools import reduce
from typing import Any, Final

from hcert.fragments import Fragment, fragment

_PATH: Final = re.compile(r" - at `(?:key` in `)?(\$[^`]{0,200})`")
_REQUIRED: Final = re.compile(r"Object missing required field `(\w{1,100})`")
_EXPECTED: Final = re.compile(r"Expected `([a-z |]{1,200})`(?:, got `([a-z]{1,50})`)?")
_LENGTH: Final = re.compile(r"Expected `([a-z]{1,50})` of length ([<>=]{0,2} ?[0-9]{1,19})(?:, got ([0-9]{1,19}))?")
_RANGE: Final = re.compile(r"Expected `([a-z]{1,50})` ([<>=]{1,2} [0-9.e+-]{1,50})")
_PATTERN: Final = re.compile(r"Expected `str` matching regex ('.{1,500}')", re.DOTALL)
_TYPES: Final = {
    "int": fragment("type.integer"),
    "float": fragment("type.number"),
    "str": fragment("type.text"),
    "bool": fragment("type.boolean"),
    "array": fragment("type.array"),
    "object": fragment("type.object"),
    "null": fragment("type.null"),
    "bytes": fragment("type.bytes"),
    "datetime": fragment("type.date_time"),
    "date": fragment("type.date"),
}
_EXPECTED_TIMES: Final = {
    "Invalid RFC3339 encoded datetime": fragment("type.date_time"),
    "Expected `datetime` with a timezone component": fragment("type.date_time"),
    "Invalid RFC3339 encoded date": fragment("type.date"),
}


def schema_fragment(error: Exception) -> Fragment:
    """Return the reason of a `msgspec.ValidationError`: that of our own hook, the expected type, or a general one.

    Values are never quoted.
    """
    said = error.args[0] if error.args and isinstance(error.args[0], str) else ""
    path = _PATH.search(said)
    reason = _own_fragment(error) or _own_fragment(error.__cause__) or _reason_of(_PATH.sub("", said))
    return fragment("schema.at", reason=reason, path=path[1]) if path else reason


def either(options: list[Any]) -> Any:
    """Return words for one of several types."""
    return reduce(lambda one, other: fragment("type.either", one=one, other=other), options)


def _own_fragment(error: BaseException | None) -> Fragment | None:
    own = error.args[0] if error is not None and error.args else None
    return own if isinstance(own, Fragment) else None


def _reason_of(said: str) -> Fragment:
    if required := _REQUIRED.fullmatch(said):
        return fragment("schema.required", field=required[1])
    if found := _EXPECTED.fullmatch(said):
        types, got = found.groups()
        return _expected(either([_type(name) for name in types.split(" | ")]), got and _type(got))
    if found := _LENGTH.fullmatch(said):
        kind, length, count = found.groups()
        return _expected(fragment("type.of_length", type=_type(kind), length=length), count)
    expected = _EXPECTED_TIMES.get(said) or _bounded(said)
    return fragment("schema.value") if expected is None else _expected(expected)


def _bounded(said: str) -> Fragment | None:
    if found := _RANGE.fullmatch(said):
        return fragment("type.in_range", type=_type(found[1]), range=found[2])
    if found := _PATTERN.fullmatch(said):
        return fragment("type.matching", type=_type("str"), form=found[1])
    return None


def _type(name: str) -> Fragment:
    return _TYPES.get(name, fragment("type.other"))


def _expected(expected: Any, got: Any = None) -> Fragment:
    if got is None:
        return fragment("schema.expected", expected=expected)
    return fragment("schema.expected_got", expected=expected, got=got)
