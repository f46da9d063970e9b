"""The `RecordKind` of the health link."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from hcert.findings import finding
from hcert.keys.usage import ANY_USAGE, Usage
from hcert.records.health_link.decode import decode
from hcert.records.health_link.model import SUBCLAIM, HealthLink
from hcert.records.kind import (
    RecordKind,
    no_identifier,
    no_random_bytes,
    no_revocation_names,
    no_sealed_part,
    payload_as_signed,
)
from hcert.records.view import RecordView
from hcert.times import format_utc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.findings import Finding
    from hcert.records.record_struct import Origin
    from hcert.records.value_sets import ValueSets


def _decode(payload: Any, _origin: Origin, _value_sets: ValueSets | None) -> tuple[HealthLink | None, list[Finding]]:
    return decode(payload)


def _usages(_payload: Any) -> list[Usage]:
    """Require an unrestricted key: no usage is defined for links, and they can lead to anything."""
    return sorted(ANY_USAGE)  # findings come in this order


def _places(_record: HealthLink) -> tuple[str, ...]:
    return ()


def _time_findings(record: HealthLink, at: dt.datetime, _skew: dt.timedelta) -> Iterator[Finding]:
    """Yield `record.link_expired` for a link that has expired."""
    if record.expires_at is not None and record.expires_at < at:
        yield finding("record.link_expired", expires_at=format_utc(record.expires_at))


def _view(_record: HealthLink) -> RecordView:
    """Return an empty view: the link does not say whom its document is about."""
    return RecordView(person=None)


HEALTH_LINK: Final = RecordKind(
    number=SUBCLAIM,
    record_type=HealthLink,
    decode=_decode,
    encode=None,
    issuable_warnings=frozenset(),
    usages=_usages,
    certifies=False,
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
