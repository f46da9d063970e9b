"""The ICVP as a typed record: one person, and the doses of one vaccine or prophylaxis.

WHO changed the payload twice. The three generations share one type here; what a generation has no place for is None.
Sources: WHO SMART ICVP, logical models DVCPayload and DVCMin of 2024, 2025 and 2026 (`hcert.md`, section 2).
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - msgspec resolves the annotations
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta

from hcert.records.partial_date import PartialDate  # noqa: TC001 - the same
from hcert.records.record_struct import RecordStruct

SUBCLAIM: Final = -6
MAX_DOSES: Final = 16
MAX_CHARACTERS: Final = 200  # of a text

Text = Annotated[str, Meta(min_length=1, max_length=MAX_CHARACTERS)]


class Generation(StrEnum):
    """Which of the three payloads WHO has described."""

    A = "2024"
    B = "2025"
    C = "2026"


class Dose(RecordStruct, frozen=True, kw_only=True):
    """One dose.

    Attributes:
        product: product id of the WHO list of prequalified vaccines; in generation A a vaccine of ICD-11 or SNOMED CT.
        date: day of the vaccination.
        batch: batch or lot number.
        clinician: name of who gave it.
        issuer: who certifies it; in generation C a participant code of the GDHCN. One of the two is required there
            and in generation B.
        label: which dose it is, as free text (generation A).
        disease: ICD-11 code (generation A; derived from the product later).
        brand: brand or product (generation A).
        manufacturer: its name (generation A).
        manufacturer_id: its identifier or that of the place (generation A).
        valid_from, valid_until: days between which it counts (generations A and B; later the container's times).
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
        sex: `male`, `female`, `other`, `unknown`, or what else stands there; required in generation C.
        nationality: ISO 3166-1 alpha-3; required in generation C.
        document_number: of the travel document.
        document_type: its type, HL7 v2-0203, such as `PPN` (from generation B on).
        guardian: parent or guardian of a minor.
        template_version: of the certificate (generation C, required there).
        issued_on: day of issue (generation C).
        generation: which payload it was read from, or is to be written as.
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
