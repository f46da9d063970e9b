"""A record as an International Patient Summary: a document bundle with one Composition and one Patient.

Source: HL7 FHIR IPS 2.0.1. The sections that it requires and a certificate says nothing about are there, each with the
reason why it is empty.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hcert.errors import IssueError
from hcert.exchange import systems
from hcert.exchange.write_entries import condition, immunization, observation
from hcert.exchange.write_icvp import icvp_immunizations, icvp_patient
from hcert.exchange.write_parts import (
    NOT_KNOWN,
    birth_date,
    coding,
    concept,
    human_name,
    inner,
    moment,
    narrative,
    without_empty,
)
from hcert.fragments import fragment
from hcert.records.citizen.eu_dcc_conversion import from_eu_dcc
from hcert.records.citizen.kind import CITIZEN
from hcert.records.citizen.person import Confidential, Sex
from hcert.records.eu_dcc.kind import EU_DCC
from hcert.records.icvp.kind import ICVP
from hcert.records.kinds import kind_of
from hcert.records.places import RECORD
from hcert.times import aware_or_now, to_zone

if TYPE_CHECKING:
    from collections.abc import Callable

    from hcert.records.citizen.model import CitizenRecord
    from hcert.records.citizen.person import Person
    from hcert.records.eu_dcc.model import EuDcc
    from hcert.records.icvp.model import Icvp

_GENDERS: Final = {Sex.MALE: "male", Sex.FEMALE: "female", Sex.NOT_APPLICABLE: "other"}
_SECTIONS: Final = {
    "Immunization": ("11369-6", "Immunizations"),
    "Observation": ("30954-2", "Results"),
    "Condition": ("11348-0", "History of past illness"),
}
_REQUIRED: Final = {"11450-4": "Problems", "48765-2": "Allergies and intolerances", "10160-0": "Medications"}


class _Content(NamedTuple):
    """What a document is made of.

    Attributes:
        identifier: of the document.
        patient: the Patient.
        entries: other resources.
        issuers: who certified them.
        extension: of the Composition.
    """

    identifier: uuid.UUID
    patient: dict[str, Any]
    entries: list[dict[str, Any]]
    issuers: list[str]
    extension: list[dict[str, Any]]


def to_bundle(
    record: CitizenRecord | EuDcc | Icvp, *, confidential: Confidential | None = None, at: dt.datetime | None = None
) -> dict[str, Any]:
    """Write a record as a FHIR R4 document, an International Patient Summary, as `json.dumps` takes it.

    Args:
        record: that was read or is to be issued. A sealed part and members of newer formats are left out.
        confidential: numbers and lots of a citizen record to be written too, where the receiver may have them.
        at: the time of the document, aware; the present where None.

    Raises:
        IssueError: `record.schema` for a record of another kind, or one that names nobody.
        ConfigurationError: `time.naive`.
    """
    time = moment(to_zone(aware_or_now(at, name="at"), dt.UTC))
    kind = kind_of(record)
    number = None if kind is None else kind.number
    if number not in _WRITERS:
        raise IssueError.of("record.schema", path=RECORD, problem=fragment("schema.read_only_kind"))
    content = _WRITERS[number](record, confidential or Confidential())
    urls = [f"urn:uuid:{uuid.uuid5(content.identifier, str(index))}" for index in range(len(content.entries) + 2)]
    patient = _patient_url(content.identifier)
    authors: list[dict[str, Any]] = [{"display": issuer} for issuer in content.issuers]
    composition = {
        "resourceType": "Composition",
        "extension": content.extension,
        "status": "final",
        "type": concept(coding(systems.LOINC, "60591-5")),
        "subject": {"reference": patient},
        "date": time,
        "author": authors or [NOT_KNOWN],
        "title": "International Patient Summary",
        "section": _sections(content.entries, urls[2:]),
    }
    return {
        "resourceType": "Bundle",
        "identifier": {"system": systems.URI, "value": f"urn:uuid:{content.identifier}"},
        "type": "document",
        "timestamp": time,
        "entry": [
            {"fullUrl": urls[0], "resource": without_empty(composition)},
            {"fullUrl": patient, "resource": content.patient},
            *({"fullUrl": url, "resource": one} for url, one in zip(urls[2:], content.entries, strict=True)),
        ],
    }


def _patient_url(identifier: uuid.UUID) -> str:
    return f"urn:uuid:{uuid.uuid5(identifier, 'patient')}"


def _citizen(record: CitizenRecord, confidential: Confidential) -> _Content:
    identifier = uuid.UUID(bytes=record.certificate_id)
    revision = str(record.revision) if record.revision > 1 else None
    last_number = str(record.last_number) if record.last_number else None
    certificate = inner(systems.CERTIFICATE, revision=revision, lastNumber=last_number)
    return _content(record, identifier, confidential, certificate, has_numbers=True)


def _eu_dcc(record: EuDcc, _confidential: Confidential) -> _Content:
    """Write the citizen record that an EU DCC is; its identifier makes that of the document."""
    identifier = uuid.uuid5(uuid.NAMESPACE_URL, record.events[0].certificate_id)
    as_citizen = from_eu_dcc(record, certificate_id=identifier.bytes)
    return _content(as_citizen, identifier, Confidential(), [], has_numbers=False)


def _content(
    record: CitizenRecord,
    identifier: uuid.UUID,
    confidential: Confidential,
    certificate: list[dict[str, Any]],
    *,
    has_numbers: bool,
) -> _Content:
    patient = _patient_url(identifier)
    lots = dict(confidential.lot_numbers)
    ids = {entry.number: record.entry_id(entry.number) if has_numbers else None for entry in record.entries}
    entries = [
        *(immunization(one, patient, ids[one.number], lots.get(one.number)) for one in record.vaccinations),
        *(observation(one, patient, ids[one.number]) for one in record.tests),
        *(condition(one, patient, ids[one.number]) for one in record.recoveries),
    ]
    issuers = list(dict.fromkeys(entry.issuer for entry in record.entries if entry.issuer))
    return _Content(identifier, _patient(record.person, confidential), entries, issuers, certificate)


def _icvp(record: Icvp, _confidential: Confidential) -> _Content:
    """Write an ICVP by the WHO's own map, as far as R4 has a place. Its content makes the identifier it lacks."""
    told = (record.name, record.birth_date, *((dose.product, dose.date, dose.batch) for dose in record.doses))
    identifier = uuid.uuid5(uuid.NAMESPACE_URL, "|".join(map(str, told)))
    issuers = list(dict.fromkeys(dose.issuer for dose in record.doses if dose.issuer))
    entries = icvp_immunizations(record, _patient_url(identifier))
    return _Content(identifier, icvp_patient(record), entries, issuers, [])


def _patient(person: Person, confidential: Confidential) -> dict[str, Any]:
    name = human_name(person.family_name, person.given_name)
    if not name:
        raise IssueError.of("record.schema", path="person", problem=fragment("schema.no_name"))
    text = " ".join(filter(None, (person.family_name, person.given_name)))
    names: list[dict[str, Any]] = [{"use": "official", "text": text} | name]
    standardised = human_name(person.standardised_family_name, person.standardised_given_name)
    if standardised:
        names.append({"extension": [{"url": systems.STANDARDISED, "valueBoolean": True}]} | standardised)
    return without_empty(
        {
            "resourceType": "Patient",
            "extension": nationality(person.nationality),
            "identifier": _numbers(confidential),
            "name": names,
            "telecom": [{"system": "phone", "value": confidential.phone}] if confidential.phone else [],
            "gender": _GENDERS[person.sex] if person.sex else None,
            **birth_date(person.birth_date),
        }
    )


def _numbers(confidential: Confidential) -> list[dict[str, Any]]:
    numbers = [
        ("NI", None, confidential.id_number),
        ("NI", "old", confidential.former_id_number),
        ("HC", None, confidential.insurance_number),
    ]
    return [
        without_empty({"use": use, "type": concept(coding(systems.IDENTIFIER_TYPE, kind)), "value": value})
        for kind, use, value in numbers
        if value
    ]


def nationality(country: str | None) -> list[dict[str, Any]]:
    """Write the extension for a nationality; none where it is not known."""
    if country is None:
        return []
    code = {"url": "code", "valueCodeableConcept": concept(coding(systems.COUNTRY, country))}
    return [{"url": systems.NATIONALITY, "extension": [code]}]


def _sections(entries: list[dict[str, Any]], urls: list[str]) -> list[dict[str, Any]]:
    sections = []
    for kind, (code, title) in _SECTIONS.items():
        found = [(url, one) for url, one in zip(urls, entries, strict=True) if one["resourceType"] == kind]
        if found:
            sections.append(
                {
                    "title": title,
                    "code": concept(coding(systems.LOINC, code)),
                    "text": narrative(*(_line(one) for _, one in found)),
                    "entry": [{"reference": url} for url, _ in found],
                }
            )
    sections += [
        {
            "title": title,
            "code": concept(coding(systems.LOINC, code)),
            "text": narrative("unavailable"),
            "emptyReason": concept(coding(systems.EMPTY_REASON, "unavailable")),
        }
        for code, title in _REQUIRED.items()
    ]
    return sections


def _line(resource: dict[str, Any]) -> str:
    """Say what a resource certifies: the day, and its codes."""
    day = next(
        resource[name] for name in ("occurrenceDateTime", "effectiveDateTime", "onsetDateTime") if name in resource
    )
    concepts = [resource[name] for name in ("vaccineCode", "code", "valueCodeableConcept") if name in resource]
    return ", ".join([day, *(coded["code"] for concept in concepts for coded in concept["coding"])])


_WRITERS: Final[dict[Any, Callable[[Any, Confidential], _Content]]] = {
    CITIZEN.number: _citizen,
    EU_DCC.number: _eu_dcc,
    ICVP.number: _icvp,
}
