"""A fictional health authority: document signers and EU DCC records for the tests."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID, ObjectIdentifier

import hcert
from hcert import eu_dcc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from hcert.keys.algorithms import PrivateKey

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
EXPIRY = NOW + dt.timedelta(days=365)
NOT_BEFORE = NOW - dt.timedelta(days=30)
NOT_AFTER = NOW + dt.timedelta(days=700)

EU_ROOT = "1.3.6.1.4.1.1847.2021.1"
MISPRINTED_ROOT = "1.3.6.1.4.1.0.1847.2021.1"


@dataclass(frozen=True)
class DocumentSigner:
    """A private key and its certificate."""

    private_key: PrivateKey
    certificate: bytes  # DER

    @property
    def pem(self) -> bytes:
        """The private key as PEM, not encrypted."""
        return pem_of(self.private_key)

    @property
    def key(self) -> hcert.TrustedKey:
        """The key as a verifier trusts it."""
        return hcert.TrustedKey.from_certificate(self.certificate)

    @property
    def signer(self) -> hcert.LocalSigner:
        """The key as an issuer uses it."""
        return hcert.LocalSigner.from_pem(self.pem, certificate=self.certificate)

    @property
    def verifier(self) -> hcert.Verifier:
        """A verifier that trusts this key alone."""
        return hcert.Verifier(hcert.TrustList([self.key]))

    def issue(self, record: hcert.EuDcc | None = None) -> hcert.Certificate:
        """Issue `record`, by default one with one dose, valid for a year."""
        issuer = hcert.Issuer(self.signer, country="VN")
        return issuer.issue(record or vaccination_record(), issued_at=NOW, expires_at=EXPIRY)


def pem_of(private_key: PrivateKeyTypes, password: bytes | None = None) -> bytes:
    """Return a private key in PKCS #8 PEM form."""
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return private_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def spki_of(private_key: PrivateKeyTypes) -> bytes:
    """Return the public key of a private key as DER SubjectPublicKeyInfo."""
    return private_key.public_key().public_bytes(
        serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo,
    )


def document_signer(
    private_key: PrivateKey,
    *,
    usages: Sequence[str] = (),
    extensions: Sequence[x509.ExtensionType] = (),
    country: str | None = "VN",
) -> DocumentSigner:
    """Return a document signer with a self-signed certificate; `usages` are dotted object identifiers."""
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, "Fictional DSC")]
    if country:
        attributes.append(x509.NameAttribute(NameOID.COUNTRY_NAME, country))
    name = x509.Name(attributes)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key.public_key())
        .serial_number(4711)
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(NOT_AFTER)
    )
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(map(ObjectIdentifier, usages)), critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    certificate = builder.sign(private_key, hashes.SHA256())
    return DocumentSigner(private_key, certificate.public_bytes(serialization.Encoding.DER))


def p256() -> ec.EllipticCurvePrivateKey:
    """Return a new P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return an RSA key of this size, always the same, since generating one takes a tenth of a second."""
    return rsa.generate_private_key(65537, bits)


def person(**changes: Any) -> eu_dcc.Person:
    """Return a fictional citizen."""
    names: dict[str, Any] = {
        "family_name": "Nguyễn",
        "given_name": "Thị Ngọc Ánh",
        "standardised_family_name": "NGUYEN",
        "standardised_given_name": "THI<NGOC<ANH",
    }
    return eu_dcc.Person(**(names | changes))


def vaccination(**changes: Any) -> eu_dcc.Vaccination:
    """Return one dose."""
    members: dict[str, Any] = {
        "disease": "840539006",
        "vaccine": "1119349007",
        "product": "EU/1/20/1528",
        "manufacturer": "ORG-100030215",
        "dose_number": 2,
        "series_doses": 2,
        "date": dt.date(2026, 4, 1),
        "country": "VN",
        "issuer": "Cục Y tế dự phòng",
        "certificate_id": "URN:UVCI:01:VN:5B1CF2A08E4D4A1C9A3D7E60F2B84C11",
    }
    return eu_dcc.Vaccination(**(members | changes))


def sample_test(**changes: Any) -> eu_dcc.Test:
    """Return one test result."""
    members: dict[str, Any] = {
        "disease": "840539006",
        "test_type": "LP6464-4",
        "sampled_at": dt.datetime(2026, 5, 30, 8, 15, tzinfo=dt.timezone(dt.timedelta(hours=7))),
        "result": "260415000",
        "country": "VN",
        "issuer": "Bộ Y tế",
        "certificate_id": "URN:UVCI:01:VN:AA11BB22CC33",
        "name": "RT-PCR",
        "centre": "Bệnh viện Bạch Mai",
    }
    return eu_dcc.Test(**(members | changes))


def recovery(**changes: Any) -> eu_dcc.Recovery:
    """Return one recovery."""
    members: dict[str, Any] = {
        "disease": "840539006",
        "first_positive": dt.date(2026, 2, 1),
        "country": "VN",
        "issuer": "Bộ Y tế",
        "valid_from": dt.date(2026, 2, 12),
        "valid_until": dt.date(2026, 8, 1),
        "certificate_id": "URN:UVCI:01:VN:DD44EE55FF66",
    }
    return eu_dcc.Recovery(**(members | changes))


def vaccination_record(**changes: Any) -> hcert.EuDcc:
    """Return a record of the citizen with one dose."""
    members: dict[str, Any] = {
        "person": person(),
        "birth_date": eu_dcc.PartialDate(1990, 5, 17),
        "vaccinations": (vaccination(),),
    }
    return hcert.EuDcc(**(members | changes))


def sample_test_record(**changes: Any) -> hcert.EuDcc:
    """Return a record of the citizen with one test."""
    return vaccination_record(vaccinations=(), tests=(sample_test(**changes),))


def recovery_record(**changes: Any) -> hcert.EuDcc:
    """Return a record of the citizen with one recovery."""
    return vaccination_record(vaccinations=(), recoveries=(recovery(**changes),))
