"""The look ahead: passes every item that may be read, stops what would be costly to build."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcert.codec import cbor, prescan

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


@given(ITEMS)
def test_passes_whatever_has_permitted_keys(item: Any) -> None:
    """No item that the decoder would read is stopped, whatever its heads look like."""
    assert prescan.fault_of(cbor2.dumps(item)) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_looked_at_without_an_exception(data: bytes) -> None:
    """Bytes that are no CBOR are left to the decoder."""
    assert prescan.fault_of(data) in (None, "a map has a key that is neither integer nor text")


@pytest.mark.parametrize(
    "data",
    [
        *("a18001", "a1a001", "a18101", "bf800100ff", "bf0102800100ff", "82a101a1800100", "a1c08001", "a10182a0a18000"),
        *("bf019fff8000ff", "bf019f9fff01ff8000ff", "a20181008000"),
    ],
)
def test_stops_at_an_array_or_map_as_a_key(data: str) -> None:
    """Wherever it stands, in definite and indefinite maps, behind a tag or a value."""
    assert prescan.fault_of(bytes.fromhex(data)) == "a map has a key that is neither integer nor text"


@pytest.mark.parametrize(
    "data",
    [
        "a10180",
        "a101a0",
        "bf0180ff",
        "a1617f80",
        "a15f4101ff80",
        "9fa10180ff",
        "a101c080",
        "ff",
        "ffa10180",
        "a2018002a0",
        "",
    ],
)
def test_passes_arrays_and_maps_as_values(data: str) -> None:
    """Keys and values are told apart through strings, tags, breaks and nested containers."""
    assert prescan.fault_of(bytes.fromhex(data)) is None


def test_counts_parts() -> None:
    """As many parts as allowed pass, one more does not."""
    assert prescan.fault_of(cbor2.dumps([0] * (prescan.PARTS_MOST - 1))) is None
    assert prescan.fault_of(cbor2.dumps([0] * prescan.PARTS_MOST)) == "it has too many parts"


def test_large_items_are_read_like_small_ones() -> None:
    """The look ahead changes nothing about what may be read."""
    item = {"names": ["Nguyễn" * 50] * 20, 7: {"deep": [{"er": b"x" * 3000}]}}
    assert cbor.decode(cbor2.dumps(item), depth=16) == item
    with pytest.raises(cbor.CborError, match="too many parts"):
        cbor.decode(cbor2.dumps([0] * 5000), depth=16)
