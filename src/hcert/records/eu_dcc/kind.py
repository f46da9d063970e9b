"""The `RecordKind` of the EU DCC."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from hcert.records import uvci
from hcert.records.eu_dcc import decode, encode, rules
from hcert.records.eu_dcc.model import GROUPS, SUBCLAIM, EuDcc
from hcert.records.kind import RecordKind, RevocationName, no_random_bytes, no_sealed_part, payload_as_signed
from hcert.records.life import future_findings
from hcert.records.signable import ISSUABLE_WARNINGS
from hcert.records.view import PersonView, RecordView, view_groups

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.findings import Finding
    from hcert.records.record_struct import Origin
    from hcert.records.value_sets import ValueSets

_DAY: Final = dt.timedelta(days=1)  # clocks and time zones of issuers are often wrong by some hours


def _decode(payload: Any, _origin: Origin, value_sets: ValueSets | None) -> tuple[EuDcc | None, list[Finding]]:
    return decode.decode(payload, value_sets=value_sets)


def _encode(record: EuDcc, _origin: Origin, value_sets: ValueSets | None) -> dict[str, Any]:
    return encode.encode(record, value_sets=value_sets)


def _places(record: EuDcc) -> list[str]:
    return [f"{group.attribute}[{index}]" for group in GROUPS for index in range(len(getattr(record, group.attribute)))]


def _time_findings(record: EuDcc, at: dt.datetime, skew: dt.timedelta) -> list[Finding]:
    return future_findings(record, rules.LIFE, at, skew=skew)


def _revocation_names(record: EuDcc, issuer: str | None) -> Iterator[RevocationName]:
    """Yield the certificate's UVCI, and the id of the citizen record's entry that it was made from, if any.

    The issuer claim may be missing or any text, so the countries of the event and of the UVCI are tried as well.
    """
    for event in record.events:
        countries = (issuer, event.country, uvci.country_of(event.certificate_id))
        yield RevocationName(None, uvci=event.certificate_id, countries=frozenset(filter(None, countries)))
        entry_id = uvci.entry_id_of(event.certificate_id)
        if entry_id is not None:
            certificate_id = bytes.fromhex(entry_id.partition("/")[0])
            yield RevocationName(None, certificate_id=certificate_id, entry_id=entry_id)


def _identifier(record: EuDcc) -> str:
    return record.events[0].certificate_id


def _view(record: EuDcc) -> RecordView:
    person = record.person
    shown = PersonView(
        names=tuple(filter(None, (person.family_name, person.given_name))),
        standardised_names=tuple(filter(None, (person.standardised_family_name, person.standardised_given_name))),
        birth_date=record.birth_date,
    )
    return view_groups(record, shown, order=lambda index, _: index, diseases=lambda dose: (dose.disease,))


def _rule_schema(record: EuDcc) -> str:
    return record.schema_version


EU_DCC: Final = RecordKind(
    number=SUBCLAIM,
    record_type=EuDcc,
    decode=_decode,
    encode=_encode,
    issuable_warnings=ISSUABLE_WARNINGS,
    usages=decode.usages,
    certifies=True,
    places=_places,
    out_of_time=_time_findings,
    future_tolerance=_DAY,
    revocation_names=_revocation_names,
    identifier=_identifier,
    view=_view,
    sealed=no_sealed_part,
    seal=None,
    latest=None,
    named_payload=payload_as_signed,
    rule_schema=_rule_schema,
    random_bytes=no_random_bytes,
)
