"""Whether a withdrawal list says that a certificate, its key, its revision or one of its entries no longer counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcert.errors import MalformedError
from hcert.findings import Finding, finding
from hcert.records import uvci
from hcert.records.citizen.record import CitizenRecord
from hcert.records.eu_dcc.record import EuDcc
from hcert.trust.withdrawal import Withdrawal, country_uci_hash, digest, signature_hash, uci_hash

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.keys.trusted_key import TrustedKey
    from hcert.records.subclaims import Record
    from hcert.trust.revocation import RevocationList


def withdrawals(
    revocations: RevocationList,
    *,
    record: Record,
    issuer: str | None,
    key: TrustedKey,
    signature: bytes,
) -> list[Finding]:
    """Return `revocation.*` findings; a list that was tampered with is an error too.

    Where the signature is withdrawn, the record is not looked up as well.

    Args:
        revocations: the list.
        record: what the certificate holds.
        issuer: its issuer claim.
        key: the key that signed it.
        signature: the signature in COSE form.
    """
    try:
        return list(_withdrawn(revocations, record, issuer, key, signature))
    except MalformedError as error:
        return list(error.findings)


def _withdrawn(
    revocations: RevocationList,
    record: Record,
    issuer: str | None,
    key: TrustedKey,
    signature: bytes,
) -> Iterator[Finding]:
    if revocations.holds(Withdrawal.KEY, digest(key.spki)):
        yield finding("revocation.key")
    if key.algorithm is not None and revocations.holds(
        Withdrawal.EU_SIGNATURE, signature_hash(signature, key.algorithm)
    ):
        yield finding("revocation.certificate")
    elif isinstance(record, EuDcc):
        if any(_event_withdrawn(revocations, event.certificate_id, issuer) for event in record.events):
            yield finding("revocation.certificate")
    elif isinstance(record, CitizenRecord):
        certificate = digest(record.certificate_id)
        if revocations.holds(Withdrawal.CERTIFICATE, certificate):
            yield finding("revocation.certificate")
        oldest = revocations.oldest_revision(certificate)
        if record.revision < oldest:
            yield finding("revocation.superseded", revision=record.revision, oldest=oldest)
        yield from _entries_withdrawn(revocations, record)


def _event_withdrawn(revocations: RevocationList, uci: str, issuer: str | None) -> bool:
    """Look an EU DCC up by its identifier, and by that of the entry of a citizen record it was made from, if any."""
    if _uci_withdrawn(revocations, uci, {issuer}):
        return True
    entry_id = uvci.entry_id_of(uci)
    if entry_id is None:
        return False
    certificate = digest(bytes.fromhex(entry_id.partition("/")[0]))
    return revocations.holds(Withdrawal.CERTIFICATE, certificate) or revocations.holds(
        Withdrawal.ENTRY, digest(entry_id.encode())
    )


def _entries_withdrawn(revocations: RevocationList, record: CitizenRecord) -> Iterator[Finding]:
    """Look each entry up by its id, and by the identifier of the EU certificate it was taken from, if any.

    That certificate's issuer is not kept; its identifier names the country too.
    """
    for place, entry in record.places():
        if revocations.holds(Withdrawal.ENTRY, digest(record.entry_id(entry.number).encode())) or (
            entry.uvci is not None
            and _uci_withdrawn(revocations, entry.uvci, {entry.country, uvci.country_of(entry.uvci)})
        ):
            yield finding("revocation.entry", record=place)


def _uci_withdrawn(revocations: RevocationList, uci: str, countries: set[str | None]) -> bool:
    return revocations.holds(Withdrawal.EU_UCI, uci_hash(uci)) or any(
        country is not None and revocations.holds(Withdrawal.EU_COUNTRY_UCI, country_uci_hash(country, uci))
        for country in countries
    )
