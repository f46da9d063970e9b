"""The little DER (X.690) that a certificate needs to be read: elements, one after the other."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from hcert.fragments import fragment

if TYPE_CHECKING:
    from collections.abc import Iterator

SEQUENCE: Final = 0x30
OBJECT_IDENTIFIER: Final = 0x06

_LONG_FORM: Final = 0x80
_MAX_LENGTH_OCTETS: Final = 4


class Element(NamedTuple):
    """One DER element.

    Attributes:
        tag: its identifier octet.
        content: its contents octets.
        encoded: all of it, as it stood in the input.
    """

    tag: int
    content: bytes
    encoded: bytes


def elements(data: bytes) -> Iterator[Element]:
    """Yield the elements that `data` consists of.

    Raises:
        ValueError: where an element does not lie within `data`, or has no definite length.
    """
    start = 0
    while start < len(data):
        header = data[start : start + 2]
        if len(header) < len(b"tl"):
            raise ValueError(fragment("der.truncated"))
        tag, length = header
        begin = start + len(header)
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


def only_sequence(data: bytes) -> bytes:
    """Return the content of the one SEQUENCE that `data` consists of.

    Raises:
        ValueError: for anything else.
    """
    found = list(islice(elements(data), 2))
    if len(found) != 1 or found[0].tag != SEQUENCE:
        raise ValueError(fragment("der.sequence"))
    return found[0].content
