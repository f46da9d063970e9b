"""The members of one CBOR map, read one level deep.

For the reader of an entry of which one member matters whatever is wrong with another: `hcert.codec.cbor` reads all of
an item or nothing. Here each member is found by its head alone. Values that are arrays, maps or tags are stepped over
without recursion, however deep they are nested, and what comes before a break is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNSIGNED, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _OTHER = 0, 2, 3, 4, 5, 6, 7
_ARGUMENT_BYTES: Final = {24: 1, 25: 2, 26: 4, 27: 8}
_INDEFINITE: Final = 31


def members(data: bytes) -> Iterator[tuple[int, Any]]:
    """Yield number and value of each member with an unsigned integer as key, up to where the map breaks off.

    A value is given where it is an unsigned integer or a byte string of definite length, and is None otherwise. A
    member that stands twice is yielded twice.
    """
    try:
        major, info, argument, at = _head(data, 0)
        if major != _MAP:
            return
        left = -1 if info == _INDEFINITE else argument
        while left and at < len(data) and data[at] != 0xFF:  # noqa: PLR2004 - a break
            major, info, number, _ = _head(data, at)
            at = _behind(data, at)
            value, behind = _value(data, at), _behind(data, at)
            if major == _UNSIGNED:
                yield number, value
            at = behind
            left -= 1
    except IndexError:  # it is cut off
        return


def _value(data: bytes, at: int) -> Any:
    major, info, argument, start = _head(data, at)
    if major == _UNSIGNED:
        return argument
    return data[start : start + argument] if major == _BYTES and info != _INDEFINITE else None


def _behind(data: bytes, at: int) -> int:
    """Return where the item that begins at `at` ends."""
    left = [1]  # items due in each container that is open; negative until a break
    while left:
        major, info, argument, at = _head(data, at)
        if (major, info) == (_OTHER, _INDEFINITE):
            left.pop()
        else:
            left[-1] -= 1
            if info == _INDEFINITE:
                left.append(-1)
            elif major in (_BYTES, _TEXT):
                at += argument
            elif major in (_ARRAY, _MAP):
                left.append(argument * (2 if major == _MAP else 1))
            elif major == _TAG:
                left.append(1)
        while left and left[-1] == 0:
            left.pop()
    return at


def _head(data: bytes, at: int) -> tuple[int, int, int, int]:
    """Return major type, additional information, argument and end of a head; beyond the end of data, IndexError."""
    major, info = data[at] >> 5, data[at] & 0x1F
    end = at + 1 + _ARGUMENT_BYTES.get(info, 0)
    if end > len(data):
        raise IndexError
    return major, info, int.from_bytes(data[at + 1 : end]) if end > at + 1 else info, end
