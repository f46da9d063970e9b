"""Trust lists: keys by kid, several under one."""

from __future__ import annotations

import hcert
from authority import DocumentSigner, document_signer, p256


def test_finds_all_keys_under_a_kid(es256: DocumentSigner) -> None:
    """A kid is a label that unrelated keys may share."""
    first = hcert.TrustedKey.from_certificate(es256.certificate, kid=b"shared")
    second = hcert.TrustedKey.from_certificate(document_signer(p256()).certificate, kid=b"shared")
    trust = hcert.TrustList([first, es256.key, second])
    assert trust.candidates(b"shared") == (first, second)
    assert trust.candidates(es256.key.kid) == (es256.key,)
    assert trust.candidates(b"unknown") == ()


def test_equal_keys_count_once(es256: DocumentSigner) -> None:
    """Published bundles repeat certificates."""
    trust = hcert.TrustList([es256.key, es256.key])
    assert list(trust) == [es256.key]
    assert len(trust) == 1


def test_an_empty_list_trusts_nobody() -> None:
    """It is no error to trust nobody yet."""
    assert list(hcert.TrustList()) == []
    assert repr(hcert.TrustList()) == "<TrustList of 0 keys>"
