"""What careless publishers and hostile lists hand in: refused in time, and never taken for something harmless."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

import hcert
from hcert import lists
from hcert.importers.issuer_chains import ListedCertificate, find_unchained
from hcert.keys.algorithms import der_from_raw
from support.list_publisher import anchor, publish
from support.signers import EXPIRY, NOT_AFTER, NOT_BEFORE, NOW, document_signer, p256, vaccination_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIGNER = document_signer(p256())
KEY = SIGNER.key
CODE = hcert.Issuer(SIGNER.signer, country="VN").issue(vaccination_record(), issued_at=NOW, expires_at=EXPIRY)
TIMES: dict[str, Any] = {"version": 1, "issued_at": NOW, "expires_at": NOW + dt.timedelta(days=1)}


def codes(keys: list[hcert.TrustedKey], **options: Any) -> list[str]:
    """Return what is found against an honest code."""
    verdict = hcert.Verifier(hcert.TrustList(keys), **options).check(CODE.text, at=NOW)
    return [found.code for found in verdict.findings]


def test_a_status_given_as_text_is_that_status() -> None:
    """A revoked key must not count because of the type of a word."""
    revoked = replace(KEY, status="revoked")  # type: ignore[arg-type]
    assert revoked == replace(KEY, status=lists.Status.REVOKED)
    assert codes([revoked]) == codes([KEY, revoked]) == ["trust.key_revoked"]
    assert replace(KEY, usages={"test"}).usages == {hcert.Usage.TEST}  # type: ignore[arg-type]


def test_the_number_of_an_algorithm_is_as_good_as_its_name() -> None:
    """`read_unverified` gives the number; the hash of another part of the signature would revoke nothing."""
    seen = hcert.read_unverified(CODE.text)
    signature = CODE.cose[-64:]
    for algorithm in (seen.algorithm, hcert.Algorithm.ES256):
        listed = hcert.RevocationList(signature_hashes=[lists.signature_hash(signature, algorithm)])  # type: ignore[arg-type]
        assert codes([KEY], revocations=listed) == ["revocation.certificate"]


@pytest.mark.parametrize("item", ["0123456789abcdef", bytearray(16), None, 16])
def test_a_hash_is_a_byte_string(item: Any) -> None:
    """A text of 16 characters is none."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.RevocationList(uci_hashes=[item])
    (found,) = caught.value.findings
    assert (found.code, [str(value) for _, value in found.details]) == ("revocation.hash", ["another type"])


@pytest.mark.parametrize("changes", [{"country": "\ud800"}, {"origin": "\ud800"}, {"country": object()}])
def test_a_key_that_cannot_be_written_is_unfit(changes: dict[str, Any]) -> None:
    """With an error of ours."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        publish(hcert.TrustList([replace(KEY, **changes)]))
    assert caught.value.code == "trust.unfit"


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
def test_a_list_that_nobody_could_open_is_not_published(form: str) -> None:
    """Signers of any make are checked like those of certificates."""
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


def issuer_named(name: str, number: int) -> tuple[bytes, Any]:
    """Return a certificate of an issuer of that name, and its key."""
    key = p256()
    return signed(name, name, key, key, number), key


def signed(subject: str, issuer: str, key: Any, by: Any, number: int) -> bytes:
    """Return a certificate."""
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (subject, issuer)]
    builder = x509.CertificateBuilder().subject_name(names[0]).issuer_name(names[1]).public_key(key.public_key())
    builder = builder.serial_number(number + 1).not_valid_before(NOT_BEFORE).not_valid_after(NOT_AFTER)
    return builder.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def test_only_some_issuers_of_one_name_are_tried() -> None:
    """A list could name thousands for each of thousands of certificates; those of other names cost nothing."""
    others = [issuer_named(f"CA {number}", number)[0] for number in range(20)]
    alike = [issuer_named("CA", number) for number in range(17)]
    certificates = [signed("DSC", "CA", p256(), key, 99) for _, key in (alike[15], alike[16])]
    listed = [*others, *(certificate for certificate, _ in alike)]
    signers = [ListedCertificate(f"entry {place}", der, listed, ()) for place, der in enumerate(certificates)]
    assert list(find_unchained(signers)) == [("entry 1", False)]


class Counted(list[bytes]):
    """Issuers that count how often they are gone through."""

    rounds = 0

    def __iter__(self) -> Iterator[bytes]:
        self.rounds += 1
        return super().__iter__()


def test_issuers_are_read_once_for_all_certificates() -> None:
    """Else a list of thousands of both would take hours."""
    certificate, key = issuer_named("CA", 1)
    listed = Counted([certificate])
    der = signed("DSC", "CA", p256(), key, 99)
    assert not list(find_unchained(ListedCertificate(f"entry {place}", der, listed, ()) for place in range(3)))
    assert listed.rounds == 1
