"""JSON that others publish, parsed strictly and with bounds on size, depth and number of parts.

Parsers disagree about a member that occurs twice, so what was checked might not be what is used. Deep nesting exhausts
the stack of the parser. Millions of empty items take hundreds of megabytes, so parts are counted before anything is
parsed, including those within strings: real lists have few there.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from hcert.fragments import fragment

MAX_BYTES: Final = 16 * 1024 * 1024  # four times the German list, the largest one published
MAX_DEPTH: Final = 16  # published lists have 5 levels
MAX_ITEMS: Final = 100_000  # of one array; published lists have up to 3 000
MAX_PARTS: Final = 1_000_000  # arrays, objects and commas; published lists have up to 30 000
MAX_QUOTES: Final = 2_000_000
_PARTS: Final = (b",", b"[", b"{")


def parse(data: bytes) -> Any:
    """Parse a JSON text (RFC 8259).

    Raises:
        ValueError: with a fragment that says why, if it is malformed or beyond a bound.
    """
    if len(data) > MAX_BYTES:
        raise ValueError(fragment("size.bytes", most=MAX_BYTES))
    if sum(map(data.count, _PARTS)) > MAX_PARTS or data.count(b'"') > MAX_QUOTES:
        raise ValueError(fragment("size.parts", most=MAX_PARTS))
    try:
        text = data.decode()
        _check_depth(text)
        content = json.loads(text, object_pairs_hook=_make_object, parse_constant=_refuse_constant)
    except ValueError:  # from below too
        raise ValueError(fragment("json.malformed")) from None
    if _longest_array(content) > MAX_ITEMS:
        raise ValueError(fragment("size.entries", most=MAX_ITEMS))
    return content


def _longest_array(content: Any) -> int:
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


def _check_depth(text: str) -> None:
    """Check the depth at C speed: remove strings, then the innermost brackets once a level; nothing must be left."""
    outside = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    brackets = re.sub(r"[^][{}]{1,1000}", "", outside)
    for _ in range(MAX_DEPTH):
        brackets = re.sub(r"\[\]|\{\}", "", brackets)
    if brackets:
        raise ValueError  # too deep, or unbalanced brackets


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError  # a member occurs twice
    return members


def _refuse_constant(_: str) -> None:
    raise ValueError  # NaN and infinities, which Python reads but JSON does not have
