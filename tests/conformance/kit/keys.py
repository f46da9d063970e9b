"""Fixed keys and certificates of a fictional authority. They are public: never trust them.

Elliptic keys come from their names; RSA keys stand in PEM files, since nobody derives those. Signatures are deterministic
(RFC 6979; RSA-PSS with a fixed salt), so the same generator writes the same vectors.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import NameOID, ObjectIdentifier

FOLDER = Path(__file__).parent.parent / "keys"
NOT_BEFORE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
NOT_AFTER = dt.datetime(2028, 1, 1, tzinfo=dt.UTC)
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True)
class Signer:
    """A key pair with a certificate."""

    name: str
    private: Any
    certificate: bytes

    @property
    def kid(self) -> bytes:
        """The conventional kid: first 8 bytes of the SHA-256 of the certificate."""
        return hashlib.sha256(self.certificate).digest()[:8]

    @property
    def spki(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo."""
        encoded: bytes = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return encoded

    @property
    def algorithm(self) -> int:
        """The COSE algorithm the key is for."""
        return -7 if isinstance(self.private, ec.EllipticCurvePrivateKey) else -37

    def sign(self, data: bytes) -> bytes:
        """Sign in COSE form, deterministically."""
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return ecdsa(self.private, data)
        return pss(self.private, data, salt=bytes(32))


def ecdsa(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    """Sign by RFC 6979, R followed by S."""
    size = (key.curve.key_size + 7) // 8
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))
    return r.to_bytes(size) + s.to_bytes(size)


def pss(key: rsa.RSAPrivateKey, data: bytes, *, salt: bytes, digest: str = "sha256") -> bytes:
    """Sign by RSASSA-PSS (RFC 8017 section 8.1) with the salt given."""
    numbers = key.private_numbers()
    bits = numbers.public_numbers.n.bit_length() - 1
    size = (bits + 7) // 8
    hashed = hashlib.new(digest, bytes(8) + hashlib.new(digest, data).digest() + salt).digest()
    block = bytes(size - len(salt) - len(hashed) - 2) + b"\1" + salt
    mask = b"".join(hashlib.new(digest, hashed + number.to_bytes(4)).digest() for number in range(size // 16 + 1))
    masked = bytearray(one ^ other for one, other in zip(block, mask, strict=False))
    masked[0] &= 0xFF >> (8 * size - bits)
    number = int.from_bytes(bytes(masked) + hashed + b"\xbc")
    return pow(number, numbers.d, numbers.public_numbers.n).to_bytes((key.key_size + 7) // 8)


def pkcs1(key: rsa.RSAPrivateKey, data: bytes) -> bytes:
    """Sign by RSASSA-PKCS1-v1_5, which COSE registers and health certificates do not use."""
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())


@cache
def elliptic(name: str, curve: str = "P-256") -> ec.EllipticCurvePrivateKey:
    """Derive a key from its name."""
    curves: dict[str, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
    scalar = int.from_bytes(hashlib.sha256(f"hcert conformance {name}".encode()).digest()) % (ORDER - 1) + 1
    return ec.derive_private_key(scalar, curves[curve])


@cache
def rivest(bits: int) -> rsa.RSAPrivateKey:
    """Load an RSA key of so many bits."""
    key = load_pem_private_key((FOLDER / f"rsa{bits}.pem").read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def signer(
    name: str,
    private: Any = None,
    *,
    usages: tuple[str, ...] | None = None,
    country: str = "VN",
    not_before: dt.datetime = NOT_BEFORE,
    not_after: dt.datetime = NOT_AFTER,
) -> Signer:
    """Make a document signer certificate, signed by the fictional authority."""
    private = private or elliptic(name)
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, country), x509.NameAttribute(NameOID.COMMON_NAME, f"Test {name}")]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test CSCA, do not trust")]))
        .public_key(private.public_key())
        .serial_number(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) | 1)
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )
    if usages is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(list(map(ObjectIdentifier, usages))), critical=False)
    certificate = builder.sign(elliptic("csca"), hashes.SHA256(), ecdsa_deterministic=True)
    return Signer(name, private, certificate.public_bytes(Encoding.DER))


@cache
def dsc() -> Signer:
    """The usual signer: P-256, for any event."""
    return signer("dsc")


@cache
def dsc_rsa() -> Signer:
    """The usual signer with RSA of 2048 bits."""
    return signer("dsc-rsa", rivest(2048))
