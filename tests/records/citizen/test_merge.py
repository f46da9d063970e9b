"""Merging EU DCCs of one person into one citizen record."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import msgspec
import pytest

import hcert
from hcert import citizen, eu_dcc
from hcert.findings import MAX_FINDINGS
from hcert.fragments import fragment
from hcert.records.citizen import encode
from hcert.records.record_struct import Origin
from support.case_ids import case_id
from support.citizen_records import (
    CERTIFICATE_ID,
    citizen_person,
    citizen_record,
)
from support.signers import (
    EXPIRY,
    NOW,
    document_signer,
    p256,
    person,
    recovery,
    recovery_record,
    sample_test,
    sample_test_record,
    vaccination,
    vaccination_record,
)

SIGNER = document_signer(p256())


def verified(dcc: hcert.EuDcc, *, days: int = 0) -> hcert.VerifiedCertificate:
    """Issue an EU DCC, some days later than now, and verify it."""
    at = NOW + dt.timedelta(days=days)
    code = hcert.Issuer(SIGNER.signer, country="VN").issue(dcc, issued_at=at, expires_at=EXPIRY)
    return SIGNER.verifier.verify(code.text, at=at)


def merged(*dccs: hcert.EuDcc) -> citizen.Merged:
    """Merge EU DCCs issued one day after another."""
    certificates = [verified(dcc, days=day) for day, dcc in enumerate(dccs)]
    return citizen.merge(certificates, certificate_id=CERTIFICATE_ID)


def a_sample(**changes: Any) -> hcert.EuDcc:
    """Return a test result of a person who may be another."""
    return vaccination_record(vaccinations=(), tests=(sample_test(),), **changes)


def test_certificates_of_one_person_are_merged() -> None:
    """Every event is there once, numbered, with the UVCI it had; the record can be issued."""
    record, findings = merged(vaccination_record(), sample_test_record(), recovery_record())
    assert findings == ()
    assert [entry.number for entry in record.entries] == [1, 2, 3]
    assert [entry.uvci for entry in record.entries] == [
        vaccination().certificate_id,
        sample_test().certificate_id,
        recovery().certificate_id,
    ]
    assert citizen.to_eu_dcc(record, 2).tests == (sample_test(),)
    code = hcert.Issuer(SIGNER.signer, country="VN").issue(record, issued_at=NOW, expires_at=EXPIRY)
    assert SIGNER.verifier.verify(code.text, at=NOW).record == record


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"person": person(standardised_family_name="TRAN")}, "family_name"),
        ({"person": person(standardised_given_name="ANH")}, "given_name"),
        ({"person": person(given_name="Thị Ngọc Anh")}, "given_name"),
        ({"birth_date": eu_dcc.PartialDate()}, "birth_date"),
        ({"birth_date": eu_dcc.PartialDate(1990, 5, 18)}, "birth_date"),
        ({"birth_date": eu_dcc.PartialDate(1991)}, "birth_date"),
    ],
    ids=case_id,
)
def test_certificates_of_two_persons_are_not_merged(changes: dict[str, Any], field: str) -> None:
    """The same-person test names what differs, and where; nothing is merged."""
    with pytest.raises(hcert.MalformedError) as caught:
        merged(vaccination_record(), sample_test_record(), vaccination_record(**changes))
    assert [(reason.code, dict(reason.details)) for reason in caught.value.findings] == [
        ("merge.other_person", {"position": 3, "field": field})
    ]


def test_birth_dates_are_compared_with_every_certificate() -> None:
    """Two dates that contradict each other are found behind one that agrees with both."""
    dates = (eu_dcc.PartialDate(1990), eu_dcc.PartialDate(1990, 5), eu_dcc.PartialDate(1990, 6))
    with pytest.raises(hcert.MalformedError) as caught:
        merged(*(vaccination_record(birth_date=date) for date in dates))
    assert caught.value.code == "merge.other_person"


def test_compatible_differences_are_reported() -> None:
    """Writings of a name and precision of a birth date: the newest and the most precise are kept, and it is said."""
    record, findings = merged(
        vaccination_record(person=person(given_name="Thi Ngoc Anh"), birth_date=eu_dcc.PartialDate(1990)),
        sample_test_record(),
    )
    assert record.person == citizen_person(sex=None, nationality=None)
    assert [(reason.code, dict(reason.details)) for reason in findings] == [
        ("merge.name_differs", {"position": 1, "field": "given_name"}),
        ("merge.birth_date_less_precise", {"position": 1}),
    ]


def test_odd_spellings_are_merged_and_issued() -> None:
    """Only transliterated names, other Unicode forms, fillers in a row, another script without a transliteration."""
    for changes in (
        {"family_name": None, "given_name": None},
        {"family_name": "Nguye\u0302\u0303n"},
        {"standardised_family_name": "NGUYEN<<VAN", "family_name": "Nguyễn Văn"},
        {"family_name": "Иванов", "given_name": "Иван", "standardised_family_name": "IVANOV"},
    ):
        dcc = vaccination_record(person=person(**changes))
        certificate = hcert.VerifiedCertificate(
            record=dcc, payload={}, claims=hcert.Claims(issued_at=NOW), key=SIGNER.key
        )
        record, _ = citizen.merge([certificate, certificate], certificate_id=CERTIFICATE_ID)
        assert len(record.vaccinations) == 1
        assert encode.encode(record, Origin("VN", b"k"))


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ({"family_name": None}, {}, True),
        ({"family_name": None}, {"family_name": None, "standardised_family_name": "TRAN"}, False),
        ({"family_name": "Đào", "standardised_family_name": "DAO"},
         {"family_name": "Dào", "standardised_family_name": "DAO"}, False),
        ({"family_name": "ĐÀO", "standardised_family_name": "DAO"},
         {"family_name": "Đaò", "standardised_family_name": "DAO"}, True),
        ({"family_name": "Dao", "standardised_family_name": "DAO"},
         {"family_name": "Đào", "standardised_family_name": "DAO"}, True),
    ],
 ids=case_id)  # fmt: skip
def test_names_are_those_of_one_person(one: dict[str, Any], two: dict[str, Any], *, same: bool) -> None:
    """Where letters agree, and marks too if both writings have any; the stroke of Đ is a mark."""
    records = [vaccination_record(person=person(**one)), a_sample(person=person(**two))]
    certificates = [
        hcert.VerifiedCertificate(record=dcc, payload={}, claims=hcert.Claims(issued_at=NOW), key=SIGNER.key)
        for dcc in records
    ]
    if same:
        assert len(citizen.merge(certificates, certificate_id=CERTIFICATE_ID).record.entries) == 2
    else:
        with pytest.raises(hcert.MalformedError) as caught:
            citizen.merge(certificates, certificate_id=CERTIFICATE_ID)
        assert dict(caught.value.findings[0].details) == {"position": 2, "field": "family_name"}


def test_every_other_person_is_named() -> None:
    """Not only the last."""
    other = {"person": person(standardised_family_name="TRAN")}
    with pytest.raises(hcert.MalformedError) as caught:
        merged(vaccination_record(), vaccination_record(**other), vaccination_record(**other))
    assert [dict(reason.details)["position"] for reason in caught.value.findings] == [2, 3]


def test_merged_person_takes_newest_name_and_most_precise_birth_date() -> None:
    """Wherever those stand; of two of one day the later one."""
    plain, marked = person(given_name="Thi Ngoc Anh"), person()
    year = eu_dcc.PartialDate(1990)
    certificates = [
        verified(vaccination_record(person=plain), days=0),
        verified(a_sample(birth_date=year), days=5),
        verified(vaccination_record(vaccinations=(), recoveries=(recovery(),), person=plain), days=1),
    ]
    record, _ = citizen.merge(certificates, certificate_id=CERTIFICATE_ID)
    assert record.person.given_name == marked.given_name
    assert record.person.birth_date == eu_dcc.PartialDate(1990, 5, 17)
    assert record.certificate_id == CERTIFICATE_ID
    undated = [
        hcert.VerifiedCertificate(record=dcc, payload={}, claims=hcert.Claims(issued_at=at), key=SIGNER.key)
        for dcc, at in ((vaccination_record(), NOW), (a_sample(person=plain), None))
    ]
    record, _ = citizen.merge(undated, certificate_id=CERTIFICATE_ID)
    assert record.person.given_name == marked.given_name


def test_different_events_of_one_day_are_kept() -> None:
    """Two samples of a day, a first and a second dose of different days, a dose and a recovery."""
    hour, before = dt.timedelta(hours=1), vaccination().date - dt.timedelta(days=30)
    _, findings = merged(
        sample_test_record(),
        sample_test_record(sampled_at=sample_test().sampled_at + hour, certificate_id="URN:UVCI:01:VN:A"),
        vaccination_record(),
        vaccination_record(
            vaccinations=(vaccination(dose_number=1, date=before, certificate_id="URN:UVCI:01:VN:B"),),
        ),
        recovery_record(first_positive=vaccination().date, valid_from=vaccination().date),
    )
    assert findings == ()


def test_numbers_continue_after_a_repeated_event() -> None:
    """Numbers have no gaps, and each stands once."""
    record, findings = merged(vaccination_record(), vaccination_record(), sample_test_record(), sample_test_record())
    assert [entry.number for entry in record.entries] == [1, 2]
    assert [(reason.code, dict(reason.details)) for reason in findings] == [
        ("merge.repeated", {"position": 2, "other": 1}),
        ("merge.repeated", {"position": 4, "other": 3}),
    ]


def test_recovery_validity_is_kept() -> None:
    """Both ends."""
    record = citizen.from_eu_dcc(recovery_record(), certificate_id=CERTIFICATE_ID)
    assert (record.recoveries[0].valid_from, record.recoveries[0].valid_until) == (
        recovery().valid_from,
        recovery().valid_until,
    )


def test_implied_codes_are_dropped() -> None:
    """Vaccine and manufacturer of the product are left out, others kept."""
    record = citizen.from_eu_dcc(vaccination_record(), certificate_id=CERTIFICATE_ID)
    assert (record.vaccinations[0].vaccine, record.vaccinations[0].manufacturer) == (None, None)
    other = vaccination(vaccine="J07BX03", manufacturer="ORG-100001699")
    record = citizen.from_eu_dcc(vaccination_record(vaccinations=(other,)), certificate_id=CERTIFICATE_ID)
    assert (record.vaccinations[0].vaccine, record.vaccinations[0].manufacturer) == ("J07BX03", "ORG-100001699")


def test_unusual_transliteration_is_kept() -> None:
    """What cannot be read as letters is left for issuing to refuse."""
    dcc = vaccination_record(person=person(standardised_family_name="НГУЕН"))
    record = citizen.from_eu_dcc(dcc, certificate_id=CERTIFICATE_ID)
    assert record.person.standardised_family_name == "НГУЕН"


def test_equal_events_are_kept_once() -> None:
    """Nothing is dropped but what stands there already, and both cases are reported."""
    other = vaccination(issuer="Bộ Y tế", certificate_id="URN:UVCI:01:VN:OTHER")
    record, findings = merged(vaccination_record(), vaccination_record(), vaccination_record(vaccinations=(other,)))
    assert len(record.vaccinations) == 2
    assert [(reason.code, dict(reason.details)) for reason in findings] == [
        ("merge.repeated", {"position": 2, "other": 1}),
        ("merge.same_event", {"position": 3, "other": 1}),
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"date": vaccination().date - dt.timedelta(days=1), "certificate_id": "URN:UVCI:01:VN:B"}, "date"),
        ({"dose_number": 1, "certificate_id": "URN:UVCI:01:VN:B"}, "dose_number"),
        ({"dose_number": 1, "date": vaccination().date - dt.timedelta(days=30)}, "uvci"),
    ],
    ids=case_id,
)
def test_contradicting_events_are_kept_and_reported(changes: dict[str, Any], field: str) -> None:
    """A dose on two days, two doses of one day, one identifier for two events."""
    other = vaccination_record(vaccinations=(vaccination(**changes),))
    record, findings = merged(vaccination_record(), other)
    assert len(record.vaccinations) == 2
    assert [(reason.code, dict(reason.details)) for reason in findings] == [
        ("merge.contradiction", {"position": 2, "other": 1, "field": field})
    ]


def test_unknown_members_are_reported() -> None:
    """The record has no place for them, wherever they stood; members that hold nothing are none."""
    known = verified(vaccination_record())
    dose = {**known.payload["v"][0], "lot": "AB123", "x": None}
    odd = msgspec.structs.replace(known, payload={**known.payload, "v": [dose], "t": [], "Nguyễn": 1})
    _, findings = citizen.merge([odd, known, odd], certificate_id=CERTIFICATE_ID)
    told = [dict(reason.details) for reason in findings if reason.code == "merge.unknown_member"]
    fields = ("v[0].lot", fragment("place.member"))
    assert told == [{"position": position, "field": field} for position in (1, 3) for field in fields]


def test_names_are_compared_with_every_certificate() -> None:
    """A name without marks is like Hùng and like Hưng, who are two; the order of the certificates does not matter."""
    writings = ["VAN HUNG", "Văn Hùng", "Văn Hưng"]
    for order in itertools.permutations(writings):
        persons = [person(given_name=name, standardised_given_name="VAN<HUNG") for name in order]
        with pytest.raises(hcert.MalformedError) as caught:
            merged(*(vaccination_record(person=one) for one in persons))
        assert {reason.code for reason in caught.value.findings} == {"merge.other_person"}


def test_merge_refuses() -> None:
    """No certificate, or one that is no EU DCC."""
    with pytest.raises(hcert.MalformedError) as caught:
        citizen.merge([], certificate_id=CERTIFICATE_ID)
    assert caught.value.code == "merge.nothing"
    code = hcert.Issuer(SIGNER.signer, country="VN").issue(citizen_record(), issued_at=NOW, expires_at=EXPIRY)
    certificates = [verified(vaccination_record()), SIGNER.verifier.verify(code.text, at=NOW)]
    with pytest.raises(hcert.MalformedError) as caught:
        citizen.merge(certificates, certificate_id=CERTIFICATE_ID)
    assert [(reason.code, dict(reason.details)) for reason in caught.value.findings] == [
        ("merge.not_eu_dcc", {"position": 2})
    ]


def test_number_of_merged_entries_is_bounded() -> None:
    """A hundred certificates, and as many different events; a name is transliterated once, however often it comes."""
    one = hcert.VerifiedCertificate(
        record=vaccination_record(), payload={}, claims=hcert.Claims(issued_at=NOW), key=SIGNER.key
    )
    assert len(citizen.merge([one] * 100, certificate_id=CERTIFICATE_ID).record.entries) == 1
    events = tuple(vaccination(dose_number=number) for number in range(1, 102))
    many = msgspec.structs.replace(one, record=vaccination_record(vaccinations=events))
    for too_many in ([one] * 101, [many]):
        with pytest.raises(hcert.MalformedError) as caught:
            citizen.merge(too_many, certificate_id=CERTIFICATE_ID)
        assert caught.value.code == "merge.too_many"
    odd = msgspec.structs.replace(one, payload={f"name{number}": 1 for number in range(1000)})
    findings = citizen.merge([odd] * 100, certificate_id=CERTIFICATE_ID).findings
    assert len(findings) == MAX_FINDINGS
    assert findings[-1].code == "record.more_findings"


def test_fractions_of_a_second_are_cut_and_reported() -> None:
    """What is merged can be issued."""
    sampled_at = NOW - dt.timedelta(days=1, microseconds=123)
    dcc = sample_test_record(sampled_at=sampled_at)
    certificate = hcert.VerifiedCertificate(record=dcc, payload={}, claims=hcert.Claims(issued_at=NOW), key=SIGNER.key)
    record, found = citizen.merge([certificate], certificate_id=CERTIFICATE_ID)
    assert [(reason.code, dict(reason.details)) for reason in found] == [("merge.time_cut", {"position": 1})]
    assert record.tests[0].sampled_at == sampled_at.replace(microsecond=0)
    code = hcert.Issuer(SIGNER.signer, country="VN").issue(record, issued_at=NOW, expires_at=EXPIRY)
    assert SIGNER.verifier.verify(code.text, at=NOW).record == record
