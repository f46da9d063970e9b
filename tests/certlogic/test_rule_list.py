"""Rules of countries as a signed list: what goes in comes out, a broken rule lets nobody in, and age counts."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import policy, words
from hcert.certlogic import CountryRules, RuleList, rule_entry
from hcert.certlogic.rule_list import KIND, MAX_RULES
from support.country_rules import FAILS, HOLDS, rule
from support.list_publisher import DAY, LIST_EXPIRY, pins, publish, sealed_claims
from support.signers import NOW, document_signer, p256, vaccination_record

if TYPE_CHECKING:
    from collections.abc import Callable

SIGNER = document_signer(p256())
CODE = hcert.Issuer(SIGNER.signer, country="VN").issue(
    vaccination_record(), issued_at=NOW, expires_at=NOW + dt.timedelta(days=365)
)
AT = NOW + DAY


def opened(*rules: dict[str, Any], **options: Any) -> RuleList:
    """Return rules after they were sealed and opened."""
    return RuleList.open(publish(RuleList(rules, **options)), **pins())


def listed(*entries: Any, sets: Any = None) -> RuleList:
    """Return a list of encoded entries, as somebody else may have signed it."""
    body = {0: list(entries)} | ({} if sets is None else {1: sets})
    return RuleList.open(document(body), **pins())


def document(body: Any, *, version: int = 1) -> bytes:
    """Sign any body as that of a rule list."""
    start, end = (int(moment.timestamp()) for moment in (NOW, LIST_EXPIRY))
    return sealed_claims({4: end, 6: start, -65537: {0: KIND, 1: version, 2: body}})


def checked(required: policy.Policy, at: dt.datetime = AT, **options: Any) -> hcert.Verdict:
    """Return the verdict on a vaccination under a policy."""
    return hcert.Verifier(hcert.TrustList([SIGNER.key]), policy=required, **options).check(CODE.text, at=at)


def entering(rules: RuleList, country: str = "VN", at: dt.datetime = AT, **options: Any) -> hcert.Verdict:
    """Return the verdict by the rules of a country."""
    return checked(CountryRules(rules, country=country, **options), at)


def codes(verdict: hcert.Verdict) -> list[str]:
    """Return the codes of a verdict."""
    return [found.code for found in verdict.findings]


def refused(make: Callable[[], object]) -> str:
    """Return the code of the error."""
    with pytest.raises((hcert.MalformedError, hcert.ConfigurationError)) as caught:
        make()
    return caught.value.code


# --- in and out


def test_a_sealed_list_opens_with_its_rules_sets_and_version() -> None:
    """And what was opened can be sealed again under a new version."""
    given = [rule(), rule("VR-VN-0001", FAILS, Region="HN", Country="MT")]
    made = RuleList(given, value_sets={"b": ["1"], "long-name-of-a-set": ["x y", "EU/1/20/1528"]})
    data = publish(made, version=7)
    one = RuleList.open(data, **pins())
    assert list(one) == list(made)
    assert one.value_sets == made.value_sets == {"b": ("1",), "long-name-of-a-set": ("x y", "EU/1/20/1528")}
    assert one.envelope is not None
    assert (one.envelope.kind, one.envelope.state.version) == (KIND, 7)
    assert (one.quarantined, len(one)) == ((), 2)
    again = RuleList.open(publish(one, version=7), **pins())
    assert again.envelope == one.envelope
    turned = RuleList(given, value_sets=dict(reversed(made.value_sets.items())))
    assert RuleList.open(publish(turned, version=7), **pins()).envelope == one.envelope


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**63, 2**63 - 1) | st.text() | st.integers(-(2**53), 2**53).map(float),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=20,
)


@given(JSON, st.dictionaries(st.text(max_size=9), JSON, max_size=3))
def test_any_logic_and_any_further_member_comes_back_equal(logic: Any, more: dict[str, Any]) -> None:
    """As JSON has it: 1.0 and 1 are one number, true is none."""
    members = more | rule(logic=logic)
    data = rule_entry.encode(members, position=1)
    read = rule_entry.decode(data, position=1)
    assert read == hcert.certlogic.Rule.from_dict(members, position=1)
    assert cbor2.loads(data) == members
    assert cbor2.dumps(cbor2.loads(data), canonical=True) == data


@pytest.mark.parametrize("value", [1.5, float("nan"), 2**63, -(2**63), "\ud800", b"x", {1: 2}, (1,), {"a": {1, 2}}])
def test_what_the_list_cannot_hold_is_not_sealed(value: Any) -> None:
    """It would be another rule for those who read it."""
    made = RuleList([rule(), rule("GR-VN-0002", Later=[value])])
    with pytest.raises(hcert.MalformedError) as caught:
        publish(made)
    assert caught.value.code == "rule.malformed"
    assert dict(caught.value.findings[0].details)["position"] == 2


def test_a_rule_of_too_many_bytes_is_not_sealed() -> None:
    """Nor one of too many parts, or too deep; what is sealed is always read."""
    deep: Any = "x"
    for _ in range(250):
        deep = [deep]
    for more in ("x" * 65_536, [1] * 20_001, deep):
        made = RuleList([rule(Later=more)])
        assert refused(partial(publish, made)) == "rule.malformed"


def test_one_version_of_a_rule_stands_in_a_list_once() -> None:
    """Two things under one name; readers would take the first. Another region or version is another rule."""
    assert refused(lambda: publish(RuleList([rule(), rule(logic=FAILS)]))) == "rule.malformed"
    assert len(opened(rule(), rule(Version="1.0.1"), rule(Region="HN"), rule(Country="LA"))) == 4


@pytest.mark.parametrize("rules", [None, 5, "x", b"x", {}, [None], ["x"], [rule()] * (MAX_RULES + 1)])
def test_what_is_not_a_set_of_rules_is_refused(rules: Any) -> None:
    """As a list, and as what a policy is given."""
    assert refused(lambda: RuleList(rules)) == "rule.malformed"
    assert refused(lambda: CountryRules(rules, country="VN")) == "rule.malformed"


@pytest.mark.parametrize(
    "sets",
    [
        5,
        [],
        {"": []},
        {"x" * 81: []},
        {5: []},
        {"set": "code"},
        {"set": None},
        {"set": [5]},
        {"set": [""]},
        {"set": ["ễ"]},
        {"set": ["1"] * 10_001},
        {str(number): [] for number in range(101)},
    ],
    ids=lambda sets: str(sets)[:40],
)
def test_what_are_not_value_sets_is_refused(sets: Any) -> None:
    """In a list, in a policy, and in what somebody signed."""
    assert refused(lambda: RuleList([], value_sets=sets)) == "rule.value_sets"
    assert refused(lambda: CountryRules([rule()], country="VN", value_sets=sets)) == "rule.value_sets"
    assert refused(lambda: listed(sets=sets)) == "document.malformed"


def test_signed_value_sets_are_arrays() -> None:
    """A map has keys, but no codes."""
    assert refused(lambda: listed(sets={"set": {"code": 1}})) == "document.malformed"


@pytest.mark.parametrize("body", [[], 5, None, {}, {0: {}}, {0: None}, {0: [b""] * (MAX_RULES + 1)}, {1: {}}])
def test_a_body_of_another_form_makes_the_document_malformed(body: Any) -> None:
    """Which rules there are is not known then."""
    assert refused(lambda: RuleList.open(document(body), **pins())) == "document.malformed"


def test_further_members_of_the_body_are_ignored() -> None:
    """Later versions may add some."""
    entry = rule_entry.encode(rule(), position=1)
    assert len(RuleList.open(document({0: [entry], 2: "later", "x": 1}), **pins())) == 1


def test_a_rule_list_opens_under_the_conditions_of_every_signed_list() -> None:
    """Threshold, kind, time, and versions that only rise."""
    data, made = publish(RuleList([rule()]), version=5), RuleList([rule("GR-VN-0002")])
    state = RuleList.open(data, **pins()).envelope
    assert state is not None
    cases = {
        "document.too_few_signatures": lambda: RuleList.open(publish(made, by=[0]), **pins()),
        "document.kind": lambda: RuleList.open(publish(hcert.TrustList([SIGNER.key])), **pins()),
        "document.expired": lambda: RuleList.open(data, **pins(at=LIST_EXPIRY + DAY)),
        "document.not_yet_valid": lambda: RuleList.open(data, **pins(at=NOW - DAY)),
        "document.older": lambda: RuleList.open(publish(made, version=4), **pins(), newer_than=state.state),
        "document.equivocation": lambda: RuleList.open(publish(made, version=5), **pins(), newer_than=state.state),
        "document.malformed": lambda: RuleList.open(data[:-1], **pins()),
    }
    assert {code: refused(make) for code, make in cases.items()} == {code: code for code in cases}
    assert refused(lambda: hcert.TrustList.open(data, **pins())) == "document.kind"
    assert len(RuleList.open(data, **pins(at=LIST_EXPIRY + DAY), grace=2 * DAY)) == 1


# --- quarantine


GOOD = rule_entry.encode(rule(), position=1)
MALTA = rule_entry.encode(rule("VR-MT-0001", Country="MT"), position=1)


def spoilt(**changes: Any) -> bytes:
    """Return an entry whose members were replaced, or dropped where None."""
    members = rule("VR-MT-0009", Country="MT") | changes
    return cbor2.dumps({name: value for name, value in members.items() if value is not None})


BROKEN: dict[str, tuple[Any, str]] = {  # an entry, and whom it may concern
    "no byte string": ("text", "all"),
    "no CBOR": (b"\xff", "all"),
    "no map": (cbor2.dumps([1]), "all"),
    "a key that is no text": (cbor2.dumps(rule() | {1: 2}), "VN"),
    "a byte string within": (spoilt(Logic=b"x"), "MT"),
    "a fraction within": (spoilt(Logic=1.5), "MT"),
    "an integer of 65 bits": (spoilt(Logic=2**63), "MT"),
    "a tag within": (spoilt(Logic=cbor2.CBORTag(1, 5)), "all"),
    "the same member twice": (b"\xa2" + 2 * b"\x67Country\x62MT", "all"),
    "bytes behind it": (MALTA + b"\x00", "all"),
    "too many bytes": (spoilt(Later="x" * 65_536), "all"),
    "no logic within bounds": (spoilt(Logic=[1] * 5000), "MT"),
    "no description": (spoilt(Description=[]), "MT"),
    "no validity": (spoilt(ValidTo="tomorrow"), "MT"),
    "no country": (spoilt(Country=None), "all"),
    "a country in small letters": (spoilt(Country="mt"), "all"),
    "no type": (spoilt(Type=None, Version=""), "MT"),
    "an invalidation rule": (spoilt(Type="Invalidation", Version=""), "nobody of VN"),
    "a type that is never judged": (spoilt(Type="Booster", Version=""), "nobody"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_rule_harms_no_other_rule_and_lets_nobody_in_where_it_may_apply(case: str) -> None:
    """It is open there; elsewhere the others are judged as if it were not there."""
    entry, concerned = BROKEN[case]
    rules = listed(MALTA, entry, GOOD)
    assert [(found.code, found.record, found.severity) for found in rules.quarantined] == [
        ("rule.quarantined", "#2", "warning")
    ]
    assert [one.identifier for one in rules] == ["VR-MT-0001", "GR-VN-0001"]
    for country in ("VN", "MT"):
        verdict = entering(rules, country)
        assert verdict.accepted == (concerned not in {"all", country}), country
        assert set(codes(verdict)) <= {"policy.rule_open"}
    for language in ("en", "vi"):
        assert words.message(rules.quarantined[0], language=language)


def test_a_broken_invalidation_rule_concerns_the_country_that_issued() -> None:
    """Whoever enters where; the certificate is one of Viet Nam."""
    entry = spoilt(Type="Invalidation", Country="VN", Version="")
    for country in ("VN", "MT"):
        assert codes(entering(listed(MALTA, entry, GOOD), country)) == ["policy.rule_open"]


def test_a_broken_rule_is_named_and_told_as_far_as_it_can_be_read() -> None:
    """By its identifier and its own words, else by its place."""
    rules = listed(GOOD, spoilt(Country="VN", Version=""), b"\xff")
    named, unnamed = entering(rules).errors
    assert dict(named.details)["rule"] == "VR-MT-0009"
    assert "Phải đúng." in words.message(named, language="vi")
    assert "It must hold." in words.message(named, language="en")
    assert dict(unnamed.details)["rule"] == "#3"
    assert words.message(unnamed, language="vi") != words.message(unnamed, language="en")


def test_a_list_with_a_broken_rule_alone_is_not_one_without_rules() -> None:
    """A person decides."""
    assert codes(entering(listed(b"\xff"))) == ["policy.rule_open"]
    assert codes(entering(listed())) == ["policy.no_rules"]


def test_a_list_with_a_broken_rule_is_not_sealed_again() -> None:
    """It would be left out, or stay broken."""
    assert refused(lambda: publish(listed(GOOD, b"\xff"))) == "rule.malformed"


# --- age


def test_the_age_of_the_list_counts_at_each_check() -> None:
    """Fresh without a word, in its grace with a warning, later and before its issue not at all."""
    required = CountryRules(opened(rule()), country="VN", tolerances=hcert.Tolerances(list_grace=2 * DAY))
    told = {
        moment: (checked(required, at).accepted, codes(checked(required, at)))
        for moment, at in {
            "fresh": LIST_EXPIRY,
            "stale": LIST_EXPIRY + DAY,
            "last moment": LIST_EXPIRY + 2 * DAY,
            "expired": LIST_EXPIRY + 2 * DAY + dt.timedelta(seconds=1),
        }.items()
    }
    assert told == {
        "fresh": (True, []),
        "stale": (True, ["rule.list_stale"]),
        "last moment": (True, ["rule.list_stale"]),
        "expired": (False, ["rule.list_expired"]),
    }
    late = RuleList.open(publish(RuleList([rule()]), issued_at=NOW + 2 * DAY), **pins(at=NOW + 3 * DAY))
    assert codes(entering(late)) == ["rule.list_from_future"]
    assert codes(entering(opened(rule()), at=LIST_EXPIRY + DAY)) == ["rule.list_expired"]


def test_a_failed_rule_of_a_stale_list_is_told_with_the_age() -> None:
    """The officer sees both."""
    verdict = entering(opened(rule(logic=FAILS)), at=LIST_EXPIRY + DAY, tolerances=hcert.Tolerances(list_grace=2 * DAY))
    assert codes(verdict) == ["policy.rule_failed", "rule.list_stale"]


def test_combined_policies_tell_the_age_of_the_lists_that_they_used() -> None:
    """All of them: the warning stays. Any of them: an expired list stops those only whom it would let in."""
    grace = hcert.Tolerances(list_grace=2 * DAY)
    at = LIST_EXPIRY + DAY
    stale = CountryRules(opened(rule()), country="VN", tolerances=grace)
    expired = CountryRules(opened(rule()), country="VN")
    everybody, nobody = policy.AuthenticOnly(), policy.YoungerThan(1)
    assert codes(checked(policy.AllOf(everybody, stale), at)) == ["rule.list_stale"]
    assert codes(checked(policy.AnyOf(nobody, stale), at)) == ["rule.list_stale"]
    assert codes(checked(policy.AnyOf(everybody, expired), at)) == []
    assert "rule.list_expired" in codes(checked(policy.AnyOf(nobody, expired), at))
    assert "rule.list_expired" in codes(checked(policy.AllOf(everybody, expired), at))


def test_a_verdict_and_its_card_say_how_old_the_rules_are() -> None:
    """Also where they stand within other policies; rules that nobody signed have no age."""
    rules = CountryRules(opened(rule()), country="VN")
    verdict = checked(policy.AnyOf(policy.YoungerThan(1), policy.AllOf(rules)))
    assert verdict.lists.rules is not None
    assert (verdict.lists.rules.issued_at, verdict.lists.rules.expires_at) == (NOW, LIST_EXPIRY)
    assert verdict.as_dict()["lists"]["rules"]["expires_at"] == LIST_EXPIRY.isoformat()
    for language in ("en", "vi"):
        assert len(words.card(verdict, language=language).lists) == 1
    plain = checked(CountryRules([rule()], country="VN"))
    assert (plain.lists.rules, plain.as_dict()["lists"]["rules"]) == (None, None)


# --- value sets


def test_rules_look_up_the_codes_of_their_list() -> None:
    """Unless the program gives others; a list without sets leaves them to the package."""
    known = rule(logic={"in": [{"var": "payload.v.0.mp"}, {"var": "external.valueSets.vaccines-covid-19-names"}]})
    product = vaccination_record().vaccinations[0].product
    name = "vaccines-covid-19-names"
    assert entering(opened(known)).accepted
    assert entering(opened(known, value_sets={name: [product]})).accepted
    assert not entering(opened(known, value_sets={name: ["other"]})).accepted
    assert not entering(opened(known, value_sets={})).accepted
    assert entering(opened(known, value_sets={name: ["other"]}), value_sets={name: {product}}).accepted


def test_opened_rules_are_judged_as_those_they_were_made_of() -> None:
    """Met and failed."""
    for logic in (HOLDS, FAILS):
        assert entering(opened(rule(logic=logic))).accepted == entering(RuleList([rule(logic=logic)])).accepted
