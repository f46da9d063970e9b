"""Strict Base45 (RFC 9285), computed on whole buffers at once.

Three characters c, d, e encode the 16-bit value c + 45 d + 2025 e; a final pair c, d encodes one byte. Instead of a
loop, the digits of the whole text become one large integer with a lane of three bytes for each group. A mask selects
one position in every lane, and one multiplication then works on all groups: a value is at most 91 124, which fits a
lane. Encoding works the other way in lanes of four bytes, where a division by 45 is a multiplication and a shift.
Whitespace is not stripped and lower case not accepted, so each byte string has exactly one text.
"""

from __future__ import annotations

from typing import Final

from hcert.errors import MalformedError

ALPHABET: Final = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_NOT_IN_ALPHABET: Final = 0xFF
_MAX_BYTE: Final = 0xFF
_DIGITS: Final = bytes(ALPHABET.find(character) & 0xFF for character in range(256))

_BLOCK: Final = 4296  # characters decoded at a time; no QR code holds more, so there is usually one block
_SECOND: Final = int.from_bytes(b"\0\xff\0" * (_BLOCK // 3))  # selects d in every lane c d e
_THIRD: Final = int.from_bytes(b"\0\0\xff" * (_BLOCK // 3))  # selects e
_OVERFLOW: Final = int.from_bytes(b"\xff\0\0" * (_BLOCK // 3)) << 16  # the bits above 16 in every value

# For every v < 2**16: v // 45 == v * 46604 >> 21, and the product fits a lane of 32 bits.
_RECIPROCAL: Final = 46604
_SHIFT: Final = 21
_QUOTIENT: Final = 0x7FF  # the bits of a quotient, which is at most 1 456
_LANE: Final = 4
_LANES: Final = 1024  # values encoded at a time; usually there is one block here too
_QUOTIENTS: Final = int.from_bytes(_QUOTIENT.to_bytes(_LANE) * _LANES)


def decode(text: str | bytes) -> bytes:
    """Decode Base45 text.

    Args:
        text: the characters, as `str` or as ASCII `bytes`.

    Raises:
        MalformedError: `text.alphabet`, `text.length` or `text.overflow`.
    """
    data = text.encode("ascii", "replace") if isinstance(text, str) else text
    digits = data.translate(_DIGITS)
    if _NOT_IN_ALPHABET in digits:
        raise MalformedError.of("text.alphabet", position=digits.index(_NOT_IN_ALPHABET) + 1)
    rest = len(digits) % 3
    if rest == 1:
        raise MalformedError.of("text.length")
    end = len(digits) - rest
    if end <= _BLOCK:  # nearly always
        decoded = bytes(_decode_groups(digits[:end], 0)) if end else b""
    else:
        decoded = b"".join([_decode_groups(digits[at : min(at + _BLOCK, end)], at) for at in range(0, end, _BLOCK)])
    if rest:
        last = digits[end] + 45 * digits[end + 1]
        if last > _MAX_BYTE:
            raise MalformedError.of("text.overflow", position=end + 1)
        decoded += bytes((last,))
    return decoded


def _decode_groups(digits: bytes, offset: int) -> bytearray:
    """Decode at most one block of whole groups, which begins at `offset` in the text."""
    lanes = int.from_bytes(digits)
    # A lane holds c * 2**16 + d * 2**8 + e. Adding multiples of d and e makes it (c + 45 d + 2025 e) * 2**16.
    values = lanes + (lanes & _SECOND) * (45 * 2**8 - 1) + (lanes & _THIRD) * (2025 * 2**16 - 1)
    decoded = bytearray(values.to_bytes(len(digits) + 2)[:-2])
    if values & _OVERFLOW:
        raise MalformedError.of("text.overflow", position=offset + _find_overflow(decoded))
    del decoded[::3]
    return decoded


def _find_overflow(lanes: bytearray) -> int:
    """Return the 1-based position of the first group whose value needs a third byte."""
    return next(index for index in range(0, len(lanes), 3) if lanes[index]) + 1


def encode(data: bytes) -> str:
    """Encode bytes as Base45 text."""
    end = len(data) - len(data) % 2
    step = 2 * _LANES
    digits = b"".join([_encode_pairs(data[at : min(at + step, end)]) for at in range(0, end, step)])
    if end < len(data):
        digits += bytes((data[end] % 45, data[end] // 45))
    return digits.translate(ALPHABET + bytes(256 - len(ALPHABET))).decode("ascii")


def encoded_length(count: int) -> int:
    """Return the length in characters of `count` encoded bytes."""
    return 3 * (count // 2) + 2 * (count % 2)


def _encode_pairs(data: bytes) -> bytearray:
    """Return the Base45 digits of at most one block of whole byte pairs."""
    lanes = bytearray(2 * len(data))
    lanes[2::_LANE] = data[0::2]
    lanes[3::_LANE] = data[1::2]
    values = int.from_bytes(lanes)
    first = values * _RECIPROCAL >> _SHIFT & _QUOTIENTS  # v // 45
    second = first * _RECIPROCAL >> _SHIFT & _QUOTIENTS  # v // 2025
    # Each lane becomes the bytes 0, c, d, e.
    digits = bytearray((((values - 45 * first) << 16) + ((first - 45 * second) << 8) + second).to_bytes(len(lanes)))
    del digits[::_LANE]
    return digits
