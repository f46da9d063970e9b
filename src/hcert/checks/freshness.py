"""Whether the lists a verifier holds are of its time: fresh, within the grace it chose, or too old to rely on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from hcert.findings import Finding, finding
from hcert.times import format_utc

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hcert.tolerances import Tolerances
    from hcert.trust.document_content import Envelope

_TENTH: Final = timedelta(days=1) / 10


class _Codes(NamedTuple):
    from_future: str
    stale: str
    expired: str


_KEYS: Final = _Codes("trust.list_from_future", "trust.list_stale", "trust.list_expired")
_REVOCATIONS: Final = _Codes("revocation.list_from_future", "revocation.list_stale", "revocation.list_expired")


def of_keys(envelope: Envelope | None, at: datetime, tolerances: Tolerances) -> list[Finding]:
    """Return what is to be said of the age of a key list; nothing while it is fresh or where it has no envelope."""
    return [] if envelope is None else _findings(envelope, at, tolerances, _KEYS)


def of_revocations(envelopes: Iterable[Envelope], at: datetime, tolerances: Tolerances) -> list[Finding]:
    """Return what is to be said of the age of revocation lists; of several that were merged, each thing once."""
    found = [one for envelope in envelopes for one in _findings(envelope, at, tolerances, _REVOCATIONS)]
    return list(dict.fromkeys(found))


def _findings(envelope: Envelope, at: datetime, tolerances: Tolerances, codes: _Codes) -> list[Finding]:
    """Compare with the time of the check; the bounds themselves count as within."""
    if envelope.issued_at - at > tolerances.clock_skew:
        return [finding(codes.from_future, issued_at=format_utc(envelope.issued_at))]
    age = at - envelope.expires_at
    if age <= timedelta(0):
        return []
    days = -(-age // _TENTH) / 10  # rounded up: half an hour late is not 0.0 days
    if age <= tolerances.list_grace:
        return [finding(codes.stale, days=days)]
    return [finding(codes.expired, days=days, expires_at=format_utc(envelope.expires_at))]
