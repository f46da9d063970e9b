"""Dates of birth as people know them: a day, a month, a year, or nothing."""

from __future__ import annotations

import datetime as dt
from typing import Final

from hcert.fragments import fragment

_LENGTHS: Final = (4, 2, 2)  # digits of year, month and day
_MAX_CHARACTERS: Final = 10
YEARS: Final = range(1900, 2100)  # of birth dates, EU DCC schema 1.3.3


class PartialDate:
    """A date that may lack its day, its month or everything. As text: `YYYY-MM-DD`, `YYYY-MM`, `YYYY` or empty.

    Its `repr` does not show the date, since a birth date is personal data.

    Args:
        year: four digits, or None if nothing is known.
        month: 1 to 12, or None.
        day: 1 to 31, or None.

    Raises:
        ValueError: for a month without a year, a day without a month, or a date that does not exist.
    """

    __slots__ = ("_parts",)

    def __init__(self, year: int | None = None, month: int | None = None, day: int | None = None) -> None:
        if (month is not None and year is None) or (day is not None and month is None):
            raise ValueError(fragment("date.order"))
        if year is not None:
            try:
                dt.date(year, 1 if month is None else month, 1 if day is None else day)
            except OverflowError:
                raise ValueError(fragment("date.calendar")) from None
        self._parts = (year, month, day)

    @property
    def year(self) -> int | None:
        """Four digits, or None if nothing is known."""
        return self._parts[0]

    @property
    def month(self) -> int | None:
        """1 to 12, or None if unknown."""
        return self._parts[1]

    @property
    def day(self) -> int | None:
        """1 to 31, or None if unknown."""
        return self._parts[2]

    @property
    def earliest_day(self) -> dt.date:
        """The earliest day it can mean; the first of 1900 if nothing is known."""
        year, month, day = self._parts
        return dt.date(year or YEARS.start, month or 1, day or 1)

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """Parse a date of the years 1900 to 2099, in the form of the EU DCC schema.

        Raises:
            ValueError: for any other text.
        """
        if not text:
            return cls()
        if len(text) > _MAX_CHARACTERS:
            raise ValueError(fragment("date.form"))
        if len(text) == _MAX_CHARACTERS and text[4::3] == "--" and text.isascii():  # a whole day, nearly always
            return cls._parse_day(text)
        parts = text.split("-")
        digits = "".join(parts)
        if not (digits.isascii() and digits.isdigit()) or tuple(map(len, parts)) != _LENGTHS[: len(parts)]:
            raise ValueError(fragment("date.form"))
        date = cls(*map(int, parts))
        if date.year not in YEARS:
            raise ValueError(fragment("schema.year"))
        return date

    @classmethod
    def _parse_day(cls, text: str) -> PartialDate:
        """Parse YYYY-MM-DD; the errors of the standard library would quote the text."""
        try:
            day = dt.date.fromisoformat(text)
        except ValueError:
            day = None
        if day is None:
            raise ValueError(fragment("date.form"))
        if day.year not in YEARS:
            raise ValueError(fragment("schema.year"))
        date = cls.__new__(cls)
        date._parts = (day.year, day.month, day.day)  # noqa: SLF001 - its own class, whose checks hold already
        return date

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PartialDate) and self._parts == other._parts

    def __hash__(self) -> int:
        return hash(self._parts)

    def __str__(self) -> str:
        return "-".join(f"{part:02}" for part in self._parts if part is not None)

    def __repr__(self) -> str:
        return "<PartialDate>"
