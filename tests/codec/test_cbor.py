"""CBOR: closed to everything that certificates do not use."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcert.codec import cbor

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**63), max_value=2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.binary(max_size=20)
)
ITEMS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.integers(-100, 100) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


def decode(data: bytes | str, **options: Any) -> Any:
    """Decode bytes or hex with the usual depth."""
    return cbor.decode(bytes.fromhex(data) if isinstance(data, str) else data, **({"depth": 16} | options))


@given(ITEMS)
def test_decodes_what_it_encodes(item: Any) -> None:
    """And encoding the result again gives the same bytes."""
    encoded = cbor.encode(item)
    assert decode(encoded) == item
    assert cbor.encode(decode(encoded)) == encoded


def test_an_object_that_cbor_cannot_express_is_refused_without_quoting_it() -> None:
    """The item around it is not quoted either."""
    with pytest.raises(cbor.CborError) as caught:
        cbor.encode(["Nguyễn", object()])
    assert str(caught.value) == "an object cannot be encoded as CBOR"


@given(st.binary(max_size=60))
def test_any_bytes_decode_to_plain_types_or_are_refused(data: bytes) -> None:
    """No exception but CborError, and no other type."""
    try:
        item = decode(data, date_times=True)
    except cbor.CborError:
        return
    assert_plain(item)


def assert_plain(item: Any) -> None:
    """Assert that only the types of closed CBOR occur, exactly."""
    if type(item) is dict:
        assert {type(key) for key in item} <= {int, str}
        for value in item.values():
            assert_plain(value)
    elif type(item) is list:
        for value in item:
            assert_plain(value)
    else:
        assert type(item) in {str, cbor.DateTimeText, bytes, int, float, bool, type(None)}


@pytest.mark.parametrize(
    ("data", "item"),
    [
        ("a201020304", {1: 2, 3: 4}),
        ("bf01020304ff", {1: 2, 3: 4}),
        ("9f0102ff", [1, 2]),
        ("7f61616162ff", "ab"),
        ("1801", 1),
        ("f93c00", 1.0),
        ("f4", False),
        ("1b7fffffffffffffff", 2**63 - 1),
    ],
    ids=[
        "map",
        "indefinite map",
        "indefinite array",
        "indefinite text",
        "long head",
        "half-precision float",
        "false",
        "64-bit integer",
    ],
)
def test_decodes_the_forms_that_occur_in_real_certificates(data: str, item: Any) -> None:
    """Indefinite lengths and heads longer than necessary have one meaning."""
    assert decode(data) == item


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(data, reason, id=case)
        for case, data, reason in [
            ("empty input", "", "ends too early"),
            ("cut array", "8201", "ends too early"),
            ("cut string", "6261", "ends too early"),
            ("trailing byte", "0100", "bytes follow"),
            ("second item", "0101", "bytes follow"),
            ("key without a value", "bf010203049fffff", "not well-formed"),
            ("lone break", "ff", "not well-formed"),
            ("reserved head", "1c", "not well-formed"),
            ("text that is not UTF-8", "61ff", "not well-formed"),
            ("encoded surrogate", "63eda080", "not well-formed"),
            ("same key twice", "a201000101", "same key twice"),
            ("1 and true", "a20101f502", "same key twice"),
            ("1 and 1.0", "a20101f93c0002", "same key twice"),
            ("key 1.0 alone", "a1f93c0001", "neither integer nor text"),
            ("key true alone", "a1f501", "neither integer nor text"),
            ("key null", "a1f601", "neither integer nor text"),
            ("key NaN", "a1f97e0001", "neither integer nor text"),
            ("byte string key", "a1416101", "neither integer nor text"),
            ("array key", "a1800101", "bytes follow"),
            ("map key", "a1a001", "neither integer nor text"),
            ("bad key deep inside", "81a101a1f50a", "neither integer nor text"),
            ("undefined", "f7", "simple value"),
            ("undefined in a map", "a101f7", "simple value"),
            ("undefined after an integer", "8201f7", "simple value"),
            ("undefined after text", "a201616102f7", "simple value"),
            ("simple value 0", "81e0", "simple value"),
            ("simple value 255", "818181f8ff", "simple value"),
            ("bignum", "c24a01000000000000000000", "tag"),
            ("regular expression", "d8236128", "tag"),
            ("mail message", "d8246161", "tag"),
            ("shared value", "d81c80", "tag"),
            ("shared reference", "d81d00", "tag"),
            ("self-described CBOR", "d9d9f700", "tag"),
            ("date-time that the caller does not allow", "c074323032362d30362d30315431323a30303a30305a", "tag"),
        ]
    ],
)
def test_refuses_with_a_reason(data: str, reason: str) -> None:
    """Input that is malformed, ambiguous or not needed."""
    with pytest.raises(cbor.CborError) as caught:
        decode(data)
    assert reason in str(caught.value)


@pytest.mark.parametrize("tag", [*range(2, 300), 1000, 1004, 43000, 51997, 55799, 55800, 2**32, 2**64 - 1])
def test_tags_other_than_date_times_are_refused(tag: int) -> None:
    """Whatever they hold, and even if cbor2 has a decoder for them."""
    for content in (0, "2026-06-01", b"\x01", [1, 2], {1: 2}):
        with pytest.raises(cbor.CborError):
            decode(cbor2.dumps(cbor2.CBORTag(tag, content)), date_times=True)


def test_tag_0_is_decoded_to_its_text() -> None:
    """Its type shows that it was tagged."""
    item = decode(cbor2.dumps(cbor2.CBORTag(0, "2026-06-01T12:00:00Z")), date_times=True)
    assert item == "2026-06-01T12:00:00Z"
    assert type(item) is cbor.DateTimeText


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1780315200, "2026-06-01T12:00:00Z"), (0.5, "1970-01-01T00:00:00.500000Z")],
    ids=["integer", "float"],
)
def test_tag_1_is_decoded_to_rfc_3339_text(seconds: float, text: str) -> None:
    """Seconds since 1970 become text in UTC."""
    assert decode(cbor2.dumps(cbor2.CBORTag(1, seconds)), date_times=True) == text


@pytest.mark.parametrize("content", [-1, 253402300800, float("nan"), float("inf"), "text", True, None, [0]], ids=repr)
def test_tag_1_is_refused_over_anything_but_a_time(content: Any) -> None:
    """Only numbers between 1970 and 9999 are times."""
    with pytest.raises(cbor.CborError, match="tag 1"):
        decode(cbor2.dumps(cbor2.CBORTag(1, content)), date_times=True)


def test_tag_0_is_refused_over_anything_but_text() -> None:
    """An integer belongs under tag 1."""
    with pytest.raises(cbor.CborError, match="tag 0"):
        decode(cbor2.dumps(cbor2.CBORTag(0, 1)), date_times=True)


def test_the_depth_is_bounded() -> None:
    """Sixteen nested arrays need a depth of 16."""
    nested = b"\x81" * 16 + b"\x00"
    decode(nested, depth=16)
    with pytest.raises(cbor.CborError, match="too deeply"):
        decode(nested, depth=15)


@pytest.mark.parametrize(
    "head",
    ["9affffffff", "bbffffffffffffffff", "5affffffff00", "7bffffffffffffffff61"],
    ids=["array", "map", "byte string", "text"],
)
def test_lengths_beyond_the_input_are_refused(head: str) -> None:
    """Nothing is allocated for what a head only announces."""
    with pytest.raises(cbor.CborError, match=r"ends too early|not well-formed"):
        decode(head)
