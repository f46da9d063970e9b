"""Converting an entry of a citizen record to an EU DCC, for verifiers that know only those, and back.

Both directions keep everything the EU DCC has a member for. An EU DCC converted to a citizen record and back is equal
except for its schema version, empty texts, Unicode normalisation, fractions of a second, and transliterated names,
which are added if missing and normalised.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, Final

import msgspec

from hcert.errors import IssueError, MalformedError
from hcert.findings import Finding, finding
from hcert.records import names, uvci
from hcert.records.citizen import code_registry
from hcert.records.citizen.model import COVID_19, CitizenRecord, Recovery, Test, Vaccination
from hcert.records.citizen.person import Person
from hcert.records.eu_dcc import model as eu_dcc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.records.citizen.model import CitizenEntry

_TEST_MEMBERS: Final = ("test_type", "sampled_at", "result", "name", "device", "centre")
_RECOVERY_MEMBERS: Final = ("first_positive", "valid_from", "valid_until")


def to_eu_dcc(record: CitizenRecord, number: int) -> eu_dcc.EuDcc:
    """Return the entry `number` of a record as an EU DCC to issue.

    An entry that came from an EU DCC keeps its UVCI; any other gets one derived from its entry id.

    Raises:
        IssueError: `travel.no_entry`, `travel.not_covid`, or `travel.missing` for each missing member that the EU DCC
            requires.
        MalformedError: `names.*` for a name that cannot be transliterated and has no transliteration;
            `uvci.malformed` for a country that a UVCI cannot hold.
    """
    entry = next((entry for entry in record.entries if entry.number == number), None)
    if entry is None:
        raise IssueError.of("travel.no_entry", number=number)
    if COVID_19 not in (entry.diseases if isinstance(entry, Vaccination) else (entry.disease,)):
        raise IssueError.of("travel.not_covid")
    members: dict[str, Any] = {
        "disease": COVID_19,
        "country": entry.country,
        "issuer": entry.issuer,
        "certificate_id": entry.uvci or uvci.make_semi_structured(entry.country, *record.entry_id(number).split("/")),
    }
    event: dict[str, Any]
    if isinstance(entry, Vaccination):
        event = {"vaccinations": (_make_event(eu_dcc.Vaccination, members | _dose_members(entry)),)}
    elif isinstance(entry, Test):
        event = {"tests": (_make_event(eu_dcc.Test, members | _copy_members(entry, _TEST_MEMBERS)),)}
    else:
        event = {"recoveries": (_make_event(eu_dcc.Recovery, members | _copy_members(entry, _RECOVERY_MEMBERS)),)}
    return eu_dcc.EuDcc(person=_eu_person(record.person), birth_date=record.person.birth_date, **event)


def from_eu_dcc(dcc: eu_dcc.EuDcc, *, certificate_id: bytes) -> CitizenRecord:
    """Return an EU DCC as a citizen record with entries numbered from 1."""
    entries = [_citizen_entry(event, number) for number, event in enumerate(dcc.events, start=1)]
    return CitizenRecord(
        certificate_id=certificate_id,
        person=_citizen_person(dcc),
        vaccinations=tuple(entry for entry in entries if isinstance(entry, Vaccination)),
        tests=tuple(entry for entry in entries if isinstance(entry, Test)),
        recoveries=tuple(entry for entry in entries if isinstance(entry, Recovery)),
    )


def _eu_person(person: Person) -> eu_dcc.Person:
    """Return the names of an EU DCC, transliterated by ICAO 9303 unless the record has a transliteration.

    Raises:
        MalformedError: `names.*`.
    """
    family, given = person.standardised_family_name, person.standardised_given_name
    return eu_dcc.Person(
        family_name=person.family_name,
        given_name=person.given_name,
        standardised_family_name=family or (person.family_name and names.transliterate(person.family_name)),
        standardised_given_name=given or (person.given_name and names.transliterate(person.given_name)),
    )


def _make_event(kind: type[Any], members: dict[str, Any]) -> Any:
    """Return an event of an EU DCC, or raise `travel.missing` for each missing member."""
    missing = list(_missing_findings(kind, members))
    if missing:
        raise IssueError(*missing)
    return kind(**members)


def _missing_findings(kind: type[Any], members: dict[str, Any]) -> Iterator[Finding]:
    for member in msgspec.structs.fields(kind):
        if member.required and members[member.name] is None:
            yield finding("travel.missing", field=member.name)


def _copy_members(entry: CitizenEntry, names_of_both: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in names_of_both}


def _dose_members(dose: Vaccination) -> dict[str, Any]:
    implied = code_registry.row_of("products", dose.product) if dose.product else None
    return {
        "vaccine": dose.vaccine or (implied and implied.vaccine),
        "product": dose.product,
        "manufacturer": dose.manufacturer or (implied and implied.manufacturer),
        "dose_number": dose.dose_number,
        "series_doses": dose.series_doses,
        "date": dose.date,
    }


def _citizen_person(dcc: eu_dcc.EuDcc) -> Person:
    person = dcc.person
    return Person(
        family_name=_normalise(person.family_name),
        given_name=_normalise(person.given_name),
        birth_date=dcc.birth_date,
        standardised_family_name=_explicit_transliteration(person.family_name, person.standardised_family_name),
        standardised_given_name=_explicit_transliteration(person.given_name, person.standardised_given_name),
    )


def _explicit_transliteration(name: str | None, standardised: str | None) -> str | None:
    """Return the transliteration of a document if it differs from our own, else None."""
    if not standardised:
        return None
    try:
        standardised = names.transliterate(standardised)  # some issuers write spaces, or several fillers in a row
        return None if name and names.transliterate(name) == standardised else standardised
    except MalformedError:
        return standardised


def _normalise(text: str | None) -> str | None:
    """Return a text in NFC, and None for an empty one."""
    return unicodedata.normalize("NFC", text) if text else None


def _citizen_entry(event: eu_dcc.Vaccination | eu_dcc.Test | eu_dcc.Recovery, number: int) -> CitizenEntry:
    members: dict[str, Any] = {
        "number": number,
        "country": event.country,
        "issuer": _normalise(event.issuer),
        "uvci": event.certificate_id or None,
    }
    if isinstance(event, eu_dcc.Vaccination):
        implied = code_registry.row_of("products", event.product)
        return Vaccination(
            **members,
            diseases=(event.disease,),
            date=event.date,
            product=event.product,
            vaccine=None if implied and implied.vaccine == event.vaccine else event.vaccine,
            manufacturer=None if implied and implied.manufacturer == event.manufacturer else event.manufacturer,
            dose_number=event.dose_number,
            series_doses=event.series_doses,
        )
    if isinstance(event, eu_dcc.Test):
        return Test(
            **members,
            disease=event.disease,
            test_type=event.test_type,
            sampled_at=event.sampled_at.replace(microsecond=0),
            result=event.result,
            name=_normalise(event.name),
            device=event.device or None,
            centre=_normalise(event.centre),
        )
    return Recovery(
        **members,
        disease=event.disease,
        first_positive=event.first_positive,
        valid_from=event.valid_from,
        valid_until=event.valid_until,
    )
