"""A public key as a JWK (RFC 7517; RFC 7518 sections 6.2 and 6.3; RFC 8037 section 2)."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hcert.fragments import fragment
from hcert.keys.algorithms import MIN_RSA_BITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hcert.keys.algorithms import PublicKey

MAX_RSA_BITS: Final = 16_384
_COORDINATE_BYTES: Final = 32
_MAX_CHARACTERS: Final = 2_800  # of a member in Base64: a modulus of 16 384 bits has 2 731
# Members that only a private or a symmetric key has: RFC 7518 sections 6.2.2, 6.3.2 and 6.4.
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_ALGORITHMS: Final = {"EC": ("ES256", "ESP256"), "RSA": ("PS256",)}
# The members of a thumbprint that are text and those that are numbers, by type of key: RFC 7638 section 3.2.
_IDENTIFYING: Final = {
    "EC": (("crv", "kty"), ("x", "y")),
    "RSA": (("kty",), ("e", "n")),
    "OKP": (("crv", "kty"), ("x",)),
}


class Jwk(NamedTuple):
    """A JWK that can be used.

    Attributes:
        spki: the key as DER SubjectPublicKeyInfo.
        strict: whether its numbers are Base64url without padding, as RFC 7515 section 2 demands; otherwise they are
            standard Base64 (RFC 4648 section 4).
    """

    spki: bytes
    strict: bool


def is_private(jwk: Mapping[str, Any]) -> bool:
    """Return whether a JWK holds a private or a symmetric key."""
    return not _PRIVATE.isdisjoint(jwk)


def thumbprint(jwk: Mapping[str, Any]) -> bytes | None:
    """Return the SHA-256 thumbprint (RFC 7638) of a JWK of a known type; None if its members cannot be read."""
    kind = jwk.get("kty")
    if not isinstance(kind, str) or kind not in _IDENTIFYING:
        return None
    texts, numbers = _IDENTIFYING[kind]
    members = {name: jwk.get(name) for name in texts}
    for name in numbers:
        decoded = _decode(jwk.get(name))
        members[name] = None if decoded is None else _encode(decoded)
    if not all(isinstance(value, str) for value in members.values()):
        return None
    text = json.dumps(members, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


def read_jwk(jwk: Mapping[str, Any]) -> Jwk:
    """Read a JWK for signatures: EC on P-256, or RSA from 2048 bits. Its private members, if any, are ignored.

    Raises:
        ValueError: with a fragment that says why, if it is another key, meant for another use, or malformed.
    """
    kind = jwk.get("kty")
    if not isinstance(kind, str) or kind not in _ALGORITHMS or (kind == "EC" and jwk.get("crv") != "P-256"):
        raise ValueError(fragment("jwk.type"))
    if jwk.get("alg", _ALGORITHMS[kind][0]) not in _ALGORITHMS[kind]:
        raise ValueError(fragment("jwk.algorithm"))
    operations = jwk.get("key_ops", ["verify"])
    if jwk.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        raise ValueError(fragment("jwk.use"))
    names = _IDENTIFYING[kind][1]
    numbers = [_decode(jwk.get(name)) for name in names]
    key = _make_key(kind, *numbers)
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Jwk(spki, strict=[jwk[name] for name in names] == [_encode(number or b"") for number in numbers])


def _make_key(kind: str, first: bytes | None, second: bytes | None) -> PublicKey:
    """Make a key of x and y, or of the exponent and the modulus."""
    if kind == "EC":
        if first is None or second is None or not len(first) == len(second) == _COORDINATE_BYTES:
            raise ValueError(fragment("jwk.coordinates", length=_COORDINATE_BYTES))
        point = ec.EllipticCurvePublicNumbers(int.from_bytes(first), int.from_bytes(second), ec.SECP256R1())
        try:
            return point.public_key()
        except ValueError:
            raise ValueError(fragment("jwk.point")) from None
    refused = ValueError(fragment("jwk.modulus", least=MIN_RSA_BITS, most=MAX_RSA_BITS))
    if first is None or second is None or first.startswith(b"\0") or second.startswith(b"\0"):
        raise refused
    exponent, modulus = int.from_bytes(first), int.from_bytes(second)
    if not MIN_RSA_BITS <= modulus.bit_length() <= MAX_RSA_BITS:
        raise refused
    try:
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError:
        raise refused from None


def _decode(text: object) -> bytes | None:
    """Decode Base64url or standard Base64, padded or not; None if it is neither, empty or too long."""
    if not isinstance(text, str) or len(text) > _MAX_CHARACTERS or not text.isascii():
        return None
    plain = text.translate({ord("+"): "-", ord("/"): "_"})
    bare = plain.rstrip("=")
    if len(plain) - len(bare) > -len(bare) % 4:
        return None
    try:
        decoded = urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except ValueError:
        return None
    return decoded if decoded and _encode(decoded) == bare else None  # one text for one number


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
