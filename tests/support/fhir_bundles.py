"""FHIR bundles of citizens who do not exist, and the oracles that say whether a bundle is R4."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import fhirkit
import jsonschema
from fhir.resources.R4B import get_fhir_model_class

if TYPE_CHECKING:
    from pathlib import Path

SNOMED, CVX, ATC = "http://snomed.info/sct", "http://hl7.org/fhir/sid/cvx", "http://www.whocc.no/atc"
LOINC, TYPES = "http://loinc.org", "http://terminology.hl7.org/CodeSystem/v2-0203"
PRODUCT = "https://ec.europa.eu/health/documents/community-register/html/"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
COVID_19 = "840539006"
ID_NUMBER, INSURANCE, LOT = "001190000123", "DN4791234567890", "AB1234-X"


def coded(system: str, *codes: str) -> dict[str, Any]:
    """Return a CodeableConcept."""
    return {"coding": [{"system": system, "code": code} for code in codes]}


def patient(**changes: Any) -> dict[str, Any]:
    """Return a Patient with numbers that must stay confidential."""
    members = {
        "resourceType": "Patient",
        "identifier": [
            {"type": coded(TYPES, "NI"), "value": ID_NUMBER},
            {"type": coded(TYPES, "HC"), "value": INSURANCE},
        ],
        "name": [{"family": "Nguyễn", "given": ["Thị", "Ngọc", "Ánh"]}],
        "telecom": [{"system": "phone", "value": "0900000123"}],
        "gender": "female",
        "birthDate": "1990-05-17",
    }
    return changed(members, changes)


def immunization(**changes: Any) -> dict[str, Any]:
    """Return a dose as a clinic has it."""
    members = {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": coded(PRODUCT, "EU/1/20/1528"),
        "patient": {"reference": "Patient/1"},
        "occurrenceDateTime": "2026-04-01",
        "lotNumber": LOT,
        "performer": [{"actor": {"display": "Bộ Y tế"}}],
        "location": {"display": "Bệnh viện Bạch Mai"},
        "protocolApplied": [
            {
                "targetDisease": [coded(SNOMED, COVID_19)],
                "doseNumberPositiveInt": 2,
                "seriesDosesPositiveInt": 2,
            }
        ],
    }
    return changed(members, changes)


def observation(**changes: Any) -> dict[str, Any]:
    """Return a negative rapid test."""
    members = {
        "resourceType": "Observation",
        "status": "final",
        "category": [coded("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory")],
        "code": coded(LOINC, "94558-4"),
        "subject": {"reference": "Patient/1"},
        "effectiveDateTime": "2026-05-30T01:15:00Z",
        "performer": [{"display": "Bệnh viện Bạch Mai"}],
        "valueCodeableConcept": coded(SNOMED, "260415000"),
        "device": {"identifier": {"system": "https://covid-19-diagnostics.jrc.ec.europa.eu/devices", "value": "1232"}},
    }
    return changed(members, changes)


def condition(**changes: Any) -> dict[str, Any]:
    """Return a disease that is over."""
    members = {
        "resourceType": "Condition",
        "clinicalStatus": coded(CLINICAL, "resolved"),
        "verificationStatus": coded(VERIFICATION, "confirmed"),
        "code": coded(SNOMED, COVID_19),
        "subject": {"reference": "Patient/1"},
        "onsetDateTime": "2026-01-02",
    }
    return changed(members, changes)


def changed(members: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return members with changes; None takes one away."""
    return {name: value for name, value in (members | changes).items() if value is not None}


def bundle(*resources: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a collection of one Patient, to whom the others refer wherever it stands, and what else there is."""
    holder = [] if any(one["resourceType"] == "Patient" for one in resources) else [patient()]
    entries = [
        ({"fullUrl": "https://fhir.example/Patient/1"} if one["resourceType"] == "Patient" else {}) | {"resource": one}
        for one in (*holder, *resources)
    ]
    return changed({"resourceType": "Bundle", "type": "collection", "entry": entries}, changes)


def problems(document: dict[str, Any], shared: Path | None = None) -> list[str]:
    """Return what is wrong with a bundle by fhir.resources, fhirkit and, where it is at hand, HL7's schema."""
    text = json.dumps(document)
    found = [str(issue) for issue in fhirkit.validate(text)]
    try:
        get_fhir_model_class("Bundle").model_validate(json.loads(text))
    except ValueError as error:
        found.append(str(error))
    if shared is not None:
        schema = json.loads((shared / "testdata" / "fhir" / "fhir-r4-excerpt.schema.json").read_text("utf-8"))
        own = {"$ref": "#/definitions/Bundle", "definitions": schema["definitions"]}
        found += [error.message for error in jsonschema.Draft6Validator(own).iter_errors(document)]
    return found
