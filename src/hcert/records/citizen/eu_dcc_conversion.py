"""An entry of a citizen record as an EU DCC, for those who read nothing else; and an EU DCC as a citizen record.

What the EU DCC has a member for is kept in both directions: an EU DCC turned into a citizen record and back is equal to
what it was, but for the version of its schema, members that were empty text, the Unicode form, fractions of a second,
and transliterated names, which are made where they lack and brought into their form.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, Final

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
    """Return the entry `number` of a record as an EU DCC of its own, to be issued.

    An entry that came from an EU DCC keeps its UVCI; another gets one made of its entry id.

    Raises:
        IssueError: `travel.no_entry`, `travel.not_covid`, or `travel.missing` for each member that the EU DCC demands.
        MalformedError: `names.*` where a name cannot be transliterated and no transliteration is given;
            `uvci.malformed` where the country can be in no UVCI.
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
        event = {"vaccinations": (_made(eu_dcc.Vaccination, members | _dose_members(entry)),)}
    elif isinstance(entry, Test):
        event = {"tests": (_made(eu_dcc.Test, members | _shared(entry, _TEST_MEMBERS)),)}
    else:
        event = {"recoveries": (_made(eu_dcc.Recovery, members | _shared(entry, _RECOVERY_MEMBERS)),)}
    return eu_dcc.EuDcc(person=_eu_person(record.person), birth_date=record.person.birth_date, **event)


def from_eu_dcc(dcc: eu_dcc.EuDcc, *, certificate_id: bytes) -> CitizenRecord:
    """Return an EU DCC as a citizen record, its entries numbered from 1."""
    entries = [_citizen_entry(event, number) for number, event in enumerate(dcc.events, start=1)]
    return CitizenRecord(
        certificate_id=certificate_id,
        person=_citizen_person(dcc),
        vaccinations=tuple(entry for entry in entries if isinstance(entry, Vaccination)),
        tests=tuple(entry for entry in entries if isinstance(entry, Test)),
        recoveries=tuple(entry for entry in entries if isinstance(entry, Recovery)),
    )


def _eu_person(person: Person) -> eu_dcc.Person:
    """Return the names as an EU DCC has them, transliterated by ICAO 9303 where the record does not say how.

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


def _made(kind: type[Any], members: dict[str, Any]) -> Any:
    """Make an event of an EU DCC of all members it demands."""
    missing = list(_missing(kind, members))
    if missing:
        raise IssueError(*missing)
    return kind(**members)


def _missing(kind: type[Any], members: dict[str, Any]) -> Iterator[Finding]:
    optional = len(kind.__struct_defaults__)
    for name in kind.__struct_fields__[: len(kind.__struct_fields__) - optional]:
        if members[name] is None:
            yield finding("travel.missing", field=name)


def _shared(entry: CitizenEntry, names_of_both: tuple[str, ...]) -> dict[str, Any]:
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
        family_name=_text(person.family_name),
        given_name=_text(person.given_name),
        birth_date=dcc.birth_date,
        standardised_family_name=_beyond(person.family_name, person.standardised_family_name),
        standardised_given_name=_beyond(person.given_name, person.standardised_given_name),
    )


def _beyond(name: str | None, standardised: str | None) -> str | None:
    """Return the transliteration a document gives where it is another than the one that follows from the name."""
    if not standardised:
        return None
    try:
        standardised = names.transliterate(standardised)  # some issuers write blanks, or fillers in a row
        return None if name and names.transliterate(name) == standardised else standardised
    except MalformedError:
        return standardised


def _text(text: str | None) -> str | None:
    """Return a text as it may be signed: NFC; an empty one is none."""
    return unicodedata.normalize("NFC", text) if text else None


def _citizen_entry(event: eu_dcc.Vaccination | eu_dcc.Test | eu_dcc.Recovery, number: int) -> CitizenEntry:
    members: dict[str, Any] = {
        "number": number,
        "country": event.country,
        "issuer": _text(event.issuer),
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
            name=_text(event.name),
            device=event.device or None,
            centre=_text(event.centre),
        )
    return Recovery(
        **members,
        disease=event.disease,
        first_positive=event.first_positive,
        valid_from=event.valid_from,
        valid_until=event.valid_until,
    )
