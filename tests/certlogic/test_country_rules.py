"""The rules of a country as a policy: selection, results, words, and what is never taken for a pass."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest

import hcert
from hcert import policy, words
from hcert.certlogic import CountryRules
from hcert.records.view import Signed
from support.citizen_records import citizen_record
from support.country_rules import BREAKS, FAILS, HOLDS, rule
from support.signers import (
    NOW,
    document_signer,
    p256,
    recovery_record,
    sample_test_record,
    vaccination,
    vaccination_record,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SIGNER = document_signer(p256())


def checked(
    rules: Sequence[dict[str, Any]], record: Any = None, at: dt.datetime = NOW, **options: Any
) -> hcert.Verdict:
    """Return the verdict on a certificate by the rules of Viet Nam."""
    options = {"country": "VN"} | options
    verifier = hcert.Verifier(hcert.TrustList([SIGNER.key]), policy=CountryRules(rules, **options))
    issuer = hcert.Issuer(SIGNER.signer, country="VN")
    code = issuer.issue(record or vaccination_record(), issued_at=NOW, expires_at=NOW + dt.timedelta(days=365))
    return verifier.check(code.text, at=at)


def told(verdict: hcert.Verdict) -> list[tuple[str, Any]]:
    """Return codes of errors, with the rule that each names."""
    return [(found.code, dict(found.details).get("rule")) for found in verdict.errors]


def test_a_certificate_that_meets_every_rule_is_accepted() -> None:
    """And what counted is its event."""
    verdict = checked([rule(), rule("VR-VN-0001", {"===": [{"var": "payload.v.0.dn"}, 2]})])
    assert verdict.accepted
    assert verdict.counted == ("vaccinations[0]",)


def test_each_rule_that_fails_is_named_in_the_language_of_the_reader() -> None:
    """With its own words, which come with the rule."""
    verdict = checked([rule(), rule("GR-VN-0002", FAILS), rule("GR-VN-0003", FAILS)])
    assert told(verdict) == [("policy.rule_failed", "GR-VN-0002"), ("policy.rule_failed", "GR-VN-0003")]
    assert verdict.errors[0].message == "Rule GR-VN-0002 is not met: It must hold."
    assert words.message(verdict.errors[0], language="vi") == "Không đạt quy tắc GR-VN-0002: Phải đúng."
    assert json.loads(json.dumps(verdict.as_dict()))["accepted"] is False


def test_a_description_for_a_region_is_found_for_its_language() -> None:
    """Rather than English; one without a region counts before it, whatever their order."""
    regional = [{"lang": "en", "desc": "It must hold."}, {"lang": "vi-VN", "desc": "Phải đúng."}]
    shown = checked([rule(logic=FAILS, Description=regional)])
    assert words.message(shown.errors[0], language="vi") == "Không đạt quy tắc GR-VN-0001: Phải đúng."
    shown = checked([rule(logic=FAILS, Description=[{"lang": "vi", "desc": "Luôn đúng."}, *regional])])
    assert words.message(shown.errors[0], language="vi") == "Không đạt quy tắc GR-VN-0001: Luôn đúng."


@pytest.mark.parametrize(("language", "text"), [("de", "Es muss gelten."), ("en-gb", "It must hold."), ("cs", "Musí.")])
def test_a_description_falls_back_to_english_or_to_its_own_language(language: str, text: str) -> None:
    """Nothing is left out."""
    verdict = checked([rule(logic=FAILS, Description=[{"lang": language, "desc": text}])])
    assert words.message(verdict.errors[0], language="vi").endswith(text)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Logic": BREAKS}, "an operand of `+` is not an integer"),
        ({"Logic": {"unknown": [1]}}, "an operation is not known"),
        ({"Logic": 1}, "neither true nor false"),
        ({"Logic": {"var": "payload.v"}}, "neither true nor false"),
        ({"Engine": "OTHER"}, "another engine"),
        ({"EngineVersion": "2.0.1"}, "another engine"),
        ({"EngineVersion": "new"}, "another engine"),
        ({"SchemaVersion": "2.0.0"}, "another version of the EU DCC's schema"),
        ({"SchemaVersion": "1.4.0"}, "another version of the EU DCC's schema"),
        ({"SchemaVersion": "1"}, "another version of the EU DCC's schema"),
    ],
    ids=str,
)
def test_a_rule_that_cannot_be_judged_is_open_and_refuses(changes: dict[str, Any], reason: str) -> None:
    """A person decides; the reason is told."""
    verdict = checked([rule(**changes)])
    assert told(verdict) == [("policy.rule_open", "GR-VN-0001")]
    assert reason in verdict.errors[0].message


@pytest.mark.parametrize("version", ["1.3.0", "1.0.0", "1.3.3"])
def test_a_rule_for_an_older_schema_of_the_same_major_version_is_judged(version: str) -> None:
    """The certificates here follow 1.3.3."""
    assert checked([rule(SchemaVersion=version)]).accepted


@pytest.mark.parametrize(
    "changes",
    [
        {"Country": "DE"},
        {"CertificateType": "Test"},
        {"ValidFrom": "2026-06-01T12:00:01Z"},
        {"ValidTo": "2026-06-01T11:59:59Z"},
        {"Region": "HN"},
        {"Type": "Mask"},
        {"Type": "Invalidation", "Country": "DE"},
    ],
    ids=str,
)
def test_a_rule_that_does_not_apply_is_not_asked(changes: dict[str, Any]) -> None:
    """Alone it leaves no rule at all, and that is not a pass."""
    assert checked([rule(), rule("GR-VN-0002", FAILS, **changes)]).accepted
    assert told(checked([rule("GR-VN-0002", HOLDS, **changes)])) == [("policy.no_rules", None)]


def test_a_set_without_rules_lets_nobody_in() -> None:
    """Nothing can be concluded from nothing."""
    assert told(checked([])) == [("policy.no_rules", None)]


def test_both_ends_of_the_time_in_force_count() -> None:
    """To the second."""
    verdicts = [
        checked([rule(ValidFrom=one, ValidTo=two)])
        for one, two in [
            ("2026-06-01T12:00:00Z", "2026-06-02T00:00:00Z"),
            ("2026-05-01T00:00:00Z", "2026-06-01T19:00:00+07:00"),
        ]
    ]
    assert [verdict.accepted for verdict in verdicts] == [True, True]


def test_the_newest_version_of_a_rule_counts() -> None:
    """Number by number: 1.10 comes after 1.9, and what is no version before all."""
    rules = [rule(logic=FAILS, Version=version) for version in ("1.9.0", "new", "0.99.99")]
    assert checked([*rules, rule(Version="1.10.0"), *rules]).accepted
    assert not checked([rule(Version="new"), *rules]).accepted


def test_a_newer_version_that_is_not_in_force_yet_does_not_count() -> None:
    """The one before holds until then."""
    assert checked([rule(), rule(logic=FAILS, Version="2.0.0", ValidFrom="2026-06-02T00:00:00Z")]).accepted


def test_regions_are_compared_without_regard_to_case() -> None:
    """With a region its rules hold, without one those of the whole country."""
    rules = [rule("GR-VN-0001", FAILS), rule("GR-VN-0002", HOLDS, Region="hn")]
    assert checked(rules, region="HN ").accepted
    assert told(checked(rules)) == [("policy.rule_failed", "GR-VN-0001")]


def test_the_country_that_issued_the_certificate_can_invalidate_it() -> None:
    """By rules of its own, wherever the holder goes; a false one invalidates."""
    rules = [rule(Country="DE"), rule("IR-VN-0001", FAILS, Type="Invalidation")]
    assert told(checked(rules, country="DE")) == [("policy.rule_failed", "IR-VN-0001")]
    assert checked([rules[0], rules[1] | {"Logic": HOLDS}], country="DE").accepted


def test_rules_of_the_issuing_country_alone_let_nobody_in() -> None:
    """That a certificate is not invalidated says nothing about the country that is entered."""
    invalidation = rule("IR-VN-0001", Type="Invalidation")
    expired = rule(Country="DE", ValidTo="2026-05-01T00:00:00Z")
    assert told(checked([invalidation], country="DE")) == [("policy.no_rules", None)]
    assert told(checked([invalidation, expired], country="DE")) == [("policy.no_rules", None)]


@pytest.mark.parametrize(
    ("record", "name"),
    [(vaccination_record(), "Vaccination"), (sample_test_record(), "Test"), (recovery_record(), "Recovery")],
    ids=["vaccination", "test", "recovery"],
)
def test_rules_for_the_kind_of_event_apply(record: Any, name: str) -> None:
    """Beside the general ones."""
    names = ("General", "Vaccination", "Test", "Recovery")
    rules = [rule(f"GR-VN-000{index}", FAILS, CertificateType=one) for index, one in enumerate(names)]
    failed = {identifier for _, identifier in told(checked(rules, record))}
    assert failed == {"GR-VN-0000", f"GR-VN-000{names.index(name)}"}


def test_rules_see_the_payload_and_what_is_outside_it() -> None:
    """The clock, codes, countries, times and the key."""
    expected = {
        "payload.nam.fnt": "NGUYEN",
        "external.validationClock": "2026-06-01T12:00:00.000Z",
        "external.countryCode": "VN",
        "external.issuerCountryCode": "VN",
        "external.iat": "2026-06-01",
        "external.exp": "2027-06-01",
        "external.valueSets.own.1": "b",
        "external.region": "",
    }
    rules = [
        rule(f"GR-VN-{number:04}", {"===": [{"var": path}, value]})
        for number, (path, value) in enumerate(expected.items())
    ]
    assert told(checked(rules, value_sets={"own": ("a", "b")})) == []
    kid = rule(logic={"===": [{"extractFromUVCI": [{"var": "external.kid"}, 9]}, {"var": "external.missing"}]})
    assert checked([kid]).accepted


def test_the_value_sets_of_the_package_are_those_of_the_eu() -> None:
    """By the names that rules use, retired codes among them."""
    known = {"in": [{"var": "payload.v.0.mp"}, {"var": "external.valueSets.vaccines-covid-19-names"}]}
    assert checked([rule(logic=known)]).accepted
    assert checked([rule(logic={"in": ["VN", {"var": "external.valueSets.country-2-codes"}]})]).accepted


def test_another_kind_of_certificate_is_not_judged() -> None:
    """Rules are written for the payload of an EU DCC."""
    assert told(checked([rule()], citizen_record())) == [("policy.not_a_dcc", None)]


def test_a_view_that_no_verifier_made_is_not_judged() -> None:
    """It holds no payload."""
    seen = policy.view(vaccination_record())
    assert seen is not None
    outcome = CountryRules([rule()], country="VN").judge(seen, at=NOW)
    assert [found.code for found in outcome.findings] == ["policy.not_a_dcc"]


def test_an_event_that_does_not_count_satisfies_no_rules() -> None:
    """A dose dated tomorrow, which an EU DCC may have, is left out; the rules would not know."""
    record = vaccination_record(vaccinations=(vaccination(date=NOW.date() + dt.timedelta(days=1)),))
    verifier = hcert.Verifier(hcert.TrustList([SIGNER.key]), policy=CountryRules([rule()], country="VN"))
    later = NOW + dt.timedelta(days=2)
    code = hcert.Issuer(SIGNER.signer, country="VN").issue(
        record, issued_at=later, expires_at=NOW + dt.timedelta(days=9)
    )
    assert verifier.check(code.text, at=later).accepted
    seen = policy.view(record)
    assert seen is not None
    signed = Signed({}, "1.3.3", hcert.Claims(), b"kid")
    outcome = CountryRules([rule()], country="VN").judge(
        seen._replace(signed=signed), at=NOW, without={"vaccinations[0]"}
    )
    assert not outcome.satisfied


def test_rules_combine_with_other_policies() -> None:
    """They are one policy among others."""
    rules = CountryRules([rule(logic=FAILS)], country="VN")
    either = policy.AnyOf(rules, policy.CompletedSeries())
    verifier = hcert.Verifier(hcert.TrustList([SIGNER.key]), policy=either)
    assert verifier.check(SIGNER.issue().text, at=NOW).accepted


def test_what_a_verifier_signed_stays_out_of_every_repr() -> None:
    """Logs show views of other people's policies."""
    assert "Nguy" not in repr(Signed({"nam": "Nguyễn"}, "1.3.3", hcert.Claims(), b"kid"))


# Sets that cannot be read


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"Identifier": "x" * 51}, "Identifier"),
        ({"Identifier": None}, "Identifier"),
        ({"Type": 1}, "Type"),
        ({"Country": "vn"}, "Country"),
        ({"CertificateType": "Booster"}, "CertificateType"),
        ({"Region": 1}, "Region"),
        ({"Version": ""}, "Version"),
        ({"ValidFrom": "soon"}, "ValidFrom"),
        ({"ValidTo": None}, "ValidTo"),
        ({"Description": []}, "Description"),
        ({"Description": [{"lang": "en"}]}, "Description"),
        ({"Description": [{"lang": "en", "desc": "x"}] * 51}, "Description"),
        ({"Logic": [1] * 5001}, "Logic"),
    ],
    ids=str,
)
def test_a_rule_that_cannot_be_read_refuses_the_set(changes: dict[str, Any], path: str) -> None:
    """Left out it would let people in whom it was to keep out."""
    with pytest.raises(hcert.MalformedError) as caught:
        CountryRules([rule(), rule(**changes)], country="VN")
    assert caught.value.code == "rule.malformed"
    assert dict(caught.value.findings[0].details)["path"] == path
    assert dict(caught.value.findings[0].details)["position"] == 2


@pytest.mark.parametrize("rules", ["[]", {"rules": []}, ["rule"], [None], [{}]], ids=str)
def test_what_is_not_a_set_is_refused(rules: Any) -> None:
    """Neither text nor an object."""
    with pytest.raises(hcert.MalformedError) as caught:
        CountryRules(rules, country="VN")
    assert caught.value.code == "rule.malformed"


@pytest.mark.parametrize("country", ["", "vn", "VNM", "V1", "VN\n", None, 5, b"VN"])
def test_a_country_is_two_capital_letters(country: Any) -> None:
    """As rules have it."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        CountryRules([rule()], country=country)
    assert caught.value.code == "rule.country"


@pytest.mark.parametrize("region", [None, 7, b"BY", "x" * 31, "B/Y", "BY\n"])
def test_a_region_is_written_as_those_of_rules(region: Any) -> None:
    """Anything else would match no rule, so that nobody would be let in and nobody told why."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        CountryRules([rule()], country="VN", region=region)
    assert caught.value.code == "rule.region"


def counting(loops: int) -> dict[str, Any]:
    """Return an expression that holds and takes four steps a loop, and a few more."""
    return {"===": [{"reduce": [[0] * loops, {"+": [{"var": "accumulator"}, 1]}, 0]}, loops]}


def test_all_rules_of_a_check_share_one_bound() -> None:
    """Each of these holds alone; together they take too long, and what was not reached is open and lets nobody in."""
    rules = [rule(f"GR-VN-{number:04}", counting(900)) for number in range(1, 1001)]
    assert checked(rules[:1]).accepted
    verdict = checked([*rules[:2], rule("GR-VN-9999", FAILS)])
    assert told(verdict) == [("policy.rule_failed", "GR-VN-9999")]
    verdict = checked(rules)
    assert told(verdict)[0] == ("policy.rule_open", "GR-VN-0003")
    assert dict(verdict.errors[0].details)["reason"].code == "rule.steps"
    assert len(verdict.errors) == 199
    assert verdict.findings[-1].code == "record.more_findings"


def test_a_rule_that_is_not_reached_is_open_also_where_it_would_hold() -> None:
    """Nothing is taken for a pass since there was no time to ask."""
    assert told(checked([rule("GR-VN-0001", {"and": [1] * 4000}), rule("GR-VN-0002", counting(2000)), rule()])) == [
        ("policy.rule_open", "GR-VN-0001"),
        ("policy.rule_open", "GR-VN-0002"),
    ]


def test_sets_have_bounds() -> None:
    """In the number of rules, and in the levels of each."""
    assert repr(CountryRules([rule()] * 1000, country="VN")) == "CountryRules(1000 rules, country='VN')"
    deep: Any = 1
    for _ in range(50_000):
        deep = [deep]
    for rules in ([rule()] * 1001, [rule(logic=deep)]):
        with pytest.raises(hcert.MalformedError) as caught:
            CountryRules(rules, country="VN")
        assert caught.value.code == "rule.malformed"


def test_a_description_shows_no_more_than_text() -> None:
    """Control characters of a rule reach no terminal, and a long one ends."""
    shown = checked([rule(logic=FAILS, Description=[{"lang": "en", "desc": "\x1b[31mred\u202e" + "x" * 5000}])])
    assert "\x1b" not in shown.errors[0].message
    assert "\u202e" not in shown.errors[0].message
    assert len(shown.errors[0].message) < 1100


def test_published_rules_load_and_judge(shared: Path) -> None:
    """Of every country at hand: each certificate gets a verdict that names the rules."""
    for path in sorted((shared / "testdata" / "certlogic" / "rules").glob("[A-Z][A-Z].json")):
        content = json.loads(path.read_text("utf-8"))
        rules = [entry["rule"] for entry in content["rules"]]
        verdict = checked(rules, country=content["country"])
        codes = {code for code, _ in told(verdict)}
        assert codes <= {"policy.rule_failed"}, content["country"]
