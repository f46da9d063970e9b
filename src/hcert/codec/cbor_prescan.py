"""Scans the heads of a large CBOR item before anything is built from it.

cbor2 builds the keys of a map before its caller can refuse any. A key that is an array becomes a tuple, whose hash
Python does not randomise, so a few thousand crafted keys could all collide. Small items cannot hold enough keys to
matter, and every real certificate is small. Larger items are scanned first, head by head (RFC 8949 section 3): arrays
and maps as keys are refused, and so is an item with more parts than any certificate has.
"""

from __future__ import annotations

from typing import Final

from hcert.fragments import Fragment, fragment

MAX_UNSCANNED_BYTES: Final = 4096  # four times the largest real message; the 300 crafted keys it can hold cost 1.2 ms
MAX_PARTS: Final = 3000  # an EU DCC has 60, a citizen record of 100 entries at most 2 700

# The lowest head byte of each major type (RFC 8949 section 3.1); strings include byte strings.
_STRING: Final = 2 << 5
_ARRAY: Final = 4 << 5
_MAP: Final = 5 << 5
_TAG: Final = 6 << 5
_SIMPLE: Final = 7 << 5
_BREAK: Final = 0xFF
_LONG_HEAD: Final = 24  # additional information 24 to 27: an argument of 1, 2, 4 or 8 bytes follows
_INDEFINITE: Final = 31  # additional information of an item that ends with a break
_CHUNKS: Final = 0  # the kind of container that a string of indefinite length is


def find_fault(data: bytes, *, depth: int) -> Fragment | None:  # noqa: C901, PLR0912 - function calls double its time
    """Return the reason why `data` must not be decoded, or None. The decoder checks whether it is well-formed."""
    # The open container: its kind, how many parts are left (negative: until a break), and how many were seen. In a map,
    # keys and values are parts of their own. `outer` holds the same three of each container around it.
    kind, left, seen = 0, -1, 0
    outer: list[tuple[int, int, int]] = []
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
            if head >= _STRING:  # the value of an integer does not matter
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
                kind, left, seen = _CHUNKS, -1, 0
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
        elif head >= _SIMPLE:  # a tag counts together with its content
            left -= 1
            seen += 1
        while not left and outer:
            kind, left, seen = outer.pop()
    return fragment("cbor.too_many_parts") if position < size else None
