"""Verdicts on citizen records, entry by entry."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

import hcert
from hcert.policy import AllOf, AuthenticOnly, Outcome, RecentNegativeTest, RecordView
from hcert.records.citizen import encode
from support.citizen_records import citizen_record, dose, sampled
from support.raw_messages import DCC, Handmade, claims_of, sign_unchecked
from support.signers import EXPIRY, NOW, document_signer, p256

if TYPE_CHECKING:
    from support.signers import DocumentSigner

DAY = dt.timedelta(days=1)


def text_of(signer: DocumentSigner, record: hcert.CitizenRecord) -> str:
    """Issue a record and return its text."""
    return hcert.Issuer(signer.signer, country="VN").issue(record, issued_at=NOW, expires_at=EXPIRY).text


def handmade(signer: DocumentSigner, subclaims: dict[int, Any]) -> str:
    """Sign arbitrary subclaims."""
    return Handmade(signer, claims=claims_of() | {-260: subclaims}).text


def found(verdict: hcert.Verdict) -> list[tuple[str, str | None]]:
    """Return code and place of each finding."""
    return [(reason.code, reason.record) for reason in verdict.findings]


def test_an_issued_citizen_record_is_accepted(either: DocumentSigner) -> None:
    """The verdict shows the same record, under both algorithms."""
    record = citizen_record()
    verdict = either.verifier.check(text_of(either, record), at=NOW)
    assert verdict.accepted
    assert verdict.findings == ()
    assert verdict.certificate is not None
    assert verdict.certificate.record == record
    assert verdict.counted == ()


def test_an_entry_dated_tomorrow_does_not_count(es256: DocumentSigner) -> None:
    """The other entries do."""
    record = citizen_record(2, 0).revise(tests=(sampled(3, sampled_at=NOW + DAY), sampled(4, sampled_at=NOW)))
    verifier = hcert.Verifier(hcert.TrustList([es256.key]), policy=RecentNegativeTest())
    verdict = verifier.check(sign_unchecked(es256, record), at=NOW)
    assert verdict.accepted
    assert found(verdict) == [("entry.in_future", "tests[0]")]
    assert verdict.counted == ("tests[1]",)


@pytest.mark.parametrize(
    ("entries", "in_future"),
    [
        ({"tests": (sampled(3, sampled_at=NOW + dt.timedelta(minutes=5)),)}, False),
        ({"tests": (sampled(3, sampled_at=NOW + dt.timedelta(minutes=5, seconds=1)),)}, True),
        ({"vaccinations": (dose(1, date=dt.date(2026, 6, 2)),)}, False),
        ({"vaccinations": (dose(1, date=dt.date(2026, 6, 3)),)}, True),
    ],
    ids=["sample in 5 minutes", "sample in 5 minutes and a second", "dose tomorrow", "dose the day after"],
)
def test_which_entries_are_in_the_future(es256: DocumentSigner, entries: dict[str, Any], *, in_future: bool) -> None:
    """Clocks may differ by five minutes, and at noon in UTC the next day has begun somewhere on earth."""
    record = citizen_record(0, 0).revise(**entries)
    verdict = es256.verifier.check(sign_unchecked(es256, record), at=NOW)
    codes = [code for code, _ in found(verdict)]
    assert codes == (["entry.in_future", "record.nothing_counts"] if in_future else [])
    assert verdict.accepted is not in_future


def test_a_check_on_the_last_day_of_the_calendar_does_not_raise(es256: DocumentSigner) -> None:
    """31 December 9999."""
    at = dt.datetime(9999, 12, 31, 23, 59, tzinfo=dt.UTC)
    verdict = es256.verifier.check(text_of(es256, citizen_record()), at=at)
    assert ("claims.expired", None) in found(verdict)


def test_a_key_for_tests_may_not_sign_doses() -> None:
    """A verifier and an issuer refuse them."""
    signer = document_signer(p256(), usages=["1.3.6.1.4.1.1847.2021.1.1"])
    text = handmade(signer, {-1405: encode.to_wire(citizen_record())})
    assert found(signer.verifier.check(text, at=NOW)) == [("usage.not_allowed", None)]
    with pytest.raises(hcert.IssueError) as caught:
        text_of(signer, citizen_record())
    assert caught.value.code == "usage.not_allowed"
    assert signer.verifier.check(text_of(signer, citizen_record(0, 1)), at=NOW).accepted


def test_the_key_usage_of_a_malformed_record_is_checked() -> None:
    """The record is unknown, and the certificate has the payload as signed."""
    signer = document_signer(p256(), usages=["1.3.6.1.4.1.1847.2021.1.1"])
    payload = encode.to_wire(citizen_record()) | {1: b"short"}
    verdict = signer.verifier.check(handmade(signer, {-1405: payload}), at=NOW)
    assert found(verdict) == [("usage.not_allowed", None), ("record.schema", None)]
    assert verdict.certificate is not None
    assert verdict.certificate.record == hcert.UnknownRecord(subclaim=-1405)
    assert verdict.certificate.payload == payload
    verdict = signer.verifier.check(handmade(signer, {-1405: [1]}), at=NOW)
    assert found(verdict) == [("record.schema", None)]


def test_the_verdict_on_a_code_with_an_eu_dcc_and_a_citizen_record_is_about_the_latter(es256: DocumentSigner) -> None:
    """A warning says that there is another payload."""
    verdict = es256.verifier.check(handmade(es256, {1: DCC, -1405: encode.to_wire(citizen_record())}), at=NOW)
    assert found(verdict) == [("claims.other_subclaims", None)]
    assert verdict.certificate is not None
    assert isinstance(verdict.certificate.record, hcert.CitizenRecord)


def test_an_unknown_record_satisfies_no_policy(es256: DocumentSigner) -> None:
    """It is refused for both reasons."""
    verifier = hcert.Verifier(hcert.TrustList([es256.key]), policy=AuthenticOnly())
    verdict = verifier.check(handmade(es256, {-99: {"n": "x"}}), at=NOW)
    assert found(verdict) == [("record.unknown", None), ("policy.no_record", None)]


class Silent:
    """A program's own policy that refuses without a finding."""

    def judge(self, record: RecordView, *, at: dt.datetime, without: Any = ()) -> Outcome:  # noqa: ARG002
        """Refuse."""
        return Outcome(satisfied=False)


def test_a_policy_without_a_finding_refuses(es256: DocumentSigner) -> None:
    """Alone and in combination."""
    for policy in (Silent(), AllOf(Silent(), AuthenticOnly())):
        verifier = hcert.Verifier(hcert.TrustList([es256.key]), policy=policy)
        verdict = verifier.check(text_of(es256, citizen_record()), at=NOW)
        assert found(verdict) == [("policy.not_satisfied", None)]


def test_an_eu_dcc_dated_ahead_satisfies_no_policy(es256: DocumentSigner) -> None:
    """Its only dose does not count."""
    late = handmade(es256, {1: DCC | {"v": [DCC["v"][0] | {"dt": "2026-06-04"}]}})
    verdict = hcert.Verifier(hcert.TrustList([es256.key]), policy=AuthenticOnly()).check(late, at=NOW)
    assert ("entry.in_future", "vaccinations[0]") in found(verdict)
    assert verdict.counted == ()


def test_the_verdict_does_not_depend_on_the_zone_of_the_time(es256: DocumentSigner) -> None:
    """The same moment, given in two zones."""
    at = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
    text = sign_unchecked(es256, citizen_record(0, 0).revise(vaccinations=(dose(1, date=dt.date(2026, 6, 3)),)))
    there = at.astimezone(dt.timezone(dt.timedelta(hours=7)))
    assert found(es256.verifier.check(text, at=at)) == found(es256.verifier.check(text, at=there)) != []


def test_authentic_only_counts_every_entry(es256: DocumentSigner) -> None:
    """It is for gates where a person looks at the entries."""
    verifier = hcert.Verifier(hcert.TrustList([es256.key]), policy=AuthenticOnly())
    verdict = verifier.check(text_of(es256, citizen_record(1, 1)), at=NOW)
    assert verdict.counted == ("vaccinations[0]", "tests[0]")


def test_a_reader_key_verifies_no_certificate(es256: DocumentSigner) -> None:
    """Even if its private key signed it."""
    from hcert.keys.usage import OPEN_ONLY

    reader = hcert.TrustedKey.from_public_key(es256.key.spki, kid=es256.key.kid, usages=OPEN_ONLY)
    verdict = hcert.Verifier(hcert.TrustList([reader])).check(text_of(es256, citizen_record()), at=NOW)
    assert found(verdict) == [("trust.unsupported_key", None)]
