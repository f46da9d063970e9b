"""Points in time. This is the only place where hcert reads a clock, and only if the caller gave no time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from hcert.errors import ConfigurationError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)


def aware_or_now(moment: datetime | None, *, name: str) -> datetime:
    """Return `moment`, or the current time in UTC if it is None.

    Raises:
        ConfigurationError: `time.naive`: `moment` is not a datetime with a time zone.
    """
    return datetime.now(UTC) if moment is None else require_aware(moment, name=name)


def require_aware(moment: datetime | None, *, name: str) -> datetime:
    """Return `moment`, which must have a time zone: without one it could be any of more than 24 hours.

    Raises:
        ConfigurationError: `time.naive`: `moment` is not a datetime with a time zone. The error names the argument.
    """
    if not isinstance(moment, datetime) or moment.utcoffset() is None:
        raise ConfigurationError.of("time.naive", name=name)
    return moment


def to_zone(moment: datetime, zone: tzinfo) -> datetime:
    """Return an aware time in another zone; unchanged if that is before the year 1 or after 9999."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


def to_epoch_seconds(moment: datetime) -> int:
    """Return an aware time as whole seconds since 1970, rounded down: a NumericDate (RFC 8392, section 2)."""
    return (moment - _EPOCH) // _SECOND


def format_utc(moment: datetime) -> str:
    """Format a point in time for a message: ISO 8601, UTC, to the second."""
    return to_zone(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
