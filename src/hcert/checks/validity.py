"""Validity of the claims and of the key that signed them (steps 6 and 7). The bounds themselves are valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcert.findings import Finding, finding
from hcert.keys.trusted_key import Status
from hcert.times import format_utc

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from hcert.codec.cwt import Claims
    from hcert.keys.trusted_key import TrustedKey


def key_status_findings(key: TrustedKey) -> list[Finding]:
    """Return an error if the key list marks the key as revoked."""
    return [finding("trust.key_revoked")] if key.status is Status.REVOKED else []


def claim_findings(claims: Claims, key: TrustedKey, at: datetime, *, skew: timedelta) -> list[Finding]:
    """Check the times of the claims and of the key, and whether the issuer is the country of the key.

    Args:
        claims: the claims of the container.
        key: the key that signed it.
        at: the time of the check, aware.
        skew: how far ahead of `at` the issue time may be, for clocks that are behind.
    """
    found: list[Finding] = []
    issued_at, expires_at = claims.issued_at, claims.expires_at
    for start in (issued_at, claims.not_before):
        if start is not None and start > at and start - at > skew:
            found.append(finding("claims.not_yet_valid", valid_from=format_utc(start)))
            break
    # An issue time within the skew says that this clock is slow, so what expires before its issue has expired.
    now = at if found or issued_at is None else max(at, issued_at)
    if expires_at is not None and now > expires_at:
        found.append(finding("claims.expired", expires_at=format_utc(expires_at)))
    found += _key_validity_findings(claims, key, at)
    if claims.issuer is not None and key.country is not None and claims.issuer != key.country:
        found.append(finding("claims.other_country", country=key.country))
    return found


def _key_validity_findings(claims: Claims, key: TrustedKey, at: datetime) -> list[Finding]:
    found: list[Finding] = []
    issued_at, expires_at = claims.issued_at, claims.expires_at
    not_before, not_after = key.not_before, key.not_after
    if not_before is not None:
        if at < not_before:
            found.append(finding("trust.key_not_yet_valid", not_before=format_utc(not_before)))
        if issued_at is not None and issued_at < not_before:
            found.append(finding("claims.predates_key", not_before=format_utc(not_before)))
    if not_after is not None:
        if at > not_after:
            found.append(finding("trust.key_expired", not_after=format_utc(not_after)))
        if expires_at is not None and expires_at > not_after:
            found.append(finding("claims.outlives_key", not_after=format_utc(not_after)))
    return found
