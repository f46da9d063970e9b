"""What a signing key may sign: the extended key usages of document signer certificates.

The EU assigned three object identifiers under 1.3.6.1.4.1.1847.2021.1. Many real certificates carry them with a zero
slipped in (1.3.6.1.4.1.0.1847.2021.1); both families count. A certificate with none of them may sign any event
(HCERT specification, section "Extended key usage").

The identifiers are read by a walk of our own over the DER: `cryptography` refuses all extensions of a certificate when
it dislikes one of them (an explicit `cA FALSE` in Finnish certificates, a path length without `cA` in Spanish ones),
and such certificates have signed millions of valid codes.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


class Usage(StrEnum):
    """A kind of event that a key may sign."""

    TEST = "test"
    VACCINATION = "vaccination"
    RECOVERY = "recovery"


ANY_USAGE: Final = frozenset(Usage)

_USAGE_BY_NUMBER: Final = {1: Usage.TEST, 2: Usage.VACCINATION, 3: Usage.RECOVERY}
# DER contents of the two roots, without the last number.
_ROOTS: Final = (
    bytes.fromhex("2b060104018e378f6501"),  # 1.3.6.1.4.1.1847.2021.1
    bytes.fromhex("2b06010401008e378f6501"),  # 1.3.6.1.4.1.0.1847.2021.1
)
_EXTENDED_KEY_USAGE: Final = bytes.fromhex("551d25")  # 2.5.29.37

_OBJECT_IDENTIFIER: Final = 0x06
_EXTENSIONS: Final = 0xA3  # [3] EXPLICIT, RFC 5280 section 4.1


def usages_of(tbs_certificate: bytes) -> frozenset[Usage]:
    """Return what the key of a certificate may sign.

    Args:
        tbs_certificate: the DER of the to-be-signed part, already parsed once by a certificate library.
    """
    found = {
        usage
        for identifier in _extended_key_usages(tbs_certificate)
        for root in _ROOTS
        if identifier[:-1] == root and (usage := _USAGE_BY_NUMBER.get(identifier[-1]))
    }
    return frozenset(found) or ANY_USAGE


def _extended_key_usages(tbs_certificate: bytes) -> Iterator[bytes]:
    """Yield the DER contents of each object identifier in the extended key usage extension."""
    for tag, extensions in _elements(_inner(tbs_certificate)):
        if tag != _EXTENSIONS:
            continue
        for _, extension in _elements(_inner(extensions)):
            parts = list(_elements(extension))  # identifier, critical where true, value in an octet string
            if parts[:1] == [(_OBJECT_IDENTIFIER, _EXTENDED_KEY_USAGE)]:
                yield from (value for _, value in _elements(_inner(parts[-1][1])))


def _inner(data: bytes) -> bytes:
    """Return the content of the first DER element in `data`."""
    return next((content for _, content in _elements(data)), b"")


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of each DER element in `data`; lengths beyond the end are cut by slicing."""
    position = 0
    while position + 2 <= len(data):
        tag, length = data[position], data[position + 1]
        position += 2
        if length & 0x80:
            octets = length & 0x7F
            length = int.from_bytes(data[position : position + octets], "big")
            position += octets
        yield tag, data[position : position + length]
        position += length
