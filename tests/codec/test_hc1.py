"""The text of a code: prefix, bounds, and one meaning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcert.codec.hc1 import length, open_text, wrap
from hcert.codec.limits import Limits
from hcert.codec.zlib_stream import deflate
from hcert.errors import MalformedError
from support.raw_messages import text_of

LIMITS = Limits()


@given(st.binary(max_size=500))
def test_returns_the_message_from_text_and_from_bytes(message: bytes) -> None:
    """Both forms in which scanners hand over a text are read."""
    text = text_of(message)
    assert open_text(text, limits=LIMITS) == message
    assert open_text(text.encode("ascii"), limits=LIMITS) == message


@given(st.binary(max_size=300), st.binary(min_size=1, max_size=90))
def test_the_length_of_a_text_is_known_before_its_end_is(message: bytes, tail: bytes) -> None:
    """Whatever the end will be."""
    stream = deflate(message, awaited=len(tail))
    text = wrap(stream.finished(tail))
    assert len(text) == length(stream)
    assert open_text(text, limits=LIMITS) == message + tail


@given(st.text(max_size=50) | st.binary(max_size=50))
def test_any_text_is_opened_or_refused_with_a_code(text: str | bytes) -> None:
    """No exception but MalformedError."""
    with pytest.raises(MalformedError) as caught:
        open_text(text, limits=LIMITS)
    assert caught.value.code.split(".")[0] in {"text", "inflate"}


@pytest.mark.parametrize("prefix", ["", "HC", "HC1", "HL0:", "HC2:", "hc1:", " HC1:", "NO1:", "\ufeffHC1:"])
def test_any_other_prefix_is_refused(prefix: str) -> None:
    """Only HC1: introduces a certificate."""
    with pytest.raises(MalformedError) as caught:
        open_text(text_of(b"message").replace("HC1:", prefix), limits=LIMITS)
    assert caught.value.code == "text.prefix"


def test_the_length_is_bounded_before_anything_else() -> None:
    """A text longer than a QR code can hold is refused whatever it is."""
    with pytest.raises(MalformedError) as caught:
        open_text("x" * 4297, limits=LIMITS)
    assert caught.value.code == "text.too_long"
