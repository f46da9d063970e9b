"""Inflate: bounded, whole, and nothing after it."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcert.codec.zlib_stream import deflate, inflate
from hcert.errors import MalformedError

LIMIT = 65536


def code_of(data: bytes, limit: int = LIMIT) -> str | None:
    """Return the code with which inflating fails, or None where it does not."""
    try:
        inflate(data, limit=limit)
    except MalformedError as error:
        return error.code
    return None


@given(st.binary(max_size=2000), st.integers(min_value=0, max_value=9))
def test_inflates_what_any_zlib_wrote(data: bytes, level: int) -> None:
    """Streams of the standard library come back."""
    assert inflate(zlib.compress(data, level), limit=LIMIT) == data


@given(st.binary(max_size=2000), st.binary(min_size=1, max_size=300))
def test_any_inflater_reads_what_is_written(data: bytes, tail: bytes) -> None:
    """The stream with its stored tail is one that the standard library and we read; its length was known before."""
    unfinished = deflate(data, awaited=len(tail))
    stream = unfinished.finished(tail)
    assert len(stream) == unfinished.length
    assert zlib.decompress(stream) == data + tail
    assert inflate(stream, limit=LIMIT) == data + tail


@given(st.binary(max_size=200))
def test_any_bytes_inflate_or_are_refused_with_a_code(data: bytes) -> None:
    """No exception but MalformedError."""
    code = code_of(data)
    assert code is None or code.startswith("inflate.")


@given(st.binary(min_size=1, max_size=100), st.binary(min_size=1, max_size=20))
def test_nothing_may_follow_the_stream(data: bytes, rest: bytes) -> None:
    """Bytes after the stream are refused, a second stream among them."""
    assert code_of(zlib.compress(data) + rest) == "inflate.trailing_bytes"
    assert code_of(zlib.compress(data) + zlib.compress(rest)) == "inflate.trailing_bytes"


@given(st.binary(min_size=1, max_size=100), st.data())
def test_a_stream_that_is_cut_anywhere_is_refused(data: bytes, drawn: st.DataObject) -> None:
    """No prefix of a stream counts, not even one that lacks only the checksum."""
    stream = zlib.compress(data)
    cut = drawn.draw(st.integers(min_value=0, max_value=len(stream) - 1))
    assert code_of(stream[:cut]) == "inflate.truncated"


def test_the_limit_itself_is_allowed_and_one_byte_more_is_not() -> None:
    """The bound is exact."""
    assert code_of(zlib.compress(bytes(1000)), limit=1000) is None
    assert code_of(zlib.compress(bytes(1001)), limit=1000) == "inflate.too_large"


@pytest.mark.parametrize(
    "data", [b"\x35\x87", b"\xd2\x84\x43", b"\x78\x9c\xff\xff\xff", zlib.compress(b"x" * 50)[:-1] + b"?"]
)
def test_what_is_no_zlib_is_called_damaged(data: bytes) -> None:
    """A wrong header, raw COSE, a broken block and a wrong checksum are one kind of fault."""
    assert code_of(data) == "inflate.damaged"
