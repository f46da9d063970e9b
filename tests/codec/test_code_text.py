"""The text of a code: its prefix, its limits, and one meaning for each text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcert.codec import code_text
from hcert.codec.container import HC1
from hcert.codec.limits import Limits
from hcert.codec.zlib_stream import deflate
from hcert.errors import MalformedError
from support.raw_messages import text_of

LIMITS = Limits()


@given(st.binary(max_size=500))
def test_decodes_str_and_bytes_alike(message: bytes) -> None:
    """Scanners return either."""
    text = text_of(message)
    assert code_text.decode(text, limits=LIMITS).message == message
    assert code_text.decode(text.encode("ascii"), limits=LIMITS).message == message


@given(st.binary(max_size=300), st.binary(min_size=1, max_size=90))
def test_the_length_of_a_text_is_known_before_the_signature(message: bytes, tail: bytes) -> None:
    """The predicted length is exact for every tail."""
    stream = deflate(message, tail_bytes=len(tail))
    text = code_text.encode_stream(stream.finish(tail), HC1)
    assert len(text) == code_text.predict_length(stream)
    assert code_text.decode(text, limits=LIMITS).message == message + tail


@given(st.text(max_size=50) | st.binary(max_size=50))
def test_random_text_is_refused_with_a_code(text: str | bytes) -> None:
    """No exception but MalformedError."""
    with pytest.raises(MalformedError) as caught:
        code_text.decode(text, limits=LIMITS)
    assert caught.value.code.split(".")[0] in {"text", "inflate"}


@pytest.mark.parametrize("prefix", ["", "HC", "HC1", "HL0:", "HC2:", "hc1:", " HC1:", "NO1:", "\ufeffHC1:"])
def test_other_prefixes_are_refused(prefix: str) -> None:
    """Only `HC1:` introduces a certificate."""
    with pytest.raises(MalformedError) as caught:
        code_text.decode(text_of(b"message").replace("HC1:", prefix), limits=LIMITS)
    assert caught.value.code == "text.prefix"


def test_a_text_longer_than_a_qr_code_can_hold_is_refused() -> None:
    """Before its prefix is even looked at."""
    with pytest.raises(MalformedError) as caught:
        code_text.decode("x" * 4297, limits=LIMITS)
    assert caught.value.code == "text.too_long"
