"""Policies: whether what a record certifies suffices at a gate, at a given time.

A policy judges the entries one by one and says of each why it does not count. Decided for all of them:

* Bounds count: a test exactly as old as allowed is allowed, and so is a dose on the last day of its age.
* Tests have moments, and ages of tests are exact.
* How far an entry may be ahead of the clock is decided by the verifier, which leaves out those of the future. A policy
  has no tolerance of its own; but a positive test of the future still speaks against every negative one before it.
* Vaccinations and recoveries have days; how old they are is counted in days from the calendar day that `at` has in the
  policy's time zone.
* A partial birth date counts for its holder only where every day it could mean would.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final, TypeVar

from hcert.findings import Finding, finding
from hcert.fragments import Fragment, fragment
from hcert.policy.base import Outcome
from hcert.records.citizen.model import COVID_19, NEGATIVE, POSITIVE
from hcert.records.view import DoseView, RecoveryView
from hcert.times import require_aware, to_zone

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from hcert.records.view import RecordView

_HOUR: Final = timedelta(hours=1)
_NAAT_AND_RAPID: Final = frozenset({"LP6464-4", "LP217198-3"})
_E = TypeVar("_E", DoseView, RecoveryView)


@dataclass(frozen=True, slots=True)
class AuthenticOnly:
    """Every authentic certificate suffices; its entries are for a person to judge."""

    @property
    def rule(self) -> Fragment:
        """Its name on a card."""
        return fragment("rule.authentic_only")

    def judge(self, record: RecordView, *, at: datetime, without: Collection[str] = ()) -> Outcome:
        """Count every entry; see `Policy`."""
        require_aware(at, name="at")
        counted = tuple(entry.place for entry in record.entries if entry.place not in without)
        return Outcome(satisfied=True, counted=counted)


@dataclass(frozen=True, slots=True)
class RecentNegativeTest:
    """A negative test whose sample is at most `within` old, and with or after which no test was positive.

    A positive test dated later than the time of the check counts against it too, even among the entries left out: that
    the date is wrong does not make the result wrong.

    Attributes:
        within: greatest age of the sample.
        test_types: LOINC codes of accepted tests; both kinds of the EU value set by default.
        disease: SNOMED CT.
    """

    within: timedelta = timedelta(hours=72)
    test_types: frozenset[str] = _NAAT_AND_RAPID
    disease: str = COVID_19

    @property
    def rule(self) -> Fragment:
        """Its name on a card."""
        return fragment("rule.recent_negative_test", hours=_hours(self.within))

    def judge(self, record: RecordView, *, at: datetime, without: Collection[str] = ()) -> Outcome:
        """Look for such a test; see `Policy`."""
        reasons: list[Finding] = []
        counted: list[str] = []
        require_aware(at, name="at")
        hours = _hours(self.within)
        # In UTC, since a difference between times of one zone forgets that its clocks were turned.
        moments = [to_zone(test.sampled_at, UTC) for test in record.tests]
        positives = [
            moment
            for moment, test in zip(moments, record.tests, strict=True)
            if test.disease == self.disease and test.result == POSITIVE and (test.place not in without or moment > at)
        ]
        for moment, test in zip(moments, record.tests, strict=True):
            place = test.place
            if place in without or test.disease != self.disease:
                continue
            if test.result != NEGATIVE:
                reasons.append(finding("policy.test_not_negative", record=place))
            elif test.test_type not in self.test_types:
                reasons.append(finding("policy.test_type", record=place))
            elif at - moment > self.within:
                reasons.append(finding("policy.test_too_old", record=place, hours=hours))
            elif any(positive >= moment for positive in positives):
                reasons.append(finding("policy.positive_since", record=place))
            else:
                counted.append(place)
        return _outcome(counted, finding("policy.no_negative_test", hours=hours), reasons)


@dataclass(frozen=True, slots=True)
class CompletedSeries:
    """A dose that completed its series, or a booster, given neither too recently nor too long ago.

    Attributes:
        minimum_age: least days since that dose; 14 is usual.
        maximum_age: most days since that dose; None for no bound.
        disease: SNOMED CT.
        zone: whose calendar day counts as today.
        products: codes of the products that count; None for every product, also where none is named.
    """

    minimum_age: int = 14
    maximum_age: int | None = 270
    disease: str = COVID_19
    zone: tzinfo = UTC
    products: frozenset[str] | None = None

    @property
    def rule(self) -> Fragment:
        """Its name on a card."""
        if self.maximum_age is None:
            return fragment("rule.series_without_end", least=self.minimum_age)
        return fragment("rule.completed_series", least=self.minimum_age, most=self.maximum_age)

    def judge(self, record: RecordView, *, at: datetime, without: Collection[str] = ()) -> Outcome:
        """Look for such a dose; see `Policy`."""
        reasons: list[Finding] = []
        counted: list[str] = []
        today = _today(at, self.zone)
        for place, dose in _counting(record.vaccinations, without):
            if self.disease not in dose.diseases:
                continue
            age = (today - dose.date).days
            if self.products is not None and dose.product not in self.products:
                reasons.append(finding("policy.product", record=place))
            elif not dose.completes_series:
                reasons.append(finding("policy.series_incomplete", record=place))
            elif age < self.minimum_age:
                reasons.append(finding("policy.dose_too_recent", record=place, days=self.minimum_age))
            elif self.maximum_age is not None and age > self.maximum_age:
                reasons.append(finding("policy.dose_too_old", record=place, days=self.maximum_age))
            else:
                counted.append(place)
        return _outcome(counted, finding("policy.no_completed_series"), reasons)


@dataclass(frozen=True, slots=True)
class Recovered:
    """A recovery within its validity; if its issuer gives no end, one that is not too long ago.

    Attributes:
        disease: SNOMED CT.
        zone: whose calendar day counts as today.
        maximum_age: most days since the first positive test of a recovery without an end; 180 as in the EU (regulation
            2021/953, annex, point 3). None for no bound.
    """

    disease: str = COVID_19
    zone: tzinfo = UTC
    maximum_age: int | None = 180

    @property
    def rule(self) -> Fragment:
        """Its name on a card."""
        return fragment("rule.recovered")

    def judge(self, record: RecordView, *, at: datetime, without: Collection[str] = ()) -> Outcome:
        """Look for such a recovery; see `Policy`."""
        reasons: list[Finding] = []
        counted: list[str] = []
        today = _today(at, self.zone)
        for place, recovery in _counting(record.recoveries, without):
            if recovery.disease != self.disease:
                continue
            first, last = recovery.valid_from or recovery.first_positive, recovery.valid_until
            age = (today - recovery.first_positive).days
            if today < first or (last is not None and today > last):
                reasons.append(finding("policy.recovery_not_valid", record=place))
            elif last is None and self.maximum_age is not None and age > self.maximum_age:
                reasons.append(finding("policy.recovery_too_old", record=place, days=self.maximum_age))
            else:
                counted.append(place)
        return _outcome(counted, finding("policy.no_recovery"), reasons)


@dataclass(frozen=True, slots=True)
class YoungerThan:
    """A holder who has certainly not reached an age yet; for exemptions of children, combined by `AnyOf`.

    Attributes:
        years: the age.
        zone: whose calendar day counts as today. Somebody born on 29 February becomes a year older on 1 March.
    """

    years: int
    zone: tzinfo = UTC

    @property
    def rule(self) -> Fragment:
        """Its name on a card."""
        return fragment("rule.younger_than", years=self.years)

    def judge(self, record: RecordView, *, at: datetime, without: Collection[str] = ()) -> Outcome:  # noqa: ARG002
        """Compare the birth date; see `Policy`."""
        birth = record.person.birth_date if record.person else None
        today = _today(at, self.zone)
        if birth is not None and birth.year is not None:
            # The earliest day the birth date could mean: the oldest that its holder could be.
            earliest = date(birth.year, birth.month or 1, birth.day or 1)
            had_birthday = (today.month, today.day) >= (earliest.month, earliest.day)
            age = today.year - earliest.year - (not had_birthday)
            if earliest <= today and age < self.years:
                return Outcome(satisfied=True)
        return Outcome(satisfied=False, findings=(finding("policy.not_younger", years=self.years),))


def _hours(age: timedelta) -> str:
    return f"{age / _HOUR:g}"


def _today(at: datetime, zone: tzinfo) -> date:
    return to_zone(require_aware(at, name="at"), zone).date()


def _counting(entries: Sequence[_E], without: Collection[str]) -> Iterator[tuple[str, _E]]:
    """Yield place and entry of a group, leaving out what does not count."""
    return ((entry.place, entry) for entry in entries if entry.place not in without)


def _outcome(counted: list[str], refusal: Finding, reasons: list[Finding]) -> Outcome:
    if counted:
        return Outcome(satisfied=True, counted=tuple(counted))
    return Outcome(satisfied=False, findings=(refusal, *reasons))
