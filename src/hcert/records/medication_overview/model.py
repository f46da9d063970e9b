"""The medication overview as a typed record: one person, and up to three lines of their medication.

It tells what somebody takes, and certifies no vaccination, test or recovery. hcert reads it and never issues it.
Source: the logical model MedicationOverviewMin 0.1.0 of WHO SMART PH4H 0.9.9, a payload of the HCERT specification
since WHO SMART Trust 1.7.0 (2026-07-29).
"""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from hcert.records.partial_date import PartialDate  # noqa: TC001 - msgspec resolves the annotations
from hcert.records.record_struct import RecordStruct
from hcert.records.who_payload import MAX_CHARACTERS

SUBCLAIM: Final = -7
MAX_LINES: Final = 3  # an invariant of the model

Text = Annotated[str, Meta(min_length=1, max_length=MAX_CHARACTERS)]


class TreatmentLine(RecordStruct, frozen=True, kw_only=True):
    """One medication, and how it is taken.

    Attributes:
        medication: code of the product or of its active ingredient. The payload names no code system: the WHO's example
            has ATC, signed codes have SNOMED CT.
        effective_from, effective_until: first and last day of the treatment, possibly partial; may lie in the future.
        asserted_on: day on which somebody stated it, possibly partial.
        dosage: how it is taken, as free text.
        reason: why, as free text.
        adherence: code of how well the person keeps to it.
    """

    medication: Text
    effective_from: PartialDate | None = None
    effective_until: PartialDate | None = None
    asserted_on: PartialDate | None = None
    dosage: Text | None = None
    reason: Text | None = None
    adherence: Text | None = None


class MedicationOverview(RecordStruct, frozen=True, kw_only=True):
    """A person's medication, as far as the issuer knows it; an overview without lines lists none.

    Attributes:
        name: full name.
        birth_date: possibly partial.
        sex: `male`, `female`, `other`, `unknown`, or any other text.
        nationality: ISO 3166-1 alpha-3.
        identifier: number of the person, such as a national one.
        identifier_type: its type by HL7 v2-0203, such as `NI`.
        treatment_lines: the medication, at most three lines.
    """

    name: Text
    birth_date: PartialDate
    sex: Text
    nationality: Text | None = None
    identifier: Text | None = None
    identifier_type: Text | None = None
    treatment_lines: Annotated[tuple[TreatmentLine, ...], Meta(max_length=MAX_LINES)] = ()
