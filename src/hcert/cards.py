"""A verdict as a card for the screen of a gate: its parts, and the text drawn from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

from hcert.findings import POLICY_GRAVITY, gravity
from hcert.phrases import checked, code_name, message, row_of, say, short
from hcert.records.kinds import kind_of
from hcert.records.view import DoseView, SampleView, by_age
from hcert.times import to_zone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hcert.findings import Finding
    from hcert.phrases import Language
    from hcert.records.partial_date import PartialDate
    from hcert.records.value_sets import ValueSets
    from hcert.records.view import EntryView, PersonView, RecordView, RecoveryView
    from hcert.verify.verdict import Verdict, VerifiedCertificate

_SHOWN: Final = 5  # entries on a card; more than two seconds can read
_COUNTED_SHOWN: Final = 3  # of them because they count; the rest are the newest, whatever they say
_MAX_PART: Final = 200  # characters
_REASONS_SHOWN: Final = 3  # short ones; nobody at a gate reads more
_SEXES: Final = {1: "male", 2: "female", 9: "not_applicable"}


@dataclass(frozen=True, slots=True)
class Card:
    """A verdict as a gate officer reads it, in parts for a screen; `lines` and `str` give the parts as text.

    No part holds a character that does something to a screen, and none is longer than 200 characters.

    Attributes:
        accepted: whether the certificate was accepted.
        verdict: that in one or two words.
        person: names, birth date and sex; None where the certificate names nobody.
        reasons: at most three short reasons of a refusal, the gravest first, each of at most 28 characters.
        entries: a line for each entry shown, each followed by what there is to say of it.
        issuer: issuer claim, country of the key and expiry; None where no trusted key signed.
        warnings: of the whole certificate and of entries not shown, each with its code.
        lists: how old the lists are, once one is overdue.
        revocation_unchecked: says so where a trusted key signed and no revocation list was looked up; else None.
        details: every reason of a refusal as a sentence with its code, for whoever looks into it later.
    """

    accepted: bool
    verdict: str
    person: str | None
    reasons: tuple[str, ...]
    entries: tuple[str, ...]
    issuer: str | None
    warnings: tuple[str, ...]
    lists: tuple[str, ...]
    revocation_unchecked: str | None
    details: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The parts as lines of text, the most important first."""
        unchecked = self.revocation_unchecked
        return (
            f"{'✓' if self.accepted else '✗'} {self.verdict}",
            *([f"  {self.person}"] if self.person else []),
            *(f"  ✗ {text}" for text in self.reasons),
            *(f"  {text}" for text in self.entries),
            *([f"  {self.issuer}"] if self.issuer else []),
            *(f"  ! {text}" for text in (*self.lists, *([unchecked] if unchecked else []), *self.warnings)),
            *(f"  - {text}" for text in self.details),
        )

    def __str__(self) -> str:
        return "\n".join(self.lines)


def card(verdict: Verdict, *, language: Language, zone: tzinfo = UTC, value_sets: ValueSets | None = None) -> Card:
    """Write a verdict as a card to be read in two seconds.

    Unlike everything else in hcert it names the person: it is for the screen of someone who has to compare them with a
    document, and for nothing else.

    Args:
        verdict: any verdict.
        language: of the words.
        zone: time zone in which times of the day are written.
        value_sets: what codes mean; those of the package where None.

    Raises:
        ConfigurationError: `words.language`.
    """
    checked(language)
    certificate = verdict.certificate
    kind = certificate and kind_of(certificate.record)
    view = kind.view(certificate.record) if kind and certificate else None
    shown = [] if view is None else _shown(view, verdict)
    entries = (
        [] if view is None else _entry_lines(view, shown, verdict, language=language, zone=zone, value_sets=value_sets)
    )
    of_shown = {entry.place for entry in shown}
    ages = [found for found in verdict.findings if ".list_" in found.code]
    unchecked = certificate is not None and not verdict.revocation_checked
    return Card(
        accepted=verdict.accepted,
        verdict=say("accepted" if verdict.accepted else "refused", language),
        person=_part(_person(view.person, language)) if view and view.person else None,
        reasons=_short_reasons(verdict, view, language),
        entries=_parts(entries),
        issuer=_part(_issuer(certificate, language, zone)) if certificate else None,
        warnings=_parts(
            _sentences([one for one in verdict.warnings if one.record not in of_shown and one not in ages], language)
        ),
        lists=_parts(short(one, language=language) for one in ages),
        revocation_unchecked=say("revocation_unchecked", language) if unchecked else None,
        details=_parts(_sentences(verdict.errors, language)),
    )


def _short_reasons(verdict: Verdict, view: RecordView | None, language: Language) -> tuple[str, ...]:
    """Say in short why a code is refused; where a policy alone refuses, first what it says of the newest of each group.

    "Last dose over 270 days" helps a guard more than that no series satisfies.
    """
    found = list(verdict.errors)
    if view is not None and found and gravity(found[0]) == POLICY_GRAVITY:
        newest = [max(group, key=by_age).place for group in (view.tests, view.vaccinations, view.recoveries) if group]
        found[:0] = [one for one in verdict.warnings if one.code.startswith("policy.") and one.record in newest]
    return tuple(dict.fromkeys(_part(short(one, language=language)) for one in found))[:_REASONS_SHOWN]


def _issuer(certificate: VerifiedCertificate, language: Language, zone: tzinfo) -> str:
    claims, country = certificate.claims, certificate.key.country
    return say(
        "issued_by",
        language,
        issuer=claims.issuer or say("unknown", language),
        country=country or say("unknown", language),
        expiry=_moment(claims.expires_at, language, zone) if claims.expires_at else say("never", language),
    )


def _shown(view: RecordView, verdict: Verdict) -> list[EntryView]:
    """Choose the entries that a card has room for: some that count, then what was taken out, then the newest."""
    newest = sorted(view.entries, key=by_age, reverse=True)
    counted = [entry for entry in newest if entry.place in verdict.counted][:_COUNTED_SHOWN]
    out = _out(verdict)
    others = [entry for entry in newest if entry not in counted]
    others.sort(key=lambda entry: entry.place not in out)
    return (counted + others)[:_SHOWN]


def _entry_lines(
    view: RecordView,
    shown: list[EntryView],
    verdict: Verdict,
    *,
    language: Language,
    zone: tzinfo,
    value_sets: ValueSets | None,
) -> list[str]:
    """Write entries, each with what there is to say of it."""
    out = _out(verdict)
    lines = []
    for entry in shown:
        sign = "✓" if verdict.accepted and entry.place in verdict.counted else "✗" if entry.place in out else "·"
        lines.append(f"{sign} {_entry(entry, language, zone, value_sets)}")
        lines += [
            f"    {message(found, language=language)} [{found.code}]"
            for found in verdict.findings
            if found.record == entry.place and found.severity == "warning"
        ]
    if len(view.entries) > len(shown):
        lines.append(f"  {say('more', language, count=len(view.entries) - len(shown))}")
    if view.sealed:
        lines.append(say("sealed", language))
    return lines


def _out(verdict: Verdict) -> set[str | None]:
    return {found.record for found in verdict.findings if found.excludes_entry}


def _named(code: str, language: Language, value_sets: ValueSets | None) -> str:
    """Return what a code means; one that is not known in quotation marks, since it could say anything."""
    return (
        f"“{code}”" if row_of(code, value_sets) is None else code_name(code, language=language, value_sets=value_sets)
    )


def _person(person: PersonView, language: Language) -> str:
    names = " ".join(person.names or person.standardised_names)
    birth = _birth_date(person.birth_date, language)
    born = say("born", language, date=birth) if birth else say("birth_date_unknown", language)
    sex = [] if person.sex is None else [say(_SEXES[person.sex], language)]
    return ", ".join([names or say("name_unknown", language), born, *sex])


def _entry(entry: EntryView, language: Language, zone: tzinfo, value_sets: ValueSets | None) -> str:
    if isinstance(entry, DoseView):
        what = [_named(disease, language, value_sets) for disease in entry.diseases]
        product = entry.product or entry.vaccine
        made = [_named(product, language, value_sets)] if product else []
        parts = [_dose(entry, language), *(made if what else []), _day(entry.date, language)]
        what = what or made
        kind = "vaccination"
    elif isinstance(entry, SampleView):
        what = [_named(entry.disease, language, value_sets)]
        result, test_type = (_named(code, language, value_sets) for code in (entry.result, entry.test_type))
        parts = [result, test_type, _moment(entry.sampled_at, language, zone)]
        kind = "test"
    else:
        what = [_named(entry.disease, language, value_sets)]
        parts = [say("positive_on", language, date=_day(entry.first_positive, language)), _valid(entry, language)]
        kind = "recovery"
    return f"{say(kind, language)} {', '.join(what)}: {', '.join(filter(None, [*parts, entry.country]))}"


def _dose(dose: DoseView, language: Language) -> str | None:
    if dose.dose_number is None:
        return None
    if dose.series_doses is None:
        return say("dose", language, number=dose.dose_number)
    return say("dose_of", language, number=dose.dose_number, series=dose.series_doses)


def _valid(recovery: RecoveryView, language: Language) -> str | None:
    if recovery.valid_from is None or recovery.valid_until is None:
        return None
    first, last = _day(recovery.valid_from, language), _day(recovery.valid_until, language)
    return say("valid", language, first=first, last=last)


def _sentences(findings: Iterable[Finding], language: Language) -> list[str]:
    """Return messages with their codes, each once."""
    return list(dict.fromkeys(f"{message(found, language=language)} [{found.code}]" for found in findings))


def _day(day: date, language: Language) -> str:
    return f"{day.day:02}/{day.month:02}/{day.year:04}" if language == "vi" else day.isoformat()


def _moment(moment: datetime, language: Language, zone: tzinfo) -> str:
    there = to_zone(moment, zone)
    return f"{_day(there.date(), language)} {there:%H:%M} {_zone_name(there)}"


def _zone_name(moment: datetime) -> str:
    """Return the zone of a time by its distance from UTC, such as `UTC+7`: names of zones are ambiguous."""
    minutes = round((moment.utcoffset() or timedelta()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return "UTC" + (f"{sign}{hours}" if minutes else "") + (f":{rest:02}" if rest else "")


def _birth_date(birth: PartialDate, language: Language) -> str:
    return "/".join(reversed(str(birth).split("-"))) if language == "vi" else str(birth)


def _parts(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(_part, texts))


def _part(text: str) -> str:
    """Cut a text for a screen, and replace what a signed text could do to one besides being read."""
    return "".join(character if character.isprintable() else "?" for character in text[:_MAX_PART])
