"""A look at the heads of a large CBOR item before anything is built from it.

cbor2 builds a map's keys before anyone can say which keys are allowed. An array as a key becomes a tuple, whose hash
Python does not randomise: a few thousand crafted keys would all collide. Small items cannot hold
enough of them to matter, and every real certificate is small. Larger ones are walked through first, head by head:
arrays and maps as keys are refused, and so is an item of more parts than any certificate has.
"""

from __future__ import annotations

from typing import Final

from hcert.fragments import Fragment, fragment

SMALL: Final = 4096  # bytes that need no look: 300 crafted keys cost 1.2 ms; four times the largest real message
MAX_PARTS: Final = 3000  # a DCC has 60, a citizen record of 100 entries at most 2 700

# The first heads of the major types.
_STRING: Final = 2 << 5
_ARRAY: Final = 4 << 5
_MAP: Final = 5 << 5
_TAG: Final = 6 << 5
_SIMPLE: Final = 7 << 5
_BREAK: Final = 0xFF
_LONG_HEAD: Final = 24  # in a head: 1, 2, 4 or 8 bytes follow
_INDEFINITE: Final = 31
_ENDLESS: Final = 0  # a string of parts


def fault_of(data: bytes, *, depth: int) -> Fragment | None:  # noqa: C901, PLR0912 - one loop: calls double its time
    """Return in words why `data` must not be decoded, or None; whether it is well-formed is for the decoder to say."""
    outer: list[tuple[int, int, int]] = []  # the containers around the one that is open
    kind, left, seen = 0, -1, 0  # of the open container: its kind, parts left (negative: until a break), parts seen
    position = 0
    size = len(data)
    for _ in range(MAX_PARTS):
        if position >= size:
            return None
        head = data[position]
        position += 1
        argument = info = head & 0x1F
        if _LONG_HEAD <= info < _LONG_HEAD + 4:
            start, position = position, position + (1 << info - _LONG_HEAD)
            if head >= _STRING:  # of numbers nobody asks which
                argument = int.from_bytes(data[start:position])
        if head < _STRING:
            left -= 1
            seen += 1
        elif head < _ARRAY:
            left -= 1
            seen += 1
            if info == _INDEFINITE:
                if len(outer) == depth:
                    return fragment("cbor.too_deep")
                outer.append((kind, left, seen))
                kind, left, seen = _ENDLESS, -1, 0
            else:
                position += argument
        elif head < _TAG:
            if kind == _MAP and not seen & 1:
                return fragment("cbor.key_type")
            if len(outer) == depth:
                return fragment("cbor.too_deep")
            outer.append((kind, left - 1, seen + 1))
            kind, left, seen = (_MAP, 2 * argument, 0) if head >= _MAP else (_ARRAY, argument, 0)
            if info == _INDEFINITE:
                left = -1
        elif head == _BREAK:
            if outer:
                kind, left, seen = outer.pop()
        elif head >= _SIMPLE:  # what a tag holds takes the place of the tag
            left -= 1
            seen += 1
        while not left and outer:
            kind, left, seen = outer.pop()
    return fragment("cbor.too_many_parts") if position < size else None
