"""JSON that others publish, parsed with bounds: size, parts, depth, no member twice, no numbers that JSON has not.

Readers disagree about a member that occurs twice, so what was checked might not be what is used; nesting uses up the
stack of the parser before it says anything; and millions of empty items take hundreds of megabytes. Parts are counted
before anything is made of them, with those within strings, which no list has many of.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from hcert.fragments import fragment

MAX_BYTES: Final = 16 * 1024 * 1024  # four times the largest list published, the German one
MAX_DEPTH: Final = 16  # the lists have 5 levels
MAX_ITEMS: Final = 100_000  # of one array; the lists have 3 000
MAX_PARTS: Final = 1_000_000  # arrays, objects and commas; the lists have 30 000
MAX_QUOTES: Final = 2_000_000
_PARTS: Final = (b",", b"[", b"{")


def parse(data: bytes) -> Any:
    """Parse a JSON text.

    Raises:
        ValueError: where it is none or beyond the bounds, in fixed words.
    """
    if len(data) > MAX_BYTES:
        raise ValueError(fragment("size.bytes", most=MAX_BYTES))
    if sum(map(data.count, _PARTS)) > MAX_PARTS or data.count(b'"') > MAX_QUOTES:
        raise ValueError(fragment("size.parts", most=MAX_PARTS))
    try:
        text = data.decode()
        _bound_depth(text)
        content = json.loads(text, object_pairs_hook=_members, parse_constant=_no_number)
    except ValueError:  # those raised below among them, which need no words
        raise ValueError(fragment("json.malformed")) from None
    if _longest(content) > MAX_ITEMS:
        raise ValueError(fragment("size.entries", most=MAX_ITEMS))
    return content


def _longest(content: Any) -> int:
    """Return the length of the longest array."""
    longest, left = 0, [content]
    while left:
        value = left.pop()
        if isinstance(value, list):
            longest = max(longest, len(value))
            left += value
        elif isinstance(value, dict):
            left += value.values()
    return longest


def _bound_depth(text: str) -> None:
    """Take strings out, then the innermost brackets, level by level: that uses up a text of few levels, at C speed."""
    outside = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    brackets = re.sub(r"[^][{}]{1,1000}", "", outside)
    for _ in range(MAX_DEPTH):
        brackets = re.sub(r"\[\]|\{\}", "", brackets)
    if brackets:
        raise ValueError  # nested too deep, or brackets without a partner


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError  # a member occurs twice, and which of them counts would be a guess
    return members


def _no_number(_: str) -> None:
    raise ValueError  # NaN and infinities, which Python would read
