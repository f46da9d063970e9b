"""The common view of records of every kind: the person and the events, for policies to judge and cards to show.

A view holds no identifiers. Names and codes are as certified. A verifier adds the signed payload.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from hcert.times import to_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hcert.codec.cwt import Claims
    from hcert.records.citizen.person import Sex
    from hcert.records.partial_date import PartialDate


class PersonView(NamedTuple):
    """The holder.

    Attributes:
        names: as written in the holder's documents, in their order; empty if unknown.
        standardised_names: transliterated by ICAO 9303-3.
        birth_date: possibly partial; without any part if unknown.
        sex: None if unknown.
        nationality: as the record has it: ISO 3166-1 alpha-2 in a citizen record, alpha-3 in an ICVP.
    """

    names: tuple[str, ...]
    standardised_names: tuple[str, ...]
    birth_date: PartialDate
    sex: Sex | None = None
    nationality: str | None = None


class DoseView(NamedTuple):
    """One dose of a vaccine.

    Attributes:
        place: in the record, such as `vaccinations[0]`.
        order: sorts entries of one day; later ones have higher numbers.
        diseases: codes of the diseases it protects against; empty if only the product implies them.
        date: day of the vaccination.
        dose_number, series_doses: number of the dose, and of the doses in its series.
        product, vaccine: their codes.
        country: where it was given.
        issuer: who certifies it.
    """

    place: str
    order: int
    diseases: tuple[str, ...]
    date: dt.date
    dose_number: int | None = None
    series_doses: int | None = None
    product: str | None = None
    vaccine: str | None = None
    country: str | None = None
    issuer: str | None = None

    @property
    def day(self) -> dt.date:
        """The day it happened."""
        return self.date

    @property
    def completes_series(self) -> bool:
        """Whether it is the last dose of its series or a booster; False if the series is unknown."""
        return self.dose_number is not None and self.series_doses is not None and self.dose_number >= self.series_doses


class SampleView(NamedTuple):
    """One test result.

    Attributes:
        place, order, country: as for a dose.
        disease, test_type, result: their codes.
        sampled_at: when the sample was taken, aware.
        centre: where it was taken.
    """

    place: str
    order: int
    disease: str
    test_type: str
    sampled_at: dt.datetime
    result: str
    country: str | None = None
    centre: str | None = None

    @property
    def day(self) -> dt.date:
        """The day it happened, in UTC."""
        return to_zone(self.sampled_at, dt.UTC).date()


class RecoveryView(NamedTuple):
    """One recovery.

    Attributes:
        place, order, country, issuer: as for a dose.
        disease: its code.
        first_positive: day of the first positive test.
        valid_from, valid_until: first and last day on which it counts, if the issuer says so.
    """

    place: str
    order: int
    disease: str
    first_positive: dt.date
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    country: str | None = None
    issuer: str | None = None

    @property
    def day(self) -> dt.date:
        """The day it happened."""
        return self.first_positive


class MedicationView(NamedTuple):
    """One medication that somebody takes. It is no event, and no policy counts it.

    Attributes:
        place: in the record, such as `treatment_lines[0]`.
        medication: its code, of a system that is not named.
        effective_from, effective_until: first and last day of the treatment, possibly partial.
        asserted_on: day on which it was stated, possibly partial.
        dosage: how it is taken, as free text.
    """

    place: str
    medication: str
    effective_from: PartialDate | None = None
    effective_until: PartialDate | None = None
    asserted_on: PartialDate | None = None
    dosage: str | None = None


class Groups(Protocol):
    """A record with vaccinations, tests and recoveries, whose entries have the members of the same names."""

    @property
    def vaccinations(self) -> Sequence[Any]:
        """The doses."""

    @property
    def tests(self) -> Sequence[Any]:
        """The test results."""

    @property
    def recoveries(self) -> Sequence[Any]:
        """The recoveries."""


EntryView: TypeAlias = DoseView | SampleView | RecoveryView


@dataclass(frozen=True, slots=True, repr=False)
class Signed:
    """What was signed, as it was signed, for policies that are written against a payload, such as a country's rules.

    Attributes:
        payload: plain dicts, lists, text and numbers.
        rule_schema: version of its schema, if it is of a kind for which countries publish rules in CertLogic.
        claims: issuer and times of the container.
        kid: of the key that signed.
    """

    payload: Any
    rule_schema: str | None
    claims: Claims
    kid: bytes


class RecordView(NamedTuple):
    """A record as a policy judges it and a card shows it.

    Attributes:
        person: the holder, or None if the record names nobody.
        vaccinations, tests, recoveries: the events, in the order of the record.
        sealed: whether it has a part that only authorised readers can open.
        signed: the payload it was read from; None unless a verifier made the view.
        medications: what the person takes, apart from the events; None where the record is not about that.
    """

    person: PersonView | None
    vaccinations: Sequence[DoseView] = ()
    tests: Sequence[SampleView] = ()
    recoveries: Sequence[RecoveryView] = ()
    sealed: bool = False
    signed: Signed | None = None
    medications: Sequence[MedicationView] | None = None

    @property
    def entries(self) -> tuple[EntryView, ...]:
        """All events: vaccinations, tests, recoveries in this order. A medication is none."""
        return (*self.vaccinations, *self.tests, *self.recoveries)


def view_groups(
    record: Groups,
    person: PersonView,
    *,
    order: Callable[[int, Any], int],
    diseases: Callable[[Any], tuple[str, ...]],
    sealed: bool = False,
) -> RecordView:
    """Return the view of a record that has vaccinations, tests and recoveries.

    Args:
        record: with these three groups.
        person: the holder.
        order: returns the `order` of an entry, given its index.
        diseases: returns the codes of the diseases that a vaccination protects against.
        sealed: whether the record has a sealed part.
    """
    return RecordView(
        person,
        [
            DoseView(
                f"vaccinations[{index}]",
                order(index, dose),
                diseases(dose),
                dose.date,
                dose.dose_number,
                dose.series_doses,
                dose.product,
                dose.vaccine,
                dose.country,
                dose.issuer,
            )
            for index, dose in enumerate(record.vaccinations)
        ],
        [
            SampleView(
                f"tests[{index}]",
                order(index, test),
                test.disease,
                test.test_type,
                test.sampled_at,
                test.result,
                test.country,
                test.centre,
            )
            for index, test in enumerate(record.tests)
        ],
        [
            RecoveryView(
                f"recoveries[{index}]",
                order(index, recovery),
                recovery.disease,
                recovery.first_positive,
                recovery.valid_from,
                recovery.valid_until,
                recovery.country,
                recovery.issuer,
            )
            for index, recovery in enumerate(record.recoveries)
        ],
        sealed,
    )


def by_age(entry: EntryView) -> tuple[dt.date, dt.datetime, int]:
    """Return a key that sorts entries, the oldest first; within a day those without a time come first."""
    moment = entry.sampled_at if isinstance(entry, SampleView) else dt.datetime.min.replace(tzinfo=dt.UTC)
    return entry.day, moment, entry.order
