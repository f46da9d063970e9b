"""A look at the heads of a large CBOR item before anything is built from it.

cbor2 builds a map's keys before it can be told which keys are allowed. An array as a key becomes a tuple, whose hash
Python does not randomise: a few thousand crafted keys would all collide. Small items cannot hold
enough of them to matter, and every real certificate is small. Larger ones are walked through first, head by head:
arrays and maps as keys are refused, and so is an item of more parts than any certificate has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL: Final = 4096  # bytes that need no look: 300 crafted keys cost 1.2 ms; four times the largest real message
PARTS_MOST: Final = 3000  # a DCC has 60, a citizen record of 100 entries at most 2 700

_STRINGS: Final = (2, 3)
_ARRAY: Final = 4
_MAP: Final = 5
_TAG: Final = 6
_OTHER: Final = 7
_ARGUMENT_BYTES: Final = {24: 1, 25: 2, 26: 4, 27: 8}
_INDEFINITE: Final = 31


def fault_of(data: bytes, *, depth: int) -> str | None:
    """Return in words why `data` must not be decoded, or None; whether it is well-formed is for the decoder to say."""
    opened: list[list[int]] = []  # of each open container: major type, parts left (negative: until a break), parts seen
    for count, (major, info, argument) in enumerate(_heads(data), start=1):
        if count > PARTS_MOST or len(opened) > depth:
            return "it is nested too deeply" if len(opened) > depth else "it has too many parts"
        if (major, info) == (_OTHER, _INDEFINITE):  # a break
            del opened[-1:]
        elif major != _TAG:  # what a tag holds takes its place
            if opened:
                container = opened[-1]
                if container[0] == _MAP and container[2] % 2 == 0 and major in (_ARRAY, _MAP):
                    return "a map has a key that is neither integer nor text"
                container[1] -= 1
                container[2] += 1
            if info == _INDEFINITE:
                opened.append([major, -1, 0])
            elif major in (_ARRAY, _MAP):
                opened.append([major, argument * (2 if major == _MAP else 1), 0])
        while opened and opened[-1][1] == 0:
            opened.pop()
    return None


def _heads(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield major type, additional information and argument of each head, skipping what strings hold."""
    position = 0
    while position < len(data):
        major, info = data[position] >> 5, data[position] & 0x1F
        width = _ARGUMENT_BYTES.get(info, 0)
        argument = int.from_bytes(data[position + 1 : position + 1 + width]) if width else info
        position += 1 + width
        if major in _STRINGS and info != _INDEFINITE:
            position += argument
        yield major, info, argument
