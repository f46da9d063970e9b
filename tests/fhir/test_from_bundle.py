"""Bundles of other systems as citizen records: what becomes an entry, and what is said of everything else."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest

import hcert
from hcert import citizen, fhir
from support import fhir_bundles as made
from support.fhir_bundles import bundle, coded, condition, immunization, observation, patient

if TYPE_CHECKING:
    from pathlib import Path


def told(read: fhir.Imported) -> list[tuple[str, Any]]:
    """Return codes and what each concerns."""
    return [
        (found.code, dict(found.details).get("field", dict(found.details).get("system"))) for found in read.findings
    ]


def only(code: str, read: fhir.Imported) -> list[Any]:
    """Return what the findings of one code concern."""
    return [concerns for found, concerns in told(read) if found == code]


def refused(document: Any) -> str:
    """Return the message with which a bundle is refused."""
    with pytest.raises(hcert.MalformedError) as caught:
        fhir.from_bundle(document)
    return str(caught.value)


def test_a_bundle_becomes_a_record_that_can_be_issued() -> None:
    """Person, dose, test and recovery, each member in its place, and nothing to be said but whence the country is."""
    record, findings = fhir.from_bundle(bundle(immunization(), observation(), condition()), country="VN")
    assert [found.code for found in findings] == ["fhir.country_given"] * 3
    assert record.person == citizen.Person(
        family_name="Nguyễn",
        given_name="Thị Ngọc Ánh",
        birth_date=citizen.PartialDate(1990, 5, 17),
        sex=citizen.Sex.FEMALE,
    )
    assert record.vaccinations == (
        citizen.Vaccination(
            number=1,
            diseases=(citizen.COVID_19,),
            date=dt.date(2026, 4, 1),
            country="VN",
            dose_number=2,
            series_doses=2,
            product="EU/1/20/1528",
            issuer="Bộ Y tế",
            centre="Bệnh viện Bạch Mai",
        ),
    )
    assert record.tests == (
        citizen.Test(
            number=2,
            disease=citizen.COVID_19,
            test_type="LP217198-3",
            sampled_at=dt.datetime(2026, 5, 30, 1, 15, tzinfo=dt.UTC),
            result="260415000",
            country="VN",
            device="1232",
            centre="Bệnh viện Bạch Mai",
        ),
    )
    assert record.recoveries == (
        citizen.Recovery(number=3, disease=citizen.COVID_19, first_positive=dt.date(2026, 1, 2), country="VN"),
    )


def test_numbers_and_lots_go_to_the_confidential_part() -> None:
    """From where they are sealed; the record has no place for them."""
    read = fhir.from_bundle(bundle(immunization(), immunization(occurrenceDateTime="2026-01-01", lotNumber="L2222")))
    assert read.confidential == citizen.Confidential(
        id_number=made.ID_NUMBER,
        insurance_number=made.INSURANCE,
        phone="0900000123",
        lot_numbers=((1, made.LOT), (2, "L2222")),
    )


@pytest.mark.parametrize(
    ("identifier", "member"),
    [
        ({"type": coded(made.TYPES, "NI"), "value": "1"}, "id_number"),
        ({"type": coded(made.TYPES, "PPN"), "value": "1"}, "id_number"),
        ({"system": "http://hl7.org/fhir/sid/passport-VNM", "value": "1"}, "id_number"),
        ({"type": coded(made.TYPES, "NI"), "use": "old", "value": "1"}, "former_id_number"),
        ({"type": coded(made.TYPES, "HC"), "value": "1"}, "insurance_number"),
        ({"type": coded(made.TYPES, "MR"), "value": "1"}, None),
        ({"system": "urn:oid:1.2.3", "value": "1"}, None),
    ],
    ids=str,
)
def test_a_number_is_taken_for_what_its_type_says(identifier: dict[str, Any], member: str | None) -> None:
    """One without a type could be that of a file; it is named and left out."""
    read = fhir.from_bundle(bundle(patient(identifier=[identifier], telecom=None), immunization(lotNumber=None)))
    assert read.confidential == citizen.confidential_from_dict({member: "1"} if member else {})
    assert ("identifier[0]" in only("fhir.not_carried", read)) is (member is None)


def test_a_national_number_counts_before_a_passport() -> None:
    """There is room for one; the other is named."""
    numbers = [
        {"type": coded(made.TYPES, "PPN"), "value": "P"},
        {"type": coded(made.TYPES, "NI"), "value": "N"},
    ]
    read = fhir.from_bundle(bundle(patient(identifier=numbers), immunization()))
    assert read.confidential.id_number == "N"
    assert "identifier[0]" in only("fhir.not_carried", read)


# What does not become an entry


@pytest.mark.parametrize(
    ("resource", "field"),
    [
        (immunization(status="not-done"), "status"),
        (immunization(status="entered-in-error"), "status"),
        (immunization(status=None), "status"),
        (immunization(isSubpotent=True), "isSubpotent"),
        (immunization(occurrenceDateTime="2026-04"), "occurrenceDateTime"),
        (immunization(occurrenceDateTime="2026-02-30"), "occurrenceDateTime"),
        (immunization(occurrenceDateTime=None, occurrenceString="last year"), "occurrenceDateTime"),
        (immunization(vaccineCode={"text": "some vaccine"}, protocolApplied=None), "targetDisease"),
        (observation(status="preliminary"), "status"),
        (observation(status="registered"), "status"),
        (observation(status="cancelled"), "status"),
        (observation(status="entered-in-error"), "status"),
        (observation(status="unknown"), "status"),
        (observation(code=coded(made.LOINC, "882-1")), "code"),
        (observation(code=coded(made.LOINC, "94558-4", "94500-6")), "code"),
        (observation(code=coded(made.LOINC, "LP6464-4")), "code"),  # a part, which does not say of what
        (observation(effectiveDateTime="2026-05-30"), "effectiveDateTime"),
        (observation(effectiveDateTime="2026-05-30T01:15:00"), "effectiveDateTime"),
        (observation(valueCodeableConcept=None, valueQuantity={"value": 1}), "valueCodeableConcept"),
        (observation(valueCodeableConcept=coded(made.SNOMED, "419984006")), "valueCodeableConcept"),
        (condition(clinicalStatus=coded(made.CLINICAL, "active")), "clinicalStatus"),
        (condition(clinicalStatus=None), "clinicalStatus"),
        (condition(verificationStatus=coded(made.VERIFICATION, "provisional")), "verificationStatus"),
        (condition(verificationStatus=coded(made.VERIFICATION, "entered-in-error")), "verificationStatus"),
        (condition(verificationStatus=None), "verificationStatus"),
        (condition(onsetDateTime="2026"), "onsetDateTime"),
        (condition(code={"text": "a cold"}), "code"),
    ],
    ids=lambda value: value if isinstance(value, str) else value["resourceType"],
)
def test_what_is_not_certain_never_becomes_an_entry(resource: dict[str, Any], field: str) -> None:
    """And its lot goes nowhere; the finding says because of which member."""
    read = fhir.from_bundle(bundle(resource))
    assert read.record.entries == ()
    assert read.confidential.lot_numbers == ()
    assert only("fhir.not_an_entry", read) == [field]
    assert "fhir.no_entry" in [code for code, _ in told(read)]


@pytest.mark.parametrize("reference", ["Patient/2", "https://other.example/Patient/2", "#1", None])
def test_what_is_about_somebody_else_never_becomes_an_entry(reference: str | None) -> None:
    """Also where it does not say about whom it is."""
    subject = {"reference": reference} if reference else {"display": "somebody"}
    read = fhir.from_bundle(bundle(immunization(patient=subject), observation(subject=subject)))
    assert read.record.entries == ()
    assert [code for code, _ in told(read)].count("fhir.other_patient") == 2


def test_the_patient_can_be_referred_to_in_every_way_that_bundles_have() -> None:
    """By full URL, by type and id, and by `resource:0` as SMART Health Cards do."""
    ways = ("https://fhir.example/Patient/1", "Patient/1", "Patient/own")
    doses = [
        immunization(patient={"reference": way}, occurrenceDateTime=f"2026-04-0{day}")
        for day, way in enumerate(ways, start=1)
    ]
    assert len(fhir.from_bundle(bundle(patient(id="own"), *doses)).record.vaccinations) == 3
    card = bundle(immunization(patient={"reference": "resource:0"}))
    card["entry"][0]["fullUrl"] = "resource:0"
    assert len(fhir.from_bundle(card).record.vaccinations) == 1


# What is lost, and said to be


@pytest.mark.parametrize(
    ("resource", "field"),
    [
        (immunization(note=[{"text": "cried"}]), "note"),
        (immunization(site=coded(made.SNOMED, "72098002")), "site"),
        (immunization(reaction=[{"date": "2026-04-02"}]), "reaction"),
        (immunization(vaccineCode=coded(made.PRODUCT, "EU/1/20/1528") | {"text": "words"}), "vaccineCode"),
        (immunization(identifier=[{"system": "urn:oid:1.2", "value": "77"}]), "identifier[0]"),
        (immunization(performer=[{"actor": {"display": "A"}}, {"actor": {"display": "B"}}]), "performer[1]"),
        (observation(note=[{"text": "x"}]), "note"),
        (observation(device={"display": "a device"}), "device"),
        (condition(abatementDateTime="2026-02-01"), "abatementDateTime"),
        (condition(severity=coded(made.SNOMED, "24484000")), "severity"),
        (patient(address=[{"city": "Hà Nội"}]), "address"),
        (patient(name=[{"family": "A", "prefix": ["Dr"]}]), "name[0]"),
        (patient(telecom=[{"system": "email", "value": "a@b.example"}]), "telecom[0]"),
        (patient(deceasedBoolean=False), "deceasedBoolean"),
    ],
    ids=lambda value: value if isinstance(value, str) else value["resourceType"],
)
def test_every_member_that_is_not_carried_over_is_named(resource: dict[str, Any], field: str) -> None:
    """Once, by the resource and its member."""
    rest = [immunization()] if resource["resourceType"] == "Patient" else []
    read = fhir.from_bundle(bundle(resource, *rest), country="VN")
    assert only("fhir.not_carried", read) == [field]
    assert len(read.record.entries) == 1


def test_members_of_the_bundle_itself_are_named_too() -> None:
    """Such as a signature, which no certificate carries on."""
    read = fhir.from_bundle(bundle(immunization(), signature={"type": []}), country="VN")
    assert only("fhir.not_carried", read) == ["signature"]


def test_numbers_are_never_given_twice() -> None:
    """Entries that came with a number of this certificate keep it, others get one above all that were ever given."""
    own = "AB" * 16
    named = [{"system": "urn:hcert:fhir:entry", "value": f"{own}/7"}]
    other = [{"system": "urn:hcert:fhir:entry", "value": f"{'CD' * 16}/7"}]
    last = {"url": "lastNumber", "valueString": "20"}
    composition = {
        "resourceType": "Composition",
        "extension": [{"url": "urn:hcert:fhir:certificate", "extension": [last]}],
    }
    doses = [
        immunization(occurrenceDateTime=f"2026-04-0{day}", identifier=identifier)
        for day, identifier in enumerate((named, other, named, None), start=1)
    ]
    document = bundle(
        patient(), *doses, composition, identifier={"value": "urn:uuid:abababab-abab-abab-abab-abababababab"}
    )
    record, _ = fhir.from_bundle(document)
    assert record.certificate_id == bytes.fromhex(own)
    assert ([one.number for one in record.vaccinations], record.last_number) == ([7, 21, 22, 23], 0)
    elsewhere, _ = fhir.from_bundle(document, certificate_id=bytes(16))
    assert [one.number for one in elsewhere.vaccinations] == [1, 2, 3, 4]


def test_a_record_gets_a_certificate_id_of_its_own() -> None:
    """A new one where the bundle has no UUID."""
    one, other = (fhir.from_bundle(bundle(immunization(), identifier={"value": "17"})).record for _ in range(2))
    assert one.certificate_id != other.certificate_id


def test_resources_without_a_place_are_named() -> None:
    """By their type and where they stand."""
    read = fhir.from_bundle(bundle(immunization(), {"resourceType": "MedicationStatement", "status": "active"}))
    assert [
        dict(found.details)["resource"] for found in read.findings if found.code == "fhir.resource_not_carried"
    ] == ["entry[2].MedicationStatement"]


@pytest.mark.parametrize("text", ["2026-04-01T09:30:00+07:00", "2026-04-01T23:59:59Z"])
def test_the_day_is_that_which_was_written(text: str) -> None:
    """In whatever zone; that a time is lost is said, unless it is midnight, which stands for none."""
    read = fhir.from_bundle(bundle(immunization(occurrenceDateTime=text)))
    assert read.record.vaccinations[0].date == dt.date(2026, 4, 1)
    assert only("fhir.time_lost", read) == ["occurrenceDateTime"]
    midnight = fhir.from_bundle(bundle(immunization(occurrenceDateTime="2026-04-01T00:00:00.000Z")))
    assert only("fhir.time_lost", midnight) == []


def test_a_moment_keeps_its_zone_and_loses_its_fraction() -> None:
    """The fraction is told."""
    read = fhir.from_bundle(bundle(observation(effectiveDateTime="2026-05-30T08:15:07.25+07:00")))
    assert read.record.tests[0].sampled_at == dt.datetime(2026, 5, 30, 1, 15, 7, tzinfo=dt.UTC)
    assert only("fhir.time_lost", read) == ["effectiveDateTime"]


def test_a_country_is_found_where_the_event_took_place() -> None:
    """At the location, then with who certifies and who gave it, in two letters; else it is asked for."""
    place = {"resourceType": "Location", "id": "p", "address": {"country": "VNM"}}
    clinic = {"resourceType": "Organization", "id": "o", "name": "Clinic", "address": [{"country": "LA"}]}
    at_place = immunization(contained=[place], location={"reference": "#p"})
    at_clinic = immunization(performer=[{"actor": {"reference": "Organization/o"}}], occurrenceDateTime="2026-01-01")
    nowhere = immunization(occurrenceDateTime="2025-01-01")
    read = fhir.from_bundle(bundle(at_place, at_clinic, nowhere, clinic))
    assert [dose.country for dose in read.record.vaccinations] == ["VN", "LA", "ZZ"]
    assert read.record.vaccinations[1].issuer == "Clinic"
    assert [code for code, _ in told(read)].count("fhir.no_country") == 1
    named = fhir.from_bundle(bundle(nowhere), country="FR")
    assert (named.record.vaccinations[0].country, told(named)) == ("FR", [("fhir.country_given", None)])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DDCCCountryOfVaccination", {"valueCoding": {"system": "urn:iso:std:iso:3166", "code": "VNM"}}),
        ("DDCCCountryOfEvent", {"valueCode": "VN"}),
    ],
)
def test_the_extensions_of_the_ddcc_name_a_country(name: str, value: dict[str, Any]) -> None:
    """One for each direction of its maps."""
    named = {"url": f"http://smart.who.int/ddcc/StructureDefinition/{name}"} | value
    read = fhir.from_bundle(bundle(immunization(extension=[named])))
    assert (read.record.vaccinations[0].country, told(read)) == ("VN", [])


def test_nothing_is_issued_without_a_country() -> None:
    """`ZZ` is no country."""
    from hcert.records.citizen.encode import encode
    from hcert.records.record_struct import Origin

    record, _ = fhir.from_bundle(bundle(immunization()))
    with pytest.raises(hcert.IssueError) as caught:
        encode(record, Origin("VN", b"kid"), None)
    assert {found.code for found in caught.value.findings} == {"record.unknown_code"}


@pytest.mark.parametrize(
    ("name", "family", "given"),
    [
        ([{"use": "nickname", "text": "Bi"}, {"use": "official", "family": "B", "given": ["C", "D"]}], "B", "C D"),
        ([{"family": "B"}], "B", None),
        ([{"given": ["C"]}], None, "C"),
        ([{"text": " Nguye\u0302\u0303n A\u0301nh "}], "Nguyễn Ánh", None),
    ],
    ids=str,
)
def test_names_are_taken_as_they_are_written(name: Any, family: str | None, given: str | None) -> None:
    """The official one, in form NFC; one that is a single text is not split by a guess, and that is said."""
    read = fhir.from_bundle(bundle(patient(name=name), immunization()))
    assert (read.record.person.family_name, read.record.person.given_name) == (family, given)
    assert ("fhir.name_not_split" in [code for code, _ in told(read)]) is ("Ánh" in str(family))


@pytest.mark.parametrize(
    ("gender", "sex", "is_told"),
    [("male", 1, False), ("female", 2, False), ("other", 9, True), ("unknown", None, True), (None, None, False)],
)
def test_a_sex_without_an_equivalent_is_reported(gender: str | None, sex: int | None, is_told: object) -> None:
    """ISO/IEC 5218 has no other."""
    read = fhir.from_bundle(bundle(patient(gender=gender), immunization()))
    assert read.record.person.sex == sex
    assert ("fhir.sex" in [code for code, _ in told(read)]) is is_told


@pytest.mark.parametrize(("text", "date"), [("1990", "1990"), ("1990-05", "1990-05"), ("1890-01-01", "")])
def test_a_birth_date_may_be_partial(text: str, date: str) -> None:
    """One that a record cannot hold is told."""
    read = fhir.from_bundle(bundle(patient(birthDate=text), immunization()))
    assert str(read.record.person.birth_date) == date
    assert only("fhir.date", read) == ([] if date else ["birthDate"])


def test_a_text_that_is_too_long_is_left_out_and_reported() -> None:
    """Nothing is cut."""
    read = fhir.from_bundle(bundle(immunization(location={"display": "x" * 81})))
    assert read.record.vaccinations[0].centre is None
    assert only("fhir.too_long", read) == ["location"]


def test_a_long_text_that_repeats_a_name_is_not_missed() -> None:
    """Each part of the name fits; only the two together do not."""
    name = {"text": f"{'A' * 50} {'B' * 50}", "family": "A" * 50, "given": ["B" * 50]}
    read = fhir.from_bundle(bundle(patient(name=[name]), immunization()), country="VN")
    assert [found.code for found in read.findings] == ["fhir.country_given"]


def test_dose_numbers_may_be_text_where_it_is_a_number() -> None:
    """Other words are told."""
    protocol = {"targetDisease": [coded(made.SNOMED, made.COVID_19)], "doseNumberString": "2"}
    booster = protocol | {"doseNumberString": "booster"}
    read = fhir.from_bundle(
        bundle(
            immunization(protocolApplied=[protocol]),
            immunization(protocolApplied=[booster], occurrenceDateTime="2026-05-01"),
        )
    )
    assert [dose.dose_number for dose in read.record.vaccinations] == [2, None]
    assert only("fhir.not_carried", read) == ["protocolApplied.doseNumberString"]


# Duplicates


def test_a_duplicate_entry_is_read_once() -> None:
    """Equal in everything, the lot too; it is named."""
    read = fhir.from_bundle(bundle(immunization(), immunization()))
    assert len(read.record.vaccinations) == 1
    assert [code for code, _ in told(read)].count("fhir.repeated") == 1


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        (immunization(), immunization(lotNumber="L2222"), "fhir.duplicate_exact"),
        (immunization(), immunization(location=None), "fhir.duplicate_exact"),
        (immunization(), immunization(vaccineCode=coded(made.ATC, "J07BN01")), "fhir.duplicate_likely"),
        (
            immunization(vaccineCode=coded(made.ATC, "J07BD52"), protocolApplied=None),
            immunization(vaccineCode=coded(made.ATC, "J07BD01"), protocolApplied=None),
            "fhir.duplicate_likely",
        ),
        (
            immunization(vaccineCode=coded(made.ATC, "J07BL01"), protocolApplied=None),
            immunization(vaccineCode=coded(made.ATC, "J07BD01"), protocolApplied=None),
            None,
        ),
        (immunization(), immunization(occurrenceDateTime="2026-04-02"), None),
        (observation(), observation(performer=None), "fhir.duplicate_exact"),
        (observation(), observation(code=coded(made.LOINC, "94500-6"), device=None), "fhir.duplicate_likely"),
        (condition(), condition(recorder={"display": "A"}), "fhir.duplicate_exact"),
    ],
    ids=["lot", "centre", "class", "mmr", "other disease", "other day", "test", "other test", "recovery"],
)
def test_entries_that_may_be_one_event_both_stay_and_are_named(
    one: dict[str, Any], other: dict[str, Any], code: str | None
) -> None:
    """On one day only, and a person decides."""
    read = fhir.from_bundle(bundle(one, other))
    assert len(read.record.entries) == 2
    alike = [found for found, _ in told(read) if found.startswith(("fhir.duplicate", "fhir.repeated"))]
    assert alike == ([code] if code else [])


# Bundles that are refused


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (None, "not a Bundle"),
        ([], "not a Bundle"),
        (patient(), "not a Bundle"),
        (bundle(type="transaction"), "type"),
        (bundle(type="history"), "type"),
        (bundle(entry={}), "entries"),
        (bundle(entry=[{}]), "entry 0"),
        (bundle(entry=[None]), "entry 0"),
        (bundle(entry=[{"resource": {"resourceType": "<b>"}}]), "entry 0"),
        (bundle(entry=[{"resource": immunization()}]), "exactly one Patient, found 0"),
        (bundle(patient(), patient()), "exactly one Patient, found 2"),
        (bundle(*[immunization()] * 1000), "1000 entries"),
        (bundle(*[immunization(occurrenceDateTime=f"{year}-01-01") for year in range(1910, 2011)]), "100 entries"),
        (bundle(patient(identifier=[{"value": "1"}] * 101)), "100 entries"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_not_a_bundle_about_one_person_is_refused(document: Any, words: str) -> None:
    """With the reason."""
    assert words in refused(document)


@pytest.mark.parametrize(
    "resource",
    [
        immunization(informationSource={"concept": {"text": "x"}}),
        immunization(reason=[{"concept": {"text": "x"}}]),
        immunization(protocolApplied=[{"doseNumber": "2"}]),
        immunization(manufacturer={"reference": {"reference": "Organization/1"}}),
        immunization(manufacturer={"concept": {"text": "x"}}),
        observation(triggeredBy=[]),
        condition(participant=[]),
        {"resourceType": "Composition", "subject": [{"reference": "Patient/1"}]},
    ],
    ids=lambda resource: resource["resourceType"],
)
def test_shapes_of_r5_are_refused_by_name(resource: dict[str, Any]) -> None:
    """The same name means something else there."""
    with pytest.raises(hcert.MalformedError) as caught:
        fhir.from_bundle(bundle(resource))
    assert caught.value.code == "fhir.r5"
    assert resource["resourceType"] in str(caught.value)


def test_bundles_have_bounds() -> None:
    """In levels, in parts, and where one contains itself."""
    deep: Any = {}
    for _ in range(50_000):
        deep = {"extension": [deep]}
    cyclic = bundle(immunization())
    cyclic["entry"].append({"resource": cyclic})
    for document in (bundle(patient(extension=[deep])), bundle(patient(x=[1] * 50_001)), cyclic):
        assert "parts" in refused(document)


JUNK: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    "",
    " ",
    "x",
    [],
    [None],
    ["x"],
    [[]],
    {},
    {"": None},
    [{}],
    {"coding": [{}]},
]


@pytest.mark.parametrize("kind", ["Patient", "Immunization", "Observation", "Condition"])
def test_members_of_any_type_are_survived(kind: str) -> None:
    """Each gives a record or a coded error, and nothing of a wrong type reaches the record."""
    sample = {"Patient": patient, "Immunization": immunization, "Observation": observation, "Condition": condition}
    for name in (*sample[kind](), "extension", "contained", "identifier", "asserter"):
        for junk in JUNK:
            resource = sample[kind]() | {name: junk}
            rest = [immunization()] if kind == "Patient" else [patient()]
            try:
                read = fhir.from_bundle(bundle(resource, *rest))
            except hcert.MalformedError as error:
                assert error.code == "fhir.malformed"
            else:
                from hcert.records.signable import type_findings

                assert type_findings(read.record) == []


def test_no_finding_names_what_the_bundle_says(shared: Path) -> None:
    """Names, numbers, dates and places of people stay out of every message, and of every repr."""
    personal = ["Nguyễn", "Ánh", made.ID_NUMBER, made.INSURANCE, made.LOT, "0900000123", "1990", "Bạch Mai", "2026"]
    document = bundle(
        patient(name=[{"text": "Nguyễn Thị Ánh"}], Nguyễn="x"),
        immunization(Ánh=1, note=[{"text": "Bạch Mai"}], location={"display": f"Bạch Mai {made.ID_NUMBER}"}),
        observation(),
        condition(clinicalStatus=None),
    )
    read = fhir.from_bundle(document)
    shown = [found.message for found in read.findings] + [repr(read), repr(read.findings)]
    assert [text for text in personal for line in shown if text in line] == []
    for path in (shared / "testdata" / "fhir").glob("*bundle*.json"):
        content = json.loads(path.read_text("utf-8"))
        assert "DeLarosa" not in repr(fhir.from_bundle(content).findings)


def test_every_published_bundle_is_read(shared: Path) -> None:
    """Of IPS, SMART Health Cards and DDCC; what each gives was compared by hand."""
    expected = {
        "ddcc-bundle-ips-immunization-example-bundle-01": (1, 0),
        "ddcc-shcvaccinationbundledm-example-english-from-ddcc-to-shc": (0, 0),
        "ips-bundle-no-info-required-sections": (2, 0),
        "ips-ips-bundle-with-immunization": (1, 0),
        "shc-atc": (1, 0),
        "shc-bundle-immunization-covid": (3, 0),
        "shc-bundle-lab-test-results-covid": (0, 0),  # of one day; when on that day nobody knows
        "shc-gtin": (0, 0),
        "shc-icd11-gtin": (2, 0),
        "shc-snomed": (2, 0),
        "shcspec-covid-vaccines-bundle": (3, 0),
    }
    found = {}
    for path in sorted((shared / "testdata" / "fhir").glob("*.json")):
        document = json.loads(path.read_text("utf-8"))
        if isinstance(document, dict) and document.get("resourceType") == "Bundle":
            record, findings = fhir.from_bundle(document)
            found[path.stem] = len(record.vaccinations), len(record.tests)
            assert findings
    assert {name: counts for name, counts in found.items() if name in expected} == expected
