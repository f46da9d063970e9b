"""Bounded inflate and its counterpart (RFC 1950).

A QR code's text can inflate a thousandfold, and bytes after the stream would let two texts mean the same: so the output
is capped while inflating, the stream must reach its end and checksum, and nothing may follow it. How a stream was
compressed is not part of the certificate: the bytes differ between zlib versions, and only the content is signed.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from zlib_ng import zlib_ng

from hcert.errors import MalformedError

_ZlibError: type[Exception] = zlib_ng.error  # type: ignore[assignment]  # its stubs call the class an instance

_STORED_NOTHING: Final = bytes.fromhex("0000ffff")  # length 0 and its complement
_END: Final = bytes.fromhex("0300")  # a last block of no bytes
_CHECKSUM_BYTES: Final = 4
MAX_AWAITED_BYTES: Final = 65535  # bytes in one stored block


def inflate(data: bytes, *, limit: int) -> bytes:
    """Inflate one zlib stream to at most `limit` bytes.

    Raises:
        MalformedError: `inflate.damaged`, `inflate.truncated`, `inflate.too_large` or `inflate.trailing_bytes`.
    """
    stream = zlib_ng.decompressobj()
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


class Unfinished(NamedTuple):
    """A zlib stream that lacks its end: bytes that are random, so that they will be stored and not compressed.

    Attributes:
        begun: the stream up to there.
        checksum: of what it holds so far.
        awaited: how many bytes are to come.
    """

    begun: bytes
    checksum: int
    awaited: int

    @property
    def length(self) -> int:
        """Of the finished stream in bytes, whatever is to come."""
        return len(self.begun) + self.awaited + len(_END) + _CHECKSUM_BYTES

    def finished(self, tail: bytes) -> bytes:
        """Return the whole stream."""
        checksum: int = zlib_ng.adler32(tail, self.checksum)
        return b"".join((self.begun, tail, _END, checksum.to_bytes(_CHECKSUM_BYTES)))


def deflate(data: bytes, *, awaited: int) -> Unfinished:
    """Compress `data` as the beginning of one zlib stream, as small as it gets.

    Args:
        data: what to compress.
        awaited: how many random bytes will follow, signatures and ciphertexts: 1 to `MAX_AWAITED_BYTES`. They are
            stored as they are (RFC 1951 section 3.2.4), which is smaller than any code for them.
    """
    stream = zlib_ng.compressobj(9)
    flushed = stream.compress(data) + stream.flush(zlib_ng.Z_SYNC_FLUSH)
    # A flush ends in the head of a stored block of no bytes; what is to come becomes the content of that block.
    length = awaited.to_bytes(2, "little") + (awaited ^ 0xFFFF).to_bytes(2, "little")
    return Unfinished(flushed.removesuffix(_STORED_NOTHING) + length, zlib_ng.adler32(data), awaited)
