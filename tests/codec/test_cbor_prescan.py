"""The look ahead: passes every item that may be read, stops what would be costly to build."""

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


def fault_of(data: bytes, *, depth: int = 100) -> str | None:
    """Return the code of what stops an item before a decoder that goes no deeper than any of these items."""
    found = cbor_prescan.fault_of(data, depth=depth)
    return None if found is None else found.code


@given(ITEMS)
def test_passes_whatever_has_permitted_keys(item: Any) -> None:
    """No item that the decoder would read is stopped, whatever its heads look like."""
    assert fault_of(cbor2.dumps(item)) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_looked_at_without_an_exception(data: bytes) -> None:
    """Bytes that are no CBOR are left to the decoder."""
    assert fault_of(data) in (None, "cbor.key_type")


@pytest.mark.parametrize(
    "data",
    [
        *("a18001", "a1a001", "a18101", "bf800100ff", "bf0102800100ff", "82a101a1800100", "a1c08001", "a10182a0a18000"),
        *("bf019fff8000ff", "bf019f9fff01ff8000ff", "a20181008000"),
    ],
)
def test_stops_at_an_array_or_map_as_a_key(data: str) -> None:
    """Wherever it stands, in definite and indefinite maps, behind a tag or a value."""
    assert fault_of(bytes.fromhex(data)) == "cbor.key_type"


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
    assert fault_of(bytes.fromhex(data)) is None


def test_counts_parts() -> None:
    """As many parts as allowed pass, one more does not."""
    assert fault_of(cbor2.dumps([0] * (cbor_prescan.MAX_PARTS - 1))) is None
    assert fault_of(cbor2.dumps([0] * cbor_prescan.MAX_PARTS)) == "cbor.too_many_parts"


@pytest.mark.parametrize("opening", [b"\x81", b"\x9f", b"\xa1\x00"])
def test_stops_where_the_decoder_would_go_too_deep(opening: bytes) -> None:
    """As deep as allowed passes and can be decoded; one level more is stopped before the rest is looked at."""
    filling = cbor2.dumps(b"x" * cbor_prescan.SMALL)
    for levels, fault in ((16, None), (17, "cbor.too_deep")):
        data = opening * levels + filling + (b"\xff" * levels if opening == b"\x9f" else b"")
        assert fault_of(data, depth=16) == fault
        if fault is None:
            cbor.decode(data, depth=16)
        else:
            with pytest.raises(cbor.CborError) as caught:
                cbor.decode(data, depth=16)
            assert fragment_of(caught.value).code == fault
    assert fault_of(opening * 60_000, depth=16) == "cbor.too_deep"


def test_a_string_in_parts_is_a_level_of_its_own() -> None:
    """Its parts are one level deeper, for the decoder too."""
    assert cbor_prescan.fault_of(b"\x81" * 15 + b"\x5f\x41\x00\xff", depth=16) is None
    assert fault_of(b"\x81" * 16 + b"\x5f\x41\x00\xff", depth=16) == "cbor.too_deep"


def test_large_items_are_read_like_small_ones() -> None:
    """The look ahead changes nothing about what may be read."""
    item = {"names": ["Nguyễn" * 50] * 20, 7: {"deep": [{"er": b"x" * 3000}]}}
    assert cbor.decode(cbor2.dumps(item), depth=16) == item
    with pytest.raises(cbor.CborError, match="too many parts"):
        cbor.decode(cbor2.dumps([0] * 5000), depth=16)
