"""Records as International Patient Summaries: valid by three oracles and the rules of IPS, and the way back."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

import hcert
from hcert import citizen, fhir, icvp
from support.citizen_records import citizen_record, dose, records, recovered
from support.fhir_bundles import problems
from support.signers import NOW, recovery_record, sample_test_record, vaccination_record

if TYPE_CHECKING:
    from pathlib import Path

REQUIRED = {"11450-4", "48765-2", "10160-0"}
FULL = citizen_record(2, 2, recoveries=(recovered(9),), revision=7, last_number=12)
DOSE = icvp.Dose(
    product="YellowFeverProductd8a09f80301dc05e124f99ffe7711fc0",
    date=dt.date(2026, 5, 7),
    batch="LOT-1",
    issuer="VNM",
    clinician="Dr A",
)


def certificate(**changes: Any) -> hcert.Icvp:
    """Return an ICVP."""
    members: dict[str, Any] = {
        "name": "Nguyễn Thị Ánh",
        "birth_date": citizen.PartialDate(1990, 5, 17),
        "sex": "female",
        "nationality": "VNM",
        "document_number": "C0000001",
        "document_type": "PPN",
        "template_version": "1.0.0",
        "doses": (DOSE,),
    }
    return hcert.Icvp(**(members | changes))


GENERATION_A = certificate(
    generation=icvp.Generation.A,
    template_version=None,
    doses=(
        icvp.Dose(
            product="XM0N24",
            date=dt.date(2026, 5, 7),
            batch="B",
            disease="1D47",
            label="first",
            brand="STAMARIL",
            manufacturer="Maker",
            manufacturer_id="M1",
            valid_from=dt.date(2026, 5, 17),
            valid_until=dt.date(2036, 5, 17),
        ),
    ),
)
WRITTEN: dict[str, Any] = {
    "citizen": FULL,
    "citizen without anything optional": hcert.CitizenRecord(
        certificate_id=bytes(16),
        person=citizen.Person(given_name="A"),
        vaccinations=(citizen.Vaccination(number=1, diseases=("16541001",), date=dt.date(2020, 1, 1), country="VN"),),
    ),
    "EU DCC, vaccination": vaccination_record(),
    "EU DCC, test": sample_test_record(),
    "EU DCC, recovery": recovery_record(),
    "ICVP": certificate(),
    "ICVP of 2024": GENERATION_A,
    "ICVP without much": certificate(
        sex=None, nationality=None, document_number=None, document_type=None, birth_date=None, guardian="B"
    ),
}


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Return the resources of a type."""
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_is_valid_r4(name: str, shared: Path) -> None:
    """By fhir.resources, fhirkit and HL7's schema, each of which finds what the others miss."""
    assert problems(fhir.to_bundle(WRITTEN[name], at=NOW), shared) == []


def test_the_oracles_find_what_is_wrong(shared: Path) -> None:
    """None of them is asleep."""
    written = fhir.to_bundle(FULL, at=NOW)
    (dose, *_) = resources(written, "Immunization")
    dose["status"] = None
    dose["informationSource"] = {"text": "x"}
    assert len(problems(written, shared)) >= 3


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_keeps_the_rules_of_ips(name: str) -> None:
    """IPS 2.0.1: of the document, its Composition and sections, and of each resource."""
    bundle = fhir.to_bundle(WRITTEN[name], at=NOW)
    assert bundle["type"] == "document"
    assert bundle["identifier"]["value"].startswith("urn:uuid:")
    assert bundle["timestamp"] == "2026-06-01T12:00:00+00:00"
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(urls)) == len(urls)
    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert kinds[0] == "Composition"
    assert kinds.count("Composition") == kinds.count("Patient") == 1
    (composition,), (holder,) = resources(bundle, "Composition"), resources(bundle, "Patient")
    assert composition["type"]["coding"] == [{"system": "http://loinc.org", "code": "60591-5"}]
    assert {"subject", "date", "author", "title"} <= composition.keys()
    sections = {section["code"]["coding"][0]["code"]: section for section in composition["section"]}
    assert sections.keys() >= REQUIRED
    assert all(
        section["text"]["div"] and ("entry" in section) != ("emptyReason" in section) for section in sections.values()
    )
    in_sections = [one["reference"] for section in sections.values() for one in section.get("entry", ())]
    assert sorted(in_sections) == sorted(urls[2:])
    assert holder["name"]
    assert "birthDate" in holder or "_birthDate" in holder
    for one in resources(bundle, "Immunization"):
        assert one["vaccineCode"]["coding"]
        assert {"patient", "occurrenceDateTime", "status"} <= one.keys()
    for one in resources(bundle, "Observation"):
        assert one["category"][0]["coding"][0]["code"] == "laboratory"
        assert {"subject", "effectiveDateTime", "performer", "valueCodeableConcept"} <= one.keys()
    subjects = [one.get("patient", one.get("subject")) for one in (entry["resource"] for entry in bundle["entry"][2:])]
    assert all(subject == {"reference": urls[1]} for subject in subjects)


@given(records)
def test_a_record_comes_back_as_it_was(record: hcert.CitizenRecord) -> None:
    """Equal in everything and valid on the way; told are the sex 9, which `other` is wider than, and like entries.

    The profile `long` tries 10 000 lives.
    """
    text = json.dumps(fhir.to_bundle(record, at=NOW))
    read = fhir.from_bundle(json.loads(text))
    assert read.record == record
    assert read.confidential == citizen.Confidential()
    told = {found.code for found in read.findings} - {"fhir.duplicate_exact", "fhir.duplicate_likely"}
    assert told == ({"fhir.sex"} if record.person.sex is citizen.Sex.NOT_APPLICABLE else set())
    assert problems(json.loads(text)) == []


CONFIDENTIAL = citizen.Confidential(
    id_number="001190000123",
    former_id_number="123456789",
    insurance_number="DN4791234567890",
    phone="0900000123",
    lot_numbers=((1, "LOT-A1"), (2, "LOT-B2")),
)


def test_nothing_confidential_is_written_unless_it_is_asked_for(shared: Path) -> None:
    """And then it comes back to where it was; notes have no member in R4."""
    without = json.dumps(fhir.to_bundle(FULL, at=NOW))
    assert "identifier" not in resources(json.loads(without), "Patient")[0]
    assert "lotNumber" not in without
    written = fhir.to_bundle(FULL, confidential=CONFIDENTIAL, at=NOW)
    assert problems(written, shared) == []
    read = fhir.from_bundle(written)
    assert (read.record, read.confidential) == (FULL, CONFIDENTIAL)


@pytest.mark.parametrize(
    "record",
    [vaccination_record(), sample_test_record(), recovery_record()],
    ids=lambda one: one.events[0].__class__.__name__,
)
def test_an_eu_dcc_comes_back_as_the_citizen_record_it_is(record: hcert.EuDcc) -> None:
    """Its identifier makes that of the document, so that it is the same each time."""
    written = fhir.to_bundle(record, at=NOW)
    read = fhir.from_bundle(written)
    assert read.record == citizen.from_eu_dcc(record, certificate_id=read.record.certificate_id)
    assert fhir.to_bundle(record, at=NOW) == written
    assert [found.code for found in read.findings] == []


def test_an_icvp_is_written_by_the_map_of_the_who() -> None:
    """Name, birth date, sex, number, product, day and batch; and beyond it nationality, clinician and issuer."""
    bundle = fhir.to_bundle(certificate(guardian="Lê Văn B"), at=NOW)
    (holder,), (given_dose,) = resources(bundle, "Patient"), resources(bundle, "Immunization")
    assert holder["name"] == [{"text": "Nguyễn Thị Ánh"}]
    assert (holder["birthDate"], holder["gender"]) == ("1990-05-17", "female")
    assert holder["identifier"][0]["value"] == "C0000001"
    assert holder["contact"] == [{"name": {"text": "Lê Văn B"}}]
    (product, *_) = given_dose["extension"]
    assert product["url"] == "http://smart.who.int/pcmt/StructureDefinition/ProductID"
    assert product["valueCoding"]["code"] == DOSE.product
    assert (given_dose["occurrenceDateTime"], given_dose["lotNumber"]) == ("2026-05-07", "LOT-1")
    assert given_dose["performer"][0]["actor"]["display"] == "Dr A"
    assert given_dose["protocolApplied"][0]["authority"]["display"] == "VNM"
    assert '"VN"' in json.dumps(holder["extension"])


def test_codes_that_mean_the_same_stand_beside_those_of_the_record() -> None:
    """Marked are the record's own, so that they come back."""
    record = citizen_record(1, 0).revise(
        vaccinations=(dose(1, product=None, vaccine="J07CA11", diseases=("27836007",)),)
    )
    (given_dose,) = resources(fhir.to_bundle(record, at=NOW), "Immunization")
    codes = {one["code"]: one.get("userSelected", False) for one in given_dose["vaccineCode"]["coding"]}
    assert codes == {"J07CA11": True, "871886002": False, "XM7JP3": False, "VAC0599": False}


def test_what_certifies_nothing_is_not_written() -> None:
    """A link or a record that was not read."""
    with pytest.raises(hcert.IssueError) as caught:
        fhir.to_bundle(hcert.UnknownRecord(subclaim=9), at=NOW)  # type: ignore[arg-type]
    assert caught.value.code == "record.schema"
    nameless = citizen_record(1, 0, person=citizen.Person())
    with pytest.raises(hcert.IssueError) as caught:
        fhir.to_bundle(nameless, at=NOW)
    assert caught.value.code == "record.schema"


def test_the_time_of_the_document_is_the_present_or_what_is_asked_for() -> None:
    """Aware, in any case."""
    assert fhir.to_bundle(FULL)["timestamp"].endswith("+00:00")
    with pytest.raises(hcert.ConfigurationError):
        fhir.to_bundle(FULL, at=NOW.replace(tzinfo=None))


def test_words_in_a_narrative_cannot_break_out_of_it() -> None:
    """It is XHTML."""
    marked = citizen_record(1, 0).revise(vaccinations=(dose(1, product="<b>&"),))
    (composition,) = resources(fhir.to_bundle(marked, at=NOW), "Composition")
    assert "<b>" not in composition["section"][0]["text"]["div"]
