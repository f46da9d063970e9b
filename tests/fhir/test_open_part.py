"""No number of a person and no lot reaches the open part, wherever another system wrote it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcert import citizen, fhir
from support import fhir_bundles as made
from support.fhir_bundles import bundle, coded, condition, immunization, observation, patient


def spellings(number: str) -> list[str]:
    """Return ways in which a number is written."""
    return [number, number.lower(), " ".join(number), "-".join((number[:3], number[3:])), f"no. {number}!"]


def open_text(record: Any) -> str:
    """Return everything that the open part says, in capitals, without blanks or marks."""
    return "".join(filter(str.isalnum, json.dumps(citizen.to_dict(record), ensure_ascii=False))).upper()


def assert_hidden(document: dict[str, Any]) -> fhir.Imported:
    """Assert that neither numbers nor lots stand in the record of a bundle, which is about its Patient throughout."""
    read = fhir.from_bundle(document, certificate_id=bytes(16))
    assert "fhir.other_patient" not in {found.code for found in read.findings}
    text = open_text(read.record)
    for secret in (made.ID_NUMBER, made.INSURANCE, made.LOT, "0900000123"):
        assert "".join(filter(str.isalnum, secret)).upper() not in text
    return read


PLACES: dict[str, Any] = {
    "family": lambda text: patient(name=[{"family": text, "given": ["A"]}]),
    "given": lambda text: patient(name=[{"family": "B", "given": ["A", text]}]),
    "name": lambda text: patient(name=[{"text": text}]),
    "centre": lambda text: immunization(location={"display": text}),
    "issuer": lambda text: immunization(performer=[{"actor": {"display": text}}]),
    "uvci": lambda text: immunization(identifier=[{"value": f"URN:UVCI:01:VN:{text}"}]),
    "product": lambda text: immunization(vaccineCode=coded(made.PRODUCT, text)),
    "vaccine": lambda text: immunization(vaccineCode=coded(made.SNOMED, text)),
    "disease": lambda text: immunization(protocolApplied=[{"targetDisease": [coded(made.SNOMED, text)]}]),
    "manufacturer": lambda text: immunization(manufacturer={"identifier": {"value": text}}),
    "text": lambda text: immunization(vaccineCode=coded(made.PRODUCT, "EU/1/20/1528") | {"text": text}),
    "test centre": lambda text: observation(performer=[{"display": text}]),
    "test name": lambda text: observation(method={"text": text}),
    "device": lambda text: observation(
        device={"identifier": {"system": "https://covid-19-diagnostics.jrc.ec.europa.eu/devices", "value": text[:6]}}
    ),
    "test extension": lambda text: observation(
        extension=[
            {
                "url": "urn:hcert:fhir:entry",
                "extension": [{"url": name, "valueString": text} for name in ("issuer", "disease", "country")],
            }
        ]
    ),
    "recovery issuer": lambda text: condition(asserter={"display": text}),
    "recovery disease": lambda text: condition(code=coded(made.SNOMED, text)),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("secret", [made.ID_NUMBER, made.INSURANCE, made.LOT, "0900000123"])
def test_id_numbers_and_lots_are_not_in_the_open_part(place: str, secret: str) -> None:
    """However it is written, and in whatever member."""
    for spelling in spellings(secret):
        resource = PLACES[place](spelling)
        rest = [immunization(occurrenceDateTime="2025-01-01")]
        rest += [] if resource["resourceType"] == "Patient" else [patient()]
        assert_hidden(bundle(resource, *rest))


def test_a_member_that_reveals_a_secret_is_left_out_and_reported() -> None:
    """The rest of the entry stays."""
    read = assert_hidden(bundle(immunization(location={"display": f"Bach Mai ({made.ID_NUMBER})"})))
    assert read.record.vaccinations[0].centre is None
    assert read.record.vaccinations[0].issuer == "Bộ Y tế"
    told = [dict(found.details)["field"] for found in read.findings if found.code == "fhir.secret_in_open_part"]
    assert told == ["entry[1].Immunization.centre"]


def test_an_entry_that_cannot_do_without_the_member_is_left_out() -> None:
    """Such as a dose whose only disease is the number of the person."""
    protocol = [{"targetDisease": [coded(made.SNOMED, "190000123456")]}]
    holder = patient(identifier=[{"type": coded(made.TYPES, "NI"), "value": "190000123456"}])
    dose = immunization(protocolApplied=protocol, vaccineCode={"text": "x"})
    assert fhir.from_bundle(bundle(holder, dose)).record.vaccinations == ()


def test_numbers_of_resources_that_become_no_entry_are_secret_too() -> None:
    """And so are those that no member is for."""
    holder = patient(identifier=[{"system": "urn:oid:1.2.3", "value": "FILE-778899"}], telecom=None)
    refused = immunization(status="not-done", lotNumber="LOT-NOT-DONE")
    dose = immunization(
        location={"display": "Ward FILE 778899"}, performer=[{"actor": {"display": "lot-not-done clinic"}}]
    )
    read = fhir.from_bundle(bundle(holder, refused, dose))
    assert (read.record.vaccinations[0].centre, read.record.vaccinations[0].issuer) == (None, None)


NUMBERS = st.text("0123456789ABCDEF", min_size=6, max_size=20)


@given(
    st.lists(NUMBERS, min_size=3, max_size=3),
    st.sampled_from(list(PLACES)),
    st.sampled_from(range(5)),
    st.sampled_from(["", "x", " y"]),
)
def test_whatever_the_numbers_are(numbers: list[str], place: str, spelling: int, after: str) -> None:
    """None of them is in the open part, in no member of the person or of an entry."""
    number, insurance, lot = numbers
    holder = patient(
        identifier=[
            {"type": coded(made.TYPES, "NI"), "value": number},
            {"type": coded(made.TYPES, "HC"), "value": insurance},
        ],
        telecom=None,
    )
    for secret in (number, insurance, lot):
        resource = PLACES[place](spellings(secret)[spelling] + after)
        if resource["resourceType"] == "Patient":
            resource = resource | {"identifier": holder["identifier"], "telecom": []}
        rest = [] if resource["resourceType"] == "Patient" else [holder]
        read = fhir.from_bundle(
            bundle(resource, *rest, immunization(lotNumber=lot, occurrenceDateTime="2025-01-01")),
            certificate_id=bytes([0xEE] * 16),
        )
        for entry in (read.record.person, *read.record.entries):
            for name in entry.__struct_fields__:
                value = getattr(entry, name)
                for text in value if isinstance(value, tuple) else (value,):
                    assert not isinstance(text, str) or secret not in "".join(filter(str.isalnum, text)).upper()
