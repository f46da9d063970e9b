"""Bounded inflate and its counterpart (RFC 1950).

A QR code's text can inflate a thousandfold, and bytes after the stream would let two texts mean the same: so the output
is capped while inflating, the stream must reach its end and checksum, and nothing may follow it. How a stream was
compressed is not part of the certificate: the bytes differ between zlib versions, and only the content is signed.
"""

from __future__ import annotations

from zlib_ng import zlib_ng

from hcert.errors import MalformedError

_ZlibError: type[Exception] = zlib_ng.error  # type: ignore[assignment]  # its stubs call the class an instance


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


def deflate(data: bytes) -> bytes:
    """Compress `data` as one zlib stream, as small as it gets."""
    return zlib_ng.compress(data, 9)
