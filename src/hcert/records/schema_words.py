"""The errors of msgspec as fragments, since its own messages exist in English only."""

from __future__ import annotations

import re
from typing import Final

from hcert.fragments import Fragment, fragment

_REQUIRED: Final = re.compile(r"Object missing required field `(\w{1,100})`")


def schema_fragment(error: Exception) -> Fragment:
    """Return the reason of a `msgspec.ValidationError`: that of our own hook, the expected type, or a general one.

    The expected type stays in the notation of msgspec, such as `int` >= 1. Values are never quoted.
    """
    told = error.args[0] if error.args else ""
    words, _, path = told.partition(" - at `") if isinstance(told, str) else ("", "", "")
    reason = _own_fragment(error) or _own_fragment(error.__cause__) or _reason_of(words)
    return fragment("schema.at", reason=reason, path=path.removesuffix("`")) if path else reason


def _own_fragment(error: BaseException | None) -> Fragment | None:
    own = error.args[0] if error is not None and error.args else None
    return own if isinstance(own, Fragment) else None


def _reason_of(words: str) -> Fragment:
    required = _REQUIRED.fullmatch(words)
    if required:
        return fragment("schema.required", field=required[1])
    if words.startswith("Expected "):
        expected, _, got = words.removeprefix("Expected ").partition(", got ")
        if got:
            return fragment("schema.expected_got", expected=expected, got=got)
        return fragment("schema.expected", expected=expected)
    return fragment("schema.value")
