"""Policies: what suffices at a gate, entry by entry, with bounds that count and reasons that are named."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import citizen
from hcert.policy import (
    AllOf,
    AnyOf,
    AuthenticOnly,
    CompletedSeries,
    Outcome,
    RecentNegativeTest,
    RecordView,
    Recovered,
    YoungerThan,
    view,
)
from hcert.records.citizen import encode
from support.citizen_records import citizen_person, citizen_record, dose, records, recovered, sampled
from support.raw_messages import Handmade, claims_of, sign_unchecked
from support.signers import NOW, sample_test, sample_test_record

if TYPE_CHECKING:
    from support.signers import DocumentSigner

HOUR, DAY, SECOND = dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(seconds=1)
HANOI = dt.timezone(dt.timedelta(hours=7))
_LINK_MEMBERS = json.dumps({"url": "https://health.example/m/1", "key": "A" * 43}).encode()
LINK = "shlink:/" + base64.urlsafe_b64encode(_LINK_MEMBERS).decode().rstrip("=")


def seen(record: Any) -> RecordView:
    """Return a record as policies judge it."""
    shown = view(record)
    assert shown is not None
    return shown


def of(outcome: Outcome) -> tuple[tuple[str, ...], list[tuple[str, str | None]]]:
    """Return what counted, and codes with entries."""
    assert outcome.satisfied is not bool(outcome.findings)
    return outcome.counted, [(reason.code, reason.record) for reason in outcome.findings]


def with_test(**changes: Any) -> hcert.CitizenRecord:
    """Return a citizen with one test."""
    return citizen_record(1, 0).revise(tests=(sampled(9, **changes),))


@pytest.mark.parametrize(
    ("age", "reason"),
    [
        (72 * HOUR, None),
        (72 * HOUR + SECOND, "policy.test_too_old"),
        (0 * HOUR, None),
        (-SECOND, None),
    ],
    ids=["at the bound", "a second older", "now", "a second ahead"],
)
def test_a_test_counts_up_to_its_age(age: dt.timedelta, reason: str | None) -> None:
    """The bound counts; what is too far ahead is for the verifier to leave out."""
    outcome = RecentNegativeTest().judge(seen(with_test(sampled_at=NOW - age)), at=NOW)
    assert of(outcome) == (
        (("tests[0]",), []) if reason is None else ((), [("policy.no_negative_test", None), (reason, "tests[0]")])
    )


def test_ages_are_exact_across_a_change_of_the_clocks() -> None:
    """In October a day of Berlin has 25 hours, though its clock shows 24."""
    berlin = ZoneInfo("Europe/Berlin")
    at = dt.datetime(2025, 10, 27, 12, tzinfo=berlin)
    for hours, counts in ((72, True), (72.5, False)):
        sampled_at = (at.astimezone(dt.UTC) - hours * HOUR).astimezone(berlin)
        record = with_test(sampled_at=sampled_at)
        assert RecentNegativeTest().judge(seen(record), at=at).satisfied is counts


def test_a_negative_test_counts_no_more_after_a_positive_one() -> None:
    """Only a record that holds both can tell."""
    tests = (
        sampled(2, sampled_at=NOW - 70 * HOUR),
        sampled(3, result="260373001", sampled_at=NOW - HOUR),
    )
    record = citizen_record(1, 0).revise(tests=tests)
    outcome = RecentNegativeTest().judge(seen(record), at=NOW)
    assert of(outcome)[1][1:] == [("policy.positive_since", "tests[0]"), ("policy.test_not_negative", "tests[1]")]
    assert RecentNegativeTest().judge(seen(record), at=NOW, without={"tests[1]"}).satisfied
    again = record.revise(tests=(*tests, sampled(5, sampled_at=NOW - HOUR / 2)))
    assert RecentNegativeTest().judge(seen(again), at=NOW).counted == ("tests[2]",)


@pytest.mark.parametrize("ahead", [300 * SECOND, 301 * SECOND, HOUR, 30000 * DAY])
@pytest.mark.parametrize("skew", [0, 300, 3600])
def test_a_positive_test_of_the_future_speaks_against_every_negative_one(
    skew: int, ahead: dt.timedelta, es256: DocumentSigner
) -> None:
    """However far ahead it is dated, and whatever the verifier allows: a wrong date makes no result wrong."""
    tests = (sampled(2, sampled_at=NOW - HOUR), sampled(3, result="260373001", sampled_at=NOW + ahead))
    record = citizen_record(1, 0).revise(tests=tests)
    assert not RecentNegativeTest().judge(seen(record), at=NOW).satisfied
    assert not RecentNegativeTest().judge(seen(record), at=NOW, without={"tests[1]"}).satisfied
    verifier = hcert.Verifier(
        hcert.TrustList([es256.key]),
        policy=RecentNegativeTest(),
        tolerances=hcert.Tolerances(clock_skew=dt.timedelta(seconds=skew)),
    )
    verdict = verifier.check(
        Handmade(es256, claims=claims_of({}) | {-260: {-1405: encode.to_wire(record)}}).text, at=NOW
    )
    assert ("policy.positive_since", "tests[0]") in [(found.code, found.record) for found in verdict.findings]
    assert not verdict.accepted


@pytest.mark.parametrize("skew", [0, 299, 300, 301, 3600])
@pytest.mark.parametrize("ahead", [0, 1, 300, 301, 3600, 3601])
def test_one_tolerance_decides_whether_a_negative_test_lies_in_the_future(
    ahead: int, skew: int, es256: DocumentSigner
) -> None:
    """That of the verifier."""
    record = citizen_record(0, 0).revise(tests=(sampled(1, sampled_at=NOW + ahead * SECOND),))
    verifier = hcert.Verifier(
        hcert.TrustList([es256.key]),
        policy=RecentNegativeTest(),
        tolerances=hcert.Tolerances(clock_skew=dt.timedelta(seconds=skew)),
    )
    verdict = verifier.check(
        Handmade(es256, claims=claims_of({}) | {-260: {-1405: encode.to_wire(record)}}).text, at=NOW
    )
    assert verdict.accepted is (ahead <= skew)
    assert verdict.counted == (("tests[0]",) if ahead <= skew else ())


def test_a_policy_needs_a_time_with_a_zone() -> None:
    """That which counts everything too."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        AuthenticOnly().judge(seen(citizen_record()), at=NOW.replace(tzinfo=None))
    assert [(found.code, dict(found.details)) for found in caught.value.findings] == [("time.naive", {"name": "at"})]


def test_hours_are_not_rounded_in_messages() -> None:
    """An hour and a half is 1.5 hours."""
    outcome = RecentNegativeTest(within=1.5 * HOUR).judge(seen(citizen_record(1, 0)), at=NOW)
    assert "1.5 hours" in outcome.findings[0].message


def test_every_test_that_does_not_count_has_a_reason() -> None:
    """Positive, of another type, too old; tests for other diseases are no matter."""
    record = citizen_record(1, 0).revise(
        tests=(
            sampled(2, result="260373001", sampled_at=NOW - HOUR),
            sampled(3, test_type="LP217198-3", sampled_at=NOW - HOUR),
            sampled(4, test_type="LP6464-4", sampled_at=NOW - 25 * HOUR),
            sampled(5, disease="6142004", sampled_at=NOW - HOUR),
        )
    )
    policy = RecentNegativeTest(within=24 * HOUR, test_types=frozenset({"LP6464-4"}))
    outcome = policy.judge(seen(record), at=NOW)
    assert of(outcome)[1] == [
        ("policy.no_negative_test", None),
        ("policy.test_not_negative", "tests[0]"),
        ("policy.test_type", "tests[1]"),
        ("policy.test_too_old", "tests[2]"),
    ]
    assert [reason.severity for reason in outcome.findings] == ["error", "warning", "warning", "warning"]
    assert RecentNegativeTest(within=24 * HOUR, disease="6142004").judge(seen(record), at=NOW).counted == ("tests[3]",)


@pytest.mark.parametrize(
    ("days", "reason"),
    [(13, "policy.dose_too_recent"), (14, None), (270, None), (271, "policy.dose_too_old")],
    ids=["too recent", "first day", "last day", "too old"],
)
def test_a_series_counts_between_its_ages(days: int, reason: str | None) -> None:
    """The first and the last day count."""
    record = citizen_record(0, 0).revise(vaccinations=(dose(2, date=NOW.date() - days * DAY),))
    outcome = CompletedSeries().judge(seen(record), at=NOW)
    assert of(outcome) == (
        (("vaccinations[0]",), [])
        if reason is None
        else ((), [("policy.no_completed_series", None), (reason, "vaccinations[0]")])
    )


def test_the_day_is_that_of_the_policy_s_zone() -> None:
    """At 20:00 in London it is already the fourteenth day in Ha Noi."""
    at = dt.datetime(2026, 6, 14, 20, tzinfo=dt.UTC)
    record = citizen_record(0, 0).revise(vaccinations=(dose(2, date=dt.date(2026, 6, 1)),))
    assert not CompletedSeries().judge(seen(record), at=at).satisfied
    assert CompletedSeries(zone=HANOI).judge(seen(record), at=at).satisfied


def test_an_older_complete_series_counts_beside_a_fresh_booster() -> None:
    """A booster of yesterday takes nothing away; without a bound no age is too great; other diseases are no matter."""
    doses = (
        dose(1, date=NOW.date() - 400 * DAY),
        dose(2, date=NOW.date() - 300 * DAY),
        dose(3, date=NOW.date() - DAY),
        dose(4, diseases=("14189004",)),
    )
    record = citizen_record(0, 0).revise(vaccinations=doses)
    assert of(CompletedSeries().judge(seen(record), at=NOW))[1] == [
        ("policy.no_completed_series", None),
        ("policy.series_incomplete", "vaccinations[0]"),
        ("policy.dose_too_old", "vaccinations[1]"),
        ("policy.dose_too_recent", "vaccinations[2]"),
    ]
    assert CompletedSeries(maximum_age=None).judge(seen(record), at=NOW).counted == ("vaccinations[1]",)


@pytest.mark.parametrize(
    ("day", "satisfied"),
    [("2026-02-11", "no"), ("2026-02-12", "yes"), ("2026-08-01", "yes"), ("2026-08-02", "no")],
    ids=["before", "first day", "last day", "after"],
)
def test_a_recovery_counts_within_its_days(day: str, satisfied: str) -> None:
    """The first and the last day count."""
    record = citizen_record(0, 0, recoveries=(recovered(1), recovered(2, disease="6142004")))
    outcome = Recovered().judge(seen(record), at=dt.datetime.fromisoformat(day).replace(hour=23, tzinfo=dt.UTC))
    assert outcome.satisfied is (satisfied == "yes")
    if satisfied == "no":
        assert of(outcome)[1] == [("policy.no_recovery", None), ("policy.recovery_not_valid", "recoveries[0]")]


@pytest.mark.parametrize(
    ("days", "reason"),
    [(-1, "policy.recovery_not_valid"), (0, None), (180, None), (181, "policy.recovery_too_old")],
    ids=["ahead", "same day", "last day", "too old"],
)
def test_a_recovery_without_days_counts_for_half_a_year_from_its_first_positive_test(
    days: int, reason: str | None
) -> None:
    """Where the issuer sets an end, that holds and no other; a gate may set none."""
    first = NOW.date() - days * DAY
    record = citizen_record(0, 0, recoveries=(recovered(1, first_positive=first, valid_from=None, valid_until=None),))
    outcome = Recovered().judge(seen(record), at=NOW)
    assert of(outcome) == (
        (("recoveries[0]",), []) if reason is None else ((), [("policy.no_recovery", None), (reason, "recoveries[0]")])
    )
    assert Recovered(maximum_age=None).judge(seen(record), at=NOW).satisfied is (days >= 0)
    ends = citizen_record(0, 0, recoveries=(recovered(1, first_positive=NOW.date() - 400 * DAY),))
    assert Recovered(maximum_age=1).judge(seen(ends), at=NOW).satisfied


def test_only_doses_of_listed_products_complete_a_series() -> None:
    """A dose without a product is none of them."""
    doses = (dose(2, product="EU/1/20/1528"), dose(3, product="Sputnik-V"), dose(4, product=None))
    record = citizen_record(0, 0).revise(vaccinations=doses)
    listed = CompletedSeries(maximum_age=None, products=frozenset({"EU/1/20/1528"}))
    assert listed.judge(seen(record), at=NOW).counted == ("vaccinations[0]",)
    assert CompletedSeries(maximum_age=None).judge(seen(record), at=NOW).counted == tuple(
        f"vaccinations[{index}]" for index in range(3)
    )
    none = CompletedSeries(maximum_age=None, products=frozenset())
    assert of(none.judge(seen(record), at=NOW))[1] == [
        ("policy.no_completed_series", None),
        *(("policy.product", f"vaccinations[{index}]") for index in range(3)),
    ]


@pytest.mark.parametrize(
    ("birth", "satisfied"),
    [
        ((2014, 6, 2), "yes"),
        ((2014, 6, 1), "no"),
        ((2014, 7), "yes"),
        ((2014, 6), "no"),
        ((2015,), "yes"),
        ((2014,), "no"),
        ((), "no"),
        ((2026, 6, 2), "no"),
    ],
    ids=["day before", "birthday", "next month", "this month", "next year", "this year", "unknown", "in the future"],
)
def test_a_partial_birth_date_counts_where_every_day_it_could_mean_would(
    birth: tuple[int, ...], satisfied: str
) -> None:
    """On 1 June 2026 who was born on 1 June 2014 is twelve; June 2014 could be the first."""
    record = citizen_record(1, 0).revise(person=citizen_person(birth_date=citizen.PartialDate(*birth)))
    outcome = YoungerThan(12).judge(seen(record), at=NOW)
    assert outcome.satisfied is (satisfied == "yes")
    if not outcome.satisfied:
        assert of(outcome)[1] == [("policy.not_younger", None)]


def test_who_was_born_on_a_leap_day_turns_older_in_march() -> None:
    """28 February is still the day before."""
    record = citizen_record(1, 0).revise(person=citizen_person(birth_date=citizen.PartialDate(2012, 2, 29)))
    assert YoungerThan(14).judge(seen(record), at=dt.datetime(2026, 2, 28, tzinfo=dt.UTC)).satisfied
    assert not YoungerThan(14).judge(seen(record), at=dt.datetime(2026, 3, 1, tzinfo=dt.UTC)).satisfied


def test_all_of_needs_all_and_any_of_needs_one() -> None:
    """The reasons of what failed are collected; what counted is, where the whole holds."""
    record = citizen_record(0, 0).revise(
        vaccinations=(dose(2, date=NOW.date() - 30 * DAY),), tests=(sampled(3, sampled_at=NOW - 100 * HOUR),)
    )
    both = AllOf(CompletedSeries(), RecentNegativeTest())
    either = AnyOf(RecentNegativeTest(), CompletedSeries())
    assert of(both.judge(seen(record), at=NOW)) == (
        (),
        [("policy.no_negative_test", None), ("policy.test_too_old", "tests[0]")],
    )
    assert of(either.judge(seen(record), at=NOW)) == (("vaccinations[0]",), [])
    assert of(AnyOf(Recovered(), RecentNegativeTest()).judge(seen(record), at=NOW))[1] == [
        ("policy.no_recovery", None),
        ("policy.no_negative_test", None),
        ("policy.test_too_old", "tests[0]"),
    ]
    fresh = record.revise(tests=(sampled(3, sampled_at=NOW),))
    assert both.judge(seen(fresh), at=NOW).counted == ("vaccinations[0]", "tests[0]")
    assert repr(AnyOf(Recovered())).startswith("AnyOf(Recovered(")


def test_an_empty_combination_is_a_mistake() -> None:
    """Nothing would be satisfied by everything, or by nothing."""
    for kind in (AllOf, AnyOf):
        with pytest.raises(hcert.ConfigurationError) as caught:
            kind()
        assert caught.value.code == "policy.without_condition"


@given(
    records,
    st.datetimes(timezones=st.just(dt.UTC)),
    st.sets(st.sampled_from(["vaccinations[0]", "tests[0]", "tests[1]", "recoveries[0]"])),
)
def test_no_record_and_no_time_makes_a_policy_raise(
    record: hcert.CitizenRecord, at: dt.datetime, without: set[str]
) -> None:
    """What is left out never counts, and a policy is satisfied or gives reasons."""
    policy = AnyOf(
        AllOf(AuthenticOnly(), CompletedSeries(zone=HANOI)), RecentNegativeTest(), Recovered(), YoungerThan(12)
    )
    if not dt.datetime(1, 1, 2, tzinfo=dt.UTC) < at < dt.datetime(9999, 12, 30, tzinfo=dt.UTC):
        return
    outcome = policy.judge(seen(record), at=at, without=without)
    assert outcome.satisfied is not bool(outcome.findings)
    assert not set(outcome.counted) & without


def test_the_ends_of_the_calendar_are_not_an_error() -> None:
    """Where a zone has no day any more, the day stays as it is."""
    for at in (dt.datetime.max.replace(tzinfo=dt.UTC), dt.datetime.min.replace(tzinfo=HANOI)):
        CompletedSeries(zone=HANOI if at.year > 1 else dt.UTC).judge(seen(citizen_record()), at=at)


def test_an_eu_dcc_is_judged_too(es256: Any) -> None:
    """A gate that accepts both kinds of certificates asks one policy."""
    trust = hcert.TrustList([es256.key])
    verifier = hcert.Verifier(trust, policy=RecentNegativeTest())
    recent = sample_test_record(sampled_at=NOW - HOUR)
    verdict = verifier.check(es256.issue(recent).text, at=NOW)
    assert verdict.accepted
    assert verdict.counted == ("tests[0]",)
    late = verifier.check(es256.issue(recent).text, at=NOW + 72 * HOUR)
    assert [reason.code for reason in late.findings] == ["policy.no_negative_test", "policy.test_too_old"]
    assert sample_test().test_type == "LP6464-4"


def test_an_icvp_satisfies_a_policy_that_only_asks_for_authenticity(es256: DocumentSigner) -> None:
    """Its doses count, and its holder has an age; for COVID-19 it says nothing."""
    record = hcert.Icvp(
        name="Nguyễn Thị Ánh",
        birth_date=citizen.PartialDate(2020, 5, 17),
        sex="female",
        nationality="VNM",
        template_version="1.0.0",
        doses=(hcert.icvp.Dose(product="YellowFever", date=dt.date(2026, 5, 7), batch="LOT-1", issuer="VNM"),),
    )
    text = sign_unchecked(es256, record)
    trust = hcert.TrustList([es256.key])
    for policy, counted in ((AuthenticOnly(), ("doses[0]",)), (YoungerThan(12), ())):
        verdict = hcert.Verifier(trust, policy=policy).check(text, at=NOW)
        assert verdict.accepted
        assert verdict.counted == counted
    refused = hcert.Verifier(trust, policy=CompletedSeries()).check(text, at=NOW)
    assert [found.code for found in refused.findings] == ["policy.no_completed_series"]


def test_a_health_link_satisfies_no_policy(es256: DocumentSigner) -> None:
    """Not even where links are asked for: it certifies nothing that could be judged."""
    text = Handmade(es256, claims=claims_of() | {-260: {5: LINK}}).text
    verifier = hcert.Verifier(hcert.TrustList([es256.key]), policy=AuthenticOnly(), health_links=True)
    verdict = verifier.check(text, at=NOW)
    assert not verdict.accepted
    assert verdict.findings[-1].code == "policy.no_record"


def test_reasons_tell_the_numbers_of_the_rule() -> None:
    """So that a holder hears what would have sufficed."""
    old = recovered(1, first_positive=NOW.date() - 300 * DAY, valid_from=None, valid_until=None)
    record = citizen_record(0, 0, recoveries=(old,)).revise(
        vaccinations=(dose(2, date=NOW.date() - DAY), dose(3, date=NOW.date() - 400 * DAY)),
        tests=(sampled(9, sampled_at=NOW - 40 * HOUR),),
    )
    details = {
        found.code: dict(found.details)
        for policy in (CompletedSeries(20, 300), RecentNegativeTest(within=30.5 * HOUR), Recovered(maximum_age=99))
        for found in policy.judge(seen(record), at=NOW).findings
    }
    assert details["policy.recovery_too_old"] == {"days": 99}
    assert details["policy.dose_too_recent"] == {"days": 20}
    assert details["policy.dose_too_old"] == {"days": 300}
    assert details["policy.test_too_old"] == details["policy.no_negative_test"] == {"hours": "30.5"}


def test_nobody_is_younger_where_nobody_is_named() -> None:
    """A record that names no person exempts none."""
    outcome = YoungerThan(99).judge(RecordView(person=None), at=NOW)
    assert of(outcome) == ((), [("policy.not_younger", None)])
