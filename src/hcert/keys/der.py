"""The part of DER (ITU-T X.690) that is needed to read a certificate."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from hcert.fragments import fragment

if TYPE_CHECKING:
    from collections.abc import Iterator

SEQUENCE: Final = 0x30
OBJECT_IDENTIFIER: Final = 0x06

_HEADER_BYTES: Final = 2  # tag and length
_LONG_FORM: Final = 0x80
_MAX_LENGTH_OCTETS: Final = 4


class Element(NamedTuple):
    """One DER element.

    Attributes:
        tag: the identifier octet.
        content: the contents octets.
        encoded: the whole element, as in the input.
    """

    tag: int
    content: bytes
    encoded: bytes


def read_elements(data: bytes) -> Iterator[Element]:
    """Yield the elements of `data`, one after the other.

    Raises:
        ValueError: an element is cut off, or has no definite length of at most four octets.
    """
    start = 0
    while start < len(data):
        header = data[start : start + _HEADER_BYTES]
        if len(header) < _HEADER_BYTES:
            raise ValueError(fragment("der.truncated"))
        tag, length = header
        begin = start + _HEADER_BYTES
        if length & _LONG_FORM:
            octets = length & ~_LONG_FORM
            if not 0 < octets <= _MAX_LENGTH_OCTETS:
                raise ValueError(fragment("der.length"))
            length = int.from_bytes(data[begin : begin + octets])
            begin += octets
        end = begin + length
        if end > len(data):
            raise ValueError(fragment("der.truncated"))
        yield Element(tag, data[begin:end], data[start:end])
        start = end


def read_sequence(data: bytes) -> bytes:
    """Return the content of `data`, which must be exactly one SEQUENCE.

    Raises:
        ValueError: it is anything else.
    """
    found = list(islice(read_elements(data), 2))
    if len(found) != 1 or found[0].tag != SEQUENCE:
        raise ValueError(fragment("der.sequence"))
    return found[0].content
