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

from hcert.errors import ConfigurationError
from hcert.findings import catalog
from hcert.records.citizen import registry
from hcert.records.citizen.record import CitizenRecord, Recovery, Test, Vaccination
from hcert.records.citizen.travel import from_eu_dcc
from hcert.records.eu_dcc.record import EuDcc

if TYPE_CHECKING:
    from hcert.findings import Finding
    from hcert.records.citizen.person import Person
    from hcert.records.citizen.record import CitizenEntry
    from hcert.records.citizen.registry import Table
    from hcert.records.partial_date import PartialDate
    from hcert.records.subclaims import Record
    from hcert.verify.verdict import Verdict

Language = Literal["en", "vi"]

_TABLES: Final[tuple[Table, ...]] = get_args(registry.Table)
_SHOWN: Final = 5  # entries on a card; more than two seconds can read
_NO_ID: Final = bytes(16)
_SEXES: Final = {1: "male", 2: "female", 9: "not_applicable"}


def message(finding: Finding, *, language: Language) -> str:
    """Return what a finding says.

    Raises:
        ConfigurationError: `words.language`.
    """
    words: str = catalog()[finding.code][_checked(language)]
    return words.format(**dict(finding.details))


def label(name: str, *, language: Language) -> str:
    """Return the label of a member of a record, such as `sampled_at`.

    Raises:
        ConfigurationError: `words.language`.
    """
    return _words()[name][_checked(language)]


def code_name(code: str, *, language: Language) -> str:
    """Return what a code of the registry means, or the code itself where the registry does not know it.

    Raises:
        ConfigurationError: `words.language`.
    """
    _checked(language)
    rows = (registry.row_of(table, code) for table in _TABLES)
    row = next((row for row in rows if row is not None), None)
    return code if row is None else str(getattr(row, language))


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


def card(verdict: Verdict, *, language: Language, zone: tzinfo = UTC) -> Card:
    """Write a verdict as a card to be read in two seconds.

    Unlike everything else in hcert it names the person: it is for the screen of someone who has to compare them with a
    document, and for nothing else.

    Args:
        verdict: any verdict.
        language: of the words.
        zone: time zone in which times of the day are written.

    Raises:
        ConfigurationError: `words.language`.
    """
    _checked(language)
    mark = f"✓ {_say('accepted', language)}" if verdict.accepted else f"✗ {_say('refused', language)}"
    errors = [f"  ✗ {text}" for text in _reasons(verdict, "error", language)]
    notes = [f"  ! {text}" for text in _reasons(verdict, "warning", language)]
    certificate = verdict.certificate
    if certificate is None:
        return Card(verdict.accepted, (mark, *errors, *notes))
    claims = certificate.claims
    expiry = _moment(claims.expires_at, language, zone) if claims.expires_at else _say("never", language)
    issued = _say("issued_by", language, issuer=claims.issuer or _say("unknown", language), expiry=expiry)
    known = _record_lines(certificate.record, verdict, language, zone)
    lines = (mark, *known[:1], *errors, *known[1:], f"  {issued}", *notes)
    return Card(verdict.accepted, tuple(map(_printable, lines)))


def _record_lines(record: Record, verdict: Verdict, language: Language, zone: tzinfo) -> list[str]:
    """Write the person, and the entries: those that count first, then the newest."""
    if isinstance(record, EuDcc):
        record = from_eu_dcc(record, certificate_id=_NO_ID)
    if not isinstance(record, CitizenRecord):
        return []
    out = {found.record for found in verdict.findings if found.code.startswith("entry.")}
    entries = sorted(record.places(), key=lambda placed: placed[1].day, reverse=True)
    entries.sort(key=lambda placed: placed[0] not in verdict.counted)
    lines = [f"  {_person(record.person, language)}"]
    for place, entry in entries[:_SHOWN]:
        sign = "✓" if place in verdict.counted else "✗" if place in out else "·"
        lines.append(f"  {sign} {_entry(entry, language, zone)}")
    if len(entries) > _SHOWN:
        lines.append(f"    {_say('more', language, count=len(entries) - _SHOWN)}")
    if record.sealed is not None:
        lines.append(f"  {_say('sealed', language)}")
    return lines


def _person(person: Person, language: Language) -> str:
    names = " ".join(filter(None, (person.family_name, person.given_name)))
    names = names or " ".join(filter(None, (person.standardised_family_name, person.standardised_given_name)))
    birth = _birth_date(person.birth_date, language)
    born = _say("born", language, date=birth) if birth else _say("birth_date_unknown", language)
    sex = [] if person.sex is None else [_say(_SEXES[person.sex], language)]
    return ", ".join([names or _say("name_unknown", language), born, *sex])


def _entry(entry: CitizenEntry, language: Language, zone: tzinfo) -> str:
    if isinstance(entry, Vaccination):
        what = ", ".join(code_name(disease, language=language) for disease in entry.diseases)
        product = entry.product or entry.vaccine
        parts = [_dose(entry, language), product and code_name(product, language=language), _day(entry.date, language)]
        kind = "vaccination"
    elif isinstance(entry, Test):
        what = code_name(entry.disease, language=language)
        result, test_type = (code_name(code, language=language) for code in (entry.result, entry.test_type))
        parts = [result, test_type, _moment(entry.sampled_at, language, zone)]
        kind = "test"
    else:
        what = code_name(entry.disease, language=language)
        parts = [_say("positive_on", language, date=_day(entry.first_positive, language)), _valid(entry, language)]
        kind = "recovery"
    return f"{_say(kind, language)} {what}: {', '.join(filter(None, [*parts, entry.country]))}"


def _dose(dose: Vaccination, language: Language) -> str | None:
    if dose.dose_number is None:
        return None
    if dose.series_doses is None:
        return _say("dose", language, number=dose.dose_number)
    return _say("dose_of", language, number=dose.dose_number, series=dose.series_doses)


def _valid(recovery: Recovery, language: Language) -> str | None:
    if recovery.valid_from is None or recovery.valid_until is None:
        return None
    first, last = _day(recovery.valid_from, language), _day(recovery.valid_until, language)
    return _say("valid", language, first=first, last=last)


def _reasons(verdict: Verdict, severity: str, language: Language) -> list[str]:
    """Return each message once with the entries it concerns."""
    places: dict[str, list[str]] = {}
    for found in verdict.findings:
        if found.severity == severity:
            where = places.setdefault(f"{message(found, language=language)} [{found.code}]", [])
            where += [found.record] if found.record else []
    return [f"{text} {', '.join(where)}".rstrip() for text, where in places.items()]


def _day(day: date, language: Language) -> str:
    return f"{day.day:02}/{day.month:02}/{day.year:04}" if language == "vi" else day.isoformat()


def _moment(moment: datetime, language: Language, zone: tzinfo) -> str:
    local = moment.astimezone(zone)
    return f"{_day(local.date(), language)} {local:%H:%M}"


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
