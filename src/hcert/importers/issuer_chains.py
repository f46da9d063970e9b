"""Which certificates of a list were signed by an issuer certificate of the same list.

The signature of the list already vouches for its keys. The issuers' signatures are a second opinion: a missing one is a
warning and no reason to reject a key. `cryptography` cannot check ECDSA with SHA-1 (Irish and Turkish certificates) and
cannot load some certificates that have signed millions of valid codes, and published lists name issuers that did not
sign. This is not path validation (RFC 5280, section 6): validity, extensions and the issuers' own signatures are not
checked. Only some issuers of one name are tried, because an unsigned list could name thousands for each certificate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from cryptography.x509 import Certificate


_MAX_TRIES: Final = 16  # issuers of one name; a country renews its own every few years


class ListedCertificate(NamedTuple):
    """A certificate and those that may have signed it.

    Attributes:
        record: its place in the list.
        certificate: DER.
        listed: issuer certificates that the list names for its country or participant.
        bundled: issuer certificates from its own entry, which are only as trustworthy as that entry.
    """

    record: str
    certificate: bytes
    listed: Collection[bytes]
    bundled: Collection[bytes]


def find_unchained(certificates: Iterable[ListedCertificate]) -> Iterator[tuple[str, bool]]:
    """Yield the place of each certificate that no listed issuer signed, and whether a bundled issuer did."""
    loader = _Loader()
    for record, der, listed, bundled in list(certificates):
        certificate = loader.load(der)
        if certificate is None:
            yield record, False
        elif not _is_signed_by_any(certificate, loader.find_issuers(certificate, listed)):
            yield record, _is_signed_by_any(certificate, loader.find_issuers(certificate, bundled))


class _Loader:
    """Loads each certificate once, and indexes each collection of issuers once: thousands of signers share one."""

    def __init__(self) -> None:
        self._loaded: dict[bytes, Certificate | None] = {}
        self._by_subject: dict[int, dict[object, list[Certificate]]] = {}  # by the identity of the collection

    def load(self, der: bytes) -> Certificate | None:
        """Load a certificate; None if the library cannot."""
        from cryptography.x509 import load_der_x509_certificate  # takes 30 ms that a scanner's start need not pay

        if der not in self._loaded:
            try:
                self._loaded[der] = load_der_x509_certificate(der)
            except Exception:  # noqa: BLE001 - malformed certificates raise various types
                self._loaded[der] = None
        return self._loaded[der]

    def find_issuers(self, certificate: Certificate, issuers: Collection[bytes]) -> list[Certificate]:
        """Return the first of the issuers whose name is that of this certificate's issuer."""
        if id(issuers) not in self._by_subject:
            subjects = self._by_subject[id(issuers)] = {}
            for issuer in filter(None, map(self.load, dict.fromkeys(issuers))):
                subjects.setdefault(_read_name(issuer, "subject"), []).append(issuer)
        return self._by_subject[id(issuers)].get(_read_name(certificate, "issuer"), [])[:_MAX_TRIES]


def _read_name(certificate: Certificate, which: Literal["subject", "issuer"]) -> object:
    """Return a name of a certificate; None if it cannot be read."""
    try:
        return getattr(certificate, which)
    except Exception:  # noqa: BLE001 - malformed certificates raise ValueError, TypeError and more
        return None


def _is_signed_by_any(certificate: Certificate, issuers: Iterable[Certificate]) -> bool:
    return any(_is_signed_by(certificate, issuer) for issuer in issuers if issuer != certificate)


def _is_signed_by(certificate: Certificate, issuer: Certificate) -> bool:
    """Tell whether `issuer` signed `certificate`; False if the signature cannot be checked."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except Exception:  # noqa: BLE001 - ValueError, TypeError, InvalidSignature, and more
        return False
    return True
