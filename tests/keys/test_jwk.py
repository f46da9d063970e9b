"""JWKs: thumbprints as RFC 7638 computes them, keys that verify, and keys whose private half everybody has."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from hcert.fragments import fragment, fragment_of
from hcert.keys.jwk import is_private, read_jwk, thumbprint
from hcert.keys.known_private import KNOWN_PRIVATE
from support.jwks import base64url, jwk_of
from support.signers import p256, rsa_key, spki_of

if TYPE_CHECKING:
    from pathlib import Path

KEY = p256()
JWK = jwk_of(KEY)
RSA = jwk_of(rsa_key())
# RFC 7638 section 3.1.
RFC_7638 = {
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjB"
    "ZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8"
    "KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_"
    "xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}
# Private keys that are printed: RFC 8392 appendix A.2.3, RFC 7515 appendix A.3, RFC 7517 appendix A.2, and "11" of
# RFC 9052 appendix C.
PRINTED = (
    "6c1382765aec5358f117733d281c1c7bdc39884d04a45a1e6c67c858bc206c19",
    urlsafe_b64decode("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI=").hex(),
    urlsafe_b64decode("870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE=").hex(),
    urlsafe_b64decode("V8kgd2ZBRuh2dgyVINBUqpPDr7BOMGcF22CQMIUHtNM=").hex(),
)


def reason(**changes: Any) -> Any:
    """Return why the P-256 JWK is refused with these changes."""
    return reason_of({**JWK, **changes})


def reason_of(jwk: dict[str, Any]) -> Any:
    """Return why a JWK is refused."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its fragment is compared
        read_jwk(jwk)
    return fragment_of(caught.value)


def test_the_thumbprint_is_that_of_rfc_7638() -> None:
    """Other members of the key do not count."""
    expected = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert base64url(thumbprint(RFC_7638) or b"") == expected
    bare = {name: RFC_7638[name] for name in ("n", "kty", "e")}
    assert thumbprint(bare) == thumbprint(RFC_7638)


@pytest.mark.parametrize("private_key", [KEY, rsa_key(), rsa_key(3072)], ids=["P-256", "RSA 2048", "RSA 3072"])
def test_a_key_reads_as_its_public_key(private_key: Any) -> None:
    """Whatever else the JWK says of it."""
    for more in ({}, {"use": "sig"}, {"key_ops": ["sign", "verify"]}, {"kid": 7, "x5t": "?", "unknown": {}}):
        read = read_jwk({**jwk_of(private_key), **more})
        assert (read.spki, read.strict) == (spki_of(private_key), True)


@given(st.integers(1, 2**255))
def test_every_p256_key_reads(scalar: int) -> None:
    """Coordinates keep their leading zeros."""
    key = ec.derive_private_key(scalar, ec.SECP256R1())
    assert read_jwk(jwk_of(key)).spki == spki_of(key)


@pytest.mark.parametrize(("algorithm", "jwk"), [("ES256", JWK), ("ESP256", JWK), ("PS256", RSA)])
def test_an_algorithm_that_fits_the_key_is_no_obstacle(algorithm: str, jwk: dict[str, Any]) -> None:
    """Both names of the P-256 algorithm do."""
    assert read_jwk({**jwk, "alg": algorithm}) == read_jwk(jwk)


@pytest.mark.parametrize(
    "algorithm", ["ES384", "PS256", "RS256", "EdDSA", "ECDSA", "ECDH-ES", "es256", "", None, -7, []]
)
def test_a_contradicting_algorithm_is_refused(algorithm: Any) -> None:
    """A key is for one algorithm only."""
    assert reason(alg=algorithm) == fragment("jwk.algorithm")
    assert reason_of({**RSA, "alg": "ES256"}) == fragment("jwk.algorithm")
    assert reason_of({**RSA, "alg": "RS256"}) == fragment("jwk.algorithm")


@pytest.mark.parametrize("kind", ["ec", "OKP", "oct", "", None, 2, ["EC"]])
def test_another_type_of_key_is_refused(kind: Any) -> None:
    """And so is none."""
    assert reason(kty=kind) == fragment("jwk.type")
    assert reason_of({name: value for name, value in JWK.items() if name != "kty"}) == fragment("jwk.type")


@pytest.mark.parametrize("curve", ["P-384", "secp256k1", "Ed25519", "p-256", "", None, 1])
def test_another_curve_is_refused(curve: Any) -> None:
    """Even if the numbers were a point on P-256."""
    assert reason(crv=curve) == fragment("jwk.type")


@pytest.mark.parametrize(
    "members", [{"use": "enc"}, {"use": None}, {"key_ops": ["sign"]}, {"key_ops": []}, {"key_ops": "verify"}], ids=str
)
def test_a_key_for_another_use_is_refused(members: dict[str, Any]) -> None:
    """A key for encryption must not vouch for a certificate."""
    assert reason(**members) == fragment("jwk.use")


def test_coordinates_have_32_bytes() -> None:
    """A byte more, even a zero, would be another text for the same key."""
    x = urlsafe_b64decode(JWK["x"] + "=")
    for wrong in (b"\0" + x, x[1:], x + b"\0", b""):
        assert reason(x=base64url(wrong)) == fragment("jwk.coordinates", length=32), len(wrong)
    for text in (None, 7, "!" * 43, "é" * 43, JWK["x"] + "==", JWK["x"] + "A===", JWK["x"] + "\n", "A" * 10**6):
        assert reason(y=text) == fragment("jwk.coordinates", length=32), text


def test_unused_bits_of_base64_are_zero() -> None:
    """Otherwise four texts would stand for one number."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    neighbour = alphabet[alphabet.index(JWK["x"][-1]) + 1]  # only its unused bits differ
    assert reason(x=JWK["x"][:-1] + neighbour) == fragment("jwk.coordinates", length=32)


def test_a_point_beside_the_curve_is_refused() -> None:
    """As in attacks by invalid curves."""
    assert reason(x=JWK["y"], y=JWK["x"]) == fragment("jwk.point")
    assert reason(x=base64url(bytes(32)), y=base64url(bytes(32))) == fragment("jwk.point")
    assert reason(x=base64url(b"\xff" * 32)) == fragment("jwk.point")


def test_standard_base64_is_read_and_told() -> None:
    """Five of the ten keys that partners of the European Vaccination Card filed are in it."""
    point = ec.derive_private_key(6, ec.SECP256R1())
    jwk = jwk_of(point)
    plain = {name: jwk[name].replace("-", "+").replace("_", "/") + "=" for name in ("x", "y")}
    assert any(set("+/") & set(text) for text in plain.values())
    read = read_jwk(jwk | plain)
    assert (read.spki, read.strict) == (spki_of(point), False)
    assert thumbprint(jwk | plain) == thumbprint(jwk)


@pytest.mark.parametrize("bits", [1024, 2047, 16_385])
def test_a_modulus_outside_the_bounds_is_refused(bits: int) -> None:
    """Too small is broken, too large takes seconds to verify with."""
    modulus = (1 << (bits - 1)) | 1
    jwk = {**RSA, "n": base64url(modulus.to_bytes((bits + 7) // 8))}
    assert reason_of(jwk) == fragment("jwk.modulus", least=2048, most=16_384)


@pytest.mark.parametrize("member", ["n", "e"])
def test_numbers_of_rsa_keys_have_no_leading_zeros(member: str) -> None:
    """RFC 7518 section 2: Base64urlUInt has the fewest bytes."""
    data = urlsafe_b64decode(RSA[member] + "=" * (-len(RSA[member]) % 4))
    expected = fragment("jwk.modulus", least=2048, most=16_384)
    assert reason_of({**RSA, member: base64url(b"\0" + data)}) == expected
    assert reason_of({**RSA, member: None}) == expected


def test_an_even_exponent_is_refused() -> None:
    """It has no inverse, so nobody signs with it."""
    assert reason_of({**RSA, "e": base64url(b"\2")}) == fragment("jwk.modulus", least=2048, most=16_384)


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
def test_a_private_member_is_seen(member: str) -> None:
    """Whatever its value."""
    assert not is_private(JWK)
    assert not is_private(RSA)
    assert is_private({**JWK, member: None})


@pytest.mark.parametrize("printed", PRINTED)
def test_a_key_that_is_printed_with_its_private_half_is_known(printed: str) -> None:
    """The private key makes the public one that is in the list."""
    key = ec.derive_private_key(int(printed, 16), ec.SECP256R1())
    assert thumbprint(jwk_of(key)) in KNOWN_PRIVATE
    assert thumbprint(JWK) not in KNOWN_PRIVATE


def test_the_keys_of_the_vaccination_card_that_are_known(shared: Path) -> None:
    """As partners filed them, in either Base64."""
    filed = json.loads((shared / "testdata" / "clvr" / "keys-euvabeco-pub.json").read_text("utf-8"))
    known = [one["kid"] for one in (*filed["keys"], *filed["extra"]) if thumbprint(one) in KNOWN_PRIVATE]
    assert known == [
        *("AsymmetricECDSA256LUX", "be6b28b8-f5a4-4543-a80a-bc764c619feb", "SYA25A", "AsymmetricECDSA256", "33")
    ]


def test_the_thumbprint_of_an_ed25519_key() -> None:
    """RFC 8037 appendix A.3: keys that cannot be used are told apart too."""
    jwk = {"crv": "Ed25519", "kty": "OKP", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert base64url(thumbprint(jwk) or b"") == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize(
    "jwk",
    [
        {},
        {"kty": "oct"},
        {"kty": []},
        {**JWK, "x": 1},
        {**JWK, "crv": None},
        {**JWK, "y": ""},
        {"kty": "OKP", "x": "AA"},
    ],
    ids=["empty", "symmetric", "list as type", "number", "no curve", "empty number", "no curve of OKP"],
)
def test_what_lacks_a_member_has_no_thumbprint(jwk: dict[str, Any]) -> None:
    """It is like no other key."""
    assert thumbprint(jwk) is None


@given(
    st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "n", "e", "alg", "use", "key_ops"]), st.text() | st.none())
)
def test_arbitrary_members_raise_nothing_else(members: dict[str, Any]) -> None:
    """A reason, and no other exception."""
    for jwk in (members, {**JWK, **members}, {**RSA, **members}):
        assert is_private(jwk) is False
        thumbprint(jwk)
        try:
            read_jwk(jwk)
        except ValueError as error:
            assert fragment_of(error).code.startswith("jwk.")


def test_a_thumbprint_is_a_digest_of_the_required_members() -> None:
    """Computed here without hcert."""
    text = f'{{"crv":"P-256","kty":"EC","x":"{JWK["x"]}","y":"{JWK["y"]}"}}'
    assert thumbprint(JWK) == hashlib.sha256(text.encode()).digest()
    assert isinstance(rsa_key(), rsa.RSAPrivateKey)
    numbers = rsa_key().public_key().public_numbers()
    modulus = urlsafe_b64encode(numbers.n.to_bytes(256)).decode().rstrip("=")
    assert thumbprint(RSA) == hashlib.sha256(f'{{"e":"AQAB","kty":"RSA","n":"{modulus}"}}'.encode()).digest()
