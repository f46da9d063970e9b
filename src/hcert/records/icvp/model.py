"""The ICVP as a typed record: one person, and the doses of one vaccine or prophylaxis.

WHO changed the payload twice. The three generations share one type; members that a generation lacks are None.
Sources: the logical models DVCPayload (WHO SMART ICVP 0.1.0 of 2024), DVCPayload (0.2 and 0.3, 2025) and DVCMin (2026).
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - msgspec resolves the annotations
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta

from hcert.records.partial_date import PartialDate  # noqa: TC001 - the same
from hcert.records.record_struct import RecordStruct
from hcert.records.who_payload import MAX_CHARACTERS

SUBCLAIM: Final = -6
MAX_DOSES: Final = 16

Text = Annotated[str, Meta(min_length=1, max_length=MAX_CHARACTERS)]


class Generation(StrEnum):
    """The three forms of the payload, by the year of their publication."""

    A = "2024"
    B = "2025"
    C = "2026"


class Dose(RecordStruct, frozen=True, kw_only=True):
    """One dose.

    Attributes:
        product: product id in WHO's list of prequalified vaccines; in generation A a vaccine of ICD-11 or SNOMED CT.
        date: day of the vaccination.
        batch: batch or lot number.
        clinician: name of the person who gave it.
        issuer: who certifies it; in generation C a participant code of the GDHCN. Generations B and C require clinician
            or issuer.
        label: number of the dose, as free text (generation A).
        disease: ICD-11 code (generation A; later generations derive it from the product).
        brand: brand or product (generation A).
        manufacturer: its name (generation A).
        manufacturer_id: identifier of the manufacturer or of the place (generation A).
        valid_from, valid_until: first and last day on which it counts (generations A and B; generation C uses the
            times of the certificate).
    """

    product: Text
    date: dt.date
    batch: Text
    clinician: Text | None = None
    issuer: Text | None = None
    label: Text | None = None
    disease: Text | None = None
    brand: Text | None = None
    manufacturer: Text | None = None
    manufacturer_id: Text | None = None
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None


class Icvp(RecordStruct, frozen=True, kw_only=True):
    """A certificate of vaccination or prophylaxis.

    Attributes:
        name: full name, as on the travel document.
        doses: exactly one in generations A and C, one or more in B.
        birth_date: required from generation B on.
        sex: `male`, `female`, `other`, `unknown`, or any other text; required in generation C.
        nationality: ISO 3166-1 alpha-3; required in generation C.
        document_number: number of the travel document.
        document_type: its type by HL7 v2-0203, such as `PPN` (from generation B on).
        guardian: parent or guardian of a minor.
        template_version: version of the certificate's template (generation C, required there).
        issued_on: day of issue (generation C).
        generation: form of the payload that it was decoded from, or is to be encoded as.
    """

    name: Text
    doses: Annotated[tuple[Dose, ...], Meta(min_length=1, max_length=MAX_DOSES)]
    birth_date: PartialDate | None = None
    sex: Text | None = None
    nationality: Text | None = None
    document_number: Text | None = None
    document_type: Text | None = None
    guardian: Text | None = None
    template_version: Text | None = None
    issued_on: dt.date | None = None
    generation: Generation = Generation.C
