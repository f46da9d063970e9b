"""Strict Base45 (RFC 9285), decoded with whole-buffer arithmetic.

Three characters c, d, e stand for the 16-bit value c + 45 d + 2025 e, a last pair for an 8-bit value. Instead of a
loop, the digits of the whole text become one large integer with a lane of three bytes for each group. Masks pick out
positions in all lanes, and one multiplication each serves all groups: a value is at most 91 124, which fits a lane.
Nothing is stripped or folded: one byte sequence has one text.
"""

from __future__ import annotations

from typing import Final

from hcert.errors import MalformedError

ALPHABET: Final = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_FOREIGN: Final = 0xFF
_BYTE_MOST: Final = 0xFF
_DIGITS: Final = bytes(ALPHABET.find(character) & 0xFF for character in range(256))

_BLOCK: Final = 4296  # characters at a time; no QR code holds more, so one block is the rule
_SECOND: Final = int.from_bytes(b"\0\xff\0" * (_BLOCK // 3))  # picks d out of every lane c d e
_THIRD: Final = int.from_bytes(b"\0\0\xff" * (_BLOCK // 3))  # picks e


def decode(text: str | bytes) -> bytes:
    """Decode Base45 text.

    Args:
        text: the characters, as `str` or as ASCII `bytes`.

    Raises:
        MalformedError: `text.alphabet`, `text.length` or `text.overflow`.
    """
    data = text.encode("ascii", "replace") if isinstance(text, str) else text
    digits = data.translate(_DIGITS)
    if _FOREIGN in digits:
        raise MalformedError.of("text.alphabet", position=digits.index(_FOREIGN) + 1)
    rest = len(digits) % 3
    if rest == 1:
        raise MalformedError.of("text.length")
    end = len(digits) - rest
    decoded = b"".join([_decode_groups(digits[at : min(at + _BLOCK, end)], at) for at in range(0, end, _BLOCK)])
    if rest:
        last = digits[end] + 45 * digits[end + 1]
        if last > _BYTE_MOST:
            raise MalformedError.of("text.overflow", position=end + 1)
        decoded += bytes((last,))
    return decoded


def _decode_groups(digits: bytes, offset: int) -> bytearray:
    """Decode whole groups, at most a block of them; `offset` is where they stand in the text."""
    lanes = int.from_bytes(digits)
    # A lane reads c * 2**16 + d * 2**8 + e; multiples of its parts turn it into (c + 45 d + 2025 e) * 2**16.
    values = lanes + (lanes & _SECOND) * (45 * 2**8 - 1) + (lanes & _THIRD) * (2025 * 2**16 - 1)
    decoded = bytearray(values.to_bytes(len(digits) + 2)[:-2])
    if decoded[::3].count(0) != len(digits) // 3:  # a value of more than 16 bits
        raise MalformedError.of("text.overflow", position=offset + _first_overflow(decoded))
    del decoded[::3]
    return decoded


def _first_overflow(lanes: bytearray) -> int:
    """Return the 1-based position of the first group whose value needs a third byte."""
    return next(index for index in range(0, len(lanes), 3) if lanes[index]) + 1
