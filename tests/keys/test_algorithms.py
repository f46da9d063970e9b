"""ES256 and PS256: published vectors, and keys that determine their algorithm."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert.keys.algorithms import Algorithm, algorithm_of, der_from_raw, may_name, raw_from_der, sign, verifier_for
from support.signers import p256, rsa_key, spki_of

if TYPE_CHECKING:
    from pathlib import Path

    from hcert.keys.algorithms import Verify

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def compare_with_wycheproof(path: Path) -> tuple[int, list[int]]:
    """Return how many vectors of a file were tried, and the numbers of those with another result."""
    tried, disagreeing = 0, []
    for group in json.loads(path.read_text(encoding="utf-8"))["testGroups"]:
        key = hcert.TrustedKey.from_public_key(bytes.fromhex(group["publicKeyDer"]))
        for test in group["tests"]:
            accepted = key.verifies(bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))
            tried += 1
            # No vector in the two files is "acceptable"; should one appear, COSE's strict forms decide: refused.
            if accepted != (test["result"] == "valid"):
                disagreeing.append(test["tcId"])
    return tried, disagreeing


@pytest.mark.parametrize(
    ("name", "count"),
    [("ecdsa_secp256r1_sha256_p1363_test.json", 262), ("rsa_pss_2048_sha256_mgf1_32_test.json", 108)],
    ids=["ES256", "PS256"],
)
def test_agrees_with_every_wycheproof_vector(shared: Path, name: str, count: int) -> None:
    """Valid signatures are accepted, and all others are refused."""
    assert compare_with_wycheproof(shared / "testdata" / "wycheproof" / name) == (count, [])


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (p256(), Algorithm.ES256),
        (ec.generate_private_key(ec.SECP384R1()), None),
        (ec.generate_private_key(ec.SECP256K1()), None),
        (rsa_key(2048), Algorithm.PS256),
        (rsa_key(3072), Algorithm.PS256),
        (rsa_key(1024), None),
        (ed25519.Ed25519PrivateKey.generate(), None),
    ],
    ids=["P-256", "P-384", "secp256k1", "RSA-2048", "RSA-3072", "RSA-1024", "Ed25519"],
)
def test_the_key_alone_determines_the_algorithm(key: Any, algorithm: Algorithm | None) -> None:
    """ES256 for P-256, PS256 for RSA of 2048 bits or more, and none for every other key."""
    assert algorithm_of(key) is algorithm
    assert algorithm_of(key.public_key()) is algorithm
    assert (verifier_for(key.public_key()) is None) is (algorithm is None)


@pytest.mark.parametrize(
    ("algorithm", "numbers"),
    [(Algorithm.ES256, {-7, -9}), (Algorithm.PS256, {-37}), (Algorithm.ESP256, set()), (None, set())],
)
def test_a_header_may_name_the_algorithm_of_the_key(algorithm: Algorithm | None, numbers: set[int]) -> None:
    """ESP256 (RFC 9864) is another number for what a P-256 key does; no key has it as its own."""
    assert {number for number in range(-300, 300) if may_name(number, algorithm)} == numbers


@pytest.fixture(scope="module")
def es256_verify() -> tuple[Verify, bytes]:
    """A verifying function and a signature over b'data'."""
    key = p256()
    verify = verifier_for(key.public_key())
    assert verify is not None
    return verify, sign(key, b"data")


@given(st.binary(max_size=80))
def test_random_bytes_are_not_a_signature(signature: bytes) -> None:
    """They are refused without an exception."""
    for key in (KEY, RSA_KEY):
        verify = verifier_for(key.public_key())
        assert verify is not None
        assert not verify(signature, b"data")


KEY, RSA_KEY = p256(), rsa_key()


@pytest.mark.parametrize(
    "change",
    [lambda s: s + b"\0", lambda s: b"\0" + s, lambda s: s[:-1], lambda _: b"", lambda s: s * 2],
    ids=["byte appended", "byte before", "byte missing", "empty", "twice"],
)
def test_an_es256_signature_has_exactly_64_bytes(es256_verify: tuple[Verify, bytes], change: Any) -> None:
    """DER is refused too."""
    verify, signature = es256_verify
    assert verify(signature, b"data")
    assert not verify(change(signature), b"data")
    assert not verify(der_from_raw(signature) or b"", b"data")


@pytest.mark.parametrize(
    ("r", "s"),
    [(0, 1), (1, 0), (ORDER, 1), (1, ORDER), (2**256 - 1, 1)],
    ids=["R is 0", "S is 0", "R is the order", "S is the order", "R is the maximum"],
)
def test_r_and_s_are_from_1_to_below_the_order(r: int, s: int) -> None:
    """Anything else cannot be converted to DER."""
    assert der_from_raw(r.to_bytes(32, "big") + s.to_bytes(32, "big")) is None


@given(st.integers(1, ORDER - 1), st.integers(1, ORDER - 1))
def test_raw_and_der_forms_are_converted_into_each_other(r: int, s: int) -> None:
    """And give the same bytes again."""
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    encoded = der_from_raw(raw)
    assert encoded is not None
    assert raw_from_der(encoded) == raw


def test_a_der_signature_of_another_curve_is_refused() -> None:
    """Its numbers do not fit into 64 bytes."""
    signature = ec.generate_private_key(ec.SECP384R1()).sign(b"data", ec.ECDSA(hashes.SHA256()))
    with pytest.raises(ValueError, match="P-256"):
        raw_from_der(signature)


@pytest.mark.parametrize("salt", [0, 20, 31, 33, 64, padding.PSS.MAX_LENGTH])
def test_a_ps256_signature_has_a_salt_of_exactly_32_bytes(salt: Any) -> None:
    """Other lengths are refused, although most libraries accept any."""
    verify = verifier_for(RSA_KEY.public_key())
    assert verify is not None
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), salt)
    assert not verify(RSA_KEY.sign(b"data", pss, hashes.SHA256()), b"data")
    assert verify(sign(RSA_KEY, b"data"), b"data")


def test_pkcs_1_signatures_are_refused() -> None:
    """RS256 is not among the algorithms of health certificates."""
    verify = verifier_for(RSA_KEY.public_key())
    assert verify is not None
    assert not verify(RSA_KEY.sign(b"data", padding.PKCS1v15(), hashes.SHA256()), b"data")


def test_a_public_key_of_another_type_verifies_nothing() -> None:
    """But it is not an error."""
    key = hcert.TrustedKey.from_public_key(spki_of(ec.generate_private_key(ec.SECP384R1())))
    assert key.algorithm is None
    assert not key.verifies(bytes(96), b"data")
