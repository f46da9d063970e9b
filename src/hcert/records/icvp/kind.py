"""The ICVP as the rest of the house asks for it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from hcert.keys.usage import Usage
from hcert.records.citizen.person import Sex
from hcert.records.icvp import schema
from hcert.records.icvp.model import SUBCLAIM, Icvp
from hcert.records.kind import RecordKind, RevocationName, named_already, no_random_bytes, no_sealed_part
from hcert.records.life import future_findings
from hcert.records.partial_date import PartialDate
from hcert.records.view import DoseView, PersonView, RecordView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.findings import Finding
    from hcert.records.record_struct import Origin
    from hcert.records.value_sets import ValueSets

_SEXES: Final = {"male": Sex.MALE, "female": Sex.FEMALE, "other": Sex.NOT_APPLICABLE}


def _decode(payload: Any, _origin: Origin, _value_sets: ValueSets | None) -> tuple[Icvp | None, list[Finding]]:
    from hcert.records.icvp import decode  # 3 ms that most scanners need not pay

    return decode.decode(payload)


def _encode(record: Icvp, _origin: Origin, _value_sets: ValueSets | None) -> dict[str, Any]:
    from hcert.records.icvp import encode

    return encode.encode(record)


def _usages(_payload: Any) -> tuple[Usage, ...]:
    """Demand the right to certify vaccinations: WHO has defined no usage of its own for the ICVP."""
    return (Usage.VACCINATION,)


def _places(record: Icvp) -> list[str]:
    return [f"doses[{index}]" for index in range(len(record.doses))]


def _future(record: Icvp, at: dt.datetime, skew: dt.timedelta) -> Iterator[Finding]:
    return future_findings(schema.life_of(record), at, skew=skew)


def _revocation_names(_record: Icvp, _issuer: str | None) -> tuple[RevocationName, ...]:
    """Return none: the payload has no identifier, so that an ICVP is revoked by its signature or its key."""
    return ()


def _identifier(_record: Icvp) -> None:
    """Return None: the format has no identifier."""


def _view(record: Icvp) -> RecordView:
    """Show the doses; which disease one protects from is certified in generation A only, later the product says it."""
    return RecordView(
        PersonView(
            names=(record.name,),
            standardised_names=(),
            birth_date=record.birth_date or PartialDate(),
            sex=_SEXES.get(record.sex or ""),
            nationality=record.nationality,
        ),
        vaccinations=[
            DoseView(
                place,
                index,
                tuple(filter(None, (dose.disease,))),
                dose.date,
                product=dose.product,
            )
            for index, (place, dose) in enumerate(zip(_places(record), record.doses, strict=True))
        ],
    )


ICVP: Final = RecordKind(
    number=SUBCLAIM,
    record_type=Icvp,
    decode=_decode,
    encode=_encode,
    passed_on=frozenset(),
    usages=_usages,
    certifies=True,
    places=_places,
    out_of_time=_future,
    future_tolerance=dt.timedelta(0),
    revocation_names=_revocation_names,
    identifier=_identifier,
    view=_view,
    sealed=no_sealed_part,
    seal=None,
    latest=None,
    named_payload=named_already,
    random_bytes=no_random_bytes,
)
