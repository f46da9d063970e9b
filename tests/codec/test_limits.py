"""Limits to the last byte: the bound itself is within, one more is not."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, cast

import cbor2
import pytest

from hcert.codec import cbor, cbor_prescan, cose_sign, cose_sign1, hc1
from hcert.codec.cose_sign import Signature, Signed
from hcert.codec.limits import MAX_KID_BYTES, MAX_SECONDS, Limits
from hcert.errors import ConfigurationError, MalformedError
from support.raw_messages import text_of


def message(kid: bytes = b"kid", payload: bytes = b"payload") -> bytes:
    """Return a COSE_Sign1 message."""
    return b"\xd2" + cbor2.dumps([cbor2.dumps({1: -7, 4: kid}), {}, payload, b"signature"])


def test_a_message_may_have_as_many_bytes_as_the_limit() -> None:
    """And the message of the error says how many it has and how many it may."""
    data = message()
    assert cose_sign1.split(data, limits=Limits(message_bytes=len(data))).payload == b"payload"
    with pytest.raises(MalformedError) as caught:
        cose_sign1.split(data, limits=Limits(message_bytes=len(data) - 1))
    (found,) = caught.value.findings
    assert found.code == "cose.too_large"
    assert dict(found.details) == {"length": len(data), "limit": len(data) - 1}


def test_a_text_may_have_as_many_characters_as_the_limit() -> None:
    """Likewise."""
    text = text_of(message())
    assert hc1.open_text(text, limits=Limits(text_characters=len(text))) == message()
    with pytest.raises(MalformedError) as caught:
        hc1.open_text(text, limits=Limits(text_characters=len(text) - 1))
    (found,) = caught.value.findings
    assert found.code == "text.too_long"
    assert dict(found.details) == {"length": len(text), "limit": len(text) - 1}


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
def test_a_limit_is_an_integer_that_every_stage_can_work_with(name: str) -> None:
    """None and the most are; what is beyond, or no integer, is refused by its name when the limits are made."""
    most = 100 if name == "cbor_depth" else 2**31 - 1
    for value in (0, most):
        assert getattr(Limits(**{name: value}), name) == value
    for odd in (-1, most + 1, 1.5, True, "16", None):
        with pytest.raises(ConfigurationError) as caught:
            Limits(**{name: cast("int", odd)})
        (found,) = caught.value.findings
        assert (found.code, dict(found.details)) == ("limits.value", {"name": name, "most": most})


def test_the_deepest_nesting_that_may_be_allowed_is_read() -> None:
    """A caller who allows all that can be allowed gets no exception but ours."""
    assert cbor.decode(b"\x81" * 100 + b"\0", depth=100)
    with pytest.raises(cbor.CborError):
        cbor.decode(b"\x81" * 101 + b"\0", depth=100)


@pytest.mark.parametrize("text", [None, 5, bytearray(b"HC1:"), ["HC1:"]])
def test_what_is_neither_text_nor_bytes_is_said_to_be_so(text: Any) -> None:
    """Whatever a caller hands over."""
    with pytest.raises(MalformedError) as caught:
        hc1.open_text(text, limits=Limits())
    assert caught.value.code == "text.not_text"


def test_content_may_inflate_to_the_limit() -> None:
    """The error names the limit; a byte less is no reason to inflate further."""
    data = message(payload=bytes(1000))
    assert hc1.open_text(text_of(data), limits=Limits(message_bytes=len(data))) == data
    with pytest.raises(MalformedError) as caught:
        hc1.open_text(text_of(data), limits=Limits(message_bytes=len(data) - 1))
    (found,) = caught.value.findings
    assert found.code == "inflate.too_large"
    assert dict(found.details) == {"limit": len(data) - 1}


@pytest.mark.parametrize(
    ("length", "within"), [(0, False), (1, True), (MAX_KID_BYTES, True), (MAX_KID_BYTES + 1, False)]
)
def test_a_kid_has_1_to_64_bytes(length: int, within: bool) -> None:  # noqa: FBT001 - a table
    """Both bounds count as within."""
    try:
        assert cose_sign1.split(message(kid=bytes(length)), limits=Limits()).kid == bytes(length)
        assert within
    except MalformedError as error:
        assert error.code == "cose.malformed"
        assert not within


@pytest.mark.parametrize(("count", "within"), [(64, True), (65, False)])
def test_a_document_has_at_most_64_signatures(count: int, within: bool) -> None:  # noqa: FBT001 - a table
    """The bound counts as within."""
    data = cose_sign.encode(Signed(b"payload", (Signature(-7, b"kid", b"signature"),) * count))
    try:
        assert len(cose_sign.split(data).signatures) == count
        assert within
    except MalformedError:
        assert not within


@pytest.mark.parametrize("seconds", [0, MAX_SECONDS])
def test_tagged_times_reach_from_1970_to_9999(seconds: int) -> None:
    """The first and the last second."""
    year = "1970-01-01T00:00:00Z" if seconds == 0 else "9999-12-31T23:59:59Z"
    assert cbor.decode(cbor2.dumps(cbor2.CBORTag(1, seconds)), depth=4, date_times=True) == year


def test_an_item_of_many_parts_is_looked_at_from_one_byte_above_the_limit() -> None:
    """Below it, parts cannot be enough to matter; a long list of small numbers is the smallest example."""

    def numbers(size: int) -> bytes:
        count = size - 3
        return b"\x99" + count.to_bytes(2) + bytes(count)

    assert cbor_prescan.SMALL > cbor_prescan.MAX_PARTS
    assert len(cbor.decode(numbers(cbor_prescan.SMALL), depth=4)) == cbor_prescan.SMALL - 3
    with pytest.raises(cbor.CborError, match="too many parts"):
        cbor.decode(numbers(cbor_prescan.SMALL + 1), depth=4)


def padded(parts: int) -> bytes:
    """Return a large list of exactly so many parts, the list included: one long text, and numbers."""
    text = b"\x79\x20\x00" + b"A" * 0x2000
    return b"\x99" + (parts - 1).to_bytes(2) + text + bytes(parts - 2)


def test_a_large_item_may_have_as_many_parts_as_the_limit() -> None:
    """One more is refused."""
    assert len(cbor.decode(padded(cbor_prescan.MAX_PARTS), depth=4)) == cbor_prescan.MAX_PARTS - 1
    with pytest.raises(cbor.CborError, match="too many parts"):
        cbor.decode(padded(cbor_prescan.MAX_PARTS + 1), depth=4)
