"""Date-times of CertLogic: the forms that are read, and arithmetic as JavaScript's `Date` does it.

Source: CertLogic specification 1.3.3, "date-times". A date-time here is an aware `datetime` in UTC. What JavaScript
reads as an invalid date, and what leaves the years 1 to 9999, is an error.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from hcert.fragments import Fragment, fragment

UNITS: Final = ("year", "month", "day", "hour")

_MAX_CHARACTERS: Final = 64  # of a date-time; RFC 3339 with nanoseconds and an offset has 35
_PARTIAL: Final = r"([0-9]{4})(?:-([0-9]{2}))?"
_DATE: Final = r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
_DATE_TIME: Final = (
    _DATE + r"T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,30}))?(?:Z|([+-])([0-9]{1,2})(?::?([0-9]{2}))?)?"
)
_MONTHS: Final = 12
_MAX_OFFSET: Final = (23, 59)  # hours and minutes, each for itself


def plus_time(text: str, amount: int, unit: str) -> datetime:
    """Return the date-time that a text means, with an amount of a unit added.

    Days and hours are added exactly. Months and years keep the number of the day and carry what is over into the next
    month, as JavaScript does: 2021-01-31 and one month give 2021-03-03.

    Raises:
        ValueError: with a fragment, for text in another form, or a result that the calendar does not have.
    """
    moment = parse(text)
    try:
        if unit == "day":
            return moment + timedelta(days=amount)
        if unit == "hour":
            return moment + timedelta(hours=amount)
        months = amount if unit == "month" else amount * _MONTHS
        year, month = divmod(moment.year * _MONTHS + moment.month - 1 + months, _MONTHS)
        return moment.replace(year=year, month=month + 1, day=1) + timedelta(days=moment.day - 1)
    except (ValueError, OverflowError):
        raise ValueError(_no_such_date()) from None


def parse(text: str) -> datetime:
    """Return the date-time that a text means: a date-time or date, or a partial date rounded up to its last day.

    Raises:
        ValueError: as `plus_time`.
    """
    if len(text) <= _MAX_CHARACTERS:
        if match := re.fullmatch(_DATE_TIME, text):
            return _date_time(*match.groups())
        return birth_date(text)
    raise ValueError(fragment("certlogic.date_time"))


def birth_date(text: str) -> datetime:
    """Return the day that a birth date of an EU DCC means: the last one where it is partial.

    Raises:
        ValueError: as `plus_time`.
    """
    if len(text) <= _MAX_CHARACTERS:
        try:
            if match := re.fullmatch(_DATE, text):
                year, month, day = map(int, match.groups())
                return datetime(year, month, day, tzinfo=UTC)
            if match := re.fullmatch(_PARTIAL, text):
                return _last_day(int(match[1]), int(match[2] or _MONTHS))
        except (ValueError, OverflowError):
            raise ValueError(_no_such_date()) from None
    raise ValueError(fragment("certlogic.date_time"))


def _last_day(year: int, month: int) -> datetime:
    first = datetime(year, month, 1, tzinfo=UTC)
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1) if month < _MONTHS else first.replace(day=31)


def _date_time(*parts: str | None) -> datetime:
    *fields, fraction, sign, hours, minutes = parts
    offset = (int(hours or 0), int(minutes or 0))
    if any(part > most for part, most in zip(offset, _MAX_OFFSET, strict=True)):
        raise ValueError(_no_such_date())
    ahead = timedelta(hours=offset[0], minutes=offset[1])
    year, month, day, hour, minute, second = (int(field or 0) for field in fields)
    milliseconds = int((fraction or "")[:3].ljust(3, "0"))
    try:
        zone = timezone(-ahead if sign == "-" else ahead)
        return datetime(year, month, day, hour, minute, second, milliseconds * 1000, zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(_no_such_date()) from None


def _no_such_date() -> Fragment:
    return fragment("date.calendar")
