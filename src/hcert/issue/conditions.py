"""What must hold of times and readers before anything is signed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from hcert.errors import IssueError
from hcert.findings import Finding, finding
from hcert.keys.trusted_key import Status
from hcert.times import format_utc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.keys.trusted_key import TrustedKey

_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)


def whole_second(moment: datetime, *, name: str) -> datetime:
    """Cut a time to the second, in UTC.

    Raises:
        IssueError: `issue.time_range` for a time outside the years 1970 to 9999.
    """
    try:
        cut = moment.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise IssueError.of("issue.time_range", name=name) from None
    if cut < _EARLIEST:
        raise IssueError.of("issue.time_range", name=name)
    return cut


def time_findings(issued_at: datetime, expires_at: datetime, key: TrustedKey) -> Iterator[Finding]:
    """Yield an error where the certificate would not expire after its issue, or is not valid within its key's times."""
    if expires_at <= issued_at:
        yield finding("issue.expiry_before_issue", expires_at=format_utc(expires_at), issued_at=format_utc(issued_at))
    if key.not_before is not None and issued_at < key.not_before:
        not_before = format_utc(key.not_before)
        yield finding("issue.predates_key", issued_at=format_utc(issued_at), not_before=not_before)
    if key.not_after is not None and expires_at > key.not_after:
        not_after = format_utc(key.not_after)
        yield finding("issue.outlives_key", expires_at=format_utc(expires_at), not_after=not_after)


def reader_findings(reader: TrustedKey, at: datetime) -> Iterator[Finding]:
    """Yield an error for a reader key that is revoked or expired."""
    if reader.status is Status.REVOKED:
        yield finding("sealed.reader_revoked", kid=reader.kid.hex())
    if reader.not_after is not None and at > reader.not_after:
        yield finding("sealed.reader_expired", kid=reader.kid.hex(), not_after=format_utc(reader.not_after))
