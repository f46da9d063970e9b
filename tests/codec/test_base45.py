"""Base45: decodes and encodes like the reference package, and refuses everything ambiguous."""

from __future__ import annotations

import pytest
from base45 import b45decode, b45encode
from hypothesis import given
from hypothesis import strategies as st

from hcert.codec import base45
from hcert.errors import MalformedError

ALPHABET = base45.ALPHABET.decode("ascii")


@pytest.mark.parametrize(
    ("text", "data"),
    [("BB8", b"AB"), ("%69 VD92EX0", b"Hello!!"), ("UJCLQE7W581", b"base-45"), ("QED8WEX0", b"ietf!"), ("", b"")],
    ids=["AB", "Hello!!", "base-45", "ietf!", "empty"],
)
def test_decodes_the_examples_of_rfc_9285(text: str, data: bytes) -> None:
    """The RFC's examples decode to what the RFC says, from text and from bytes."""
    assert base45.decode(text) == data
    assert base45.decode(text.encode("ascii")) == data


@given(st.binary(max_size=3000))
def test_decodes_what_the_reference_package_encodes(data: bytes) -> None:
    """Decoding inverts the reference encoder."""
    assert base45.decode(b45encode(data)) == data


@given(st.binary(max_size=5000))
def test_encodes_like_the_reference_package(data: bytes) -> None:
    """Character by character, also beyond one block."""
    assert base45.encode(data) == b45encode(data).decode("ascii")
    assert base45.encoded_length(len(data)) == len(b45encode(data))


def test_encodes_and_decodes_every_value_of_one_and_two_bytes() -> None:
    """The division by multiplication is exact for all of them."""
    every = b"".join(value.to_bytes(2) for value in range(2**16))
    assert base45.encode(every) == b45encode(every).decode("ascii")
    assert base45.decode(b45encode(every)) == every
    for value in range(256):
        assert base45.encode(bytes([value])) == b45encode(bytes([value])).decode("ascii")
        assert base45.decode(b45encode(bytes([value]))) == bytes([value])


@given(st.text(alphabet=ALPHABET, max_size=60) | st.binary(max_size=40))
def test_decodes_any_text_like_the_reference_package(text: str | bytes) -> None:
    """Both refuse or both return the same bytes. The reference is given bytes, since it strips line ends from text."""
    raw = text.encode("ascii") if isinstance(text, str) else text
    try:
        expected = b45decode(raw)
    except ValueError:
        expected = None
    try:
        decoded = base45.decode(text)
    except MalformedError:
        decoded = None
    assert decoded == expected


@given(st.text(alphabet=ALPHABET, max_size=60))
def test_each_byte_string_has_one_text(text: str) -> None:
    """What can be decoded is encoded to the same text again."""
    try:
        decoded = base45.decode(text)
    except MalformedError:
        return
    assert b45encode(decoded).decode("ascii") == text


@given(st.text(max_size=30))
def test_any_text_is_decoded_or_malformed(text: str) -> None:
    """No other exception, whatever the characters."""
    try:
        base45.decode(text)
    except MalformedError as error:
        assert error.code.startswith("text.")


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("bb8", "text.alphabet", 1),
        ("BB8\n", "text.alphabet", 4),
        (" BB8\t", "text.alphabet", 5),
        ("BBÄ", "text.alphabet", 3),
        ("BB8\udc80", "text.alphabet", 4),
        ("BB8B", "text.length", None),
        (":::", "text.overflow", 1),
        ("BB8GGW", "text.overflow", 4),
        ("BB8::", "text.overflow", 4),
    ],
    ids=[
        "lower case",
        "line end",
        "tab",
        "umlaut",
        "half a surrogate pair",
        "one character left",
        "first group too large",
        "second group too large",
        "last pair too large",
    ],
)
def test_errors_name_the_fault_and_its_position(text: str, code: str, position: int | None) -> None:
    """Positions count from 1."""
    with pytest.raises(MalformedError) as caught:
        base45.decode(text)
    assert caught.value.code == code
    assert position is None or f" {position} " in str(caught.value)


@pytest.mark.parametrize("groups", [1431, 1432, 1433, 5000])
def test_texts_longer_than_a_block_are_decoded(groups: int) -> None:
    """Around the size of one block, and beyond several."""
    data = bytes(index % 251 for index in range(2 * groups + 1))
    assert base45.decode(b45encode(data)) == data


def test_the_position_of_an_overflow_counts_from_the_start_of_the_text() -> None:
    """Also if it is in the second block."""
    with pytest.raises(MalformedError, match="character 4300 "):
        base45.decode("000" * 1433 + ":::")
