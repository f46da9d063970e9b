"""Bounded decompression of zlib streams (RFC 1950), and compression whose length is known before the signature is.

The text of a code can inflate a thousandfold, and with bytes after the stream two texts would have one meaning. So the
output is capped while inflating, the stream must reach its end and its checksum, and nothing may follow. How a stream
was compressed is not part of the certificate: the bytes differ between zlib versions, and only the content is signed.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from zlib_ng import zlib_ng

from hcert.errors import MalformedError

_ZlibError: type[Exception] = zlib_ng.error  # type: ignore[assignment]  # its stubs call the class an instance

_EMPTY_STORED_BLOCK: Final = bytes.fromhex("0000ffff")  # length 0 and its complement
_FINAL_BLOCK: Final = bytes.fromhex("0300")  # a last block, without content
_CHECKSUM_BYTES: Final = 4
_RAW: Final = -15  # window bits; negative for a stream without header and checksum
_METHOD_AND_WINDOW: Final = 0x78
_HEADER_MULTIPLE: Final = 31
MAX_TAIL_BYTES: Final = 65535  # what one stored block can hold


def inflate(data: bytes, *, limit: int, raw: bool = False) -> bytes:
    """Inflate one zlib stream to at most `limit` bytes.

    Args:
        data: the stream.
        limit: of what it inflates to.
        raw: whether a stream without the header and the checksum of zlib (RFC 1951) is read as well.

    Raises:
        MalformedError: `inflate.damaged`, `inflate.truncated`, `inflate.too_large` or `inflate.trailing_bytes`.
    """
    bare = raw and not _has_header(data)
    stream = zlib_ng.decompressobj(_RAW) if bare else zlib_ng.decompressobj()
    try:
        inflated = stream.decompress(data, limit + 1)
    except _ZlibError:
        raise MalformedError.of("inflate.damaged") from None
    if len(inflated) > limit:
        raise MalformedError.of("inflate.too_large", limit=limit)
    if not stream.eof:
        raise MalformedError.of("inflate.truncated")
    if stream.unused_data:
        raise MalformedError.of("inflate.trailing_bytes", count=len(stream.unused_data))
    return inflated


def _has_header(data: bytes) -> bool:
    """Tell whether a stream begins as zlib with a window of 32 KiB does (RFC 1950 section 2.2).

    A raw stream that begins so would have to begin with a stored block and padding that is not zero, which no program
    writes.
    """
    return len(data) > 1 and data[0] == _METHOD_AND_WINDOW and int.from_bytes(data[:2]) % _HEADER_MULTIPLE == 0


class UnfinishedStream(NamedTuple):
    """A zlib stream without its tail: signature and ciphertext, which look random and are stored uncompressed.

    Attributes:
        head: the stream up to the tail.
        checksum: Adler-32 of what was compressed so far.
        tail_bytes: length of the tail.
    """

    head: bytes
    checksum: int
    tail_bytes: int

    @property
    def length(self) -> int:
        """Length in bytes of the finished stream."""
        return len(self.head) + self.tail_bytes + len(_FINAL_BLOCK) + _CHECKSUM_BYTES

    def finish(self, tail: bytes) -> bytes:
        """Return the whole stream, which ends with `tail`."""
        checksum: int = zlib_ng.adler32(tail, self.checksum)
        return b"".join((self.head, tail, _FINAL_BLOCK, checksum.to_bytes(_CHECKSUM_BYTES)))


def deflate(data: bytes, *, tail_bytes: int) -> UnfinishedStream:
    """Compress `data` as the beginning of one zlib stream, as small as possible.

    Args:
        data: what to compress.
        tail_bytes: how many random bytes will follow, such as a signature: 1 to `MAX_TAIL_BYTES`. They are stored
            uncompressed (RFC 1951 section 3.2.4), which is smaller than compressing them.
    """
    stream = zlib_ng.compressobj(9)
    flushed = stream.compress(data) + stream.flush(zlib_ng.Z_SYNC_FLUSH)
    # A flush ends with the length field of an empty stored block. With the length of the tail in its place, the tail
    # becomes the content of that block.
    length = tail_bytes.to_bytes(2, "little") + (tail_bytes ^ 0xFFFF).to_bytes(2, "little")
    return UnfinishedStream(flushed.removesuffix(_EMPTY_STORED_BLOCK) + length, zlib_ng.adler32(data), tail_bytes)
