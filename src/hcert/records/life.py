"""Plausible dates in the life of one person: the rules on dates, order and repetition, for every kind of record.

Each kind of record describes by a `Layout` where it holds what; no kind has such rules of its own. Decoding reports the
findings as warnings, issuing refuses on them. The holder has the benefit of the doubt: a partial birth date means its
earliest possible day, and a day begins when it begins anywhere on earth, at UTC+14.
"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from hcert.findings import Finding, finding, finding_at
from hcert.times import to_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from hcert.records.partial_date import PartialDate
    from hcert.records.record_struct import RecordStruct

_FIRST_ZONE: Final = dt.timezone(dt.timedelta(hours=14))  # the first time zone in which a day begins
_NOW: Final = dt.timedelta()
_MAX_BOOSTERS: Final = 7  # two a year from late 2021 to early 2025; more is possible, but a mistake is likelier


class Group(NamedTuple):
    """One array of entries, and how findings name its parts.

    Attributes:
        name: attribute of the array; findings name an entry by it, such as `tests[1]`.
        path: path of an entry in the findings about its members, with `{}` for its index.
        day: attribute with the day or the moment of the event.
        order: attributes of days that must be in this order; each may be None.
        counts_doses: whether the entries are doses with `diseases`, `dose_number` and `series_doses`.
        shown: names of attributes in findings, if other than the attributes themselves.
    """

    name: str
    path: str
    day: str
    order: tuple[str, ...] = ()
    counts_doses: bool = False
    shown: Mapping[str, str] = {}

    def place(self, index: int) -> str:
        """Return the place of an entry, such as `tests[1]`."""
        return f"{self.name}[{index}]"

    def field(self, index: int, attribute: str) -> str:
        """Return the path of a member of an entry."""
        return f"{self.path.format(index)}.{self.shown.get(attribute, attribute)}"


class Layout(NamedTuple):
    """Where records of one kind hold the events in the life of one person.

    Attributes:
        birth_date: returns the birth date of a record, possibly partial; without any part if unknown.
        birth_field: name of the birth date in findings.
        groups: the arrays of entries.
        issued_on: attribute with the day of issue, which may be None; empty if the kind has none.
        issued_field: name of the day of issue in findings.
    """

    birth_date: Callable[[Any], PartialDate]
    birth_field: str
    groups: tuple[Group, ...]
    issued_on: str = ""
    issued_field: str = ""


def findings(record: RecordStruct, layout: Layout) -> list[Finding]:
    """Return the findings that do not depend on the current time.

    Returns:
        `record.inconsistent_dates` for an event before the birth (before 1900 if that is unknown) or after the day of
        issue, and for days of an entry in the wrong order; `record.repeated_entry`; `record.dose_order`.
    """
    found: list[Finding] = []
    birth_date = layout.birth_date(record)
    born = birth_date.earliest_day
    issued_on = getattr(record, layout.issued_on) if layout.issued_on else None
    for group in layout.groups:
        entries = getattr(record, group.name)
        if not entries:
            continue
        days = _days(group, entries)
        bound = _start_of(born) if isinstance(days[0], dt.datetime) else born
        if min(days) < bound:
            other = born.isoformat() if birth_date.year is None else layout.birth_field
            early = (index for index, day in enumerate(days) if day < bound)
            found += [_too_early_finding(group, index, group.day, other) for index in early]
        if issued_on is not None:
            late = (group.field(index, group.day) for index, day in enumerate(days) if day > issued_on)
            found += [finding("record.inconsistent_dates", field=layout.issued_field, other=other) for other in late]
        if group.order:
            for index, entry in enumerate(entries):
                found += _order_findings(group, index, entry)
        if len(set(days)) < len(days):  # entries of different days are different
            found += _repetitions(group, entries)
        if group.counts_doses and len(entries) > 1:
            found += _dose_findings(group, entries)
    return found


def future_findings(record: RecordStruct, layout: Layout, at: dt.datetime, *, skew: dt.timedelta) -> list[Finding]:
    """Return findings for dates in the future, as `ahead_by` defines it.

    These are `record.birth_in_future`, `record.issued_in_future`, and one `entry.in_future` an entry.
    """
    now = to_zone(at, dt.UTC)
    today = now.date()
    found: list[Finding] = []
    birth_date = layout.birth_date(record)
    born = birth_date.earliest_day
    if born > today and birth_date.year is not None and ahead_by(born, now, skew=skew) is not None:
        found.append(finding("record.birth_in_future"))
    issued_on = getattr(record, layout.issued_on) if layout.issued_on else None
    if issued_on is not None and ahead_by(issued_on, now, skew=skew) is not None:
        found.append(finding("record.issued_in_future"))
    for group in layout.groups:
        entries = getattr(record, group.name)
        if not entries:
            continue
        days = _days(group, entries)
        if max(days) > (now if isinstance(days[0], dt.datetime) else today):  # hardly ever
            ahead = [index for index, day in enumerate(days) if ahead_by(day, now, skew=skew) is not None]
            found += [finding("entry.in_future", record=group.place(index)) for index in ahead]
    return found


def ahead_by(when: dt.date, at: dt.datetime, *, skew: dt.timedelta) -> dt.timedelta | None:
    """Return by how much a day or a moment is ahead of `at`, or None if it is not.

    A day is in the future if it has not begun anywhere on earth, a moment if it is more than `skew` after `at`.
    """
    ahead = _start_of(when) - to_zone(at, dt.UTC)
    return ahead if ahead > (skew if isinstance(when, dt.datetime) else _NOW) else None


def is_far_beyond_series(dose_number: int | None, series_doses: int | None) -> bool:
    """Tell whether a dose would be so late a booster that its number is more likely a mistake, such as 9 of 1."""
    return dose_number is not None and series_doses is not None and dose_number > series_doses + _MAX_BOOSTERS


def _days(group: Group, entries: Sequence[Any]) -> list[dt.date]:
    """Return the days of entries, or their moments in UTC: Python compares wall clocks within one zone, not moments."""
    days = [getattr(entry, group.day) for entry in entries]
    return [to_zone(day, dt.UTC) for day in days] if isinstance(days[0], dt.datetime) else days


def _start_of(when: dt.date) -> dt.datetime:
    """Return a moment in UTC; for a day, the moment at which it begins anywhere on earth."""
    if isinstance(when, dt.datetime):
        return to_zone(when, dt.UTC)
    return dt.datetime.combine(when, dt.time(), _FIRST_ZONE)


def _too_early_finding(group: Group, index: int, attribute: str, other: str) -> Finding:
    field = group.field(index, attribute)
    return finding("record.inconsistent_dates", record=group.place(index), field=field, other=other)


def _order_findings(group: Group, index: int, entry: Any) -> Iterator[Finding]:
    """Compare each day of an entry with the one before it."""
    known = [(name, day) for name in group.order if (day := getattr(entry, name)) is not None]
    for (earlier, first), (later, second) in pairwise(known):
        if second < first:
            yield _too_early_finding(group, index, later, group.shown.get(earlier, earlier))


def _repetitions(group: Group, entries: Sequence[Any]) -> Iterator[Finding]:
    """Yield a finding for each entry that equals an earlier one in everything but its number."""
    first: dict[Any, int] = {}
    for index, entry in enumerate(entries):
        same = first.setdefault(msgspec.structs.replace(entry, number=0) if hasattr(entry, "number") else entry, index)
        if same != index:
            yield finding_at(group.place(index), "record.repeated_entry", (("other", group.place(same)),))


def _dose_findings(group: Group, entries: Sequence[Any]) -> Iterator[Finding]:
    """Yield a finding for each dose dated before all doses of its series with a lower number.

    A series that was started again is fine: its second dose 1 is late, but every dose 2 still follows a dose 1.
    """
    counted = [(dose.dose_number, getattr(dose, group.day)) for dose in entries if dose.dose_number is not None]
    if all(number <= later and day <= after for (number, day), (later, after) in pairwise(counted)):
        return  # nearly always: numbers and days both rise, so they rise in every series
    series: dict[Any, list[tuple[int, dt.date, int]]] = {}  # number, day and index
    for index, dose in enumerate(entries):
        if dose.dose_number is not None:
            key = frozenset(dose.diseases), dose.series_doses
            series.setdefault(key, []).append((dose.dose_number, getattr(dose, group.day), index))
    for doses in series.values():
        earliest_lower: dt.date | None = None  # day among the doses with a lower number
        earliest: dt.date | None = None  # day among the doses so far
        last = 0
        for number, day, index in sorted(doses):
            if number > last:
                earliest_lower, last = earliest, number
            if earliest_lower is not None and day < earliest_lower:
                field = group.field(index, "dose_number")
                yield finding("record.dose_order", record=group.place(index), field=field)
            earliest = day if earliest is None else min(earliest, day)
