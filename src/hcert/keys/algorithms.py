"""ES256 and PS256 (RFC 9053 section 2.1, RFC 8230 section 2), the only signature algorithms of health certificates.

ES256 is ECDSA on P-256 with SHA-256; COSE carries the signature as R followed by S, 32 bytes each. ESP256 (RFC 9864
section 2.1) is the same computation under a number that also fixes the curve, which ES256 leaves to the key. PS256 is
RSASSA-PSS with SHA-256 for hash and mask and a salt of exactly 32 bytes, under a modulus of at least 2048 bits.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from hcert.fragments import fragment

PublicKey: TypeAlias = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
Verify: TypeAlias = Callable[[bytes, bytes], bool]
PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

MIN_RSA_BITS: Final = 2048
_COORDINATE_BYTES: Final = 32
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ORDER: Final = _P256_ORDER.to_bytes(32)
_ZERO: Final = bytes(32)
_SHA256: Final = hashes.SHA256()
_ECDSA: Final = ec.ECDSA(_SHA256)
_PSS: Final = padding.PSS(padding.MGF1(_SHA256), salt_length=32)


class Algorithm(IntEnum):
    """A signature algorithm; the value is its COSE number.

    A key on P-256 has the algorithm ES256 and verifies what names ES256 or ESP256.
    """

    ES256 = -7
    ESP256 = -9
    PS256 = -37


# By the number in a header, the algorithm of the keys that it is for.
KEY_ALGORITHMS: Final[dict[int, Algorithm]] = {
    Algorithm.ES256: Algorithm.ES256,
    Algorithm.ESP256: Algorithm.ES256,
    Algorithm.PS256: Algorithm.PS256,
}


def algorithm_of(key: object) -> Algorithm | None:
    """Return the algorithm of a public or private key, or None if it cannot be used for either.

    Published lists hold keys on other curves, RSA keys below 2048 bits and keys of other types; they are not errors.
    """
    if isinstance(key, ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey):
        return Algorithm.ES256 if isinstance(key.curve, ec.SECP256R1) else None
    if isinstance(key, rsa.RSAPublicKey | rsa.RSAPrivateKey):
        return Algorithm.PS256 if key.key_size >= MIN_RSA_BITS else None
    return None


def may_name(number: int, algorithm: Algorithm | None) -> bool:
    """Return whether a header may name COSE algorithm `number` over a signature under a key with `algorithm`."""
    return algorithm is not None and KEY_ALGORITHMS.get(number) == algorithm


def signature_bytes(key: PublicKey) -> int:
    """Return the length in bytes of a signature under `key`, in COSE form."""
    return 2 * _COORDINATE_BYTES if isinstance(key, ec.EllipticCurvePublicKey) else (key.key_size + 7) // 8


def verifier_for(key: PublicKey) -> Verify | None:
    """Return the function that verifies signatures under `key`, or None if the key has no algorithm.

    The function takes a signature in COSE form and the signed bytes, and returns whether the signature is valid. Length
    and range of an ES256 signature are checked before it is converted to the DER form that `cryptography` expects, so
    each pair (R, S) has one encoding only. S may be in the upper half of its range: COSE allows it.
    """
    if algorithm_of(key) is None:
        return None
    return _es256_verifier(key) if isinstance(key, ec.EllipticCurvePublicKey) else _ps256_verifier(key)


def _es256_verifier(key: ec.EllipticCurvePublicKey) -> Verify:
    def verify(signature: bytes, data: bytes) -> bool:
        encoded = der_from_raw(signature)
        if encoded is None:
            return False
        try:
            key.verify(encoded, data, _ECDSA)
        except InvalidSignature:
            return False
        return True

    return verify


def _ps256_verifier(key: rsa.RSAPublicKey) -> Verify:
    def verify(signature: bytes, data: bytes) -> bool:
        try:
            key.verify(signature, data, _PSS, _SHA256)
        except InvalidSignature:
            return False
        return True

    return verify


def sign(key: PrivateKey, data: bytes) -> bytes:
    """Sign `data`; return the signature in COSE form."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return raw_from_der(key.sign(data, _ECDSA))
    return key.sign(data, _PSS, _SHA256)


def raw_from_der(signature: bytes) -> bytes:
    """Convert an ECDSA P-256 signature from DER, as many HSM interfaces return it, to the 64 bytes of COSE.

    Raises:
        ValueError: this is not a DER signature of a P-256 key.
    """
    r, s = decode_dss_signature(signature)
    if not (0 < r < _P256_ORDER and 0 < s < _P256_ORDER):
        raise ValueError(fragment("signature.not_ecdsa"))
    return r.to_bytes(_COORDINATE_BYTES) + s.to_bytes(_COORDINATE_BYTES)


def der_from_raw(signature: bytes) -> bytes | None:
    """Convert an ECDSA P-256 signature from the 64 bytes of COSE to DER; None if R or S is out of range."""
    if len(signature) != 2 * _COORDINATE_BYTES:
        return None
    r, s = signature[:_COORDINATE_BYTES], signature[_COORDINATE_BYTES:]
    if not (_ZERO < r < _ORDER and _ZERO < s < _ORDER):  # bytes of one length compare as their numbers do
        return None
    r, s = _encode_integer(r), _encode_integer(s)
    return b"\x30%c%b%b" % (len(r) + len(s), r, s)


def _encode_integer(number: bytes) -> bytes:
    """Encode a positive number as a DER INTEGER (X.690 section 8.3): no leading zeros, but one before a set top bit."""
    number = number.lstrip(b"\0")
    if number[0] & 0x80:
        number = b"\0" + number
    return b"\x02%c%b" % (len(number), number)
