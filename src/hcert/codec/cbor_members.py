"""Scans the members of one CBOR map, one level deep, even if the map is damaged.

`hcert.codec.cbor` decodes a whole item or nothing. For some entries of a list, one member matters even if another is
malformed: a broken entry must not lose its revocation. So each member is found by its head alone (RFC 8949 section 3).
Arrays, maps and tags are skipped without recursion, however deep they are nested, and members before the damage are
returned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNSIGNED, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _OTHER = 0, 2, 3, 4, 5, 6, 7
_ARGUMENT_BYTES: Final = {24: 1, 25: 2, 26: 4, 27: 8}
_INDEFINITE: Final = 31


def scan_members(data: bytes) -> Iterator[tuple[int, Any]]:
    """Yield key and value of each member whose key is an unsigned integer, up to where the map is damaged or ends.

    The value is an integer or bytes if it is an unsigned integer or a byte string of definite length, otherwise None. A
    duplicate key is yielded each time, and a byte string that is cut off as far as it goes.
    """
    try:
        major, info, argument, at = _read_head(data, 0)
        if major != _MAP:
            return
        left = -1 if info == _INDEFINITE else argument
        while left and at < len(data) and data[at] != 0xFF:  # noqa: PLR2004 - a break
            major, info, key, _ = _read_head(data, at)
            at = _skip_item(data, at)
            value, end = _read_value(data, at), _skip_item(data, at)
            if major == _UNSIGNED:
                yield key, value
            at = end
            left -= 1
    except IndexError:  # the data ends within an item
        return


def _read_value(data: bytes, at: int) -> Any:
    major, info, argument, start = _read_head(data, at)
    if major == _UNSIGNED:
        return argument
    return data[start : start + argument] if major == _BYTES and info != _INDEFINITE else None


def _skip_item(data: bytes, at: int) -> int:
    """Return the end of the item that begins at `at`."""
    left = [1]  # items left in each open container; negative: until a break
    while left:
        major, info, argument, at = _read_head(data, at)
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


def _read_head(data: bytes, at: int) -> tuple[int, int, int, int]:
    """Return major type, additional information, argument and end of a head.

    Raises:
        IndexError: the data ends within the head.
    """
    major, info = data[at] >> 5, data[at] & 0x1F
    end = at + 1 + _ARGUMENT_BYTES.get(info, 0)
    if end > len(data):
        raise IndexError
    return major, info, int.from_bytes(data[at + 1 : end]) if end > at + 1 else info, end
