"""Whether claims and the key that signed them hold at a time (step 7); the bounds themselves count as within."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcert.findings import Finding, finding
from hcert.keys.trusted_key import Status
from hcert.times import format_utc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from hcert.codec.cwt import Claims
    from hcert.keys.trusted_key import TrustedKey


def key_findings(key: TrustedKey) -> Iterator[Finding]:
    """Yield an error for a revoked key."""
    if key.status is Status.REVOKED:
        yield finding("trust.key_revoked")


def claim_findings(claims: Claims, key: TrustedKey, at: datetime, *, skew: timedelta) -> Iterator[Finding]:
    """Compare the times of the container and the key's validity with a time, and the issuer with the key's country.

    Args:
        claims: of the container.
        key: that signed it.
        at: the time, aware.
        skew: how far ahead of `at` an issue time may lie, for clocks that are behind.
    """
    for start in (claims.issued_at, claims.not_before):
        if start is not None and start > at and start - at > skew:
            yield finding("claims.not_yet_valid", valid_from=format_utc(start))
            break
    if claims.expires_at is not None and at > claims.expires_at:
        yield finding("claims.expired", expires_at=format_utc(claims.expires_at))
    yield from _key_validity_findings(claims, key, at)
    if claims.issuer is not None and key.country is not None and claims.issuer != key.country:
        yield finding("claims.other_country", country=key.country)


def _key_validity_findings(claims: Claims, key: TrustedKey, at: datetime) -> Iterator[Finding]:
    if key.not_before is not None:
        if at < key.not_before:
            yield finding("trust.key_not_yet_valid", not_before=format_utc(key.not_before))
        if claims.issued_at is not None and claims.issued_at < key.not_before:
            yield finding("claims.predates_key", not_before=format_utc(key.not_before))
    if key.not_after is not None:
        if at > key.not_after:
            yield finding("trust.key_expired", not_after=format_utc(key.not_after))
        if claims.expires_at is not None and claims.expires_at > key.not_after:
            yield finding("claims.outlives_key", not_after=format_utc(key.not_after))
