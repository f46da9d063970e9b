"""Which document signer certificates were signed by an issuer certificate of the same list.

A list vouches for its keys with its own signature; the issuers' signatures are a second opinion. They are a remark
and no condition: `cryptography` cannot check ECDSA with SHA-1 (Irish and Turkish certificates), refuses some
certificates as a whole that have signed millions of valid codes, and published lists name issuers that did not sign.
Neither validity nor extensions nor the issuers' own signatures are looked at (hcert.md, sections 1.8 and 5.5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cryptography.x509 import Certificate


def unchained(signers: Iterable[tuple[str, bytes, Collection[bytes]]], issuers: Iterable[bytes]) -> list[str]:
    """Return the places of the certificates that no other certificate signed.

    Args:
        signers: place in the list, DER certificate, and the issuer certificates that came with it.
        issuers: DER certificates that may have signed any of them.
    """
    from cryptography.x509 import load_der_x509_certificate  # takes 30 ms that a scanner's start need not pay

    loaded: dict[bytes, Certificate | None] = {}

    def load(der: bytes) -> Certificate | None:
        if der not in loaded:
            try:
                loaded[der] = load_der_x509_certificate(der)
            except Exception:  # noqa: BLE001 - odd certificates raise various types
                loaded[der] = None
        return loaded[der]

    everyone = list(dict.fromkeys(issuers))
    return [
        place
        for place, der, own in signers
        if not any(_signed(load(der), load(issuer)) for issuer in [*own, *everyone] if issuer != der)
    ]


def _signed(certificate: Certificate | None, issuer: Certificate | None) -> bool:
    """Tell whether `issuer` signed `certificate`; what cannot be checked was not signed."""
    if certificate is None or issuer is None:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except Exception:  # noqa: BLE001 - ValueError, TypeError, InvalidSignature, and more from odd certificates
        return False
    return True
