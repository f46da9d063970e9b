"""The prescan: passes every item that may be decoded, and stops those that would be costly to build."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcert.codec import cbor, cbor_prescan
from hcert.fragments import fragment_of

ITEMS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=300)
    | st.binary(max_size=70),
    lambda inner: (
        st.lists(inner, max_size=30) | st.dictionaries(st.integers(-300, 300) | st.text(max_size=5), inner, max_size=30)
    ),
    max_leaves=60,
)


def find_fault(data: bytes, *, depth: int = 100) -> str | None:
    """Return the code of the fault; the default depth is more than any of these items has."""
    found = cbor_prescan.find_fault(data, depth=depth)
    return None if found is None else found.code


@given(ITEMS)
def test_passes_every_item_with_permitted_keys(item: Any) -> None:
    """Nothing that the decoder would accept is stopped."""
    assert find_fault(cbor2.dumps(item)) is None


@given(st.binary(max_size=200))
def test_scans_any_bytes_without_an_exception(data: bytes) -> None:
    """Malformed CBOR is left to the decoder."""
    assert find_fault(data) in (None, "cbor.key_type")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("a18001", id="array"),
        pytest.param("a1a001", id="map"),
        pytest.param("a18101", id="array with an item"),
        pytest.param("bf800100ff", id="in an indefinite map"),
        pytest.param("bf0102800100ff", id="second key of an indefinite map"),
        pytest.param("82a101a1800100", id="in a map in a map in an array"),
        pytest.param("a1c08001", id="under a tag"),
        pytest.param("a10182a0a18000", id="after an empty map in an array"),
        pytest.param("bf019fff8000ff", id="after an indefinite array"),
        pytest.param("bf019f9fff01ff8000ff", id="after nested indefinite arrays"),
        pytest.param("a20181008000", id="after an array as a value"),
        pytest.param("a30180028080", id="after two arrays as values"),
        pytest.param("a20161618002", id="after text as a value"),
        pytest.param("a201f58002", id="after a simple value"),
        pytest.param("a201e08002", id="after simple value 0"),
        pytest.param("a25f4101ff018002", id="after a key in chunks"),
    ],
)
def test_stops_at_an_array_or_map_as_a_key(data: str) -> None:
    """Wherever it is."""
    assert find_fault(bytes.fromhex(data)) == "cbor.key_type"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("a10180", id="array"),
        pytest.param("a101a0", id="map"),
        pytest.param("bf0180ff", id="in an indefinite map"),
        pytest.param("a1617f80", id="under a text key"),
        pytest.param("a15f4101ff80", id="under a key in chunks"),
        pytest.param("9fa10180ff", id="in an indefinite array"),
        pytest.param("a101c080", id="under a tag"),
        pytest.param("a1c0616180", id="under a key with a tag"),
        pytest.param("ff", id="lone break"),
        pytest.param("ffa10180", id="after a lone break"),
        pytest.param("a2018002a0", id="two values"),
        pytest.param("", id="empty input"),
    ],
)
def test_passes_arrays_and_maps_as_values(data: str) -> None:
    """Strings, tags, breaks and nested containers do not confuse keys and values."""
    assert find_fault(bytes.fromhex(data)) is None


def test_stops_an_item_with_more_parts_than_allowed() -> None:
    """The maximum itself passes."""
    assert find_fault(cbor2.dumps([0] * (cbor_prescan.MAX_PARTS - 1))) is None
    assert find_fault(cbor2.dumps([0] * cbor_prescan.MAX_PARTS)) == "cbor.too_many_parts"


@pytest.mark.parametrize("opening", [b"\x81", b"\x9f", b"\xa1\x00"], ids=["array", "indefinite array", "map"])
def test_stops_where_the_decoder_would_go_too_deep(opening: bytes) -> None:
    """The maximum itself passes and can be decoded; one level more is stopped before the rest is scanned."""
    filling = cbor2.dumps(b"x" * cbor_prescan.MAX_UNSCANNED_BYTES)
    for levels, fault in ((16, None), (17, "cbor.too_deep")):
        data = opening * levels + filling + (b"\xff" * levels if opening == b"\x9f" else b"")
        assert find_fault(data, depth=16) == fault
        if fault is None:
            cbor.decode(data, depth=16)
        else:
            with pytest.raises(cbor.CborError) as caught:
                cbor.decode(data, depth=16)
            assert fragment_of(caught.value).code == fault
    assert find_fault(opening * 60_000, depth=16) == "cbor.too_deep"


def test_the_chunks_of_a_string_are_one_level_deeper() -> None:
    """As they are for the decoder."""
    assert find_fault(b"\x81" * 15 + b"\x5f\x41\x00\xff", depth=16) is None
    assert find_fault(b"\x81" * 16 + b"\x5f\x41\x00\xff", depth=16) == "cbor.too_deep"


def test_large_items_are_decoded_like_small_ones() -> None:
    """Unless they have too many parts."""
    item = {"names": ["Nguyễn" * 50] * 20, 7: {"deep": [{"er": b"x" * 3000}]}}
    assert cbor.decode(cbor2.dumps(item), depth=16) == item
    with pytest.raises(cbor.CborError, match="too many parts"):
        cbor.decode(cbor2.dumps([0] * 5000), depth=16)
