"""Limits, to the byte: the limit itself is allowed, one more is not."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, cast

import cbor2
import pytest

from hcert.codec import cbor, cbor_prescan, code_text, cose_sign, cose_sign1
from hcert.codec.cose_sign import CoseSign, Signature
from hcert.codec.limits import MAX_KID_BYTES, MAX_SECONDS, Limits
from hcert.errors import ConfigurationError, MalformedError
from hcert.fragments import fragment
from support.raw_messages import text_of


def message(kid: bytes = b"kid", payload: bytes = b"payload") -> bytes:
    """Return a COSE_Sign1 message."""
    return b"\xd2" + cbor2.dumps([cbor2.dumps({1: -7, 4: kid}), {}, payload, b"signature"])


def test_a_message_may_have_as_many_bytes_as_the_limit() -> None:
    """The error names its length and the limit."""
    data = message()
    assert cose_sign1.decode(data, limits=Limits(message_bytes=len(data))).payload == b"payload"
    with pytest.raises(MalformedError) as caught:
        cose_sign1.decode(data, limits=Limits(message_bytes=len(data) - 1))
    (found,) = caught.value.findings
    assert found.code == "cose.too_large"
    assert dict(found.details) == {"length": len(data), "limit": len(data) - 1}


def test_a_text_may_have_as_many_characters_as_the_limit() -> None:
    """The error names its length and the limit."""
    text = text_of(message())
    assert code_text.decode(text, limits=Limits(text_characters=len(text))).message == message()
    with pytest.raises(MalformedError) as caught:
        code_text.decode(text, limits=Limits(text_characters=len(text) - 1))
    (found,) = caught.value.findings
    assert found.code == "text.too_long"
    assert dict(found.details) == {"length": len(text), "limit": len(text) - 1}


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
def test_a_limit_out_of_range_is_a_configuration_error(name: str) -> None:
    """The error names the limit. Zero and the maximum are allowed."""
    maximum = 100 if name == "cbor_depth" else 2**31 - 1
    for value in (0, maximum):
        assert getattr(Limits(**{name: value}), name) == value
    for wrong in (-1, maximum + 1, 1.5, True, "16", None):
        with pytest.raises(ConfigurationError) as caught:
            Limits(**{name: cast("int", wrong)})
        (found,) = caught.value.findings
        assert (found.code, dict(found.details)) == ("limits.value", {"name": name, "most": maximum})


def test_the_greatest_depth_that_can_be_set_is_within_the_recursion_limit() -> None:
    """No exception but CborError, even if the caller sets the maximum."""
    assert cbor.decode(b"\x81" * 100 + b"\0", depth=100)
    with pytest.raises(cbor.CborError):
        cbor.decode(b"\x81" * 101 + b"\0", depth=100)


@pytest.mark.parametrize("text", [None, 5, bytearray(b"HC1:"), ["HC1:"]], ids=lambda text: type(text).__name__)
def test_anything_but_str_and_bytes_is_refused_with_its_own_code(text: Any) -> None:
    """Callers without types may pass anything."""
    with pytest.raises(MalformedError) as caught:
        code_text.decode(text, limits=Limits())
    assert caught.value.code == "text.not_text"


def test_content_may_inflate_to_the_limit() -> None:
    """The error names the limit."""
    data = message(payload=bytes(1000))
    assert code_text.decode(text_of(data), limits=Limits(message_bytes=len(data))).message == data
    with pytest.raises(MalformedError) as caught:
        code_text.decode(text_of(data), limits=Limits(message_bytes=len(data) - 1))
    (found,) = caught.value.findings
    assert found.code == "inflate.too_large"
    assert dict(found.details) == {"limit": len(data) - 1}


def test_a_kid_has_1_to_64_bytes() -> None:
    """Both limits are allowed."""
    for length in (1, MAX_KID_BYTES):
        assert cose_sign1.decode(message(kid=bytes(length)), limits=Limits()).kid == bytes(length)
    for length in (0, MAX_KID_BYTES + 1):
        with pytest.raises(MalformedError) as caught:
            cose_sign1.decode(message(kid=bytes(length)), limits=Limits())
        assert caught.value.code == "cose.malformed"


def signed_document(signatures: int) -> bytes:
    """Return a COSE_Sign message with this many signatures."""
    return cose_sign.encode(CoseSign(b"payload", (Signature(-7, b"kid", b"signature"),) * signatures))


def test_a_document_has_at_most_64_signatures() -> None:
    """The limit itself is allowed."""
    assert len(cose_sign.decode(signed_document(64)).signatures) == 64
    with pytest.raises(MalformedError) as caught:
        cose_sign.decode(signed_document(65))
    assert caught.value.code == "document.malformed"


def test_a_signature_of_a_document_has_at_most_2048_bytes() -> None:
    """The limit itself is allowed; the error names it."""
    longest = CoseSign(b"payload", (Signature(-7, b"kid", bytes(2048)),))
    assert cose_sign.decode(cose_sign.encode(longest)) == longest
    with pytest.raises(MalformedError) as caught:
        cose_sign.decode(cose_sign.encode(CoseSign(b"payload", (Signature(-7, b"kid", bytes(2049)),))))
    (found,) = caught.value.findings
    assert found.code == "document.malformed"
    assert dict(found.details) == {"reason": fragment("cose_sign.signature_bytes", most=2048)}


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "1970-01-01T00:00:00Z"), (MAX_SECONDS, "9999-12-31T23:59:59Z")], ids=["1970", "9999"]
)
def test_tagged_times_reach_from_1970_to_9999(seconds: int, text: str) -> None:
    """The first and the last second included."""
    assert cbor.decode(cbor2.dumps(cbor2.CBORTag(1, seconds)), depth=4, date_times=True) == text


def test_the_parts_of_an_item_are_counted_if_it_has_more_than_4096_bytes() -> None:
    """A smaller one cannot hold enough parts to matter. A list of small numbers has the most parts for its size."""

    def numbers(size: int) -> bytes:
        count = size - 3
        return b"\x99" + count.to_bytes(2) + bytes(count)

    assert cbor_prescan.MAX_UNSCANNED_BYTES > cbor_prescan.MAX_PARTS
    assert len(cbor.decode(numbers(cbor_prescan.MAX_UNSCANNED_BYTES), depth=4)) == cbor_prescan.MAX_UNSCANNED_BYTES - 3
    with pytest.raises(cbor.CborError, match="too many parts"):
        cbor.decode(numbers(cbor_prescan.MAX_UNSCANNED_BYTES + 1), depth=4)


def large_list(parts: int) -> bytes:
    """Return a large list with this many parts, itself included: one long text, and numbers."""
    text = b"\x79\x20\x00" + b"A" * 0x2000
    return b"\x99" + (parts - 1).to_bytes(2) + text + bytes(parts - 2)


def test_a_large_item_may_have_as_many_parts_as_the_limit() -> None:
    """One part more is refused."""
    assert len(cbor.decode(large_list(cbor_prescan.MAX_PARTS), depth=4)) == cbor_prescan.MAX_PARTS - 1
    with pytest.raises(cbor.CborError, match="too many parts"):
        cbor.decode(large_list(cbor_prescan.MAX_PARTS + 1), depth=4)
