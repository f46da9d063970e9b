"""What stands on a page: a certificate that was verified, in words, as plain values for the template.

Every text is a list: the words in the language of the page, and the English ones where that is another language and
they differ. Nothing here asks which kind a record is; ID numbers, lots and sealed content are not in a view at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from hcert.errors import IssueError
from hcert.fragments import fragment
from hcert.paper.letters import to_drawable
from hcert.records.kinds import kind_of
from hcert.records.places import RECORD
from hcert.records.value_sets import ValueSets
from hcert.records.view import DoseView, SampleView, by_age
from hcert.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import date, datetime, tzinfo

    from hcert.phrases import Language
    from hcert.records.view import EntryView, PersonView, RecoveryView
    from hcert.verify.verdict import VerifiedCertificate

Text: TypeAlias = list[str]  # one language or two
Cell: TypeAlias = list[Text]  # lines

_COUNTRIES: Final = "country-2-codes"
_FIRST: Final = 3  # entries of each group that have room before all others: many tests should not hide every dose
_TO: Final = "\N{EN DASH}"
_COUNT: Final = "{count}"  # filled in by the template, which measures how many entries have room
_COLUMNS: Final = {
    "paper_vaccinations": ("date", "paper_disease_vaccine", "paper_dose", "paper_country_issuer"),
    "paper_tests": ("sampled_at", "paper_disease_test", "result", "paper_country_centre"),
    "paper_recoveries": ("first_positive", "disease", "paper_counts", "paper_country_issuer"),
}


@dataclass(frozen=True, slots=True)
class PageWriter:
    """Writes what stands on a page.

    Attributes:
        language: of the page; every other than English has English beside it.
        zone: in which times of the day are written.
        value_sets: what codes mean; those of the package where None.
    """

    language: Language
    zone: tzinfo
    value_sets: ValueSets | None

    def describe(self, certificate: VerifiedCertificate, *, excluded: Collection[str | None]) -> dict[str, Any]:
        """Return the content of the pages of one certificate.

        Args:
            certificate: accepted by a verifier.
            excluded: places of entries that do not count, since they are revoked; they are counted and not shown.

        Raises:
            IssueError: `paper.letters`, or `record.schema` for a record of a kind that hcert only reads, whose content
                no page has room for.
        """
        view, kind = certificate.view, kind_of(certificate.record)
        assert kind is not None  # noqa: S101 - no verifier accepts a record of an unknown kind
        if kind.encode is None:
            raise IssueError.of("record.schema", path=RECORD, problem=fragment("schema.read_only_kind"))
        assert view is not None  # noqa: S101 - the same
        claims, key = certificate.claims, certificate.key
        issuer = self._issuer(claims.issuer, key.country)
        name, latin_only = self._name(view.person)
        revisions = (one.revision for one in kind.revocation_names(certificate.record, claims.issuer) if not one.place)
        revision = next(filter(None, revisions), None)
        birth = self._birth_date(view.person)
        expires = self._moment(claims.expires_at) if claims.expires_at else self._label("never")
        facts = [
            ("birth_date", birth),
            ("sex", self._both(lambda writer: writer.sex(view.person and view.person.sex))),
            ("paper_issued_by", issuer or self._label("unknown")),
            ("revision", [str(revision)] if revision else []),
            ("paper_issued_at", self._moment(claims.issued_at) if claims.issued_at else []),
            ("paper_expires_at", expires),
        ]
        identifiers = [
            ("paper_certificate_id", kind.identifier(certificate.record)),
            ("paper_kid", key.kid.hex().upper()),
        ]
        shown = [entry for entry in view.entries if entry.place not in excluded]
        left_out = len(view.entries) - len(shown)
        return {
            "name": name,
            "latin_only": latin_only,
            "country": issuer,
            "born": [self._label("birth_date"), birth],
            "expires": [self._label("paper_expires_at"), expires],
            "facts": [[self._label(label), text] for label, text in facts if any(text)],
            "identifiers": [[self._label(label), self._free(text)] for label, text in identifiers if text],
            "groups": self._groups(shown),
            "left_out": self._label("paper_left_out", count=left_out) if left_out else [],
        }

    def labels(self) -> dict[str, Any]:
        """Return what stands on every page, whoever it is about."""
        notes = ["paper_compare", "paper_no_document"]
        if self.language != "en":  # which writes days as ISO 8601 does
            notes.append("paper_dates")
        return {
            "language": self.language,
            "title": self._label("paper_title"),
            "symbol": self._label("paper_symbol"),
            "certificate": self._label("paper_certificate"),
            "name_label": self._label("paper_name"),
            "more": self._label("paper_more", count=_COUNT),
            "only_if_read": self._label("paper_only_if_read"),
            "notes": [self._label(note) for note in notes],
            "fold": self._label("paper_fold"),
        }

    def _groups(self, shown: Sequence[EntryView]) -> list[dict[str, Any]]:
        """Return the tables, the newest entry of each first; those of the lowest rank have room first."""
        newest = sorted(shown, key=by_age, reverse=True)
        groups: dict[str, list[tuple[EntryView, list[Cell]]]] = {name: [] for name in _COLUMNS}
        for entry in newest:
            if isinstance(entry, DoseView):
                groups["paper_vaccinations"].append((entry, self._dose(entry)))
            elif isinstance(entry, SampleView):
                groups["paper_tests"].append((entry, self._sample(entry)))
            else:
                groups["paper_recoveries"].append((entry, self._recovery(entry)))
        first = {entry.place for rows in groups.values() for entry, _ in rows[:_FIRST]}
        by_rank = sorted(newest, key=lambda entry: entry.place not in first)
        rank = {entry.place: number for number, entry in enumerate(by_rank)}
        return [
            {
                "title": self._label(name),
                "columns": [self._label(label) for label in _COLUMNS[name]],
                "rows": [{"rank": rank[entry.place], "cells": cells} for entry, cells in rows],
            }
            for name, rows in groups.items()
            if rows
        ]

    def _dose(self, dose: DoseView) -> list[Cell]:
        product = dose.product or dose.vaccine
        number = "" if dose.dose_number is None else str(dose.dose_number)
        series = "" if dose.series_doses is None else f"/{dose.series_doses}"
        what = [*map(self._code, dose.diseases), *([self._code(product)] if product else [])]
        return [
            [self._day(dose.date)],
            what,
            [[number + series]] if number else [],
            self._where(dose.country, dose.issuer),
        ]

    def _sample(self, sample: SampleView) -> list[Cell]:
        day, _, hour = self._writer.moment(sample.sampled_at).partition(" ")
        what = [self._code(sample.disease), self._code(sample.test_type)]
        return [[[day], [hour]], what, [self._code(sample.result)], self._where(sample.country, sample.centre)]

    def _recovery(self, recovery: RecoveryView) -> list[Cell]:
        first, last = (day and self._writer.day(day) for day in (recovery.valid_from, recovery.valid_until))
        counts = [[f"{first or '…'} {_TO}"], [last or "…"]] if first or last else []
        positive, disease = self._day(recovery.first_positive), self._code(recovery.disease)
        return [[positive], [disease], counts, self._where(recovery.country, recovery.issuer)]

    def _where(self, country: str | None, organisation: str | None) -> Cell:
        return [self._free(text) for text in (country, organisation) if text]

    def _name(self, person: PersonView | None) -> tuple[Text, Text]:
        """Return the name, and a note if it is the transliterated one because the font lacks letters.

        Raises:
            IssueError: `paper.letters`.
        """
        written = " ".join(person.names) if person else ""
        standardised = " ".join(person.standardised_names).replace("<", " ") if person else ""
        if not written and not standardised:
            return self._label("name_unknown"), []
        name = to_drawable(written)
        if name:
            return [name], []
        latin = to_drawable(standardised)
        if not latin:
            raise IssueError.of("paper.letters")
        return [latin], self._label("paper_latin_only") if written else []

    def _birth_date(self, person: PersonView | None) -> Text:
        known = person is not None and person.birth_date.year is not None
        if person is None or not known:
            return self._label("unknown")
        return [self._writer.partial_date(person.birth_date)]

    def _issuer(self, claimed: str | None, country: str | None) -> Text:
        """Return who issued: the issuer claim, which a signer writes, and the country of the key where that differs."""
        if claimed and country and claimed != country:
            issuer = to_drawable(claimed) or "…"
            return self._label("paper_issuer_and_key", issuer=issuer, country=country)
        known = claimed or country
        return self._country(known) if known else []

    def _country(self, code: str) -> Text:
        """Return a country by its code and, as far as it is known, its name; another text as it is."""
        sets = (self.value_sets or ValueSets.packaged()).sets
        row = sets[_COUNTRIES].codes.get(code)
        if row is None:
            return self._free(code)
        return [f"{row.name} ({code})"] if self.language == "en" else [row.vi or code, row.name]

    def _code(self, code: str) -> Text:
        words = self._both(lambda writer: to_drawable(writer.code(code)) or "")
        return words if all(words) else self._label("paper_in_code")

    def _free(self, text: str) -> Text:
        """Return a text as it was signed, or where it can be read if the font lacks letters of it."""
        drawable = to_drawable(text)
        return self._label("paper_in_code") if drawable is None else [drawable]

    def _day(self, day: date) -> Text:
        return [self._writer.day(day)]

    def _moment(self, moment: datetime) -> Text:
        return [self._writer.moment(moment)]

    def _label(self, name: str, **details: object) -> Text:
        return self._both(lambda writer: writer.say(name, **details))

    def _both(self, say: Callable[[Writer], str]) -> Text:
        """Return what is said in the language of the page, and in English where that differs."""
        return list(
            dict.fromkeys(say(Writer(language, self.zone, self.value_sets)) for language in (self.language, "en"))
        )

    @property
    def _writer(self) -> Writer:
        return Writer(self.language, self.zone, self.value_sets)
