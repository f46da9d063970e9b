"""JSON that others publish, parsed with bounds: size, depth, no member twice, no numbers that JSON has not.

Readers disagree about a member that occurs twice, so what was checked might not be what is used; and nesting uses up
the stack of the parser before it says anything.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

_BYTES_MOST: Final = 16 * 1024 * 1024  # four times the largest list published, the German one
_DEPTH_MOST: Final = 16  # the lists have 5 levels


def parse(data: bytes) -> Any:
    """Parse a JSON text.

    Raises:
        ValueError: where it is none or beyond the bounds, in fixed words.
    """
    if len(data) > _BYTES_MOST:
        raise ValueError(f"it has more than {_BYTES_MOST} bytes")
    try:
        text = data.decode()
        _bound_depth(text)
        return json.loads(text, object_pairs_hook=_members, parse_constant=_no_number)
    except ValueError:  # those raised below among them, which need no words
        raise ValueError("it is no JSON text, or nested too deep, or it repeats a member") from None


def _bound_depth(text: str) -> None:
    """Take strings out, then the innermost brackets, level by level: that uses up a text of few levels, at C speed."""
    outside = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    brackets = re.sub(r"[^][{}]{1,1000}", "", outside)
    for _ in range(_DEPTH_MOST):
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
