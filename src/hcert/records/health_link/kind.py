"""The health link as the rest of the house asks for it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from hcert.findings import finding
from hcert.keys.usage import ANY_USAGE, Usage
from hcert.records.health_link.decode import decode
from hcert.records.health_link.model import SUBCLAIM, HealthLink
from hcert.records.kind import RecordKind, RevocationName, named_already, no_random_bytes, no_sealed_part
from hcert.records.view import RecordView
from hcert.times import format_utc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.findings import Finding
    from hcert.records.record_struct import Origin
    from hcert.records.value_sets import ValueSets


def _decode(payload: Any, _origin: Origin, _value_sets: ValueSets | None) -> tuple[HealthLink | None, list[Finding]]:
    return decode(payload)


def _usages(_payload: Any) -> frozenset[Usage]:
    """Demand an unrestricted key: no usage has been defined for links, and what they lead to can be anything."""
    return ANY_USAGE


def _places(_record: HealthLink) -> tuple[str, ...]:
    return ()


def _out_of_time(record: HealthLink, at: dt.datetime, _skew: dt.timedelta) -> Iterator[Finding]:
    """Yield what a time says of a link: whether it has ended."""
    if record.expires_at is not None and record.expires_at < at:
        yield finding("record.link_expired", expires_at=format_utc(record.expires_at))


def _revocation_names(_record: HealthLink, _issuer: str | None) -> tuple[RevocationName, ...]:
    """Return none: a link is revoked by its signature, its key, or by the server that it leads to."""
    return ()


def _identifier(_record: HealthLink) -> None:
    """Return None: a link names a document, not a certificate."""


def _view(_record: HealthLink) -> RecordView:
    """Show nobody: whom the document is about stays unknown until somebody follows the link."""
    return RecordView(person=None)


HEALTH_LINK: Final = RecordKind(
    number=SUBCLAIM,
    record_type=HealthLink,
    decode=_decode,
    encode=None,
    passed_on=frozenset(),
    usages=_usages,
    certifies=False,
    places=_places,
    out_of_time=_out_of_time,
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
