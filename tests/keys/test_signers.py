"""Signers with the key in memory: loading, and a clear error for every way in which it can fail."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

import hcert
from hcert.fragments import in_language
from support.signers import DocumentSigner, document_signer, p256, pem_of, rsa_key, spki_of


def load(
    pem: bytes | str, certificate: bytes | hcert.TrustedKey, password: bytes | str | None = None
) -> hcert.LocalSigner:
    """Load a signer."""
    return hcert.LocalSigner.from_pem(pem, certificate=certificate, password=password)


def code_of(pem: bytes | str, certificate: bytes, password: bytes | str | None = None) -> str:
    """Return the code of the error when loading fails."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        load(pem, certificate, password)
    return caught.value.code


def test_a_signature_verifies_under_the_key_of_the_signer(either: DocumentSigner) -> None:
    """Over the same bytes only, and in COSE form."""
    signer = load(either.pem, either.certificate)
    signature = signer.sign(b"data")
    assert signer.key.verifies(signature, b"data")
    assert not signer.key.verifies(signature, b"date")
    assert len(signature) == (64 if signer.key.algorithm is hcert.Algorithm.ES256 else 256)


def test_a_local_signer_implements_the_signer_protocol(es256: DocumentSigner) -> None:
    """As a signer for an HSM does."""
    assert isinstance(load(es256.pem, es256.certificate), hcert.Signer)


@pytest.mark.parametrize("password", [b"secret", "secret"], ids=["bytes", "str"])
def test_an_encrypted_key_is_loaded_with_its_password(es256: DocumentSigner, password: bytes | str) -> None:
    """Given as str or bytes."""
    signer = load(pem_of(es256.private_key, b"secret"), es256.certificate, password)
    assert signer.key == es256.key


def test_pem_may_be_str_and_the_certificate_a_trusted_key(es256: DocumentSigner) -> None:
    """For a bare public key, or another kid."""
    key = hcert.TrustedKey.from_public_key(spki_of(es256.private_key), kid=b"mine")
    assert load(es256.pem.decode(), key).key is key


def test_a_password_for_a_key_that_is_not_encrypted_is_ignored(es256: DocumentSigner) -> None:
    """It does no harm."""
    assert load(es256.pem, es256.certificate, b"secret").key == es256.key


def test_a_missing_and_a_wrong_password_have_different_codes(es256: DocumentSigner) -> None:
    """An empty password is a missing one."""
    encrypted = pem_of(es256.private_key, b"secret")
    assert code_of(encrypted, es256.certificate) == "key.password_missing"
    assert code_of(encrypted, es256.certificate, "") == "key.password_missing"
    assert code_of(encrypted, es256.certificate, "\ud800") == "key.password"
    assert code_of(encrypted, es256.certificate, "wrong") == "key.password"


def test_a_certificate_of_another_key_is_a_mismatch(es256: DocumentSigner, ps256: DocumentSigner) -> None:
    """Even of another type."""
    assert code_of(es256.pem, ps256.certificate) == "key.mismatch"


def test_unreadable_keys_and_certificates_have_one_code(es256: DocumentSigner) -> None:
    """With and without a password."""
    assert code_of(b"", es256.certificate) == "key.unreadable"
    assert code_of(b"", es256.certificate, b"secret") == "key.unreadable"
    assert (
        code_of("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", es256.certificate) == "key.unreadable"
    )
    assert code_of(es256.pem, b"nonsense") == "key.unreadable"


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP384R1()), rsa_key(1024)], ids=["P-384", "RSA-1024"])
def test_keys_without_an_algorithm_are_unsupported(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    """They are refused when they are loaded, not when they should sign."""
    assert code_of(pem_of(key), document_signer(p256()).certificate) == "key.unsupported"


def test_keys_of_an_unknown_type_are_unreadable(monkeypatch: pytest.MonkeyPatch, es256: DocumentSigner) -> None:
    """Whichever error the library raises."""

    def refuse(*_: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr("hcert.keys.signers.load_pem_private_key", refuse)
    with pytest.raises(hcert.ConfigurationError) as caught:
        load(es256.pem, es256.certificate)
    details = {"kind": "private key", "form": "PEM", "reason": "its kind is not known"}
    assert in_language(caught.value.findings[0].details, "en") == details


@pytest.mark.parametrize(
    "pem",
    [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"],
    ids=["empty", "damaged"],
)
def test_the_error_for_an_unreadable_key_does_not_quote_it(es256: DocumentSigner, pem: bytes) -> None:
    """It says what was expected."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        load(pem, es256.certificate)
    details = {"kind": "private key", "form": "PEM", "reason": "it is damaged or not a private key"}
    assert in_language(caught.value.findings[0].details, "en") == details


def test_the_repr_of_a_signer_does_not_show_the_private_key(es256: DocumentSigner) -> None:
    """It shows the kid."""
    signer = load(es256.pem, es256.certificate)
    secret = es256.private_key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    assert repr(signer).startswith("LocalSigner(TrustedKey(kid=")
    assert secret.hex() not in repr(signer)
