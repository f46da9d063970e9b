"""Sorted records that are searched in place: in memory, or in a mapped file of any size.

A table holds records of one size in ascending order, each a digest of 16 bytes and a value. The first bits of the
digest divide them into buckets. Opening a table reads nothing. A lookup reads three places:

    chunk digests    in the signed document: SHA-256 of each 64 rows
    rows             one for each bucket: numbers of its first record and of the next bucket's, SHA-256 of its records
    records          of that bucket, by binary search

Rows and records are checked against their digests when first read. So every answer rests on what the anchors signed,
and a changed byte is found by the lookups that it could mislead.
"""

from __future__ import annotations

import hashlib
import struct
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from hcert.errors import MalformedError
from hcert.trust.revocation_kinds import DIGEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from mmap import mmap

_BUCKET_RECORDS: Final = 128  # 2 KiB of hashes, which a processor digests in about 1.5 us
_MAX_BITS: Final = 24
_ROW: Final = struct.Struct("!II32s")
_CHUNK_ROWS: Final = 64
_SHA256_BYTES: Final = 32
_MAX_RECORDS: Final = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a table is and the digests that authenticate it, as in the signed document.

    Attributes:
        record_bytes: size of a record.
        count: number of records.
        bits: how many bits of a digest select the bucket.
        offset: of the rows in the attachment; the records follow.
        chunk_digests: concatenated.
    """

    record_bytes: int
    count: int
    bits: int
    offset: int
    chunk_digests: bytes = field(repr=False)

    @property
    def end(self) -> int:
        """Offset behind the last record."""
        return self.offset + (_ROW.size << self.bits) + self.count * self.record_bytes

    @property
    def is_valid(self) -> bool:
        """Whether a table can have this layout."""
        numbers = (self.record_bytes, self.count, self.bits, self.offset)
        return (
            all(type(number) is int and number >= 0 for number in numbers)
            and self.record_bytes >= DIGEST_BYTES
            and self.count <= _MAX_RECORDS
            and self.bits <= _MAX_BITS
            and type(self.chunk_digests) is bytes
            and len(self.chunk_digests) == _SHA256_BYTES * -(-(1 << self.bits) // _CHUNK_ROWS)
        )


def build_table(records: Sequence[bytes], *, offset: int) -> tuple[Layout, bytes]:
    """Build a table.

    Args:
        records: at least one, all of one size, in ascending order, each digest once.
        offset: of the table in the attachment.

    Returns:
        Its layout and its bytes.
    """
    count, size = len(records), len(records[0])
    bits = min(max(0, (count // _BUCKET_RECORDS).bit_length()), _MAX_BITS)
    bounds = [bisect_left(records, (bucket << 32 - bits).to_bytes(4)) for bucket in range(1, 1 << bits)]
    joined = b"".join(records)
    rows = b"".join(
        _ROW.pack(start, end, hashlib.sha256(joined[start * size : end * size]).digest())
        for start, end in pairwise([0, *bounds, count])
    )
    chunk = _ROW.size * _CHUNK_ROWS
    digests = b"".join(hashlib.sha256(rows[at : at + chunk]).digest() for at in range(0, len(rows), chunk))
    return Layout(size, count, bits, offset, digests), rows + joined


class SortedTable:
    """A table in a buffer. It is read-only; many threads may use it at once."""

    def __init__(self, layout: Layout, buffer: bytes | mmap, *, start: int) -> None:
        """Open a table of an attachment that starts at `start` of the buffer."""
        self._layout = layout
        self._buffer: Any = buffer  # struct and slices accept both types
        self._rows = start + layout.offset
        self._records = self._rows + (_ROW.size << layout.bits)
        self._shift = 32 - layout.bits
        self._checked_chunks = bytearray(len(layout.chunk_digests) // _SHA256_BYTES)
        self._checked_buckets = bytearray(1 << layout.bits)

    def __len__(self) -> int:
        return self._layout.count

    def find(self, digest: bytes) -> bytes | None:
        """Return the value of a digest of 16 bytes; None if the digest is not in the table.

        Raises:
            MalformedError: `revocation.damaged`.
        """
        start, end = self._open_bucket(int.from_bytes(digest[:4]) >> self._shift)
        buffer, size, first = self._buffer, self._layout.record_bytes, self._records
        low, high = start, end
        while low < high:
            middle = (low + high) // 2
            at = first + middle * size
            found = buffer[at : at + DIGEST_BYTES]
            if found < digest:
                low = middle + 1
            elif found == digest:
                value: bytes = buffer[at + DIGEST_BYTES : at + size]
                return value
            else:
                high = middle
        return None

    def __iter__(self) -> Iterator[bytes]:
        """Yield all records in ascending order.

        Raises:
            MalformedError: `revocation.damaged`.
        """
        size = self._layout.record_bytes
        for bucket in range(1 << self._layout.bits):
            start, end = self._open_bucket(bucket)
            for at in range(self._records + start * size, self._records + end * size, size):
                yield self._buffer[at : at + size]

    def check(self) -> None:
        """Check all rows and records, in one pass of SHA-256.

        Raises:
            MalformedError: `revocation.damaged`.
        """
        for bucket in range(1 << self._layout.bits):
            self._open_bucket(bucket)

    def _open_bucket(self, bucket: int) -> tuple[int, int]:
        """Check a bucket, and return the numbers of its first record and of the first behind it."""
        start, end, digest = _ROW.unpack_from(self._buffer, self._rows + bucket * _ROW.size)
        if not self._checked_buckets[bucket]:
            self._check_bucket(bucket, start, end, digest)
        return start, end

    def _check_bucket(self, bucket: int, start: int, end: int, digest: bytes) -> None:
        chunk = bucket // _CHUNK_ROWS
        if not self._checked_chunks[chunk]:
            at = self._rows + chunk * _CHUNK_ROWS * _ROW.size
            rows = self._buffer[at : min(at + _CHUNK_ROWS * _ROW.size, self._records)]
            expected = self._layout.chunk_digests[chunk * _SHA256_BYTES : (chunk + 1) * _SHA256_BYTES]
            if hashlib.sha256(rows).digest() != expected:
                raise MalformedError.of("revocation.damaged")
            self._checked_chunks[chunk] = 1
        if not start <= end <= self._layout.count:
            raise MalformedError.of("revocation.damaged")
        size = self._layout.record_bytes
        records = self._buffer[self._records + start * size : self._records + end * size]
        if hashlib.sha256(records).digest() != digest:
            raise MalformedError.of("revocation.damaged")
        self._checked_buckets[bucket] = 1
