"""Sorted records that are searched where they lie: in memory, or in a file of any size mapped into it.

A table holds records of one size, each a digest of 16 bytes and a value, in ascending order. They are cut into buckets
by the first bits of the digest. Nothing is read when a table is opened; a lookup touches three places:

    chunk digests    in the signed document: SHA-256 of each run of 64 rows
    rows             one for each bucket: number of its first record and of the first after it, SHA-256 of its records
    records          of that bucket, searched by halves

Rows and records are checked against their digests when first touched, so that a changed byte is found by whom it could
mislead, and an answer never rests on anything that the anchors did not sign.
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
    """Where a table lies and what vouches for it; this stands in the signed document.

    Attributes:
        record_bytes: size of a record.
        count: number of records.
        bits: of a digest that choose the bucket.
        offset: of the rows in the attachment; the records follow them.
        chunk_digests: one after the other.
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
    def sound(self) -> bool:
        """Whether the numbers can be those of a table."""
        numbers = (self.record_bytes, self.count, self.bits, self.offset)
        return (
            all(type(number) is int and number >= 0 for number in numbers)
            and self.record_bytes >= DIGEST_BYTES
            and self.count <= _MAX_RECORDS
            and self.bits <= _MAX_BITS
            and type(self.chunk_digests) is bytes
            and len(self.chunk_digests) == _SHA256_BYTES * -(-(1 << self.bits) // _CHUNK_ROWS)
        )


def build(records: Sequence[bytes], *, offset: int) -> tuple[Layout, bytes]:
    """Lay records out.

    Args:
        records: in ascending order, each digest once, all of one size; at least one.
        offset: where in the attachment the table will stand.
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
    """A table in a buffer. It reads only, and may be used by many threads at once."""

    def __init__(self, layout: Layout, buffer: bytes | mmap, *, start: int) -> None:
        """Take a table of an attachment that begins at `start` of the buffer."""
        self._layout = layout
        self._buffer: Any = buffer  # struct and slices take both kinds
        self._rows = start + layout.offset
        self._records = self._rows + (_ROW.size << layout.bits)
        self._shift = 32 - layout.bits
        self._checked_chunks = bytearray(len(layout.chunk_digests) // _SHA256_BYTES)
        self._checked_buckets = bytearray(1 << layout.bits)

    def __len__(self) -> int:
        return self._layout.count

    def find(self, digest: bytes) -> bytes | None:
        """Return the value beside a digest of 16 bytes, None where the digest is not in the table.

        Raises:
            MalformedError: `revocation.damaged`.
        """
        start, end = self._bucket(int.from_bytes(digest[:4]) >> self._shift)
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
            start, end = self._bucket(bucket)
            for at in range(self._records + start * size, self._records + end * size, size):
                yield self._buffer[at : at + size]

    def check(self) -> None:
        """Check all rows and records at once, by one pass of SHA-256 over them.

        Raises:
            MalformedError: `revocation.damaged`.
        """
        for bucket in range(1 << self._layout.bits):
            self._bucket(bucket)

    def _bucket(self, bucket: int) -> tuple[int, int]:
        """Return the numbers between which the records of a bucket stand, all of which has been checked."""
        start, end, digest = _ROW.unpack_from(self._buffer, self._rows + bucket * _ROW.size)
        if not self._checked_buckets[bucket]:
            self._check(bucket, start, end, digest)
        return start, end

    def _check(self, bucket: int, start: int, end: int, digest: bytes) -> None:
        chunk = bucket // _CHUNK_ROWS
        if not self._checked_chunks[chunk]:
            at = self._rows + chunk * _CHUNK_ROWS * _ROW.size
            rows = self._buffer[at : min(at + _CHUNK_ROWS * _ROW.size, self._records)]
            due = self._layout.chunk_digests[chunk * _SHA256_BYTES : (chunk + 1) * _SHA256_BYTES]
            if hashlib.sha256(rows).digest() != due:
                raise MalformedError.of("revocation.damaged")
            self._checked_chunks[chunk] = 1
        if not start <= end <= self._layout.count:
            raise MalformedError.of("revocation.damaged")
        size = self._layout.record_bytes
        records = self._buffer[self._records + start * size : self._records + end * size]
        if hashlib.sha256(records).digest() != digest:
            raise MalformedError.of("revocation.damaged")
        self._checked_buckets[bucket] = 1
