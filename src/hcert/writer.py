"""What a card says of a person, an entry and a time, in one language and time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

from hcert.phrases import code_name, message, row_of, say
from hcert.records.view import DoseView, SampleView
from hcert.times import to_zone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hcert.codec.cwt import Claims
    from hcert.findings import Finding
    from hcert.keys.trusted_key import TrustedKey
    from hcert.phrases import Language
    from hcert.records.citizen.person import Sex
    from hcert.records.partial_date import PartialDate
    from hcert.records.value_sets import ValueSets
    from hcert.records.view import EntryView, MedicationView, PersonView, RecoveryView

_SEXES: Final = {1: "male", 2: "female", 9: "not_applicable"}


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the parts of a card.

    Attributes:
        language: of the words.
        zone: in which times of the day are written; each names its distance from UTC.
        value_sets: what codes mean; those of the package where None.
    """

    language: Language
    zone: tzinfo
    value_sets: ValueSets | None

    def say(self, label: str, **details: object) -> str:
        """Return the words of a label."""
        return say(label, self.language, **details)

    def sentences(self, findings: Iterable[Finding]) -> list[str]:
        """Return messages with their codes, each once."""
        return list(dict.fromkeys(f"{message(found, language=self.language)} [{found.code}]" for found in findings))

    def name(self, person: PersonView) -> str:
        """Return the names."""
        return " ".join(person.names or person.standardised_names) or self.say("name_unknown")

    def born(self, person: PersonView) -> str:
        """Return birth date and sex."""
        birth = self.partial_date(person.birth_date)
        born = self.say("born", date=birth) if birth else self.say("birth_date_unknown")
        return ", ".join(filter(None, [born, self.sex(person.sex)]))

    def sex(self, sex: Sex | None) -> str:
        """Return a sex; empty if it is unknown."""
        return "" if sex is None else self.say(_SEXES[sex])

    def issuer(self, claims: Claims, key: TrustedKey) -> str:
        """Return issuer claim, country of the key and expiry."""
        return self.say(
            "issued_by",
            issuer=claims.issuer or self.say("unknown"),
            country=key.country or self.say("unknown"),
            expiry=self.moment(claims.expires_at) if claims.expires_at else self.say("never"),
        )

    def entry(self, entry: EntryView) -> str:
        """Return an entry in one line."""
        if isinstance(entry, DoseView):
            return self._dose(entry)
        if isinstance(entry, SampleView):
            parts = [self.code(entry.result), self.code(entry.test_type), self.moment(entry.sampled_at)]
            return self._event("test", [self.code(entry.disease)], parts, entry.country)
        parts = [self.say("positive_on", date=self.day(entry.first_positive)), self._period(entry)]
        return self._event("recovery", [self.code(entry.disease)], parts, entry.country)

    def code(self, code: str) -> str:
        """Return what a code means; one that is not known in quotation marks, since it could say anything."""
        if row_of(code, self.value_sets) is None:
            return f"“{code}”"
        return code_name(code, language=self.language, value_sets=self.value_sets)

    def medication(self, medication: MedicationView) -> str:
        """Return a medication and its days in one line. Its code is of no known system and stands as it is."""
        first, last, stated = medication.effective_from, medication.effective_until, medication.asserted_on
        parts = [
            self.say("taken_from", date=self.partial_date(first)) if first else "",
            self.say("taken_until", date=self.partial_date(last)) if last else "",
            self.say("stated_on", date=self.partial_date(stated)) if stated else "",
        ]
        return ", ".join(filter(None, [f"{self.say('medication')} “{medication.medication}”", *parts]))

    def partial_date(self, date: PartialDate) -> str:
        """Return a date as far as it is known, as people write it; empty if nothing is."""
        return "/".join(reversed(str(date).split("-"))) if self.language == "vi" else str(date)

    def day(self, day: date) -> str:
        """Return a day as people write it."""
        return f"{day.day:02}/{day.month:02}/{day.year:04}" if self.language == "vi" else day.isoformat()

    def moment(self, moment: datetime) -> str:
        """Return a time of a day with its zone."""
        there = to_zone(moment, self.zone)
        return f"{self.day(there.date())} {there:%H:%M} {_zone_name(there)}"

    def _dose(self, dose: DoseView) -> str:
        diseases = [self.code(disease) for disease in dose.diseases]
        product = dose.product or dose.vaccine
        products = [self.code(product)] if product else []
        parts = [self._dose_number(dose), *(products if diseases else []), self.day(dose.date)]
        return self._event("vaccination", diseases or products, parts, dose.country)

    def _event(self, kind: str, subject: list[str], parts: list[str], country: str | None) -> str:
        return f"{self.say(kind)} {', '.join(subject)}: {', '.join(filter(None, [*parts, country]))}"

    def _dose_number(self, dose: DoseView) -> str:
        if dose.dose_number is None:
            return ""
        if dose.series_doses is None:
            return self.say("dose", number=dose.dose_number)
        return self.say("dose_of", number=dose.dose_number, series=dose.series_doses)

    def _period(self, recovery: RecoveryView) -> str:
        if recovery.valid_from is None or recovery.valid_until is None:
            return ""
        return self.say("valid", first=self.day(recovery.valid_from), last=self.day(recovery.valid_until))


def _zone_name(moment: datetime) -> str:
    """Return the zone of a time by its distance from UTC, such as `UTC+7`: names of zones are ambiguous."""
    minutes = round((moment.utcoffset() or timedelta()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return "UTC" + (f"{sign}{hours}" if minutes else "") + (f":{rest:02}" if rest else "")
