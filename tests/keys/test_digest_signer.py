"""Signers over services that sign digests, as the key services of clouds do; `cryptography` stands for the service."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any, Literal

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert.keys.algorithms import raw_from_der
from hcert.keys.digest_signer import pad_signature
from hcert.keys.signers import BatchSigner, sign_many
from support.signers import EXPIRY, NOW, document_signer, p256, spki_of, vaccination_record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from support.signers import DocumentSigner

PREHASHED = utils.Prehashed(hashes.SHA256())
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)


def service(signer: DocumentSigner) -> Callable[[bytes], bytes]:
    """Return what signs a digest as AWS and Google do: ECDSA in DER."""
    key = signer.private_key
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return lambda digest: key.sign(digest, ec.ECDSA(PREHASHED))
    return lambda digest: key.sign(digest, PSS, PREHASHED)


@pytest.mark.parametrize("form", ["der", "raw"])
def test_issues_codes_that_are_accepted(either: DocumentSigner, form: Literal["der", "raw"]) -> None:
    """In both forms of an ECDSA signature; PS256 has one."""
    sign = service(either)
    raw = form == "raw" and either.key.algorithm is hcert.Algorithm.ES256
    signer = hcert.DigestSigner(either.key, (lambda digest: raw_from_der(sign(digest))) if raw else sign, form=form)
    assert isinstance(signer, hcert.Signer)
    code = hcert.Issuer(signer, country="VN").issue(vaccination_record(), issued_at=NOW, expires_at=EXPIRY)
    assert either.verifier.check(code.text, at=NOW).accepted


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        ("der", bytes(64)),
        ("der", b""),
        ("der", None),
        ("der", b"\x30\x06\x02\x01\x00\x02\x01\x01"),
        ("raw", b""),
        ("raw", None),
        ("raw", bytes(63)),
        ("raw", bytes(65)),
        ("raw", bytes(72)),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{'nothing' if value is None else len(value)}",
)
def test_what_is_not_a_signature_is_refused(es256: DocumentSigner, form: Any, answer: Any) -> None:
    """A service in another form is found at the first signature, as a fault of the signer."""
    signer = hcert.DigestSigner(es256.key, lambda _: answer, form=form)
    with pytest.raises(hcert.SignerError) as caught:
        signer.sign(b"data")
    assert caught.value.code == "signer.signature"
    assert not caught.value.transient


def test_an_rsa_signature_of_another_length_is_refused(ps256: DocumentSigner) -> None:
    """That of a larger key."""
    with pytest.raises(hcert.SignerError):
        hcert.DigestSigner(ps256.key, lambda _: bytes(384)).sign(b"data")
    with pytest.raises(hcert.SignerError):
        hcert.DigestSigner(ps256.key, lambda _: b"").sign(b"data")


@given(st.integers(1, 32), st.binary(min_size=1, max_size=32))
def test_zeros_that_a_device_leaves_out_are_put_back(width: int, number: bytes) -> None:
    """R and S cut to one width; an RSA signature cut to its first octet that is not zero."""
    short = number.rjust(width, b"\0")[-width:]
    assert pad_signature(short + short, 64) == 2 * short.rjust(32, b"\0")
    assert pad_signature(short, 256) == short.rjust(256, b"\0")


def test_a_form_that_does_not_exist_is_refused_before_anything_is_signed(es256: DocumentSigner) -> None:
    """Taken for one of the two, it would fail at the first signature, or never where the answer has both lengths."""
    misspelt: Any = "DER"
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.DigestSigner(es256.key, service(es256), form=misspelt)
    assert caught.value.code == "signer.form"


def test_a_key_that_may_verify_nothing_is_refused() -> None:
    """When the signer is made, not when it signs."""
    key = hcert.TrustedKey.from_public_key(spki_of(ec.generate_private_key(ec.SECP384R1())))
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.DigestSigner(key, bytes)
    assert caught.value.code == "key.unsupported"


def refuse(_digest: bytes) -> bytes:
    """Stand for a service that is down."""
    raise hcert.SignerError.of("signer.unavailable", reason="503")


def test_what_the_service_raises_passes_through(es256: DocumentSigner) -> None:
    """Its author says whether to try again; the signer travels as far as its function does."""
    signer = pickle.loads(pickle.dumps(hcert.DigestSigner(es256.key, refuse)))  # noqa: S301 - our own bytes
    with pytest.raises(hcert.SignerError) as caught:
        signer.sign(b"data")
    assert caught.value.transient
    assert pickle.loads(pickle.dumps(caught.value)).transient  # noqa: S301
    assert repr(signer) == f"DigestSigner({es256.key!r})"


class Batches(hcert.LocalSigner):
    """A signer that signs many at once."""

    def sign_many(self, messages: Sequence[bytes]) -> list[bytes]:
        """Sign all, and say so."""
        return [b"many" for _ in messages]


def test_many_are_signed_at_once_where_the_signer_can() -> None:
    """Else one after the other, in order."""
    signer = document_signer(p256())
    messages = [b"one", b"two", b"three"]
    signatures = sign_many(signer.signer, messages)
    assert all(map(signer.key.verifies, signatures, messages))
    batches = Batches.from_pem(signer.pem, certificate=signer.certificate)
    assert isinstance(batches, BatchSigner)
    assert sign_many(batches, messages) == [b"many"] * 3
