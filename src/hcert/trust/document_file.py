"""A signed document with an attachment: data too large to be read as a whole before it is used.

The document commits to the attachment by digests in its body; here is only how the two stand in one file: eight bytes
that tell the form, the length of the document in four bytes (big-endian), the document, the attachment.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from hcert.errors import MalformedError
from hcert.fragments import fragment

if TYPE_CHECKING:
    from mmap import mmap

MAGIC: Final = b"HCERTDOC"
_HEAD: Final = struct.Struct("!8sI")


def join(document: bytes, attachment: bytes) -> bytes:
    """Write a document with its attachment."""
    return _HEAD.pack(MAGIC, len(document)) + document + attachment


def split(data: bytes) -> tuple[bytes, bytes | None]:
    """Return document and attachment of either form; None where there is no attachment.

    Raises:
        MalformedError: `document.malformed`.
    """
    document, start = head(data)
    return document, None if start is None else data[start:]


def head(data: bytes | mmap) -> tuple[bytes, int | None]:
    """Return the document and the offset of its attachment, without touching that; None where there is none.

    Raises:
        MalformedError: `document.malformed`.
    """
    if data[: len(MAGIC)] != MAGIC:
        return data[:], None
    start: int = _HEAD.size + (_HEAD.unpack_from(data)[1] if len(data) >= _HEAD.size else 0)
    if start > len(data):
        raise MalformedError.of("document.malformed", reason=fragment("cbor.truncated"))
    return data[_HEAD.size : start], start
