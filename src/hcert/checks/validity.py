"""Validity of the claims and of the key that signed them (steps 6 and 7). The bounds themselves are valid."""

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


def key_status_findings(key: TrustedKey) -> Iterator[Finding]:
    """Yield an error if the key list marks the key as revoked."""
    if key.status is Status.REVOKED:
        yield finding("trust.key_revoked")


def claim_findings(claims: Claims, key: TrustedKey, at: datetime, *, skew: timedelta) -> Iterator[Finding]:
    """Check the times of the claims and of the key, and whether the issuer is the country of the key.

    Args:
        claims: the claims of the container.
        key: the key that signed it.
        at: the time of the check, aware.
        skew: how far ahead of `at` the issue time may be, for clocks that are behind.
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
