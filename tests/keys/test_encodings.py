"""Bounds of the forms in which keys, certificates and signatures are written."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

import hcert
from hcert.fragments import fragment
from hcert.keys.algorithms import raw_from_der, signature_bytes
from hcert.keys.der import read_elements
from hcert.keys.pem import decode_certificate
from support.signers import document_signer, p256, rsa_key

SIGNER = document_signer(p256())
DER = SIGNER.certificate

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.mark.parametrize(
    ("r", "s"),
    [(0, 1), (1, 0), (ORDER, 1), (1, ORDER), (0, 0)],
    ids=["r 0", "s 0", "r too large", "s too large", "both 0"],
)
def test_numbers_outside_the_order_are_not_a_signature(r: int, s: int) -> None:
    """Neither of the two may lie outside."""
    with pytest.raises(ValueError, match=str(fragment("signature.not_ecdsa"))):
        raw_from_der(encode_dss_signature(r, s))


def test_the_least_and_greatest_numbers_are_a_signature() -> None:
    """Both bounds."""
    assert raw_from_der(encode_dss_signature(1, ORDER - 1)) == (1).to_bytes(32) + (ORDER - 1).to_bytes(32)


@pytest.mark.parametrize(("bits", "length"), [(2048, 256), (2052, 257), (3072, 384)])
def test_a_signature_is_as_long_as_the_modulus(bits: int, length: int) -> None:
    """Rounded up to whole bytes."""
    key = rsa_key(bits)
    assert signature_bytes(key.public_key()) == length
    assert signature_bytes(p256().public_key()) == 64
    assert document_signer(rsa_key()).key.signature_bytes == 256


def test_a_length_of_four_octets_is_read() -> None:
    """Longer ones than needed are read too; the content lies behind them."""
    (element,) = read_elements(b"\x04\x84\x00\x00\x00\x03abc")
    assert element.content == b"abc"
    first, second = read_elements(b"\x04\x01a\x04\x01b")
    assert (first.content, second.content) == (b"a", b"b")
    assert (first.encoded, second.encoded) == (b"\x04\x01a", b"\x04\x01b")


def test_where_a_key_came_from_is_kept() -> None:
    """Importers say it, and operators see it."""
    assert hcert.TrustedKey.from_certificate(DER, origin="file:a.pem").origin == "file:a.pem"
    assert hcert.TrustedKey.from_certificate(DER).origin is None
    assert hcert.TrustedKey.from_certificate(DER, kid=bytes(64)).kid == bytes(64)


def test_text_before_and_after_the_pem_of_a_certificate_is_ignored() -> None:
    """A second end changes nothing."""
    pem = hcert_pem()
    assert decode_certificate(b"junk\n" + pem + b"junk\n-----END CERTIFICATE-----\n") == DER
    with pytest.raises(ValueError, match="base64"):
        decode_certificate(pem.replace(b"MII", b"MI*I", 1))


def hcert_pem() -> bytes:
    """Return the certificate as PEM."""
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(DER) + b"-----END CERTIFICATE-----\n"
