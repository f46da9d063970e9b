"""What msgspec says of a value that breaks a schema, as a fragment: its own words are English."""

from __future__ import annotations

import re
from typing import Final

from hcert.fragments import Fragment, fragment

_REQUIRED: Final = re.compile(r"Object missing required field `(\w{1,100})`")


def schema_fragment(error: Exception) -> Fragment:
    """Return the reason of a `msgspec.ValidationError`: that of our own hook, what was expected, or a general one.

    What was expected stays in the notation of msgspec, such as `int` >= 1. A value is never quoted.
    """
    told = error.args[0] if error.args else ""
    words, _, path = told.partition(" - at `") if isinstance(told, str) else ("", "", "")
    reason = _own(error) or _own(error.__cause__) or _reason(words)
    return fragment("schema.at", reason=reason, path=path.removesuffix("`")) if path else reason


def _own(error: BaseException | None) -> Fragment | None:
    own = error.args[0] if error is not None and error.args else None
    return own if isinstance(own, Fragment) else None


def _reason(words: str) -> Fragment:
    required = _REQUIRED.fullmatch(words)
    if required:
        return fragment("schema.required", field=required[1])
    if words.startswith("Expected "):
        expected, _, got = words.removeprefix("Expected ").partition(", got ")
        if got:
            return fragment("schema.expected_got", expected=expected, got=got)
        return fragment("schema.expected", expected=expected)
    return fragment("schema.value")
