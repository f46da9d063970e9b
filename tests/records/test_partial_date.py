"""Partial dates: what is known is kept, what does not exist is refused."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcert.records.partial_date import PartialDate
from support.case_ids import case_id


@given(st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2099, 12, 31)), st.integers(0, 3))
def test_text_and_date_are_inverse(day: dt.date, known: int) -> None:
    """Every date and every shortening of it comes back."""
    text = day.isoformat()[: (0, 4, 7, 10)[known]]
    date = PartialDate.parse(text)
    assert str(date) == text
    assert (date.year, date.month, date.day) == ((day.year, day.month, day.day)[:known] + (None,) * 3)[:3]


@given(st.text(alphabet="0129-T", max_size=11))
def test_any_text_is_a_date_or_a_value_error(text: str) -> None:
    """Nothing is guessed: what parses writes back the same."""
    with contextlib.suppress(ValueError):
        assert str(PartialDate.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["1990-02-30", "1990-13", "1990-00", "1890", "2100", "90", "1990-5", "1990-05-17 ", "١٩٩٠"]
)
def test_dates_that_do_not_exist_are_refused(text: str) -> None:
    """The calendar counts, and the years 1900 to 2099 of the schema."""
    with pytest.raises(ValueError, match=r"."):
        PartialDate.parse(text)


@pytest.mark.parametrize(
    "parts", [(None, 5), (None, None, 17), (1990, None, 17), (1990, 13), (1990, 2, 30), (0,)], ids=case_id
)
def test_a_smaller_part_needs_the_greater(parts: tuple[Any, ...]) -> None:
    """A day without its month is no date."""
    with pytest.raises(ValueError, match=r"."):
        PartialDate(*parts)


def test_equal_dates_are_equal_and_hash_alike() -> None:
    """They can be compared and used as keys, and are never equal to text."""
    assert PartialDate(1990, 5) == PartialDate.parse("1990-05")
    assert hash(PartialDate(1990, 5)) == hash(PartialDate.parse("1990-05"))
    assert PartialDate(1990, 5) != PartialDate(1990)
    assert PartialDate(1990) != "1990"


def test_partial_date_is_immutable_and_repr_hides_it() -> None:
    """A birth date stays what was signed, and out of logs."""
    date = PartialDate(1990, 5, 17)
    with pytest.raises(AttributeError):
        date.year = 1991  # type: ignore[misc]
    assert "1990" not in repr(date)


@pytest.mark.parametrize("parts", [(10**20,), (1990, 10**20), (1990, 5, 10**20)], ids=case_id)
def test_huge_parts_are_refused(parts: tuple[int, ...]) -> None:
    """One error for all that is no date."""
    with pytest.raises(ValueError, match=r"not a date of the calendar|month must be|day is out"):
        PartialDate(*parts)
