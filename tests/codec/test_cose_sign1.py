"""COSE_Sign1: its shape, its headers, and the bytes that a signature covers."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycose.messages.sign1message import Sign1Message

from hcert.codec import cose_sign1
from hcert.codec.limits import Limits
from hcert.errors import MalformedError
from hcert.fragments import fragment
from support.raw_messages import Handmade

if TYPE_CHECKING:
    from support.signers import DocumentSigner

LIMITS = Limits()
PROTECTED = cbor2.dumps({1: -7, 4: b"kid-8byt"})


def message(*elements: Any, tag: bytes = b"\xd2") -> bytes:
    """Encode a message with arbitrary elements."""
    return tag + cbor2.dumps(list(elements))


def valid(protected: Any = PROTECTED, unprotected: Any = None) -> bytes:
    """Encode a valid message, with other headers if given."""
    header = protected if isinstance(protected, bytes) else cbor2.dumps(protected)
    return message(header, {} if unprotected is None else unprotected, b"payload", b"signature")


def decode(data: bytes) -> cose_sign1.Sign1:
    """Decode with the default limits."""
    return cose_sign1.decode(data, limits=LIMITS)


def code_of(data: bytes) -> str:
    """Return the code of the error for a message."""
    with pytest.raises(MalformedError) as caught:
        decode(data)
    return caught.value.code


def test_decodes_the_parts_of_a_message() -> None:
    """Algorithm and kid from the header, and everything else as received."""
    parts = decode(valid())
    assert parts == cose_sign1.Sign1(-7, b"kid-8byt", PROTECTED, b"payload", b"signature", ())


def test_a_protected_header_in_an_unusual_encoding_is_kept_as_received() -> None:
    """The signature covers the received bytes."""
    clumsy = bytes.fromhex("bf012604") + b"\x58\x08kid-8byt" + b"\xff"
    assert decode(valid(clumsy)).protected == clumsy


@pytest.mark.parametrize("sent", [b"", b"\xa0", b"\xbf\xff"], ids=["empty", "map", "indefinite map"])
def test_an_empty_protected_header_is_signed_as_an_empty_byte_string(sent: bytes) -> None:
    """However it was sent (RFC 9052 section 4.4)."""
    parts = decode(message(sent, {1: -7, 4: b"kid"}, b"payload", b"signature"))
    assert parts.protected == b""
    assert cbor2.loads(parts.signed_bytes) == ["Signature1", b"", b"", b"payload"]


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_the_sig_structure_is_that_of_pycose(protected: bytes, payload: bytes) -> None:
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
    ids=["tag 18", "no tag", "tag 61 over 18"],
)
def test_the_three_tag_forms_that_occur_are_decoded(tag: bytes, leniencies: list[str]) -> None:
    """All but tag 18 add a warning."""
    parts = decode(tag + valid()[1:])
    assert [found.code for found in parts.leniencies] == leniencies
    assert all(found.severity == "warning" for found in parts.leniencies)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty input"),
        pytest.param(b"\xd2", id="tag alone"),
        pytest.param(b"\xd8\x3d" + valid()[1:], id="tag 61 alone"),
        pytest.param(b"\xd8\x12" + valid()[1:], id="tag 18 in two bytes"),
        pytest.param(b"\xd2" + valid(), id="tag 18 twice"),
        pytest.param(b"\xd1" + valid()[1:], id="tag 17, COSE_Mac0"),
        pytest.param(valid() + b"\x00", id="trailing byte"),
        pytest.param(message(PROTECTED, {}, b"payload"), id="three elements"),
        pytest.param(message(PROTECTED, {}, b"payload", b"signature", b"more"), id="five elements"),
        pytest.param(message(PROTECTED, {}, None, b"signature"), id="detached payload"),
        pytest.param(message(PROTECTED, {}, "payload", b"signature"), id="text as payload"),
        pytest.param(message({1: -7}, {}, b"payload", b"signature"), id="protected header not encoded"),
        pytest.param(message(PROTECTED, b"", b"payload", b"signature"), id="unprotected header not a map"),
        pytest.param(message(PROTECTED, {}, b"payload", [b"signature"]), id="signature in an array"),
        pytest.param(cbor2.dumps({0: PROTECTED, 1: {}, 2: b"payload", 3: b"signature"}), id="map of four"),
        pytest.param(valid(b"\x80"), id="header is an array"),
        pytest.param(valid(b"\xa1\x01"), id="header cut off"),
        pytest.param(valid(PROTECTED + b"\x00"), id="trailing byte in the header"),
        pytest.param(valid(cbor2.dumps({1: "ES256", 4: b"kid"})), id="algorithm as text"),
        pytest.param(valid({1: True, 4: b"kid"}), id="algorithm true"),
        pytest.param(valid({1: -7, 4: "kid"}), id="kid as text"),
        pytest.param(valid({1: -7, 4: ""}), id="kid of no characters"),
        pytest.param(valid({1: -7, 4: "AAECAwQFBgc"}), id="kid in Base64 without padding"),
        pytest.param(valid({1: -7, 4: "AAECAwQFBgc=="}), id="kid in Base64 with padding too many"),
        pytest.param(valid({1: -7, 4: "AAECAwQFBgd="}), id="kid in Base64 with bits left over"),
        pytest.param(valid({1: -7, 4: "=AAECAwQFBgc"}), id="kid in Base64 with padding in front"),
        pytest.param(valid({1: -7, 4: "AAEC AwQFBgc="}), id="kid in Base64 with a blank"),
        pytest.param(valid({1: -7, 4: "AAECAwQFBgc=\n"}), id="kid in Base64 with a line end"),
        pytest.param(valid({1: -7, 4: "-_-_"}), id="kid in Base64 for web addresses"),
        pytest.param(valid({1: -7, 4: "\uff21\uff21\uff25\uff23"}), id="kid in wide letters"),
        pytest.param(valid({1: -7, 4: b64encode(bytes(65)).decode()}), id="kid of 65 bytes in Base64"),
        pytest.param(valid({1: -7, 4: "A" * 60_000}), id="kid of 60 000 characters"),
        pytest.param(valid({1: -7, 4: b""}), id="empty kid"),
        pytest.param(valid({1: -7, 4: bytes(65)}), id="kid of 65 bytes"),
        pytest.param(valid(b"\xa3\x01\x26\x01\x26\x04\x41k"), id="algorithm twice"),
        pytest.param(b"\x81" * 1000, id="1 000 nested arrays"),
    ],
)
def test_every_other_form_is_malformed(data: bytes) -> None:
    """And has the same code."""
    assert code_of(data) == "cose.malformed"


def test_the_error_says_which_header_is_not_a_map() -> None:
    """The protected or the unprotected one."""
    for data, reason in (
        (valid(b"\x80"), "cose.protected_not_map"),
        (message(PROTECTED, [], b"payload", b"signature"), "cose.unprotected_not_map"),
    ):
        with pytest.raises(MalformedError) as caught:
            decode(data)
        assert dict(caught.value.findings[0].details) == {"reason": fragment(reason)}


def test_the_protected_header_has_precedence_over_the_unprotected_one() -> None:
    """An attacker can change the unprotected header."""
    parts = decode(valid(unprotected={1: -37, 4: b"other"}))
    assert (parts.algorithm, parts.kid, parts.leniencies) == (-7, b"kid-8byt", ())


def test_a_kid_in_the_unprotected_header_is_accepted() -> None:
    """Without a warning: the specification allows it, and one in eight real codes has it there."""
    parts = decode(valid({1: -7}, {4: b"kid"}))
    assert (parts.kid, parts.leniencies) == (b"kid", ())


@given(st.binary(min_size=1, max_size=64), st.booleans())
def test_a_kid_in_base64_means_its_bytes(kid: bytes, protected: bool) -> None:  # noqa: FBT001 - drawn
    """In either header, with a warning; the signed header stays as received."""
    text = b64encode(kid).decode()
    inside: dict[int, Any] = {1: -7, 4: text} if protected else {1: -7}
    outside = {} if protected else {4: text}
    parts = decode(valid(inside, outside))
    assert parts.kid == kid
    assert parts.protected == cbor2.dumps(inside)
    assert [(found.code, found.severity) for found in parts.leniencies] == [("cose.text_kid", "warning")]


@given(st.text(st.characters(max_codepoint=127), max_size=16) | st.text(max_size=16))
def test_each_kid_has_one_text(text: str) -> None:
    """What is not the Base64 of some bytes, in its one form, is malformed."""
    try:
        kid = decode(valid({1: -7, 4: text})).kid
    except MalformedError as error:
        assert error.code == "cose.malformed"
    else:
        assert b64encode(kid).decode() == text


def test_an_algorithm_in_the_unprotected_header_adds_a_warning() -> None:
    """It is accepted, since the trusted key decides the algorithm."""
    parts = decode(message(b"", {1: -7, 4: b"kid"}, b"payload", b"signature"))
    assert parts.algorithm == -7
    assert [found.code for found in parts.leniencies] == ["cose.unprotected_algorithm"]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({4: b"kid"}, "cose.no_algorithm"),
        ({1: -7}, "cose.no_kid"),
        ({1: -7, 4: b"kid", 2: [99], 99: 1}, "cose.critical_header"),
    ],
    ids=["no algorithm", "no kid", "critical header"],
)
def test_missing_and_critical_headers_have_their_own_codes(headers: dict[int, Any], code: str) -> None:
    """A critical header is one that a verifier must not ignore (RFC 9052 section 3.1)."""
    assert code_of(valid(headers)) == code


def test_a_large_protected_header_is_decoded_like_a_small_one() -> None:
    """Although it is too large for the cache."""
    assert decode(valid({1: -7, 4: b"kid", 99: bytes(100)})).kid == b"kid"


@pytest.mark.parametrize(("size", "cached"), [(64, 1), (65, 0)])
def test_headers_of_up_to_64_bytes_are_cached(size: int, cached: int) -> None:
    """So the memory of the cache is bounded."""
    headers = {1: -7, 4: b"kid", 99: bytes(size - len(cbor2.dumps({1: -7, 4: b"kid", 99: bytes(24)})) + 24)}
    assert len(cbor2.dumps(headers)) == size
    cose_sign1._decode_protected_cached.cache_clear()
    decode(valid(headers))
    assert cose_sign1._decode_protected_cached.cache_info().currsize == cached


def test_a_message_larger_than_the_limit_is_refused() -> None:
    """Before anything of it is decoded."""
    assert code_of(bytes(65537)) == "cose.too_large"


def test_decodes_a_message_encoded_by_cbor2(either: DocumentSigner) -> None:
    """And its signature verifies."""
    parts = decode(Handmade(either).message)
    assert parts.kid == either.key.kid
    assert either.key.verifies(parts.signature, parts.signed_bytes)
