"""JSON Web Key Sets of keys made for the tests."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from hcert.keys.algorithms import PrivateKey


def base64url(data: bytes) -> str:
    """Encode by RFC 7515 section 2."""
    return urlsafe_b64encode(data).decode().rstrip("=")


def jwk_of(private_key: PrivateKey, **members: Any) -> dict[str, Any]:
    """Return the public key of a private key as a JWK, with more members."""
    if isinstance(private_key, ec.EllipticCurvePrivateKey):
        point = private_key.public_key().public_numbers()
        size = (private_key.curve.key_size + 7) // 8
        x, y = (base64url(number.to_bytes(size)) for number in (point.x, point.y))
        curve = {"secp256r1": "P-256", "secp384r1": "P-384"}[private_key.curve.name]
        return {"kty": "EC", "crv": curve, "x": x, "y": y, **members}
    numbers = private_key.public_key().public_numbers()
    n, e = (base64url(number.to_bytes((number.bit_length() + 7) // 8)) for number in (numbers.n, numbers.e))
    return {"kty": "RSA", "n": n, "e": e, **members}


def key_set(*jwks: Any) -> bytes:
    """Return a set as it is published."""
    return json.dumps({"keys": jwks}).encode()
