"""The values of CertLogic: what is true or false, what is an integer, what is the same, and what a path leads to.

Values are those of JSON, and date-times. Source: CertLogic specification 1.3.3; equality and paths are JavaScript's.
"""

from __future__ import annotations

import re
from typing import Any, Final, TypeGuard

MAX_INTEGER: Final = 2**53 - 1  # beyond it a number of JavaScript is not exact
MAX_PATH: Final = 250  # characters of a path

_INTEGER_AT_START: Final = r"\s{0,9}([+-]?[0-9]{1,250})"  # what parseInt reads


def truth(value: Any) -> bool | None:
    """Return whether a value is truthy or falsy; None for a date-time, which is neither."""
    return bool(value) if value is None or isinstance(value, (bool, int, float, str, list, dict)) else None


def is_integer(value: Any) -> TypeGuard[int | float]:
    """Tell whether a value is a number without a fraction; 1.0 is one, as JSON writers differ."""
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def same(one: Any, other: Any) -> bool:
    """Compare strictly: no type becomes another, and arrays, objects and date-times are the same only as one value."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, str):
        return isinstance(other, str) and one == other
    if isinstance(one, (int, float)):
        return isinstance(other, (int, float)) and one == other
    return one is other


def is_among(value: Any, items: list[Any]) -> bool:
    """Tell whether an array holds a value, compared strictly."""
    return value in items if type(value) is str else any(same(value, item) for item in items)


def follow(path: str, data: Any) -> Any:
    """Return what a path leads to; None where it leads nowhere.

    A fragment that begins with a number is an index, as JavaScript's `parseInt` has it. Of a text nothing can be taken.
    """
    if not path:
        return data
    for fragment in path.split("."):
        match = None if fragment.isalpha() else re.match(_INTEGER_AT_START, fragment)
        if isinstance(data, dict):
            data = data.get(str(int(match[1])) if match else fragment)
        elif isinstance(data, list) and match and 0 <= int(match[1]) < len(data):
            data = data[int(match[1])]
        else:
            return None
    return data
