"""Which document signer certificates were signed by an issuer certificate of the same list.

A list vouches for its keys with its own signature; the issuers' signatures are a second opinion. They give a warning
and are no condition: `cryptography` cannot check ECDSA with SHA-1 (Irish and Turkish certificates), refuses some
certificates as a whole that have signed millions of valid codes, and published lists name issuers that did not sign.
Neither validity nor extensions nor the issuers' own signatures are looked at (hcert.md, sections 1.8 and 5.5). Of the
issuers of one name some are tried: a list that nobody signed could name thousands, for thousands of certificates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from cryptography.x509 import Certificate


_MAX_TRIES: Final = 16  # issuers of one name; a country renews its own every few years


class ListedCertificate(NamedTuple):
    """A certificate and who may have signed it.

    Attributes:
        record: its place in the list.
        certificate: DER.
        listed: issuer certificates that the list names for its country or participant.
        bundled: those that came with it in its own entry, and are as good as that entry.
    """

    record: str
    certificate: bytes
    listed: Collection[bytes]
    bundled: Collection[bytes]


def without_known_issuer(signers: Iterable[ListedCertificate]) -> Iterator[tuple[str, bool]]:
    """Yield the places of the certificates that no listed issuer signed, and whether one did that they bundled."""
    from cryptography.x509 import load_der_x509_certificate  # takes 30 ms that a scanner's start need not pay

    loaded: dict[bytes, Certificate | None] = {}

    def load(der: bytes) -> Certificate | None:
        if der not in loaded:
            try:
                loaded[der] = load_der_x509_certificate(der)
            except Exception:  # noqa: BLE001 - odd certificates raise various types
                loaded[der] = None
        return loaded[der]

    by_subject: dict[int, dict[object, list[Certificate]]] = {}  # by collection: thousands of signers share one

    def named(certificate: Certificate, issuers: Collection[bytes]) -> list[Certificate]:
        """Return the first of the issuers that have the name of this one's issuer."""
        if id(issuers) not in by_subject:
            subjects = by_subject[id(issuers)] = {}
            for issuer in filter(None, map(load, dict.fromkeys(issuers))):
                subjects.setdefault(_name(issuer, "subject"), []).append(issuer)
        return by_subject[id(issuers)].get(_name(certificate, "issuer"), [])[:_MAX_TRIES]

    for record, der, listed, bundled in list(signers):
        certificate = load(der)
        signed = [
            certificate is not None
            and any(_signed(certificate, issuer) for issuer in named(certificate, issuers) if issuer != certificate)
            for issuers in (listed, bundled)
        ]
        if not signed[0]:
            yield record, signed[1]


def _name(certificate: Certificate, which: Literal["subject", "issuer"]) -> object:
    """Return a name of a certificate; None for one that cannot be read, under which no signature is found."""
    try:
        return getattr(certificate, which)
    except Exception:  # noqa: BLE001 - ValueError, TypeError and more from odd certificates
        return None


def _signed(certificate: Certificate, issuer: Certificate) -> bool:
    """Tell whether `issuer` signed `certificate`; what cannot be checked was not signed."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except Exception:  # noqa: BLE001 - ValueError, TypeError, InvalidSignature, and more from odd certificates
        return False
    return True
