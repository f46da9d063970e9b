"""A bound on what a JSON parser gave: how many parts, and how many levels.

Looked at level by level and not by calls within calls, since the stack is what is at stake.
"""

from __future__ import annotations

from typing import Any


def is_bounded(value: Any, *, parts: int, depth: int) -> bool:
    """Tell whether a value has few enough parts and levels; one that contains itself has not."""
    level, seen = [value], 0
    for _ in range(depth):
        seen += len(level)
        if not level or seen > parts:
            break
        level = [item for one in level for item in _items(one)]
    return not level


def _items(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
