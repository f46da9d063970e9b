"""Where the life of a person can have an event: the rules of dates, order and repetition, for every kind of record.

A kind of record says once how its entries are seen (`Life`). Reading reports what is found here as warnings, issuing
refuses on it, and no kind has rules of its own. A birth date that is known in part is taken as the earliest day that it
can mean, and a day begins where it begins first on earth, at UTC+14; so nothing is refused that may be true.
"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from hcert.findings import Finding, finding
from hcert.records.partial_date import YEARS, PartialDate
from hcert.times import to_zone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_FIRST_ZONE: Final = dt.timezone(dt.timedelta(hours=14))  # where a day begins first
_NOW: Final = dt.timedelta()


class Group(NamedTuple):
    """One array of entries, and how findings name what stands in it.

    Attributes:
        name: of the attribute; findings name the entries by it, such as `tests[1]`.
        path: of an entry as findings name its members, with `{}` for its index.
        day: attribute that holds the day or the moment of the event.
        order: attributes of days, none of which may lie before the one in front of it; each may be None.
        counts_doses: whether the entries are doses with `diseases`, `dose_number` and `series_doses`.
        shown: names of attributes in findings, where those are not the attributes themselves.
    """

    name: str
    path: str
    day: str
    order: tuple[str, ...] = ()
    counts_doses: bool = False
    shown: Mapping[str, str] = {}

    def place(self, index: int) -> str:
        """Return how findings name an entry."""
        return f"{self.name}[{index}]"

    def field(self, index: int, attribute: str) -> str:
        """Return how findings name a member of an entry."""
        return f"{self.path.format(index)}.{self.shown.get(attribute, attribute)}"


class Life(NamedTuple):
    """A record, seen as the events in the life of one person.

    Attributes:
        birth_date: possibly partial, without any part where unknown.
        birth_field: how findings name it.
        groups: the entries by group.
        issued_on: the day on which the record says that it was issued.
        issued_field: how findings name that.
    """

    birth_date: PartialDate
    birth_field: str
    groups: tuple[tuple[Group, Sequence[Any]], ...]
    issued_on: dt.date | None = None
    issued_field: str = ""


def findings(life: Life) -> list[Finding]:
    """Return all that cannot be true of one life, whenever it is looked at.

    Returns:
        `record.inconsistent_dates` for an event before the birth, before 1900 where that is unknown, or after the day
        of issue, and for days of an entry in the wrong order; `record.repeated_entry`; `record.dose_order`.
    """
    found: list[Finding] = []
    born = _earliest(life.birth_date)
    for group, entries in life.groups:
        if not entries:
            continue
        days = _days(group, entries)
        bound = _begin(born) if isinstance(days[0], dt.datetime) else born
        if min(days) < bound:
            other = born.isoformat() if life.birth_date.year is None else life.birth_field
            early = (index for index, day in enumerate(days) if day < bound)
            found += [_too_early(group, index, group.day, other) for index in early]
        if life.issued_on is not None:
            late = (group.field(index, group.day) for index, day in enumerate(days) if day > life.issued_on)
            found += [finding("record.inconsistent_dates", field=life.issued_field, other=other) for other in late]
        if group.order:
            for index, entry in enumerate(entries):
                found += _order_findings(group, index, entry)
        if len(set(days)) < len(days):  # entries of different days are different
            found += _repetitions(group, entries)
        if group.counts_doses and len(entries) > 1:
            found += _dose_findings(group, entries)
    return found


def entries_ahead(life: Life, at: dt.datetime, *, skew: dt.timedelta) -> Iterator[tuple[str, dt.timedelta]]:
    """Yield place of each entry of the future, and by how much it is ahead of `at` at least.

    A day is ahead where it has begun nowhere on earth, and a moment where it lies more than `skew` after `at`.
    """
    now = to_zone(at, dt.UTC)
    for group, entries in life.groups:
        days = _days(group, entries)
        if not days or max(days) <= (now if isinstance(days[0], dt.datetime) else now.date()):  # so nearly always
            continue
        for index, day in enumerate(days):
            ahead = ahead_by(day, now, skew=skew)
            if ahead is not None:
                yield group.place(index), ahead


def ahead_by(when: dt.date, at: dt.datetime, *, skew: dt.timedelta) -> dt.timedelta | None:
    """Return by how much a day or a moment is ahead of `at`; None where it is not. See `entries_ahead`."""
    ahead = _begin(when) - to_zone(at, dt.UTC)
    return ahead if ahead > (skew if isinstance(when, dt.datetime) else _NOW) else None


def future_findings(life: Life, at: dt.datetime, *, skew: dt.timedelta) -> Iterator[Finding]:
    """Yield what lies in the future: `record.birth_in_future`, `record.issued_in_future`, `entry.in_future` by entry.

    See `entries_ahead`.
    """
    year = life.birth_date.year
    if year is not None and year >= at.year - 1 and ahead_by(_earliest(life.birth_date), at, skew=skew) is not None:
        yield finding("record.birth_in_future")
    if life.issued_on is not None and ahead_by(life.issued_on, at, skew=skew) is not None:
        yield finding("record.issued_in_future")
    for place, _ in entries_ahead(life, at, skew=skew):
        yield finding("entry.in_future", record=place)


def _days(group: Group, entries: Sequence[Any]) -> list[dt.date]:
    """Return the days of entries, or their moments in UTC: in one zone Python compares clocks and not moments."""
    days = [getattr(entry, group.day) for entry in entries]
    return [to_zone(day, dt.UTC) for day in days] if days and isinstance(days[0], dt.datetime) else days


def _earliest(birth: PartialDate) -> dt.date:
    """Return the earliest day that a birth date can mean."""
    return dt.date(birth.year or YEARS.start, birth.month or 1, birth.day or 1)


def _begin(when: dt.date) -> dt.datetime:
    """Return the moment itself in UTC, or the moment at which a day begins first on earth."""
    if isinstance(when, dt.datetime):
        return to_zone(when, dt.UTC)
    return dt.datetime.combine(when, dt.time(), _FIRST_ZONE)


def _too_early(group: Group, index: int, attribute: str, other: str) -> Finding:
    field = group.field(index, attribute)
    return finding("record.inconsistent_dates", record=group.place(index), field=field, other=other)


def _order_findings(group: Group, index: int, entry: Any) -> Iterator[Finding]:
    """Compare the days of one entry, each with the one in front of it that is there."""
    known = [(name, day) for name in group.order if (day := getattr(entry, name)) is not None]
    for (earlier, first), (later, second) in pairwise(known):
        if second < first:
            yield _too_early(group, index, later, group.shown.get(earlier, earlier))


def _repetitions(group: Group, entries: Sequence[Any]) -> Iterator[Finding]:
    """Find entries that are equal to an earlier one in everything but their number."""
    first: dict[Any, int] = {}
    for index, entry in enumerate(entries):
        same = first.setdefault(msgspec.structs.replace(entry, number=0) if hasattr(entry, "number") else entry, index)
        if same != index:
            yield finding("record.repeated_entry", record=group.place(index), other=group.place(same))


def _dose_findings(group: Group, entries: Sequence[Any]) -> Iterator[Finding]:
    """Find doses before which no dose with a lower number was given, though the record has such of the same series.

    A series that was begun again is fine: its second dose 1 is late, but every dose 2 follows some dose 1.
    """
    counted = [(dose.dose_number, getattr(dose, group.day)) for dose in entries if dose.dose_number is not None]
    if all(number <= later and day <= after for (number, day), (later, after) in pairwise(counted)):
        return  # so nearly always: neither numbers nor days ever fall, in no series
    series: dict[Any, list[tuple[int, dt.date, int]]] = {}
    for index, dose in enumerate(entries):
        if dose.dose_number is not None:
            placed = (dose.dose_number, getattr(dose, group.day), index)
            series.setdefault((frozenset(dose.diseases), dose.series_doses), []).append(placed)
    for doses in series.values():
        earliest: dt.date | None = None  # of the doses with a lower number
        of_number: dt.date | None = None  # of those and of the doses with this number
        last = 0
        for number, day, index in sorted(doses):
            if number > last:
                earliest, last = of_number, number
            if earliest is not None and day < earliest:
                field = group.field(index, "dose_number")
                yield finding("record.dose_order", record=group.place(index), field=field)
            of_number = day if of_number is None else min(of_number, day)
