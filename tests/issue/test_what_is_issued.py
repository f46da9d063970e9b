"""Whatever an issuer signs, a verifier accepts at the time of issue; and nonsense is refused before it is signed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import x25519
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import citizen, eu_dcc, icvp
from hcert.keys.trusted_key import Status
from support.citizen_records import (
    citizen_person,
    citizen_record,
    dose,
    lines,
    past_days,
    past_moments,
    recovered,
    sampled,
    timely_records,
)
from support.signers import (
    EXPIRY,
    NOW,
    document_signer,
    p256,
    pem_of,
    person,
    recovery,
    sample_test,
    vaccination,
    vaccination_record,
)

SIGNER = document_signer(p256())
ISSUER = hcert.Issuer(SIGNER.signer, country="VN")
DAY = dt.timedelta(days=1)
LATER = dt.date(2031, 1, 1)


def test_the_verdict_at_the_time_of_issue_says_what_the_issuer_was_told() -> None:
    """A warning of issuing is a warning of the gate."""
    record = citizen_record(1, 0).revise(vaccinations=(dose(1, uvci="URN:UVCI:01:VN:5B1CF2A08E4D#A"),))
    code = ISSUER.issue(record, issued_at=NOW, expires_at=EXPIRY)
    assert [found.code for found in code.findings] == ["record.uvci_check_character"]
    assert SIGNER.verifier.check(code.text, at=NOW).findings == code.findings


def assert_accepted(record: Any) -> None:
    """Issue a record if the issuer does, and check it at once."""
    try:
        code = ISSUER.issue(record, issued_at=NOW, expires_at=EXPIRY)
    except hcert.IssueError:
        return
    verdict = SIGNER.verifier.check(code.text, at=NOW)
    assert verdict.accepted, verdict.findings
    assert verdict.findings == code.findings


@given(timely_records)
def test_every_citizen_record_that_is_issued_is_accepted(record: hcert.CitizenRecord) -> None:
    """Of all that can be written down."""
    assert_accepted(record)


births = st.builds(eu_dcc.PartialDate) | st.builds(eu_dcc.PartialDate, st.integers(1900, 2030), st.integers(1, 12))
days = past_days | st.dates(NOW.date() - 3 * DAY, NOW.date() + 3 * DAY)
moments = past_moments | st.datetimes(
    (NOW - DAY).replace(tzinfo=None), (NOW + DAY).replace(tzinfo=None), timezones=st.just(dt.UTC)
)
events = (
    st.builds(
        lambda **changes: {"vaccinations": (vaccination(**changes),)},
        date=days,
        dose_number=st.integers(1, 5),
        series_doses=st.integers(1, 5),
        issuer=lines,
        vaccine=st.sampled_from(["1119349007", "28531000087107", "1119305005", "J07BX03"]),
    )
    | st.builds(
        lambda **changes: {"vaccinations": (), "tests": (sample_test(**changes),)},
        sampled_at=moments,
        centre=st.none() | lines,
        test_type=st.sampled_from(["LP6464-4", "LP217198-3"]),
        device=st.sampled_from([None, "1232", "99999"]),
    )
    | st.builds(
        lambda **changes: {"vaccinations": (), "recoveries": (recovery(**changes),)},
        first_positive=days,
        valid_from=days,
        valid_until=days,
        country=st.sampled_from(["VN", "ZZ"]),
    )
)
eu_dccs = st.builds(
    lambda event, birth, name: vaccination_record(person=person(family_name=name), birth_date=birth, **event),
    events,
    births,
    lines,
)
icvps = st.builds(
    hcert.Icvp,
    name=lines,
    birth_date=st.none() | births | st.just(eu_dcc.PartialDate(1990, 5, 17)),
    sex=st.sampled_from(["male", "female", None]),
    nationality=st.sampled_from(["VNM", None]),
    template_version=st.sampled_from(["1.0.0", None]),
    issued_on=st.none() | days,
    doses=st.lists(
        st.builds(icvp.Dose, product=lines, date=days, batch=lines, issuer=st.sampled_from(["VNM", None])),
        min_size=1,
        max_size=3,
    ).map(tuple),
    generation=st.sampled_from(icvp.Generation),
)


@given(eu_dccs)
def test_every_eu_dcc_that_is_issued_is_accepted(record: hcert.EuDcc) -> None:
    """Around the time of issue, with codes and devices that go together and that do not."""
    assert_accepted(record)


@given(icvps)
def test_every_icvp_that_is_issued_is_accepted(record: hcert.Icvp) -> None:
    """Of every generation, with members that it lacks."""
    assert_accepted(record)


EMPTY = citizen_record(0, 0)
NONSENSE: dict[str, tuple[Any, str]] = {
    "holder born in 2030": (
        citizen_record(1, 0).revise(person=citizen_person(birth_date=citizen.PartialDate(2030, 1, 1))),
        "record.inconsistent_dates",
    ),
    "holder born tomorrow, no doses before": (
        EMPTY.revise(
            person=citizen_person(birth_date=citizen.PartialDate(2026, 6, 4)),
            vaccinations=(dose(1, date=dt.date(2026, 6, 4)),),
        ),
        "record.birth_in_future",
    ),
    "dose in 2031": (EMPTY.revise(vaccinations=(dose(1, date=dt.date(2031, 1, 1)),)), "entry.in_future"),
    "one of two doses in 2031": (
        EMPTY.revise(vaccinations=(dose(1), dose(2, date=dt.date(2031, 1, 1)))),
        "entry.in_future",
    ),
    "test in 2031": (
        EMPTY.revise(tests=(sampled(1, sampled_at=dt.datetime(2031, 1, 1, tzinfo=dt.UTC)),)),
        "entry.in_future",
    ),
    "recovery in 2031": (
        EMPTY.revise(recoveries=(recovered(1, first_positive=dt.date(2031, 1, 1), valid_from=None, valid_until=None),)),
        "entry.in_future",
    ),
    "dose before birth": (
        citizen_record(1, 0).revise(person=citizen_person(birth_date=citizen.PartialDate(2026, 5, 1))),
        "record.inconsistent_dates",
    ),
    "recovery valid before it was": (
        EMPTY.revise(recoveries=(recovered(1, first_positive=dt.date(2026, 5, 1), valid_from=dt.date(2020, 1, 1)),)),
        "record.inconsistent_dates",
    ),
    "dose of the year 1": (EMPTY.revise(vaccinations=(dose(1, date=dt.date(1, 1, 1)),)), "record.inconsistent_dates"),
    "dose 2 before dose 1": (
        EMPTY.revise(vaccinations=(dose(1, date=dt.date(2026, 1, 1)), dose(2, date=dt.date(2020, 1, 1)))),
        "record.dose_order",
    ),
    "the same dose twice": (EMPTY.revise(vaccinations=(dose(1), dose(1, number=2))), "record.repeated_entry"),
    "90 copies of one test": (
        EMPTY.revise(tests=tuple(msgspec.structs.replace(sampled(1), number=number) for number in range(1, 91))),
        "record.repeated_entry",
    ),
    "product Pfizer": (EMPTY.revise(vaccinations=(dose(1, product="Pfizer"),)), "record.unknown_code"),
    "disease covid": (EMPTY.revise(vaccinations=(dose(1, diseases=("covid",)),)), "record.unknown_code"),
    "result negative": (EMPTY.revise(tests=(sampled(1, result="negative"),)), "record.unknown_code"),
    "country that does not exist": (EMPTY.revise(vaccinations=(dose(1, country="XX"),)), "record.unknown_code"),
    "revision in milliseconds": (
        msgspec.structs.replace(citizen_record(1, 0), revision=1_780_000_000_000),
        "record.schema",
    ),
    "rapid test without device": (
        EMPTY.revise(tests=(sampled(1, test_type="LP217198-3", device=None),)),
        "record.device_missing",
    ),
    "EU DCC of tomorrow's tomorrow": (
        vaccination_record(vaccinations=(vaccination(date=NOW.date() + 3 * DAY),)),
        "entry.in_future",
    ),
    "EU DCC of in two hours": (
        vaccination_record(vaccinations=(), tests=(sample_test(sampled_at=NOW + dt.timedelta(hours=2)),)),
        "entry.in_future",
    ),
}


@pytest.mark.parametrize(("record", "code"), NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_refused_by_code(record: Any, code: str) -> None:
    """Nothing is signed that is not true of a person at the time of issue."""
    with pytest.raises(hcert.IssueError) as caught:
        ISSUER.issue(record, issued_at=NOW, expires_at=EXPIRY)
    assert code in {found.code for found in caught.value.findings}


@pytest.mark.parametrize(
    ("changes", "code", "error"),
    [
        ({"status": Status.REVOKED}, "trust.key_revoked", hcert.JobError),
        ({"not_after": NOW - DAY}, "issue.outlives_key", hcert.JobError),
        ({"not_before": NOW + DAY}, "issue.predates_key", hcert.JobError),
        ({"usages": frozenset()}, "usage.not_allowed", hcert.IssueError),
    ],
    ids=["revoked", "expired", "not yet valid", "allowed nothing"],
)
def test_a_key_that_verifiers_refuse_signs_nothing(
    changes: dict[str, Any], code: str, error: type[hcert.HcertError]
) -> None:
    """Before anything is signed; a key that may sign other events is no fault of the job."""
    key = replace(SIGNER.key, **changes)
    issuer = hcert.Issuer(hcert.LocalSigner(SIGNER.private_key, key), country="VN")
    with pytest.raises(error) as caught:
        issuer.issue(vaccination_record(), issued_at=NOW, expires_at=EXPIRY)
    assert code in {found.code for found in caught.value.findings}


def test_a_ca_certificate_signs_no_health_certificates() -> None:
    """A CSCA is for the certificates of signers."""
    csca = document_signer(p256(), extensions=[x509.BasicConstraints(ca=True, path_length=0)])
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.Issuer(csca.signer, country="VN")
    assert caught.value.code == "key.ca"


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"status": Status.REVOKED}, "sealed.reader_revoked"), ({"not_after": NOW - DAY}, "sealed.reader_expired")],
    ids=["revoked", "expired"],
)
def test_nothing_is_sealed_for_readers_who_should_not_read_any_more(changes: dict[str, Any], code: str) -> None:
    """At the time of issue."""
    reader = replace(hcert.ReaderKey.from_pem(pem_of(x25519.X25519PrivateKey.generate())).key, **changes)
    with pytest.raises(hcert.JobError) as caught:
        ISSUER.issue(
            citizen_record(1, 0),
            confidential={reader: citizen.Confidential(id_number="001190000123")},
            issued_at=NOW,
            expires_at=EXPIRY,
        )
    assert caught.value.code == code


def test_what_a_list_revoked_is_not_issued_again() -> None:
    """An issuer that knows its revocations looks them up as a verifier does."""
    record = citizen_record(2, 0)
    for content, code, error in (
        ({"certificates": [record.certificate_id]}, "revocation.certificate", hcert.IssueError),
        ({"superseded": {record.certificate_id: 2}}, "revocation.superseded", hcert.IssueError),
        ({"entries": [record.entry_id(1)]}, "revocation.entry", hcert.IssueError),
        ({"keys": [SIGNER.key]}, "revocation.key", hcert.JobError),
    ):
        issuer = hcert.Issuer(SIGNER.signer, country="VN", revocations=hcert.RevocationList(**content))
        with pytest.raises(error) as caught:
            issuer.issue(record, issued_at=NOW, expires_at=EXPIRY)
        assert code in {found.code for found in caught.value.findings}
