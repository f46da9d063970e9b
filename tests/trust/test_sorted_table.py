"""Sorted tables: exact answers from a file that is not read, and no answer from one that was changed."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcert.errors import MalformedError
from hcert.trust.sorted_table import Layout, SortedTable, build_table

digests = st.binary(min_size=16, max_size=16)


def many(count: int) -> list[bytes]:
    """Return sorted digests."""
    return sorted(hashlib.sha256(str(number).encode()).digest()[:16] for number in range(count))


def table_of(records: list[bytes], *, offset: int = 0, start: int = 0) -> SortedTable:
    """Build a table, and open it behind other data."""
    layout, data = build_table(records, offset=offset)
    assert layout.is_valid
    assert layout.end == offset + len(data)
    return SortedTable(layout, bytes(start + offset) + data, start=start)


@given(st.dictionaries(digests, st.binary(min_size=4, max_size=4), min_size=1, max_size=40), st.lists(digests))
def test_finds_exactly_what_is_in_it(values: dict[bytes, bytes], others: list[bytes]) -> None:
    """The oracle is a dict."""
    table = table_of(sorted(name + value for name, value in values.items()), offset=3, start=5)
    for name in [*values, *others]:
        assert table.find(name) == values.get(name)
    assert list(table) == sorted(name + value for name, value in values.items())
    assert len(table) == len(values)


@pytest.mark.parametrize("count", [1, 127, 128, 129, 1000, 20_000])
def test_finds_every_digest_and_no_neighbour(count: int) -> None:
    """Below, at and above the sizes at which buckets and chunks divide."""
    records = many(count)
    table = table_of(records)
    held = set(records)
    for record in records[:: max(1, count // 500)]:
        assert table.find(record) == b""
        for neighbour in (record[:15] + bytes([record[15] ^ 1]), bytes([record[0] ^ 0x80]) + record[1:]):
            assert (table.find(neighbour) is not None) == (neighbour in held)
    assert list(table) == records


def test_an_empty_bucket_finds_nothing() -> None:
    """Digests with a common prefix leave most buckets empty."""
    records = [bytes([7]) + record[1:] for record in many(1000)]
    table = table_of(sorted(records))
    assert table.find(records[5]) == b""
    for first in (0, 6, 8, 255):
        assert table.find(bytes([first]) + records[5][1:]) is None


@pytest.mark.parametrize("digest", [bytes(16), b"\xff" * 16], ids=["lowest", "highest"])
def test_finds_the_lowest_and_highest_digest(digest: bytes) -> None:
    """The ends of the range belong to buckets too."""
    assert table_of(sorted([*many(1000), digest])).find(digest) == b""


def test_finds_digests_that_share_a_bucket() -> None:
    """Somebody who chooses digests can only make lookups slower."""
    records = sorted(bytes(12) + number.to_bytes(4) for number in range(2000))
    table = table_of(records)
    assert all(table.find(record) == b"" for record in records)
    assert table.find(bytes(11) + b"\1" + bytes(4)) is None


def test_lookup_detects_a_changed_byte() -> None:
    """A digest covers each byte of the table, so every answer comes from unchanged bytes."""
    records = many(300)
    layout, data = build_table(records, offset=0)
    for position in range(0, len(data), 7):
        changed = bytearray(data)
        changed[position] ^= 0x10
        table = SortedTable(layout, bytes(changed), start=0)
        damaged = 0
        for record in records:
            try:
                assert table.find(record) == b""
            except MalformedError as error:
                assert error.code == "revocation.damaged"
                damaged += 1
        assert damaged
        with pytest.raises(MalformedError):
            list(table)


def test_check_detects_every_changed_byte() -> None:
    """In rows and records, without a lookup."""
    layout, data = build_table(many(300), offset=0)
    SortedTable(layout, data, start=0).check()
    for position in range(0, len(data), 7):
        changed = bytearray(data)
        changed[position] ^= 0x10
        with pytest.raises(MalformedError) as caught:
            SortedTable(layout, bytes(changed), start=0).check()
        assert caught.value.code == "revocation.damaged"


SOUND = Layout(record_bytes=16, count=1, bits=0, offset=0, chunk_digests=bytes(32))


def test_a_valid_layout() -> None:
    """The invalid ones below differ from it."""
    assert SOUND.is_valid


@pytest.mark.parametrize(
    "changes",
    [
        {"record_bytes": 15},
        {"record_bytes": True},
        {"count": -1},
        {"count": 2**32},
        {"count": 1.0},
        {"bits": 25},
        {"bits": -1},
        {"bits": 7},
        {"offset": -1},
        {"offset": None},
        {"chunk_digests": b""},
        {"chunk_digests": bytes(64)},
        {"chunk_digests": "0" * 32},
    ],
    ids=str,
)
def test_an_invalid_layout(changes: dict[str, object]) -> None:
    """Numbers that are impossible for a table."""
    assert not replace(SOUND, **changes).is_valid  # type: ignore[arg-type]


def test_detects_records_changed_with_their_row() -> None:
    """The digest in the row can be recomputed, but not the digest of the rows, which the anchors signed."""
    records = many(300)
    layout, data = build_table(records, offset=0)
    row = struct.Struct("!II32s")
    changed = bytearray(data)
    start, end, _ = row.unpack_from(data)
    first = (row.size << layout.bits) + start * 16
    changed[first : first + 16] = bytes(16)
    bucket = bytes(changed[first : first + (end - start) * 16])
    row.pack_into(changed, 0, start, end, hashlib.sha256(bucket).digest())
    table = SortedTable(layout, bytes(changed), start=0)
    for name in (bytes(16), records[0]):
        with pytest.raises(MalformedError) as caught:
            table.find(name)
        assert caught.value.code == "revocation.damaged"


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 301), (5, 4), (2**32 - 1, 2**32 - 1)],
    ids=["end too high", "start behind end", "both too high"],
)
def test_a_signed_row_out_of_bounds_is_damaged(start: int, end: int) -> None:
    """A publisher's mistake must not become a wrong answer."""
    layout, data = build_table(many(3), offset=0)
    row = struct.pack("!II32s", start, end, hashlib.sha256(data[40 + start * 16 : 40 + end * 16]).digest())
    signed = replace(layout, chunk_digests=hashlib.sha256(row).digest())
    with pytest.raises(MalformedError) as caught:
        SortedTable(signed, row + data[40:], start=0).find(bytes(16))
    assert caught.value.code == "revocation.damaged"


def test_buckets_are_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second lookup in the same bucket computes no digest."""
    records = many(1000)
    table = table_of(records)
    for record in records:
        table.find(record)
    monkeypatch.setattr("hcert.trust.sorted_table.hashlib", None)
    assert all(table.find(record) == b"" for record in records)
