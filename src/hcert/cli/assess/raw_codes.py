"""Codes put together by hand, so that they can be put together wrongly.

Nothing here is shared with hcert's own writer.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from hcert.cli.assess.fictional_keys import FictionalKey

PREFIX: Final = "HC1:"
ALGORITHM: Final = 1  # labels of COSE headers, RFC 9052 section 3.1
KID: Final = 4
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_BASE: Final = len(_ALPHABET)
_SIGN1: Final = b"\xd2"  # tag 18
_SHORT: Final = 24  # numbers below it stand in the first byte, RFC 8949 section 3


@dataclass(frozen=True, slots=True)
class Pairs:
    """A map whose keys may occur twice."""

    members: tuple[tuple[Any, Any], ...]


@dataclass(frozen=True, slots=True)
class Message:
    """A COSE_Sign1 message (RFC 9052 section 4.2).

    Attributes:
        protected: the header that is signed, as bytes.
        content: the claims as bytes.
        signature: over both.
        unprotected: the header that is not signed.
    """

    protected: bytes
    content: bytes
    signature: bytes
    unprotected: dict[int, Any] = field(default_factory=dict)

    @property
    def cose(self) -> bytes:
        """The message as bytes."""
        return _SIGN1 + encode((self.protected, self.unprotected, self.content, self.signature))

    @property
    def text(self) -> str:
        """The code of the message."""
        return write_text(zlib.compress(self.cose, 9))


def sign(
    content: bytes,
    key: FictionalKey,
    *,
    protected: dict[int, Any] | None = None,
    unprotected: dict[int, Any] | None = None,
) -> Message:
    """Sign claims as they are; without headers given, algorithm and kid are protected."""
    headers = {ALGORITHM: key.algorithm, KID: key.kid} if protected is None else protected
    header = encode(headers) if headers else b""
    signature = key.sign(encode(("Signature1", header, b"", content)))
    return Message(header, content, signature, unprotected or {})


def write_text(data: bytes) -> str:
    """Return the text of a code for what should be a zlib stream."""
    return PREFIX + write_base45(data)


def write_base45(data: bytes) -> str:
    """Write bytes by RFC 9285."""
    numbers: list[int] = []
    for at in range(0, len(data) - 1, 2):
        pair = int.from_bytes(data[at : at + 2])
        numbers += [pair % _BASE, pair // _BASE % _BASE, pair // _BASE**2]
    if len(data) % 2:
        numbers += [data[-1] % _BASE, data[-1] // _BASE]
    return "".join(_ALPHABET[number] for number in numbers)


def encode(value: Any) -> bytes:
    """Write an integer, bytes, a text, an array or a map in CBOR (RFC 8949), in its shortest form."""
    if isinstance(value, int):
        return _encode_head(0, value) if value >= 0 else _encode_head(1, -1 - value)
    if isinstance(value, bytes):
        return _encode_head(2, len(value)) + value
    if isinstance(value, str):
        return _encode_head(3, len(value.encode())) + value.encode()
    if isinstance(value, tuple | list):
        return _encode_head(4, len(value)) + b"".join(map(encode, value))
    members = value.members if isinstance(value, Pairs) else tuple(value.items())
    return _encode_head(5, len(members)) + b"".join(encode(key) + encode(member) for key, member in members)


def _encode_head(major: int, number: int) -> bytes:
    if number < _SHORT:
        return bytes([major << 5 | number])
    power = next(power for power in range(4) if number < 1 << (8 << power))
    return bytes([major << 5 | _SHORT + power]) + number.to_bytes(1 << power)
