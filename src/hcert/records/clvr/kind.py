"""The `RecordKind` of the European Vaccination Card."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from hcert.keys.usage import Usage
from hcert.records.clvr import rules
from hcert.records.clvr.model import VaccinationCard
from hcert.records.kind import (
    RecordKind,
    no_identifier,
    no_random_bytes,
    no_revocation_names,
    no_sealed_part,
    payload_as_signed,
)
from hcert.records.life import future_findings
from hcert.records.view import DoseView, PersonView, RecordView

if TYPE_CHECKING:
    from hcert.findings import Finding
    from hcert.records.record_struct import Origin
    from hcert.records.value_sets import ValueSets


def _decode(
    payload: Any, _origin: Origin, _value_sets: ValueSets | None
) -> tuple[VaccinationCard | None, list[Finding]]:
    from hcert.records.clvr.decode import decode  # most scanners never need it

    return decode(payload)


def _encode(record: VaccinationCard, _origin: Origin, _value_sets: ValueSets | None) -> dict[str, Any]:
    from hcert.records.clvr.encode import encode

    return encode(record)


def _usages(_payload: Any) -> tuple[Usage, ...]:
    """Require the usage for vaccinations: a card holds nothing else."""
    return (Usage.VACCINATION,)


def _places(record: VaccinationCard) -> list[str]:
    return [f"doses[{index}]" for index in range(len(record.doses))]


def _time_findings(record: VaccinationCard, at: dt.datetime, skew: dt.timedelta) -> list[Finding]:
    return future_findings(record, rules.LIFE, at, skew=skew)


def _view(record: VaccinationCard) -> RecordView:
    """Return the view. A registry says where a master record is kept, not where the dose was given."""
    return RecordView(
        PersonView(
            names=(record.family_name, record.given_name),
            standardised_names=(),
            birth_date=rules.birth_date(record),
        ),
        vaccinations=[
            DoseView(f"doses[{index}]", index, (), dose.date, product=dose.vaccine)
            for index, dose in enumerate(record.doses)
        ],
    )


CLVR: Final = RecordKind(
    number=None,
    record_type=VaccinationCard,
    decode=_decode,
    encode=_encode,
    issuable_warnings=frozenset(),
    usages=_usages,
    certifies=True,
    places=_places,
    out_of_time=_time_findings,
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
