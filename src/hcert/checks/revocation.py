"""Whether a revocation list names a certificate, its key, its revision or one of its entries (step 10)."""

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
    """Return `revocation.*` findings; a list that was changed since it was signed is an error too.

    Where the signature is revoked, the names are not looked up as well.

    Args:
        revocations: the list.
        names: under which the certificate or an entry of it may stand in the list, of every payload.
        key: the key that signed.
        signature: in COSE form; None before it is made.
    """
    try:
        return list(_findings(revocations, names, key, signature))
    except MalformedError as error:
        return list(error.findings)


def _findings(
    revocations: RevocationList, names: Iterable[RevocationName], key: TrustedKey, signature: bytes | None
) -> Iterator[Finding]:
    if revocations.holds(RevocationKind.KEY, digest(key.spki)):
        yield finding("revocation.key")
    if signature is not None and key.algorithm is not None:
        of_signature = signature_hash(signature, key.algorithm)
        if revocations.holds(RevocationKind.EU_SIGNATURE, of_signature):
            yield finding("revocation.certificate")
            return
    revoked = False
    for name in names:
        if name.revision is not None and name.certificate_id is not None:
            oldest = revocations.oldest_revision(digest(name.certificate_id))
            if name.revision < oldest:
                yield finding("revocation.superseded", revision=name.revision, oldest=oldest)
        if not _revoked(revocations, name):
            continue
        if name.place is not None:
            yield finding("revocation.entry", record=name.place)
        elif not revoked:  # said once, under however many names
            revoked = True
            yield finding("revocation.certificate")


def _revoked(revocations: RevocationList, name: RevocationName) -> bool:
    """Look a name up in each of its forms."""
    return (
        (name.certificate_id is not None and revocations.holds(RevocationKind.CERTIFICATE, digest(name.certificate_id)))
        or (name.entry_id is not None and revocations.holds(RevocationKind.ENTRY, digest(name.entry_id.encode())))
        or (name.uvci is not None and _uvci_revoked(revocations, name.uvci, name.countries))
    )


def _uvci_revoked(revocations: RevocationList, uvci: str, countries: Iterable[str]) -> bool:
    return revocations.holds(RevocationKind.EU_UCI, uci_hash(uvci)) or any(
        revocations.holds(RevocationKind.EU_COUNTRY_UCI, country_uci_hash(country, uvci)) for country in countries
    )
