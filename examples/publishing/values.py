"""The values of options, read so that argparse can say which option is wrong and what it must be."""

from __future__ import annotations

from argparse import ArgumentTypeError
from contextlib import suppress
from datetime import datetime

MOST_DAYS = 36_500


def days(value: str) -> float:
    """Read a number of days."""
    with suppress(ValueError):
        number = float(value)
        if 0 < number <= MOST_DAYS:
            return number
    raise ArgumentTypeError(f"a number of days above 0, at most {MOST_DAYS}, is due")


def moment(value: str) -> datetime:
    """Read a point in time."""
    with suppress(ValueError):
        time = datetime.fromisoformat(value)
        if time.tzinfo is not None:
            return time
    raise ArgumentTypeError("a time with an offset is due, as in 2026-06-01T08:00:00+00:00")


def hexadecimal(value: str) -> bytes:
    """Read an identifier or a hash."""
    try:
        return bytes.fromhex(value)
    except ValueError:
        raise ArgumentTypeError("hexadecimal digits are due, two for each byte") from None


def oldest_revision(value: str) -> tuple[bytes, int]:
    """Read a certificate id and its oldest revision that counts."""
    name, _, least = value.partition("=")
    try:
        return bytes.fromhex(name), int(least)
    except ValueError:
        raise ArgumentTypeError("a certificate id in hexadecimal and a number are due, as in 5B1C...=3") from None


def country_and_identifier(value: str) -> tuple[str, str]:
    """Read a country and an identifier."""
    country, _, identifier = value.partition("=")
    if not country or not identifier:
        raise ArgumentTypeError("a country and an identifier are due, as in VN=URN:UVCI:...")
    return country, identifier
