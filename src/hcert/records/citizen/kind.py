"""The `RecordKind` of the citizen record."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from hcert.errors import IssueError
from hcert.records import uvci
from hcert.records.citizen import rules
from hcert.records.citizen.decode import decode
from hcert.records.citizen.encode import ISSUABLE_WARNINGS, count_sealed_bytes, encode
from hcert.records.citizen.layout import usages
from hcert.records.citizen.model import SUBCLAIM, CitizenRecord
from hcert.records.citizen.person import Confidential
from hcert.records.kind import RecordKind, RevocationName
from hcert.records.life import future_findings
from hcert.records.view import PersonView, RecordView, view_groups

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.findings import Finding
    from hcert.records.citizen.sealed import Sealed
    from hcert.records.kind import Content
    from hcert.records.record_struct import Origin
    from hcert.records.value_sets import ValueSets


def _places(record: CitizenRecord) -> list[str]:
    return [place for place, _ in record.places()]


def _revocation_names(record: CitizenRecord, _issuer: str | None) -> Iterator[RevocationName]:
    """Yield the names of the certificate, of each entry, and of the EU certificate that an entry was taken from.

    The issuer claim of that certificate was not kept, but its UVCI names the country as well.
    """
    yield RevocationName(None, certificate_id=record.certificate_id, revision=record.revision)
    for place, entry in record.places():
        countries = (entry.country, uvci.country_of(entry.uvci)) if entry.uvci else ()
        yield RevocationName(
            place, entry_id=record.entry_id(entry.number), uvci=entry.uvci, countries=frozenset(filter(None, countries))
        )


def _time_findings(record: CitizenRecord, at: dt.datetime, skew: dt.timedelta) -> list[Finding]:
    return future_findings(record, rules.LIFE, at, skew=skew)


def _identifier(record: CitizenRecord) -> str:
    return record.certificate_id.hex().upper()


def _sealed_part(record: CitizenRecord) -> Sealed | None:
    return record.sealed


def _latest(record: CitizenRecord, content: Content | None, count: int) -> tuple[CitizenRecord, Content | None]:
    """Cut the record, and the lot numbers of dropped doses; seal nothing if nothing is left."""
    shorter = record.latest(count)
    if content is None:
        return shorter, None
    limited = {reader: one.limited_to(shorter) for reader, one in content.items()}
    return shorter.with_sealed(None), {reader: one for reader, one in limited.items() if one != Confidential()} or None


def _seal(record: CitizenRecord, content: Content, origin: Origin, value_sets: ValueSets | None) -> CitizenRecord:
    """Seal the content, replacing the sealed part of the record.

    Raises:
        IssueError: `sealed.in_open_part`, and as `encode` for a record that cannot be issued.
        MalformedError: `sealed.*`.
    """
    from hcert.records.citizen.seal_rules import seal_findings  # only issuers need these two
    from hcert.records.citizen.sealed import seal_for

    encode(record.with_sealed(None), origin, value_sets)  # check the record before comparing it with the content
    sealed = seal_for(content, certificate_id=record.certificate_id, origin=origin)
    faults = list(seal_findings(record, content.values()))
    if faults:
        raise IssueError(*faults)
    return record.with_sealed(sealed)


def _view(record: CitizenRecord) -> RecordView:
    person = record.person
    shown = PersonView(
        names=tuple(filter(None, (person.family_name, person.given_name))),
        standardised_names=tuple(filter(None, (person.standardised_family_name, person.standardised_given_name))),
        birth_date=person.birth_date,
        sex=person.sex,
        nationality=person.nationality,
    )
    return view_groups(
        record,
        shown,
        order=lambda _, entry: entry.number,
        diseases=lambda dose: dose.diseases,
        sealed=record.sealed is not None,
    )


def _named_payload(record: CitizenRecord, _payload: Any) -> dict[str, Any]:
    from hcert.records.citizen.json_form import to_dict  # most scanners never need it

    return to_dict(record)


CITIZEN: Final = RecordKind(
    number=SUBCLAIM,
    record_type=CitizenRecord,
    decode=decode,
    encode=encode,
    issuable_warnings=ISSUABLE_WARNINGS,
    usages=usages,
    certifies=True,
    places=_places,
    out_of_time=_time_findings,
    future_tolerance=dt.timedelta(0),
    revocation_names=_revocation_names,
    identifier=_identifier,
    view=_view,
    sealed=_sealed_part,
    seal=_seal,
    latest=_latest,
    named_payload=_named_payload,
    rule_schema=None,
    random_bytes=count_sealed_bytes,
)
