"""Certificate ids that are derived: keyed, and the same whenever they are asked for."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import bulk

SECRET = bytes(range(32))


def hmac_by_hand(secret: bytes, message: bytes) -> bytes:
    """Compute HMAC-SHA-256 as RFC 2104 writes it, as an oracle."""
    padded = (hashlib.sha256(secret).digest() if len(secret) > 64 else secret).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()


@given(
    st.binary(min_size=32, max_size=80),
    st.lists(st.text(st.characters(codec="utf-8"), min_size=1), max_size=5),
    st.integers(0, 2**32 - 1),
)
def test_an_id_is_a_keyed_digest_of_the_register_id(secret: bytes, ids: list[str], generation: int) -> None:
    """As documented, so that another program derives the same."""
    prefix = b"hcert certificate id\0" + generation.to_bytes(4, "big")
    expected = [hmac_by_hand(secret, prefix + one.encode())[:16] for one in ids]
    assert bulk.derive_ids(secret, iter(ids), generation=generation) == expected


def test_ids_differ_by_secret_person_and_generation() -> None:
    """And are the same again."""
    ids = [str(number) for number in range(1000)]
    derived = bulk.derive_ids(SECRET, ids)
    assert derived == bulk.derive_ids(SECRET, ids, generation=0)
    others = [bulk.derive_ids(SECRET, ids, generation=1), bulk.derive_ids(SECRET[::-1], ids)]
    assert len({*derived, *others[0], *others[1]}) == 3000
    assert {len(one) for one in derived} == {16}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param((SECRET[:31], ["1"], 0), "bulk.secret", id="short secret"),
        pytest.param(("s" * 32, ["1"], 0), "bulk.secret", id="text as secret"),
        pytest.param((None, ["1"], 0), "bulk.secret", id="no secret"),
        pytest.param((SECRET, ["1", ""], 0), "bulk.register_id", id="empty id"),
        pytest.param((SECRET, ["1", None], 0), "bulk.register_id", id="no id"),
        pytest.param((SECRET, ["1", 77123], 0), "bulk.register_id", id="a number"),
        pytest.param((SECRET, ["1", "\ud800 77123"], 0), "bulk.register_id", id="half a character"),
        pytest.param((SECRET, "77123", 0), "bulk.register_id", id="one id"),
        pytest.param((SECRET, None, 0), "bulk.register_id", id="no ids"),
        pytest.param((SECRET, ["1"], -1), "bulk.generation", id="generation below zero"),
        pytest.param((SECRET, ["1"], 2**32), "bulk.generation", id="generation beyond"),
        pytest.param((SECRET, ["1"], True), "bulk.generation", id="generation of truth"),
    ],
)
def test_what_would_make_weak_or_wrong_ids_is_refused(arguments: tuple[Any, Any, Any], code: str) -> None:
    """Without the id in the message."""
    secret, ids, generation = arguments
    with pytest.raises(hcert.ConfigurationError) as caught:
        bulk.derive_ids(secret, ids, generation=generation)
    assert caught.value.code == code
    assert "77123" not in str(caught.value)
    assert caught.value.__context__ is None
    if code == "bulk.register_id" and type(ids) is list:
        assert dict(caught.value.findings[0].details) == {"position": 2}
