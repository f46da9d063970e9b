"""A record kind that hcert does not have, in one module: a rabies vaccination, by the name of the owner."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hcert.findings import Finding, finding
from hcert.fragments import fragment
from hcert.keys.usage import Usage
from hcert.records.kind import RecordKind, RevocationName, no_random_bytes, no_sealed_part, payload_as_signed
from hcert.records.partial_date import PartialDate
from hcert.records.record_struct import RecordStruct
from hcert.records.view import DoseView, PersonView, RecordView

RABIES = "14168008"


class RabiesShot(RecordStruct, frozen=True, kw_only=True):
    """One dose; the payload is a list of owner, day and certificate id."""

    owner: str
    day: dt.date
    certificate_id: bytes


def decode(payload: Any, _origin: Any, _value_sets: Any) -> tuple[RabiesShot | None, list[Finding]]:
    """Decode the payload."""
    if type(payload) is not list or [type(member) for member in payload] != [str, str, bytes]:
        return None, [finding("record.schema", path=fragment("place.payload"), problem=fragment("schema.array"))]
    return RabiesShot(owner=payload[0], day=dt.date.fromisoformat(payload[1]), certificate_id=payload[2]), []


def view(record: RabiesShot) -> RecordView:
    """Return the view."""
    owner = PersonView((record.owner,), (), PartialDate())
    return RecordView(owner, [DoseView("shot", 0, (RABIES,), record.day, dose_number=1, series_doses=1)])


RABIES_SHOT = RecordKind(
    number=-9001,
    record_type=RabiesShot,
    decode=decode,
    encode=lambda record, _origin, _sets: [record.owner, record.day.isoformat(), record.certificate_id],
    issuable_warnings=frozenset(),
    usages=lambda _payload: [Usage.VACCINATION],
    certifies=True,
    places=lambda _record: ["shot"],
    out_of_time=lambda record, at, _skew: [finding("entry.in_future", record="shot")] if record.day > at.date() else [],
    future_tolerance=dt.timedelta(0),
    revocation_names=lambda record, _issuer: [RevocationName(None, certificate_id=record.certificate_id)],
    identifier=lambda record: record.certificate_id.hex(),
    view=view,
    sealed=no_sealed_part,
    seal=None,
    latest=None,
    named_payload=payload_as_signed,
    rule_schema=None,
    random_bytes=no_random_bytes,
)
