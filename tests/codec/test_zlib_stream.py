"""zlib streams: inflated within a limit, to their end, with nothing after it."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcert.codec.zlib_stream import deflate, inflate
from hcert.errors import MalformedError

LIMIT = 65536


def code_of(data: bytes, limit: int = LIMIT) -> str | None:
    """Return the code of the error, or None if the data can be inflated."""
    try:
        inflate(data, limit=limit)
    except MalformedError as error:
        return error.code
    return None


@given(st.binary(max_size=2000), st.integers(min_value=0, max_value=9))
def test_inflates_what_the_standard_library_compressed(data: bytes, level: int) -> None:
    """At every level of compression."""
    assert inflate(zlib.compress(data, level), limit=LIMIT) == data


@given(st.binary(max_size=2000), st.binary(min_size=1, max_size=300))
def test_a_stream_with_a_stored_tail_can_be_inflated_by_the_standard_library(data: bytes, tail: bytes) -> None:
    """And by hcert; its length is known before the tail is."""
    unfinished = deflate(data, tail_bytes=len(tail))
    stream = unfinished.finish(tail)
    assert len(stream) == unfinished.length
    assert zlib.decompress(stream) == data + tail
    assert inflate(stream, limit=LIMIT) == data + tail


@given(st.binary(max_size=200))
def test_any_bytes_are_inflated_or_malformed(data: bytes) -> None:
    """No other exception."""
    code = code_of(data)
    assert code is None or code.startswith("inflate.")


@given(st.binary(min_size=1, max_size=100), st.binary(min_size=1, max_size=20))
def test_bytes_after_the_stream_are_refused(data: bytes, rest: bytes) -> None:
    """Also if they are another stream."""
    assert code_of(zlib.compress(data) + rest) == "inflate.trailing_bytes"
    assert code_of(zlib.compress(data) + zlib.compress(rest)) == "inflate.trailing_bytes"


@given(st.binary(min_size=1, max_size=100), st.data())
def test_a_truncated_stream_is_refused(data: bytes, drawn: st.DataObject) -> None:
    """Even if only a byte of the checksum is missing."""
    stream = zlib.compress(data)
    cut = drawn.draw(st.integers(min_value=0, max_value=len(stream) - 1))
    assert code_of(stream[:cut]) == "inflate.truncated"


def test_content_larger_than_the_limit_is_refused() -> None:
    """The limit itself is allowed, one byte more is not."""
    assert code_of(zlib.compress(bytes(1000)), limit=1000) is None
    assert code_of(zlib.compress(bytes(1001)), limit=1000) == "inflate.too_large"


@pytest.mark.parametrize(
    "data",
    [b"\x35\x87", b"\xd2\x84\x43", b"\x78\x9c\xff\xff\xff", zlib.compress(b"x" * 50)[:-1] + b"?"],
    ids=["wrong header", "COSE without zlib", "broken block", "wrong checksum"],
)
def test_a_damaged_stream_is_refused(data: bytes) -> None:
    """Every kind of damage has the same code."""
    assert code_of(data) == "inflate.damaged"
