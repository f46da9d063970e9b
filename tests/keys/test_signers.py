"""Signers: keys in memory, with clear words for every way in which loading can fail."""

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
    """Return the code with which loading fails."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        load(pem, certificate, password)
    return caught.value.code


def test_signs_what_its_key_verifies(either: DocumentSigner) -> None:
    """A signature in COSE form verifies under the public side and only over the same bytes."""
    signer = load(either.pem, either.certificate)
    signature = signer.sign(b"data")
    assert signer.key.verifies(signature, b"data")
    assert not signer.key.verifies(signature, b"date")
    assert len(signature) == (64 if signer.key.algorithm is hcert.Algorithm.ES256 else 256)


def test_is_a_signer(es256: DocumentSigner) -> None:
    """It fulfils the protocol that an HSM fulfils too."""
    assert isinstance(load(es256.pem, es256.certificate), hcert.Signer)


@pytest.mark.parametrize("password", [b"secret", "secret"])
def test_loads_an_encrypted_key(es256: DocumentSigner, password: bytes | str) -> None:
    """The password may be text or bytes."""
    signer = load(pem_of(es256.private_key, b"secret"), es256.certificate, password)
    assert signer.key == es256.key


def test_takes_text_and_a_trusted_key_instead_of_a_certificate(es256: DocumentSigner) -> None:
    """Bare keys and other kids are possible."""
    key = hcert.TrustedKey.from_public_key(spki_of(es256.private_key), kid=b"mine")
    assert load(es256.pem.decode(), key).key is key


def test_a_password_for_a_key_that_is_not_encrypted_is_ignored(es256: DocumentSigner) -> None:
    """It harms nobody."""
    assert load(es256.pem, es256.certificate, b"secret").key == es256.key


def test_says_what_is_wrong(es256: DocumentSigner, ps256: DocumentSigner) -> None:
    """Each way to fail has its code."""
    encrypted = pem_of(es256.private_key, b"secret")
    assert code_of(encrypted, es256.certificate) == "key.password_missing"
    assert code_of(encrypted, es256.certificate, "") == "key.password_missing"
    assert code_of(encrypted, es256.certificate, "\ud800") == "key.password"
    assert code_of(encrypted, es256.certificate, "wrong") == "key.password"
    assert code_of(es256.pem, ps256.certificate) == "key.mismatch"
    assert code_of(b"", es256.certificate) == "key.unreadable"
    assert code_of(b"", es256.certificate, b"secret") == "key.unreadable"
    assert (
        code_of("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", es256.certificate) == "key.unreadable"
    )
    assert code_of(es256.pem, b"nonsense") == "key.unreadable"


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP384R1()), rsa_key(1024)], ids=["P-384", "RSA-1024"])
def test_refuses_keys_that_cannot_sign_certificates(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    """Other curves and small RSA keys are refused when loaded, not when signing."""
    assert code_of(pem_of(key), document_signer(p256()).certificate) == "key.unsupported"


def test_keys_that_the_library_does_not_know_are_unreadable(
    monkeypatch: pytest.MonkeyPatch, es256: DocumentSigner
) -> None:
    """Whatever the library raises becomes one code."""

    def refuse(*_: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr("hcert.keys.signers.load_pem_private_key", refuse)
    with pytest.raises(hcert.ConfigurationError) as caught:
        load(es256.pem, es256.certificate)
    details = {"kind": "private key", "form": "PEM", "reason": "its kind is not known"}
    assert in_language(caught.value.findings[0].details, "en") == details


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_private_key_is_told_by_its_kind(es256: DocumentSigner, pem: bytes) -> None:
    """And the form that is due; the words of the library could quote the file."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        load(pem, es256.certificate)
    details = {"kind": "private key", "form": "PEM", "reason": "it is damaged or not a private key"}
    assert in_language(caught.value.findings[0].details, "en") == details


def test_its_repr_shows_no_private_key(es256: DocumentSigner) -> None:
    """The kid identifies the signer; the key stays inside."""
    signer = load(es256.pem, es256.certificate)
    secret = es256.private_key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    assert repr(signer).startswith("LocalSigner(TrustedKey(kid=")
    assert secret.hex() not in repr(signer)
