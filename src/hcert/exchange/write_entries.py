"""The entries of a citizen record as FHIR resources: Immunization, Observation, Condition.

They keep to the IPS: what R4 has no member for stands in an extension of ours, so that it comes back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcert.exchange import codes, systems
from hcert.exchange.write_parts import (
    NOT_KNOWN,
    coding,
    concept,
    dose_number,
    inner,
    manufacturer,
    moment,
    vaccine_concept,
    without_empty,
)
from hcert.records.citizen import code_registry
from hcert.records.citizen.model import COVID_19

if TYPE_CHECKING:
    from hcert.records.citizen.model import CitizenEntry, Recovery, Test, Vaccination


def immunization(dose: Vaccination, patient: str, entry_id: str | None, lot: str | None) -> dict[str, Any]:
    """Write a dose."""
    implied = code_registry.row_of("products", dose.product) if dose.product else None
    country = codes.country_of(dose.country)
    doses = dose_number("doseNumber", dose.dose_number) or {"doseNumberString": systems.UNKNOWN}
    return without_empty(
        {
            "resourceType": "Immunization",
            "contained": [{"resourceType": "Location", "id": "place", "address": {"country": country}}]
            if country
            else [],
            "extension": [] if country else inner(systems.ENTRY, country=dose.country),
            "identifier": _identifiers(dose, entry_id),
            "status": "completed",
            "vaccineCode": vaccine_concept(dose.product, dose.vaccine, implied.vaccine if implied else None),
            "patient": {"reference": patient},
            "occurrenceDateTime": dose.date.isoformat(),
            "primarySource": True,
            "location": without_empty({"reference": "#place" if country else None, "display": dose.centre}),
            "manufacturer": manufacturer(dose.manufacturer) if dose.manufacturer else None,
            "lotNumber": lot,
            "protocolApplied": [
                without_empty(
                    {
                        "authority": {"display": dose.issuer} if dose.issuer else None,
                        "targetDisease": [concept(coding(systems.SNOMED, disease)) for disease in dose.diseases],
                        **doses,
                        **dose_number("seriesDoses", dose.series_doses),
                    }
                )
            ],
        }
    )


def observation(test: Test, patient: str, entry_id: str | None) -> dict[str, Any]:
    """Write a test result: the LOINC test first, then the type of the EU, which is only a part of LOINC.

    The test says that it is for COVID-19; any other disease stands in the extension.
    """
    loinc = codes.test_of(test.test_type)
    types = [coding(systems.LOINC, loinc)] if loinc else []
    return without_empty(
        {
            "resourceType": "Observation",
            "extension": inner(
                systems.ENTRY,
                country=test.country,
                issuer=test.issuer,
                disease=None if loinc and test.disease == COVID_19 else test.disease,
            ),
            "identifier": _identifiers(test, entry_id),
            "status": "final",
            "category": [concept(coding(systems.CATEGORY, "laboratory"))],
            "code": concept(*types, coding(systems.LOINC, test.test_type, chosen=True)),
            "subject": {"reference": patient},
            "effectiveDateTime": moment(test.sampled_at),
            "performer": [{"display": test.centre} if test.centre else NOT_KNOWN],
            "valueCodeableConcept": concept(coding(systems.SNOMED, test.result)),
            "method": {"text": test.name} if test.name else None,
            "device": {"identifier": {"system": systems.DEVICE, "value": test.device}} if test.device else None,
        }
    )


def condition(recovery: Recovery, patient: str, entry_id: str | None) -> dict[str, Any]:
    """Write a recovery."""
    return without_empty(
        {
            "resourceType": "Condition",
            "extension": inner(
                systems.ENTRY,
                country=recovery.country,
                validFrom=recovery.valid_from.isoformat() if recovery.valid_from else None,
                validUntil=recovery.valid_until.isoformat() if recovery.valid_until else None,
            ),
            "identifier": _identifiers(recovery, entry_id),
            "clinicalStatus": concept(coding(systems.CLINICAL_STATUS, "resolved")),
            "verificationStatus": concept(coding(systems.VERIFICATION, "confirmed")),
            "code": concept(coding(systems.SNOMED, recovery.disease)),
            "subject": {"reference": patient},
            "onsetDateTime": recovery.first_positive.isoformat(),
            "asserter": {"display": recovery.issuer} if recovery.issuer else None,
        }
    )


def _identifiers(entry: CitizenEntry, entry_id: str | None) -> list[dict[str, Any]]:
    own = [{"system": systems.ENTRY, "value": entry_id}] if entry_id else []
    return own + ([{"system": systems.UVCI, "value": entry.uvci}] if entry.uvci else [])
