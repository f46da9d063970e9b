"""COSE_Sign1: the shape, the headers, and the bytes a signature covers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycose.messages.sign1message import Sign1Message

from hcert.codec import cose_sign1
from hcert.codec.limits import Limits
from hcert.errors import MalformedError
from support.raw_messages import Handmade

if TYPE_CHECKING:
    from support.signers import DocumentSigner

LIMITS = Limits()
PROTECTED = cbor2.dumps({1: -7, 4: b"kid-8byt"})


def message(*elements: Any, tag: bytes = b"\xd2") -> bytes:
    """Encode a message of arbitrary elements."""
    return tag + cbor2.dumps(list(elements))


def sound(protected: Any = PROTECTED, unprotected: Any = None) -> bytes:
    """Encode a message that is sound but for what is given."""
    header = protected if isinstance(protected, bytes) else cbor2.dumps(protected)
    return message(header, {} if unprotected is None else unprotected, b"payload", b"signature")


def split(data: bytes) -> cose_sign1.Sign1:
    """Split with the usual limits."""
    return cose_sign1.split(data, limits=LIMITS)


def code_of(data: bytes) -> str:
    """Return the code with which a message is refused."""
    with pytest.raises(MalformedError) as caught:
        split(data)
    return caught.value.code


def test_returns_the_parts_as_received() -> None:
    """Headers are read, all else comes back byte by byte."""
    parts = split(sound())
    assert parts == cose_sign1.Sign1(-7, b"kid-8byt", PROTECTED, b"payload", b"signature", ())


def test_keeps_a_protected_header_that_another_encoder_would_write_differently() -> None:
    """The signature covers the received bytes, however clumsy."""
    clumsy = bytes.fromhex("bf012604") + b"\x58\x08kid-8byt" + b"\xff"
    assert split(sound(clumsy)).protected == clumsy


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_the_signed_bytes_are_those_of_pycose(protected: bytes, payload: bytes) -> None:
    """An independent implementation builds the same Sig_structure."""
    oracle = Sign1Message.from_cose_obj(
        [cbor2.dumps({1: -7, 99: protected}), {}, payload, b"signature"],
        allow_unknown_attributes=True,
    )
    parts = cose_sign1.Sign1(-7, b"kid", cbor2.dumps({1: -7, 99: protected}), payload, b"signature")
    assert parts.signed_bytes == oracle._create_sig_structure()


@pytest.mark.parametrize(
    ("tag", "leniencies"),
    [(b"\xd2", []), (b"", ["cose.untagged"]), (b"\xd8\x3d\xd2", ["cose.cwt_tag"])],
)
def test_reads_the_three_tag_forms_that_occur(tag: bytes, leniencies: list[str]) -> None:
    """Tag 18 is due; none and 61 over 18 are read with a warning."""
    parts = split(tag + sound()[1:])
    assert [found.code for found in parts.leniencies] == leniencies
    assert all(found.severity == "warning" for found in parts.leniencies)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xd2",
        b"\xd8\x3d" + sound()[1:],
        b"\xd8\x12" + sound()[1:],
        b"\xd2" + sound(),
        b"\xd1" + sound()[1:],
        sound() + b"\x00",
        message(PROTECTED, {}, b"payload"),
        message(PROTECTED, {}, b"payload", b"signature", b"more"),
        message(PROTECTED, {}, None, b"signature"),
        message(PROTECTED, {}, "payload", b"signature"),
        message({1: -7}, {}, b"payload", b"signature"),
        message(PROTECTED, b"", b"payload", b"signature"),
        message(PROTECTED, {}, b"payload", [b"signature"]),
        cbor2.dumps({0: PROTECTED, 1: {}, 2: b"payload", 3: b"signature"}),
        sound(b"\x80"),
        sound(b"\xa1\x01"),
        sound(PROTECTED + b"\x00"),
        sound(cbor2.dumps({1: "ES256", 4: b"kid"})),
        sound({1: True, 4: b"kid"}),
        sound({1: -7, 4: "kid"}),
        sound({1: -7, 4: b""}),
        sound({1: -7, 4: bytes(65)}),
        sound(b"\xa3\x01\x26\x01\x26\x04\x41k"),
        b"\x81" * 1000,
    ],
)
def test_refuses_what_is_no_such_message(data: bytes) -> None:
    """Every other shape has one code."""
    assert code_of(data) == "cose.malformed"


def test_the_protected_header_counts_before_the_unprotected_one() -> None:
    """An attacker can change the unprotected header; it only fills gaps."""
    parts = split(sound(unprotected={1: -37, 4: b"other"}))
    assert (parts.algorithm, parts.kid, parts.leniencies) == (-7, b"kid-8byt", ())


def test_a_kid_in_the_unprotected_header_is_read_without_a_warning() -> None:
    """The specification allows it, and one in eight real codes has it there."""
    parts = split(sound({1: -7}, {4: b"kid"}))
    assert (parts.kid, parts.leniencies) == (b"kid", ())


def test_an_algorithm_in_the_unprotected_header_is_read_with_a_warning() -> None:
    """It harms nothing, since the trusted key decides the algorithm."""
    parts = split(message(b"", {1: -7, 4: b"kid"}, b"payload", b"signature"))
    assert parts.algorithm == -7
    assert [found.code for found in parts.leniencies] == ["cose.unprotected_algorithm"]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({4: b"kid"}, "cose.no_algorithm"),
        ({1: -7}, "cose.no_kid"),
        ({1: -7, 4: b"kid", 2: [99], 99: 1}, "cose.critical_header"),
    ],
)
def test_missing_and_critical_headers_have_their_own_codes(headers: dict[int, Any], code: str) -> None:
    """What is needed must be there, and what must be understood is not ignored."""
    assert code_of(sound(headers)) == code


def test_a_large_protected_header_is_read_like_a_small_one() -> None:
    """Headers too large to be kept for the next code are read all the same."""
    assert split(sound({1: -7, 4: b"kid", 99: bytes(100)})).kid == b"kid"


@pytest.mark.parametrize(("size", "kept"), [(64, 1), (65, 0)])
def test_headers_of_up_to_64_bytes_are_kept_for_the_next_code(size: int, kept: int) -> None:
    """What is kept is bounded, in bytes as in number, whoever sends it."""
    headers = {1: -7, 4: b"kid", 99: bytes(size - len(cbor2.dumps({1: -7, 4: b"kid", 99: bytes(24)})) + 24)}
    assert len(cbor2.dumps(headers)) == size
    cose_sign1._headers.cache_clear()
    split(sound(headers))
    assert cose_sign1._headers.cache_info().currsize == kept


def test_the_size_is_bounded() -> None:
    """A message beyond the limit is refused unread."""
    assert code_of(bytes(65537)) == "cose.too_large"


def test_splits_what_is_made_independently(either: DocumentSigner) -> None:
    """A message laid out by cbor2 splits into the parts it was made of."""
    parts = split(Handmade(either).message)
    assert parts.kid == either.key.kid
    assert either.key.verifies(parts.signature, parts.signed_bytes)
