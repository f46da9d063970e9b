"""Words for people: findings, codes, labels and whole verdicts in English and Vietnamese.

All words come from data files of the package; the language is an argument, never the surroundings of the process.
"""

from __future__ import annotations

import json
import pkgutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from typing import TYPE_CHECKING, Final, Literal, get_args

from hcert.clock import local
from hcert.errors import ConfigurationError
from hcert.findings import catalog
from hcert.records.kinds import kind_of
from hcert.records.value_sets import TABLES, ValueSets
from hcert.records.view import DoseView, SampleView, by_age

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hcert.findings import Finding
    from hcert.records.partial_date import PartialDate
    from hcert.records.value_sets import Code
    from hcert.records.view import EntryView, PersonView, RecordView, RecoveryView
    from hcert.verify.verdict import Verdict

__all__ = ["Card", "Language", "card", "code_name", "label", "message"]

Language = Literal["en", "vi"]

_SHOWN: Final = 5  # entries on a card; more than two seconds can read
_COUNTED_SHOWN: Final = 3  # of them because they count; the rest are the newest, whatever they say
_LINE_MOST: Final = 200  # characters
_SEXES: Final = {1: "male", 2: "female", 9: "not_applicable"}


def message(finding: Finding, *, language: Language) -> str:
    """Return what a finding says; of somebody's own policy what it says itself.

    Raises:
        ConfigurationError: `words.language`.
    """
    _checked(language)
    row = catalog().get(finding.code)
    try:
        return finding.message if row is None else str(row[language].format(**dict(finding.details)))
    except (LookupError, ValueError):  # somebody's own finding under a code of the catalog
        return finding.message


def label(name: str, *, language: Language) -> str:
    """Return the label of a member of a record, such as `sampled_at`; the name itself where there is none.

    Raises:
        ConfigurationError: `words.language`.
    """
    _checked(language)
    words = _words().get(name)
    return name if words is None else words[language]


def code_name(code: str, *, language: Language, value_sets: ValueSets | None = None) -> str:
    """Return what a code of a record means, or the code itself where the value sets do not know it.

    Args:
        code: of any table of the code registry.
        language: of the name.
        value_sets: where to look; those of the package where None.

    Raises:
        ConfigurationError: `words.language`.
    """
    _checked(language)
    row = _row_of(code, value_sets)
    if row is None:
        return code
    return row.vi or row.name if language == "vi" else row.name


def _row_of(code: str, value_sets: ValueSets | None) -> Code | None:
    sets = (value_sets or ValueSets.packaged()).sets
    return next((sets[table].codes[code] for table in TABLES if code in sets[table].codes), None)


@dataclass(frozen=True, slots=True)
class Card:
    """A verdict as a gate officer reads it, the most important line first; `str` gives it as text.

    Attributes:
        accepted: whether the certificate was accepted.
        lines: the verdict, the person, what counts or why not, the rest.
    """

    accepted: bool
    lines: tuple[str, ...]

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
    _checked(language)
    lines = [f"✓ {_say('accepted', language)}" if verdict.accepted else f"✗ {_say('refused', language)}"]
    certificate = verdict.certificate
    kind = certificate and kind_of(certificate.record)
    view = kind.view(certificate.record) if kind and certificate else None
    if view is not None and view.person is not None:
        lines.append(f"  {_person(view.person, language)}")
    lines += [f"  ✗ {text}" for text in _reasons(verdict.findings, "error", language)]
    shown = [] if view is None else _shown(view, verdict)
    if view is not None:
        lines += _entry_lines(view, shown, verdict, language=language, zone=zone, value_sets=value_sets)
    if certificate is not None:
        claims = certificate.claims
        expiry = _moment(claims.expires_at, language, zone) if claims.expires_at else _say("never", language)
        lines.append(
            f"  {_say('issued_by', language, issuer=claims.issuer or _say('unknown', language), expiry=expiry)}"
        )
    told = {entry.place for entry in shown}
    untold = [found for found in verdict.findings if found.record not in told]
    lines += [f"  ! {text}" for text in _reasons(untold, "warning", language)]
    return Card(verdict.accepted, tuple(_printable(line)[:_LINE_MOST] for line in lines))


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
        lines.append(f"  {sign} {_entry(entry, language, zone, value_sets)}")
        lines += [
            f"      {message(found, language=language)} [{found.code}]"
            for found in verdict.findings
            if found.record == entry.place and found.severity == "warning"
        ]
    if len(view.entries) > len(shown):
        lines.append(f"    {_say('more', language, count=len(view.entries) - len(shown))}")
    if view.sealed:
        lines.append(f"  {_say('sealed', language)}")
    return lines


def _out(verdict: Verdict) -> set[str | None]:
    return {found.record for found in verdict.findings if found.takes_entry_out}


def _named(code: str, language: Language, value_sets: ValueSets | None) -> str:
    """Return what a code means; one that is not known in quotation marks, since it could say anything."""
    return (
        f"“{code}”" if _row_of(code, value_sets) is None else code_name(code, language=language, value_sets=value_sets)
    )


def _person(person: PersonView, language: Language) -> str:
    names = " ".join(person.names or person.standardised_names)
    birth = _birth_date(person.birth_date, language)
    born = _say("born", language, date=birth) if birth else _say("birth_date_unknown", language)
    sex = [] if person.sex is None else [_say(_SEXES[person.sex], language)]
    return ", ".join([names or _say("name_unknown", language), born, *sex])


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
        parts = [_say("positive_on", language, date=_day(entry.first_positive, language)), _valid(entry, language)]
        kind = "recovery"
    return f"{_say(kind, language)} {', '.join(what)}: {', '.join(filter(None, [*parts, entry.country]))}"


def _dose(dose: DoseView, language: Language) -> str | None:
    if dose.dose_number is None:
        return None
    if dose.series_doses is None:
        return _say("dose", language, number=dose.dose_number)
    return _say("dose_of", language, number=dose.dose_number, series=dose.series_doses)


def _valid(recovery: RecoveryView, language: Language) -> str | None:
    if recovery.valid_from is None or recovery.valid_until is None:
        return None
    first, last = _day(recovery.valid_from, language), _day(recovery.valid_until, language)
    return _say("valid", language, first=first, last=last)


def _reasons(findings: Iterable[Finding], severity: str, language: Language) -> list[str]:
    """Return the messages of a severity, each once."""
    found = [f"{message(found, language=language)} [{found.code}]" for found in findings if found.severity == severity]
    return list(dict.fromkeys(found))


def _day(day: date, language: Language) -> str:
    return f"{day.day:02}/{day.month:02}/{day.year:04}" if language == "vi" else day.isoformat()


def _moment(moment: datetime, language: Language, zone: tzinfo) -> str:
    there = local(moment, zone)
    return f"{_day(there.date(), language)} {there:%H:%M}"


def _birth_date(birth: PartialDate, language: Language) -> str:
    return "/".join(reversed(str(birth).split("-"))) if language == "vi" else str(birth)


def _say(name: str, language: Language, **details: object) -> str:
    return _words()[name][language].format(**details)


def _printable(line: str) -> str:
    """Replace what a signed text could do to a screen besides being read."""
    return "".join(character if character.isprintable() else "?" for character in line)


def _checked(language: Language) -> Language:
    if language not in get_args(Language):
        raise ConfigurationError.of("words.language", language=ascii(language), languages=", ".join(get_args(Language)))
    return language


@cache
def _words() -> dict[str, dict[str, str]]:
    data = pkgutil.get_data(__package__, "data/words.json")
    if data is None:  # pragma: no cover - only a loader without data support answers so
        raise FileNotFoundError("data/words.json")
    words: dict[str, dict[str, str]] = json.loads(data)
    return words
