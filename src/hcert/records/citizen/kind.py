"""The citizen record as the rest of the house asks for it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from hcert.records import uvci
from hcert.records.citizen import rules
from hcert.records.citizen.decode import decode
from hcert.records.citizen.encode import PASSED_ON, encode, sealed_bytes
from hcert.records.citizen.layout import usages
from hcert.records.citizen.model import SUBCLAIM, CitizenRecord
from hcert.records.kind import RecordKind, RevocationName
from hcert.records.life import future_findings
from hcert.records.view import DoseView, PersonView, RecordView, RecoveryView, SampleView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.findings import Finding


def _places(record: CitizenRecord) -> list[str]:
    return [place for place, _ in record.places()]


def _revocation_names(record: CitizenRecord, _issuer: str | None) -> Iterator[RevocationName]:
    """Name the certificate, each entry, and the EU certificate an entry was taken from, if any.

    The issuer of that certificate is not kept; its identifier names the country too.
    """
    yield RevocationName(None, certificate_id=record.certificate_id, revision=record.revision)
    for place, entry in record.places():
        countries = (entry.country, uvci.country_of(entry.uvci)) if entry.uvci else ()
        yield RevocationName(
            place, entry_id=record.entry_id(entry.number), uvci=entry.uvci, countries=frozenset(filter(None, countries))
        )


def _future(record: CitizenRecord, at: dt.datetime, skew: dt.timedelta) -> Iterator[Finding]:
    return future_findings(rules.life_of(record), at, skew=skew)


def _view(record: CitizenRecord) -> RecordView:
    person = record.person
    return RecordView(
        PersonView(
            names=tuple(filter(None, (person.family_name, person.given_name))),
            standardised_names=tuple(filter(None, (person.standardised_family_name, person.standardised_given_name))),
            birth_date=person.birth_date,
            sex=person.sex,
            nationality=person.nationality,
        ),
        vaccinations=[
            DoseView(
                f"vaccinations[{index}]",
                dose.number,
                dose.diseases,
                dose.date,
                dose.dose_number,
                dose.series_doses,
                dose.product,
                dose.vaccine,
                dose.country,
            )
            for index, dose in enumerate(record.vaccinations)
        ],
        tests=[
            SampleView(
                f"tests[{index}]",
                test.number,
                test.disease,
                test.test_type,
                test.sampled_at,
                test.result,
                test.country,
            )
            for index, test in enumerate(record.tests)
        ],
        recoveries=[
            RecoveryView(
                f"recoveries[{index}]",
                recovery.number,
                recovery.disease,
                recovery.first_positive,
                recovery.valid_from,
                recovery.valid_until,
                recovery.country,
            )
            for index, recovery in enumerate(record.recoveries)
        ],
        sealed=record.sealed is not None,
    )


def _named_payload(record: CitizenRecord, _payload: Any) -> dict[str, Any]:
    from hcert.records.citizen.json_form import to_dict  # that most scanners need not import

    return to_dict(record)


CITIZEN: Final = RecordKind(
    number=SUBCLAIM,
    record_type=CitizenRecord,
    decode=decode,
    encode=encode,
    passed_on=PASSED_ON,
    usages=usages,
    certifies=True,
    places=_places,
    out_of_time=_future,
    future_tolerance=dt.timedelta(0),
    revocation_names=_revocation_names,
    view=_view,
    named_payload=_named_payload,
    random_bytes=sealed_bytes,
)
