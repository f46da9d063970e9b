"""Names that FHIR gives to code systems, extensions and documents.

Sources: FHIR R4 (4.0.1), International Patient Summary 2.0.1, the EU's value sets, WHO SMART ICVP, NUVA 1.3.
"""

from __future__ import annotations

from typing import Final

SNOMED: Final = "http://snomed.info/sct"
ATC: Final = "http://www.whocc.no/atc"
LOINC: Final = "http://loinc.org"
CVX: Final = "http://hl7.org/fhir/sid/cvx"
ICD_10: Final = "http://hl7.org/fhir/sid/icd-10"
ICD_11: Final = "http://id.who.int/icd/release/11/mms"
NUVA: Final = "urn:oid:1.3.6.1.4.1.48601.1.1.1"
PRODUCT: Final = "https://ec.europa.eu/health/documents/community-register/html/"
PRODUCT_NAME: Final = "http://ec.europa.eu/temp/vaccineproductname"  # of products without an EU number
MANUFACTURER: Final = "https://spor.ema.europa.eu/v1/organisations"
MANUFACTURER_NAME: Final = "http://ec.europa.eu/temp/vaccinemanufacturer"
DEVICE: Final = "https://covid-19-diagnostics.jrc.ec.europa.eu/devices"
COUNTRY: Final = "urn:iso:std:iso:3166"
WHO_PRODUCT: Final = "http://smart.who.int/pcmt-vaxprequal/CodeSystem/PreQualProductIds"
URI: Final = "urn:ietf:rfc:3986"

# Systems in which codes of vaccines are read, each with its name in the table of codes.
VACCINE_SYSTEMS: Final = {
    SNOMED: "sct",
    ATC: "atc",
    CVX: "cvx",
    ICD_11: "icd11",
    "http://id.who.int/icd11/mms": "icd11",
    NUVA: "nuva",
    "http://ivci.org/NUVA": "nuva",
    PRODUCT: "eu",
    PRODUCT_NAME: "eu_name",
}
SYSTEM_OF: Final = {"sct": SNOMED, "atc": ATC, "cvx": CVX, "icd11": ICD_11, "nuva": NUVA}
DISEASE_SYSTEMS: Final = {
    SNOMED: "sct",
    ICD_11: "icd11",
    "http://id.who.int/icd11/mms": "icd11",
    ICD_10: "icd10",
}

IDENTIFIER_TYPE: Final = "http://terminology.hl7.org/CodeSystem/v2-0203"
CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
CLINICAL_STATUS: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
EMPTY_REASON: Final = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
ABSENT_CODE: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
ABSENT: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
NATIONALITY: Final = "http://hl7.org/fhir/StructureDefinition/patient-nationality"
WHO_PRODUCT_ID: Final = "http://smart.who.int/pcmt/StructureDefinition/ProductID"
PASSPORT: Final = "http://hl7.org/fhir/sid/passport-"
# Extensions in which the WHO's DDCC has the country of an event.
DDCC_COUNTRIES: Final = (
    "http://smart.who.int/ddcc/StructureDefinition/DDCCCountryOfVaccination",
    "http://smart.who.int/ddcc/StructureDefinition/DDCCCountryOfEvent",
)

# What FHIR has no member for, in extensions of our own (docs/how-to/fhir.md).
CERTIFICATE: Final = "urn:hcert:fhir:certificate"  # revision, lastNumber
ENTRY: Final = "urn:hcert:fhir:entry"  # country, issuer, disease, validFrom, validUntil; also the system of entry ids
STANDARDISED: Final = "urn:hcert:fhir:standardised-name"
UVCI: Final = "urn:uvci"

UNKNOWN: Final = "unknown"
