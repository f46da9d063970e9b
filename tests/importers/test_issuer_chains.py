"""The cost of many issuers in one list; what their signatures mean is tested with each importer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from hcert.importers.issuer_chains import ListedCertificate, find_unchained
from support.signers import NOT_AFTER, NOT_BEFORE, p256

if TYPE_CHECKING:
    from collections.abc import Iterator


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


def test_max_issuers_of_one_name() -> None:
    """A list could name thousands for each of thousands of certificates. Issuers of other names cost nothing."""
    others = [issuer_named(f"CA {number}", number)[0] for number in range(20)]
    alike = [issuer_named("CA", number) for number in range(17)]
    certificates = [signed("DSC", "CA", p256(), key, 99) for _, key in (alike[15], alike[16])]
    listed = [*others, *(certificate for certificate, _ in alike)]
    signers = [ListedCertificate(f"#{place}", der, listed, ()) for place, der in enumerate(certificates)]
    assert list(find_unchained(signers)) == [("#1", False)]


class Counted(list[bytes]):
    """Issuers that count how often they are iterated over."""

    rounds = 0

    def __iter__(self) -> Iterator[bytes]:
        self.rounds += 1
        return super().__iter__()


def test_issuers_are_indexed_once() -> None:
    """Otherwise a list of thousands of both would take hours."""
    certificate, key = issuer_named("CA", 1)
    listed = Counted([certificate])
    der = signed("DSC", "CA", p256(), key, 99)
    assert not list(find_unchained(ListedCertificate(f"#{place}", der, listed, ()) for place in range(3)))
    assert listed.rounds == 1


def test_each_certificate_has_issuers_of_its_own() -> None:
    """Those that the list names for another country or participant do not count."""
    (one, first), (other, second) = issuer_named("CA", 1), issuer_named("CA", 2)
    listed = [
        ListedCertificate("#1", signed("DSC", "CA", p256(), first, 3), [one], ()),
        ListedCertificate("#2", signed("DSC", "CA", p256(), second, 4), [one], [other]),
        ListedCertificate("#3", signed("DSC", "CA", p256(), second, 5), [other], ()),
        ListedCertificate("#4", b"not a certificate", [one], [other]),
    ]
    assert list(find_unchained(listed)) == [("#2", True), ("#4", False)]
