"""Lookup in a revocation list: the key, the certificate, its revision and its entries (step 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcert.errors import MalformedError
from hcert.findings import Finding, finding
from hcert.trust.revocation_kinds import RevocationKind, country_uci_hash, digest, signature_hash, uci_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hcert.keys.trusted_key import TrustedKey
    from hcert.records.kind import RevocationName
    from hcert.trust.revocation_list import RevocationList


def revocation_findings(
    revocations: RevocationList,
    *,
    names: Iterable[RevocationName],
    key: TrustedKey,
    signature: bytes | None,
) -> list[Finding]:
    """Return `revocation.*` findings. A list that was changed after it was signed is an error too.

    If the signature is revoked, the names are not looked up any more.

    Args:
        revocations: the list.
        names: identifiers under which the certificate or one of its entries may be revoked, from every payload.
        key: the key that signed.
        signature: the signature in COSE form; None if there is none yet.
    """
    try:
        return list(_look_up(revocations, names, key, signature))
    except MalformedError as error:
        return list(error.findings)


def _look_up(
    revocations: RevocationList, names: Iterable[RevocationName], key: TrustedKey, signature: bytes | None
) -> Iterator[Finding]:
    if revocations.holds(RevocationKind.KEY, digest(key.spki)):
        yield finding("revocation.key")
    if signature is not None and key.algorithm is not None:
        hashed = signature_hash(signature, key.algorithm)
        if revocations.holds(RevocationKind.EU_SIGNATURE, hashed):
            yield finding("revocation.certificate")
            return
    certificate_revoked = False
    for name in names:
        if name.revision is not None and name.certificate_id is not None:
            oldest = revocations.oldest_revision(digest(name.certificate_id))
            if name.revision < oldest:
                yield finding("revocation.superseded", revision=name.revision, oldest=oldest)
        if not _is_revoked(revocations, name):
            continue
        if name.place is not None:
            yield finding("revocation.entry", record=name.place)
        elif not certificate_revoked:  # reported once, although several names may be in the list
            certificate_revoked = True
            yield finding("revocation.certificate")


def _is_revoked(revocations: RevocationList, name: RevocationName) -> bool:
    """Look up a name under each of its identifiers."""
    return (
        (name.certificate_id is not None and revocations.holds(RevocationKind.CERTIFICATE, digest(name.certificate_id)))
        or (name.entry_id is not None and revocations.holds(RevocationKind.ENTRY, digest(name.entry_id.encode())))
        or (name.uvci is not None and _is_uvci_revoked(revocations, name.uvci, name.countries))
    )


def _is_uvci_revoked(revocations: RevocationList, uvci: str, countries: Iterable[str]) -> bool:
    return revocations.holds(RevocationKind.EU_UCI, uci_hash(uvci)) or any(
        revocations.holds(RevocationKind.EU_COUNTRY_UCI, country_uci_hash(country, uvci)) for country in countries
    )
