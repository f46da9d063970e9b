"""The scan for members of a CBOR map: finds each one by its head alone, even if the map is damaged."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcert.codec.cbor_members import scan_members

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=100)
    | st.binary(max_size=100)
    | st.builds(cbor2.CBORTag, st.integers(0, 2**32), st.integers(0, 9)),
    lambda inner: st.lists(inner, max_size=10) | st.dictionaries(st.integers(-300, 300), inner, max_size=10),
    max_leaves=15,
)
KEYS = st.integers(-(2**64), 2**64 - 1) | st.text(max_size=5) | st.binary(max_size=5)


def scan(data: bytes | str) -> list[tuple[int, Any]]:
    """Return the members in bytes or hex."""
    return list(scan_members(bytes.fromhex(data) if isinstance(data, str) else data))


@given(st.dictionaries(KEYS, VALUES, max_size=8))
def test_finds_the_members_that_were_encoded(members: dict[Any, Any]) -> None:
    """Those with unsigned keys; values that are neither unsigned integers nor byte strings are None."""
    expected = [
        (key, value if type(value) is bytes or (type(value) is int and value >= 0) else None)
        for key, value in members.items()
        if type(key) is int and key >= 0
    ]
    assert scan(cbor2.dumps(members)) == expected


@given(st.binary(max_size=80), st.binary(max_size=20))
def test_any_bytes_are_scanned_without_an_exception(data: bytes, more: bytes) -> None:
    """Random bytes, and a map that becomes random after its first member."""
    scan(data)
    assert scan(b"\xa9\x06\x01" + data + more)[0] == (6, 1)


@pytest.mark.parametrize(
    ("data", "members"),
    [
        pytest.param("a1061817", [(6, 23)], id="one-byte argument"),
        pytest.param("a1190006190100", [(6, 256)], id="two-byte arguments"),
        pytest.param("a11a000000061a00010000", [(6, 2**16)], id="four-byte arguments"),
        pytest.param("a11b00000000000000061b0000000100000000", [(6, 2**32)], id="eight-byte arguments"),
        pytest.param("a11717", [(23, 23)], id="largest short argument"),
        pytest.param("a10643616263", [(6, b"abc")], id="byte string"),
        pytest.param("a1065803616263", [(6, b"abc")], id="byte string with a longer head"),
        pytest.param("a10640", [(6, b"")], id="empty byte string"),
        pytest.param("b801060107", [(6, 1)], id="map with a longer head"),
        pytest.param("a0", [], id="empty map"),
        pytest.param("bfff", [], id="empty indefinite map"),
        pytest.param("bf06010702ff", [(6, 1), (7, 2)], id="indefinite map"),
        pytest.param("a206010602", [(6, 1), (6, 2)], id="duplicate key"),
    ],
)
def test_reads_every_length_of_head(data: str, members: list[tuple[int, Any]]) -> None:
    """Of keys, values and the map itself."""
    assert scan(data) == members


def test_an_indefinite_map_may_have_any_number_of_members() -> None:
    """Also more than the additional information of its head, 31."""
    members = [(number, 0) for number in range(40)]
    assert scan(b"\xbf" + b"".join(cbor2.dumps(number) + b"\0" for number in range(40)) + b"\xff") == members


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("20", id="negative integer"),
        pytest.param("63616263", id="text"),
        pytest.param("5f41614162ff", id="indefinite byte string"),
        pytest.param("7f61616162ff", id="indefinite text"),
        pytest.param("80", id="empty array"),
        pytest.param("820102", id="array"),
        pytest.param("9f0102ff", id="indefinite array"),
        pytest.param("a0", id="empty map"),
        pytest.param("a201020304", id="map"),
        pytest.param("bf01020304ff", id="indefinite map"),
        pytest.param("81a101820203", id="nested containers"),
        pytest.param("9f9fa0ff80ff", id="nested indefinite arrays"),
        pytest.param("8243616263430d0e0f", id="array of byte strings"),
        pytest.param("c100", id="tag"),
        pytest.param("d818c1820102", id="tags over an array"),
        pytest.param("f6", id="null"),
        pytest.param("f8ff", id="simple value in two bytes"),
        pytest.param("f93c00", id="half-precision float"),
        pytest.param("fa3f800000", id="single-precision float"),
        pytest.param("fb3ff0000000000000", id="double-precision float"),
    ],
)
def test_skips_other_values(value: str) -> None:
    """Their members are None, and the next member is found."""
    assert scan("a206" + value + "0701") == [(6, None), (7, 1)]
    assert scan("bf06" + value + "0701ff") == [(6, None), (7, 1)]


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("6161", id="text"),
        pytest.param("20", id="negative integer"),
        pytest.param("4101", id="byte string"),
        pytest.param("8101", id="array"),
        pytest.param("a10102", id="map"),
        pytest.param("c106", id="tag"),
        pytest.param("f5", id="true"),
    ],
)
def test_skips_members_with_other_keys(key: str) -> None:
    """Their values as well."""
    assert scan("a2" + key + "050701") == [(7, 1)]


@pytest.mark.parametrize(
    ("data", "members"),
    [
        pytest.param("a20601", [(6, 1)], id="member missing"),
        pytest.param("a2060107", [(6, 1)], id="value missing"),
        pytest.param("a2060118", [(6, 1)], id="key cut off"),
        pytest.param("a20601071a0000", [(6, 1)], id="integer cut off"),
        pytest.param("a20601078201", [(6, 1)], id="array cut off"),
        pytest.param("a2060107bf0102", [(6, 1)], id="indefinite map cut off"),
        pytest.param("a206010744aabb", [(6, 1), (7, b"\xaa\xbb")], id="byte string cut off"),
        pytest.param("a40601ff070205", [(6, 1)], id="break in a definite map"),
        pytest.param("bf0601ff070205", [(6, 1)], id="members after the break"),
        pytest.param("a106010702", [(6, 1)], id="members after the last"),
        pytest.param("bf0601", [(6, 1)], id="no break"),
        pytest.param("bf", [], id="head alone"),
        pytest.param("b8", [], id="head cut off"),
    ],
)
def test_finds_the_members_before_the_damage(data: str, members: list[tuple[int, Any]]) -> None:
    """A byte string that is cut off is returned as far as it goes."""
    assert scan(data) == members


@pytest.mark.parametrize("data", ["", "80", "820601", "0601", "4101", "ff", "f6", "c1a10601"])
def test_anything_but_a_map_has_no_members(data: str) -> None:
    """A map under a tag is not one either."""
    assert scan(data) == []


@pytest.mark.parametrize("opening", [b"\x81", b"\x9f", b"\xc1"], ids=["arrays", "indefinite arrays", "tags"])
def test_deep_nesting_needs_no_recursion(opening: bytes) -> None:
    """One hundred thousand levels are skipped."""
    closing = b"\xff" * 100_000 if opening == b"\x9f" else b""
    assert scan(b"\xa2\x06" + opening * 100_000 + b"\x00" + closing + b"\x07\x01") == [(6, None), (7, 1)]
