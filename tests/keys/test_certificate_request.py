"""Requests for certificates of keys that cannot leave where they are; `cryptography` reads and checks them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

import hcert
from support.signers import document_signer, p256, rsa_key, spki_of

if TYPE_CHECKING:
    from support.signers import DocumentSigner

SIGNER = document_signer(p256())


def subject_of(name: str = "Bệnh viện 1") -> x509.Name:
    """Return the name of an owner."""
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), x509.NameAttribute(NameOID.COMMON_NAME, name)])


def test_a_request_proves_that_the_signer_has_the_key(either: DocumentSigner) -> None:
    """An authority can certify what is in it."""
    request = x509.load_der_x509_csr(hcert.request_certificate(either.signer, subject_of()))
    assert request.is_signature_valid
    assert request.subject == subject_of()
    assert not list(request.extensions)
    assert request.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == either.key.spki


@given(st.text("abc ", min_size=1, max_size=64).filter(lambda name: name.strip()))
def test_a_request_has_the_length_it_says(name: str) -> None:
    """In every form of a length; and `cryptography` would write the same but for the signature."""
    written = hcert.request_certificate(SIGNER.signer, subject_of(name))
    built = x509.CertificateSigningRequestBuilder(subject_of(name)).sign(SIGNER.private_key, hashes.SHA256())
    assert x509.load_der_x509_csr(written).tbs_certrequest_bytes == built.tbs_certrequest_bytes


def test_larger_rsa_keys_are_requested_for_too() -> None:
    """Their lengths take more octets."""
    signer = document_signer(rsa_key(3072))
    assert x509.load_der_x509_csr(hcert.request_certificate(signer.signer, subject_of())).is_signature_valid


def test_a_signer_with_another_key_is_found_out(es256: DocumentSigner) -> None:
    """Before an authority has the request."""
    signer = hcert.LocalSigner(es256.private_key, SIGNER.key)
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.request_certificate(signer, subject_of())
    assert caught.value.code == "key.mismatch"


def test_a_key_that_cannot_sign_certificates_is_refused() -> None:
    """Its certificate would be of no use."""
    key = hcert.TrustedKey.from_public_key(spki_of(ec.generate_private_key(ec.SECP384R1())))
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.request_certificate(hcert.LocalSigner(SIGNER.private_key, key), subject_of())
    assert caught.value.code == "key.unsupported"
