"""Making keys, certificates and certificate requests by the profile of the EU and the WHO.

A country's signing authority (CSCA) certifies document signers (DSC), which sign health certificates. Sources: eHealth
Network, "Public Key Certificate Governance" (volume 5 of the technical specifications); WHO, GDHCN certificate
governance. Of the CSCA they ask `CA:TRUE, pathlen:0` and `keyCertSign, cRLSign`, of the DSC `digitalSignature`, the key
identifier of the authority, and where it is limited the extended key usages of the events that it may sign.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)
from cryptography.x509.oid import NameOID, ObjectIdentifier

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
SigningPublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

CSCA_DAYS: Final = 1461  # four years
DSC_DAYS: Final = 730
RSA_BITS: Final = 3072
USAGES: Final = {"test": 1, "vaccination": 2, "recovery": 3}
_USAGE_ROOT: Final = "1.3.6.1.4.1.1847.2021.1"
_BACKDATED: Final = timedelta(hours=1)  # for clocks that are behind


class OutlivesAuthorityError(ValueError):
    """A certificate would be valid longer than that of its authority."""


def make_signing_key(algorithm: str) -> SigningKey:
    """Make a key that signs by ES256 or PS256."""
    if algorithm == "PS256":
        return rsa.generate_private_key(65537, RSA_BITS)
    return ec.generate_private_key(ec.SECP256R1())


def make_reader_key() -> x25519.X25519PrivateKey:
    """Make a key that opens sealed parts."""
    return x25519.X25519PrivateKey.generate()


def encode_private_key(key: PrivateKeyTypes, password: bytes | None) -> bytes:
    """Return a private key as PEM (PKCS #8), encrypted if there is a password."""
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def encode_public_key(key: PublicKeyTypes) -> bytes:
    """Return a public key as PEM."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def load_public_key(data: bytes) -> PublicKeyTypes:
    """Load a public key, PEM or DER.

    Raises:
        ValueError: where it is none.
    """
    return load_pem_public_key(data) if b"-----BEGIN" in data else load_der_public_key(data)


def make_subject(country: str, common_name: str) -> x509.Name:
    """Return a subject as the profile asks for it."""
    return x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, country), x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    )


def make_csca_certificate(key: SigningKey, subject: x509.Name, *, now: datetime, days: float) -> x509.Certificate:
    """Make the certificate of a country's signing authority, which it signs itself."""
    public = key.public_key()
    return (
        _begin_certificate(public, subject, subject, now, days)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_make_key_usage(certifies=True), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )


def make_dsc_certificate(
    public: SigningPublicKey,
    subject: x509.Name,
    *,
    authority: x509.Certificate,
    authority_key: SigningKey,
    usages: Iterable[str],
    now: datetime,
    days: float,
) -> x509.Certificate:
    """Make the certificate of a document signer; without usages it may sign every kind of event.

    Raises:
        ValueError: where it would be valid longer than the authority.
    """
    builder = (
        _begin_certificate(public, subject, authority.subject, now, days)
        .add_extension(_make_key_usage(certifies=False), critical=True)
        .add_extension(_find_authority_identifier(authority), critical=False)
    )
    if numbers := [USAGES[usage] for usage in usages]:
        identifiers = [ObjectIdentifier(f"{_USAGE_ROOT}.{number}") for number in sorted(set(numbers))]
        builder = builder.add_extension(x509.ExtendedKeyUsage(identifiers), critical=False)
    certificate = builder.sign(authority_key, hashes.SHA256())
    if certificate.not_valid_after_utc > authority.not_valid_after_utc:
        raise OutlivesAuthorityError
    return certificate


def make_request(key: SigningKey, subject: x509.Name) -> x509.CertificateSigningRequest:
    """Make a request by which an authority elsewhere certifies a key."""
    return x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())


def _find_authority_identifier(authority: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """Return what names an authority: the key identifier that it gives itself, else the usual one."""
    try:
        own = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        own = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _begin_certificate(
    public: SigningPublicKey, subject: x509.Name, issuer: x509.Name, now: datetime, days: float
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _make_key_usage(*, certifies: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certifies,
        key_cert_sign=certifies,
        crl_sign=certifies,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
