"""Freshness of the lists that a verifier has: fresh, expired but within its tolerance, or too old."""

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
_RULES: Final = _Codes("rule.list_from_future", "rule.list_stale", "rule.list_expired")


def key_list_findings(envelope: Envelope | None, at: datetime, tolerances: Tolerances) -> list[Finding]:
    """Return findings if a key list is not fresh. Local pins have no envelope, and no age."""
    return [] if envelope is None else _age_findings(envelope, at, tolerances, _KEYS)


def rule_list_findings(envelope: Envelope | None, at: datetime, tolerances: Tolerances) -> list[Finding]:
    """Return findings if a rule list is not fresh. Rules that nobody signed have no envelope, and no age."""
    return [] if envelope is None else _age_findings(envelope, at, tolerances, _RULES)


def revocation_list_findings(envelopes: Iterable[Envelope], at: datetime, tolerances: Tolerances) -> list[Finding]:
    """Return findings if revocation lists are not fresh, equal ones only once."""
    found = [one for envelope in envelopes for one in _age_findings(envelope, at, tolerances, _REVOCATIONS)]
    return list(dict.fromkeys(found))


def _age_findings(envelope: Envelope, at: datetime, tolerances: Tolerances, codes: _Codes) -> list[Finding]:
    """Compare with the time of the check. The bounds themselves are within the tolerance."""
    if envelope.issued_at - at > tolerances.clock_skew:
        return [finding(codes.from_future, issued_at=format_utc(envelope.issued_at))]
    age = at - envelope.expires_at
    if age <= timedelta(0):
        return []
    days = -(-age // _TENTH) / 10  # rounded up, so that half an hour is not 0.0 days
    if age <= tolerances.list_grace:
        return [finding(codes.stale, days=days)]
    return [finding(codes.expired, days=days, expires_at=format_utc(envelope.expires_at))]
