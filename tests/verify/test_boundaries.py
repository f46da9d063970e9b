"""Verdicts at the bounds: times to the second, the numbers in messages, and when threads are used."""

from __future__ import annotations

import concurrent.futures
import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

import hcert
from hcert import citizen, policy
from hcert.errors import ConfigurationError
from hcert.findings import finding
from hcert.fragments import fragment
from support.citizen_records import citizen_person, citizen_record, dose, recovered, sampled
from support.list_publisher import DAY, LIST_EXPIRY, pins, publish
from support.raw_messages import DCC, Handmade, claims_of, sign_unchecked
from support.signers import NOW, DocumentSigner, document_signer, p256, recovery_record, sample_test, vaccination_record

SECOND = dt.timedelta(seconds=1)
SIGNER = document_signer(p256())
IAT, EXP = NOW, NOW + 30 * DAY
TEXT = Handmade(SIGNER, claims=claims_of(c6=int(IAT.timestamp()), c4=int(EXP.timestamp()))).text


def view_of(record: Any) -> policy.RecordView:
    """Return the view of a record that policies judge."""
    view = policy.view(record)
    assert view is not None
    return view


def details_by_code(at: dt.datetime, **changes: Any) -> dict[str, dict[str, Any]]:
    """Check the code with a changed key; return the details of each finding."""
    key = replace(SIGNER.key, **({"not_before": None, "not_after": None} | changes))
    return {
        found.code: dict(found.details) for found in hcert.Verifier(hcert.TrustList([key])).check(TEXT, at=at).findings
    }


def test_certificate_and_key_are_valid_at_the_bounds_of_their_times() -> None:
    """At the issue time, at the expiry, and at both ends of the key's validity."""
    key = {"not_before": IAT, "not_after": EXP}
    assert details_by_code(IAT, **key) == {}
    assert details_by_code(EXP, **key) == {}
    assert details_by_code(IAT - 300 * SECOND) == {}


def test_a_second_outside_the_bounds_is_an_error_that_names_the_bound() -> None:
    """Of the certificate or the key."""
    assert details_by_code(EXP + SECOND) == {"claims.expired": {"expires_at": "2026-07-01T12:00:00Z"}}
    assert details_by_code(IAT - 301 * SECOND) == {"claims.not_yet_valid": {"valid_from": "2026-06-01T12:00:00Z"}}
    assert details_by_code(IAT, not_before=IAT + SECOND) == {
        "trust.key_not_yet_valid": {"not_before": "2026-06-01T12:00:01Z"},
        "claims.predates_key": {"not_before": "2026-06-01T12:00:01Z"},
    }
    assert details_by_code(EXP, not_after=EXP - SECOND) == {
        "trust.key_expired": {"not_after": "2026-07-01T11:59:59Z"},
        "claims.outlives_key": {"not_after": "2026-07-01T11:59:59Z"},
    }


def test_the_error_names_the_kid_if_no_key_can_verify() -> None:
    """And the algorithm if the key has another one."""
    kid = SIGNER.key.kid.hex()
    assert details_by_code(NOW, algorithm=None) == {"trust.unsupported_key": {"kid": kid}}
    assert details_by_code(NOW, algorithm=hcert.Algorithm.PS256) == {"cose.algorithm_mismatch": {"algorithm": "ES256"}}
    assert details_by_code(NOW, kid=b"another") == {"trust.unknown_key": {"kid": kid}}


def test_long_subclaim_numbers_are_not_shown() -> None:
    """A long number might be somebody's identifier."""
    text = Handmade(SIGNER, claims=claims_of() | {-260: {1: DCC, 7: 0, -99_999: 0, 123_456_789_012: 0}}).text
    (found,) = SIGNER.verifier.check(text, at=NOW).findings
    assert dict(found.details) == {"others": (7, -99999, fragment("place.other_number"))}


def test_every_verdict_has_the_time_of_the_check() -> None:
    """Also if the code is refused, at whichever step."""
    verifier = SIGNER.verifier
    broken = Handmade(SIGNER, payload=b"\xff").text
    stranger = document_signer(p256()).issue().text
    for text in (TEXT, broken, stranger, "", "HC1:"):
        assert verifier.check(text, at=NOW).checked_at == NOW


@pytest.mark.parametrize("call", ["check", "check_cose", "verify", "check_many"])
def test_a_time_without_a_zone_is_a_configuration_error(call: str) -> None:
    """The error names the argument."""
    naive = NOW.replace(tzinfo=None)
    argument: Any = [TEXT] if call == "check_many" else b"" if call == "check_cose" else TEXT
    with pytest.raises(ConfigurationError) as caught:
        getattr(SIGNER.verifier, call)(argument, at=naive)
    (found,) = caught.value.findings
    assert (found.code, dict(found.details)) == ("time.naive", {"name": "at"})


def pools(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """Return a list to which the size of each new thread pool is added."""
    sizes: list[int | None] = []
    real = concurrent.futures.ThreadPoolExecutor

    class Watched(real):  # type: ignore[misc, valid-type]
        def __init__(self, size: int | None = None) -> None:
            sizes.append(size)
            super().__init__(size)

    monkeypatch.setattr(concurrent.futures, "ThreadPoolExecutor", Watched)
    return sizes


@pytest.mark.parametrize(
    ("count", "workers", "expected"),
    [(0, 2, []), (1, 2, []), (2, 1, []), (600, 1, []), (2, 2, [2]), (3, 2, [2]), (4, 3, [3])],
    ids=lambda value: None if isinstance(value, int) else f"pools {value}",
)
def test_threads_are_used_only_for_several_texts_and_workers(
    monkeypatch: pytest.MonkeyPatch, count: int, workers: int, expected: list[int]
) -> None:
    """As many as the caller asks for."""
    sizes = pools(monkeypatch)
    verdicts = SIGNER.verifier.check_many([TEXT, ""] * (count // 2) + [TEXT] * (count % 2), at=NOW, workers=workers)
    assert sizes == expected
    assert [verdict.accepted for verdict in verdicts] == [True, False] * (count // 2) + [True] * (count % 2)


@pytest.mark.parametrize(("processors", "expected"), [(3, [3]), (None, [])], ids=["three", "unknown"])
def test_there_are_as_many_threads_as_processors(
    monkeypatch: pytest.MonkeyPatch, processors: int | None, expected: list[int]
) -> None:
    """No threads if their number is unknown."""
    monkeypatch.setattr("os.cpu_count", lambda: processors)
    sizes = pools(monkeypatch)
    assert len(SIGNER.verifier.check_many([TEXT] * 9, at=NOW)) == 9
    assert sizes == expected


def test_the_sealed_part_can_be_opened_with_the_issuer_and_key_of_the_certificate() -> None:
    """The verifier passes both on to the record."""
    from cryptography.hazmat.primitives.asymmetric import x25519

    from support.signers import EXPIRY, pem_of, spki_of

    private_key = x25519.X25519PrivateKey.generate()
    reader = hcert.TrustedKey.from_public_key(spki_of(private_key), usages=frozenset({hcert.Usage.OPEN}))
    issuer = hcert.Issuer(SIGNER.signer, country="VN")
    secret = {reader: citizen.Confidential(phone="0912345678")}
    code = issuer.issue(citizen_record(1, 0), issued_at=NOW, expires_at=EXPIRY, confidential=secret)
    record = SIGNER.verifier.verify(code.text, at=NOW).record
    assert isinstance(record, hcert.CitizenRecord)
    assert record.sealed is not None
    assert record.sealed.open(hcert.ReaderKey.from_pem(pem_of(private_key))).phone == "0912345678"


def test_the_age_of_an_expired_list_is_given_in_tenths_of_days() -> None:
    """With the time of its expiry; for a list from the future, with the time of its issue."""
    trust = hcert.TrustList.open(publish(hcert.TrustList([SIGNER.key])), **pins())
    verifier = hcert.Verifier(trust)
    late = verifier.check(TEXT, at=LIST_EXPIRY + dt.timedelta(hours=30, minutes=7)).findings[0]
    assert dict(late.details) == {"days": 1.3, "expires_at": "2026-07-01T12:00:00Z"}
    early = verifier.check(TEXT, at=NOW - DAY).findings[0]
    assert dict(early.details) == {"issued_at": "2026-06-01T12:00:00Z"}


def details(outcome: policy.Outcome) -> dict[str, dict[str, Any]]:
    """Return the details of the findings of a policy that is not satisfied."""
    assert outcome.satisfied is False
    return {reason.code: dict(reason.details) for reason in outcome.findings}


def test_the_findings_of_policies_name_their_limits() -> None:
    """In hours, days and years."""
    tested = citizen_record(1, 0).revise(tests=(sampled(9, sampled_at=NOW - 10 * DAY),))
    assert details(policy.RecentNegativeTest(within=dt.timedelta(hours=36)).judge(view_of(tested), at=NOW)) == {
        "policy.no_negative_test": {"hours": "36"},
        "policy.test_too_old": {"hours": "36"},
    }
    series = citizen_record(2, 0)
    assert details(policy.CompletedSeries(minimum_age=9999).judge(view_of(series), at=NOW)) == {
        "policy.no_completed_series": {},
        "policy.series_incomplete": {},
        "policy.dose_too_recent": {"days": 9999},
    }
    assert details(policy.CompletedSeries(maximum_age=1).judge(view_of(series), at=NOW))["policy.dose_too_old"] == {
        "days": 1
    }
    assert details(policy.YoungerThan(3).judge(view_of(series), at=NOW)) == {"policy.not_younger": {"years": 3}}


@pytest.mark.parametrize(
    "one",
    [policy.RecentNegativeTest(), policy.CompletedSeries(), policy.Recovered(), policy.YoungerThan(6)],
    ids=lambda one: type(one).__name__,
)
def test_policies_refuse_a_time_without_a_zone(one: policy.Policy) -> None:
    """The error names the argument."""
    with pytest.raises(ConfigurationError) as caught:
        one.judge(view_of(citizen_record()), at=NOW.replace(tzinfo=None))
    assert dict(caught.value.findings[0].details) == {"name": "at"}


def test_policies_skip_entries_of_other_diseases() -> None:
    """The entries after them count."""
    other = dose(7, diseases=("16541001",))
    recoveries = (recovered(8, disease="6142004"), recovered(9))
    record = citizen_record(0, 0).revise(vaccinations=(other, dose(2)), recoveries=recoveries)
    assert policy.CompletedSeries(maximum_age=None).judge(view_of(record), at=NOW).counted == ("vaccinations[1]",)
    assert policy.Recovered().judge(view_of(record), at=NOW).counted == ("recoveries[1]",)


def test_a_positive_test_at_the_time_of_the_negative_one_counts() -> None:
    """Both were sampled at the time of the check."""
    positive = sampled(8, sampled_at=NOW, result="260373001")
    record = citizen_record(1, 0).revise(tests=(positive, sampled(9, sampled_at=NOW)))
    codes = [reason.code for reason in policy.RecentNegativeTest().judge(view_of(record), at=NOW).findings]
    assert codes == ["policy.no_negative_test", "policy.test_not_negative", "policy.positive_since"]


HANOI = dt.timezone(dt.timedelta(hours=7))


def test_policies_use_the_date_in_their_zone() -> None:
    """At 20:00 UTC it is the next day in Hà Nội: a recovery becomes valid, and a child is a year older."""
    evening = dt.datetime(2026, 2, 11, 20, tzinfo=dt.UTC)
    record = citizen_record(1, 0, recoveries=(recovered(9),))
    assert not policy.Recovered().judge(view_of(record), at=evening).satisfied
    assert policy.Recovered(zone=HANOI).judge(view_of(record), at=evening).satisfied
    child = citizen_record(1, 0, person=citizen_person(birth_date=citizen.PartialDate(2020, 2, 12)))
    assert policy.YoungerThan(6).judge(view_of(child), at=evening).satisfied
    assert not policy.YoungerThan(6, zone=HANOI).judge(view_of(child), at=evening).satisfied


def test_the_age_of_a_holder_is_the_greatest_possible() -> None:
    """A person born in an unknown month may be born in January."""
    today = citizen_record(1, 0, person=citizen_person(birth_date=citizen.PartialDate(2026, 6, 1)))
    assert policy.YoungerThan(1).judge(view_of(today), at=NOW).satisfied is True
    january = dt.datetime(2026, 1, 15, tzinfo=dt.UTC)
    year = citizen_record(1, 0, person=citizen_person(birth_date=citizen.PartialDate(2020)))
    assert policy.YoungerThan(6).judge(view_of(year), at=january).satisfied is False


def test_combined_policies_exclude_the_same_entries() -> None:
    """An entry that does not count for the verifier does not count for any of them."""
    record = citizen_record(0, 0).revise(tests=(sampled(9, sampled_at=NOW),))
    for combined in (policy.AllOf(policy.RecentNegativeTest()), policy.AnyOf(policy.RecentNegativeTest())):
        assert combined.judge(view_of(record), at=NOW).satisfied is True
        assert combined.judge(view_of(record), at=NOW, without={"tests[0]"}).satisfied is False
    two = policy.AllOf(policy.AuthenticOnly(), policy.AuthenticOnly())
    assert repr(two) == "AllOf(AuthenticOnly(), AuthenticOnly())"


class Silent:
    """A program's own policy that refuses with these findings."""

    def __init__(self, *codes: str) -> None:
        self.codes = codes

    def judge(self, record: policy.RecordView, *, at: dt.datetime, without: Any = ()) -> policy.Outcome:  # noqa: ARG002
        """Refuse."""
        return policy.Outcome(satisfied=False, findings=tuple(map(finding, self.codes)))


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ((), ["policy.not_satisfied"]),
        (("policy.positive_since",), ["policy.not_satisfied", "policy.positive_since"]),
        (("policy.no_recovery",), ["policy.no_recovery"]),
    ],
    ids=["no finding", "warning alone", "error"],
)
def test_a_policy_that_is_not_satisfied_refuses(codes: tuple[str, ...], expected: list[str]) -> None:
    """With or without a finding of its own."""
    verifier = hcert.Verifier(hcert.TrustList([SIGNER.key]), policy=Silent(*codes))
    verdict = verifier.check(TEXT, at=NOW)
    assert not verdict.accepted
    assert [found.code for found in verdict.findings] == expected


def test_the_clock_skew_applies_to_the_samples_of_an_eu_dcc(es256: DocumentSigner) -> None:
    """A sample dated a minute ahead counts, one dated an hour ahead does not."""
    for ahead, counts in ((60, True), (3600, False)):
        sample = sample_test(sampled_at=NOW + ahead * SECOND)
        text = sign_unchecked(es256, vaccination_record(vaccinations=(), tests=(sample,)))
        verifier = hcert.Verifier(hcert.TrustList([es256.key]), policy=policy.AuthenticOnly())
        verdict = verifier.check(text, at=NOW)
        assert ("entry.in_future" not in {found.code for found in verdict.findings}) is counts
    assert es256.verifier.check(es256.issue(recovery_record()).text, at=NOW).accepted
