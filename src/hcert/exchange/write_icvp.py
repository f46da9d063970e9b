"""An ICVP as FHIR Patient and Immunizations, by the WHO's map ICVPClaimtoIPS (smart-icvp 0.3.0) where it has a place.

Beyond that map hcert writes nationality, issuer, clinician and validity too, since R4 has members for them or an
extension can hold them. The map's product code stands in the extension and, untranslated, as the vaccine's code: the
table that leads from products to types of vaccines may not be shipped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from hcert.exchange import codes, systems
from hcert.exchange.write_parts import birth_date, coding, concept, inner, without_empty
from hcert.records.icvp.model import Generation

if TYPE_CHECKING:
    from hcert.records.icvp.model import Dose, Icvp

_GENDERS: Final = {
    "male": "male",
    "m": "male",
    "female": "female",
    "f": "female",
    "other": "other",
    "unknown": "unknown",
}


def icvp_patient(record: Icvp) -> dict[str, Any]:
    """Write the holder of an ICVP, whose name is one text."""
    country = codes.country_of(record.nationality) if record.nationality else None
    code = {"url": "code", "valueCodeableConcept": concept(coding(systems.COUNTRY, country or ""))}
    number = without_empty(
        {
            "type": concept(coding(systems.IDENTIFIER_TYPE, record.document_type)) if record.document_type else None,
            "value": record.document_number,
        }
    )
    return without_empty(
        {
            "resourceType": "Patient",
            "extension": [{"url": systems.NATIONALITY, "extension": [code]}] if country else [],
            "identifier": [number] if record.document_number else [],
            "name": [{"text": record.name}],
            "gender": _GENDERS.get((record.sex or "").lower()),
            **birth_date(record.birth_date),
            "contact": [{"name": {"text": record.guardian}}] if record.guardian else [],
        }
    )


def icvp_immunizations(record: Icvp, patient: str) -> list[dict[str, Any]]:
    """Write the doses of an ICVP."""
    return [_immunization(dose, patient, record.generation) for dose in record.doses]


def _immunization(dose: Dose, patient: str, generation: Generation) -> dict[str, Any]:
    product = coding(_system(dose.product, generation), dose.product)
    listed = [{"url": systems.WHO_PRODUCT_ID, "valueCoding": product}] if generation is not Generation.A else []
    validity = inner(
        systems.ENTRY,
        validFrom=dose.valid_from.isoformat() if dose.valid_from else None,
        validUntil=dose.valid_until.isoformat() if dose.valid_until else None,
    )
    disease = concept(coding(systems.ICD_11, dose.disease)) if dose.disease else None
    maker = without_empty(
        {
            "identifier": {"value": dose.manufacturer_id} if dose.manufacturer_id else None,
            "display": dose.manufacturer,
        }
    )
    return without_empty(
        {
            "resourceType": "Immunization",
            "extension": [*listed, *validity],
            "status": "completed",
            "vaccineCode": without_empty({"coding": [product], "text": dose.brand}),
            "patient": {"reference": patient},
            "occurrenceDateTime": dose.date.isoformat(),
            "manufacturer": maker,
            "lotNumber": dose.batch,
            "performer": [{"actor": {"display": dose.clinician}}] if dose.clinician else [],
            "protocolApplied": [
                without_empty(
                    {
                        "authority": {"display": dose.issuer} if dose.issuer else None,
                        "targetDisease": [disease] if disease else [],
                        "doseNumberString": dose.label or systems.UNKNOWN,
                    }
                )
            ]
            if dose.issuer or disease or dose.label
            else [],
        }
    )


def _system(product: str, generation: Generation) -> str:
    """Return the system of a product: of the WHO's list, or in the first generation that of a type of vaccine."""
    if generation is not Generation.A:
        return systems.WHO_PRODUCT
    return systems.SNOMED if re.fullmatch("[1-9][0-9]{5,17}", product) else systems.ICD_11
