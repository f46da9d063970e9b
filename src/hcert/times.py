"""Points in time: the one place where hcert reads a clock, and only where the caller named no time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from hcert.errors import ConfigurationError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)


def aware_or_now(moment: datetime | None, *, name: str) -> datetime:
    """Return `moment`, or the present time in UTC where it is None.

    Raises:
        ConfigurationError: `time.naive`, as `require_aware`.
    """
    return datetime.now(UTC) if moment is None else require_aware(moment, name=name)


def require_aware(moment: datetime | None, *, name: str) -> datetime:
    """Return `moment`, which must say what it means.

    Raises:
        ConfigurationError: `time.naive` for anything but a datetime with a time zone; one without could mean any of 24
            hours.
    """
    if not isinstance(moment, datetime) or moment.utcoffset() is None:
        raise ConfigurationError.of("time.naive", name=name)
    return moment


def local(moment: datetime, zone: tzinfo) -> datetime:
    """Return an aware time in another zone; unchanged at the ends of the calendar, where the zone has no day for it."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


def to_epoch_seconds(moment: datetime) -> int:
    """Return an aware time as whole seconds since 1970, rounded down: a NumericDate (RFC 8392, section 2)."""
    return (moment - _EPOCH) // _SECOND


def format_utc(moment: datetime) -> str:
    """Write a point in time for a message: ISO 8601, UTC, to the second."""
    return local(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
