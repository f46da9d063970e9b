"""The `RecordKind` of the ICVP."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from hcert.keys.usage import Usage
from hcert.records.icvp import rules
from hcert.records.icvp.model import SUBCLAIM, Icvp
from hcert.records.kind import (
    RecordKind,
    no_identifier,
    no_random_bytes,
    no_revocation_names,
    no_sealed_part,
    payload_as_signed,
)
from hcert.records.life import future_findings
from hcert.records.partial_date import PartialDate
from hcert.records.view import DoseView, PersonView, RecordView
from hcert.records.who_payload import viewed_sex

if TYPE_CHECKING:
    from hcert.findings import Finding
    from hcert.records.record_struct import Origin
    from hcert.records.value_sets import ValueSets


def _decode(payload: Any, _origin: Origin, value_sets: ValueSets | None) -> tuple[Icvp | None, list[Finding]]:
    from hcert.records.icvp.decode import decode  # takes 3 ms, and most scanners never need it

    return decode(payload, value_sets=value_sets)


def _encode(record: Icvp, _origin: Origin, value_sets: ValueSets | None) -> dict[str, Any]:
    from hcert.records.icvp.encode import encode

    return encode(record, value_sets=value_sets)


def _usages(_payload: Any) -> tuple[Usage, ...]:
    """Require the usage for vaccinations: WHO has not defined a usage for the ICVP."""
    return (Usage.VACCINATION,)


def _places(record: Icvp) -> list[str]:
    return [f"doses[{index}]" for index in range(len(record.doses))]


def _time_findings(record: Icvp, at: dt.datetime, skew: dt.timedelta) -> list[Finding]:
    return future_findings(record, rules.LIVES[record.generation], at, skew=skew)


def _view(record: Icvp) -> RecordView:
    """Return the view; only generation A states the disease, later ones imply it by the product."""
    return RecordView(
        PersonView(
            names=(record.name,),
            standardised_names=(),
            birth_date=record.birth_date or PartialDate(),
            sex=viewed_sex(record.sex),
            nationality=record.nationality,
        ),
        vaccinations=[
            DoseView(
                place,
                index,
                tuple(filter(None, (dose.disease,))),
                dose.date,
                product=dose.product,
                issuer=dose.issuer,
            )
            for index, (place, dose) in enumerate(zip(_places(record), record.doses, strict=True))
        ],
    )


ICVP: Final = RecordKind(
    number=SUBCLAIM,
    record_type=Icvp,
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
