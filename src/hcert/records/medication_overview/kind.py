"""The `RecordKind` of the medication overview."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from hcert.keys.usage import ANY_USAGE, Usage
from hcert.records.kind import (
    RecordKind,
    no_identifier,
    no_random_bytes,
    no_revocation_names,
    no_sealed_part,
    payload_as_signed,
)
from hcert.records.medication_overview import rules
from hcert.records.medication_overview.model import SUBCLAIM, MedicationOverview
from hcert.records.view import MedicationView, PersonView, RecordView
from hcert.records.who_payload import viewed_sex

if TYPE_CHECKING:
    from hcert.findings import Finding
    from hcert.records.record_struct import Origin
    from hcert.records.value_sets import ValueSets


def _decode(
    payload: Any, _origin: Origin, value_sets: ValueSets | None
) -> tuple[MedicationOverview | None, list[Finding]]:
    from hcert.records.medication_overview.decode import decode  # most scanners never need it

    return decode(payload, value_sets=value_sets)


def _usages(_payload: Any) -> list[Usage]:
    """Require an unrestricted key: none of the usages is about medication, and the WHO has not defined one."""
    return sorted(ANY_USAGE)  # findings come in this order


def _places(record: MedicationOverview) -> list[str]:
    return [rules.place(index) for index in range(len(record.treatment_lines))]


def _view(record: MedicationOverview) -> RecordView:
    """Return the view: no events, so that nothing in it counts as one. It leaves out reasons and adherence."""
    return RecordView(
        PersonView(
            names=(record.name,),
            standardised_names=(),
            birth_date=record.birth_date,
            sex=viewed_sex(record.sex),
            nationality=record.nationality,
        ),
        medications=[
            MedicationView(
                rules.place(index),
                line.medication,
                line.effective_from,
                line.effective_until,
                line.asserted_on,
                line.dosage,
            )
            for index, line in enumerate(record.treatment_lines)
        ],
    )


MEDICATION_OVERVIEW: Final = RecordKind(
    number=SUBCLAIM,
    record_type=MedicationOverview,
    decode=_decode,
    encode=None,
    issuable_warnings=frozenset(),
    usages=_usages,
    certifies=True,
    places=_places,
    out_of_time=rules.future_findings,
    future_tolerance=dt.timedelta(0),
    revocation_names=no_revocation_names,
    identifier=no_identifier,
    view=_view,
    sealed=no_sealed_part,
    seal=None,
    latest=None,
    named_payload=payload_as_signed,
    rule_schema=None,
    random_bytes=no_random_bytes,
)
