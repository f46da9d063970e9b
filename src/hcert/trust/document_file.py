"""The file form of a signed document with an attachment: data too large to read before it is used.

The body of the document holds digests of the attachment. The file is: 8 bytes of magic, the length of the document in 4
bytes (big-endian), the document, the attachment.
"""

from __future__ import annotations

import struct
from mmap import mmap
from typing import Final

from hcert.errors import ConfigurationError, MalformedError
from hcert.fragments import fragment

MAGIC: Final = b"HCERTDOC"
_HEAD: Final = struct.Struct("!8sI")


def join(document: bytes, attachment: bytes) -> bytes:
    """Return a document and its attachment as one file."""
    return _HEAD.pack(MAGIC, len(document)) + document + attachment


def split(data: bytes) -> tuple[bytes, bytes | None]:
    """Return document and attachment of a file, or a plain document and None.

    Raises:
        MalformedError: `document.malformed`.
    """
    document, start = find_attachment(data)
    return document, None if start is None else data[start:]


def starts_with_magic(data: bytes | mmap) -> bool:
    """Tell whether a file has an attachment, as a full revocation list has.

    Raises:
        ConfigurationError: `document.not_bytes` for anything but the content of a file.
    """
    if not isinstance(data, bytes | mmap):
        raise ConfigurationError.of("document.not_bytes")
    return data[: len(MAGIC)] == MAGIC


def find_attachment(data: bytes | mmap) -> tuple[bytes, int | None]:
    """Return the document and the offset of its attachment, which is not read; None for a plain document.

    Raises:
        MalformedError: `document.malformed`.
        ConfigurationError: `document.not_bytes`.
    """
    if not starts_with_magic(data):
        return data[:], None
    start: int = _HEAD.size + (_HEAD.unpack_from(data)[1] if len(data) >= _HEAD.size else 0)
    if start > len(data):
        raise MalformedError.of("document.malformed", reason=fragment("cbor.truncated"))
    return data[_HEAD.size : start], start
