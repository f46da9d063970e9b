"""Mistakes of publishers: refused before anything is published, and never read as something harmless."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import hcert
from hcert import lists
from hcert.keys.algorithms import der_from_raw
from support.list_publisher import anchor, publish
from support.signers import EXPIRY, NOW, document_signer, p256, vaccination_record

if TYPE_CHECKING:
    from collections.abc import Callable

SIGNER = document_signer(p256())
KEY = SIGNER.key
CODE = hcert.Issuer(SIGNER.signer, country="VN").issue(vaccination_record(), issued_at=NOW, expires_at=EXPIRY)
TIMES: dict[str, Any] = {"version": 1, "issued_at": NOW, "expires_at": NOW + dt.timedelta(days=1)}


def codes(keys: list[hcert.TrustedKey], **options: Any) -> list[str]:
    """Return what is found against an honest code."""
    verdict = hcert.Verifier(hcert.TrustList(keys), **options).check(CODE.text, at=NOW)
    return [found.code for found in verdict.findings]


def test_status_and_usages_as_plain_strings() -> None:
    """A revoked key must not count because its status was given as a plain string."""
    revoked = replace(KEY, status="revoked")  # type: ignore[arg-type]
    assert revoked == replace(KEY, status=lists.Status.REVOKED)
    assert codes([revoked]) == codes([KEY, revoked]) == ["trust.key_revoked"]
    assert replace(KEY, usages={"test"}).usages == {hcert.Usage.TEST}  # type: ignore[arg-type]


def test_signature_hash_takes_the_number_of_an_algorithm() -> None:
    """`read_unverified` returns the number. The hash of another part of the signature would revoke nothing."""
    seen = hcert.read_unverified(CODE.text)
    signature = CODE.cose[-64:]
    for algorithm in (seen.algorithm, hcert.Algorithm.ES256):
        listed = hcert.RevocationList(signature_hashes=[lists.signature_hash(signature, algorithm)])  # type: ignore[arg-type]
        assert codes([KEY], revocations=listed) == ["revocation.certificate"]


@pytest.mark.parametrize(
    "item", ["0123456789abcdef", bytearray(16), None, 16], ids=["text", "bytearray", "None", "int"]
)
def test_a_hash_must_be_bytes(item: Any) -> None:
    """16 characters of text are not 16 bytes."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.RevocationList(uci_hashes=[item])
    (found,) = caught.value.findings
    assert (found.code, [str(value) for _, value in found.details]) == ("revocation.hash", ["another type"])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"country": "\ud800"}, "key_entry.not_unicode"),
        ({"origin": "\ud800"}, "key_entry.not_unicode"),
        ({"origin": "A\n"}, "key_entry.text"),
        ({"country": object()}, "cbor.not_encodable"),
    ],
    ids=["country not Unicode", "origin not Unicode", "origin not printable", "country not text"],
)
def test_a_key_that_cannot_be_encoded_is_refused(changes: dict[str, Any], reason: str) -> None:
    """With `trust.unfit` and a reason, not with an exception of the encoder."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        publish(hcert.TrustList([replace(KEY, **changes)]))
    (found,) = caught.value.findings
    assert (found.code, dict(found.details)["reason"].code) == ("trust.unfit", reason)


class Miswired:
    """A signer that signs with another key, or in another form, than it says."""

    def __init__(self, form: str) -> None:
        self.key = anchor(0).key
        self._signer, self._form = (document_signer(p256()) if form == "key" else anchor(0)).signer, form

    def sign(self, data: bytes) -> Any:
        """Sign, wrongly."""
        signature = self._signer.sign(data)
        forms: dict[str, Any] = {"key": signature, "DER": der_from_raw(signature), "type": bytearray(signature)}
        return forms[self._form]


@pytest.mark.parametrize("form", ["key", "DER", "type"])
def test_a_wrong_signature_is_not_published(form: str) -> None:
    """A signer may be a plug-in, so each signature is verified."""
    signer, sealed = Miswired(form), publish(hcert.TrustList([KEY]), by=(1,))
    calls: list[Callable[[], object]] = [
        lambda: hcert.TrustList([KEY]).seal([signer], **TIMES),
        lambda: hcert.RevocationList().seal([signer], **TIMES),
        lambda: lists.add_signature(sealed, signer),
    ]
    for call in calls:
        with pytest.raises(hcert.ConfigurationError) as caught:
            call()
        assert caught.value.code == "document.signature"
