"""The rules of a country as a policy: which of them apply to an EU DCC, and what each says of it.

Selection and results are those of the reference app (eu-digital-green-certificates/dgc-certlogic-android,
`DefaultGetRulesUseCase` and `DefaultCertLogicEngine`), but that versions are compared number by number. A rule that
cannot be judged here satisfies nobody: it is open, and a person decides.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hcert.certlogic.evaluator import MAX_STEPS, Steps, evaluate_within
from hcert.certlogic.rule import ACCEPTANCE, GENERAL, INVALIDATION, is_region, version_parts
from hcert.certlogic.rule_list import RuleList, read_value_sets
from hcert.checks.freshness import rule_list_findings
from hcert.errors import ConfigurationError, MalformedError
from hcert.findings import finding
from hcert.fragments import Fragment, fragment
from hcert.json_form import to_json_form
from hcert.policy.base import Outcome
from hcert.records.value_sets import EU_SETS, ValueSets
from hcert.times import require_aware, to_zone
from hcert.tolerances import Tolerances

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from hcert.certlogic.rule import Rule
    from hcert.certlogic.rule_entry import UnreadableRule
    from hcert.findings import Finding
    from hcert.records.view import RecordView, Signed
    from hcert.trust.document_content import Envelope

_ENGINE: Final = "CERTLOGIC"
_ENGINE_VERSION: Final = (1, 3, 3)  # of the specification that is followed here


class CountryRules:
    """Satisfied where every rule of a country that applies to an EU DCC holds.

    Acceptance rules are those of the country that is entered, invalidation rules those of the country that issued the
    certificate. A certificate to which no acceptance rule applies is not accepted, since then nothing is known.

    Args:
        rules: of any countries: a signed list, or rules in their JSON form, as a JSON parser gives it; at most 1 000.
        country: that is entered, ISO 3166-1 alpha-2.
        value_sets: the codes that rules look up, by the EU's names of the sets; where None those of the signed list,
            and if it has none those of the package.
        region: of the country, whose rules then hold in place of those for the whole country.
        tolerances: for a signed list that has expired, and for clocks; those of the verifier, as a rule.

    Raises:
        MalformedError: `rule.malformed` for a set that is not one, or a rule that cannot be read; `rule.value_sets`.
        ConfigurationError: `rule.country`, `rule.region`.
    """

    def __init__(
        self,
        rules: RuleList | Iterable[Mapping[str, Any]],
        *,
        country: str,
        value_sets: Mapping[str, Collection[str]] | None = None,
        region: str = "",
        tolerances: Tolerances | None = None,
    ) -> None:
        if not re.fullmatch("[A-Z]{2}", country if type(country) is str else ""):
            raise ConfigurationError.of("rule.country")
        if not is_region(region):
            raise ConfigurationError.of("rule.region")
        self._country = country
        self._region = region.strip()
        self._rules = rules if isinstance(rules, RuleList) else RuleList(rules)
        self._value_sets = _codes(self._rules.value_sets if value_sets is None else value_sets)
        self._tolerances = tolerances or Tolerances()

    def __repr__(self) -> str:
        return f"CountryRules({len(self._rules)} rules, country={self._country!r})"

    @property
    def envelopes(self) -> tuple[Envelope, ...]:
        """Version and times of the signed list; empty for rules that nobody signed."""
        return () if self._rules.envelope is None else (self._rules.envelope,)

    @property
    def rule(self) -> Fragment:
        """What a card calls it."""
        return fragment("rule.of_country", country=self._country)

    def judge(self, record: RecordView, *, at: datetime, without: Collection[str] = ()) -> Outcome:
        """Judge the payload of an EU DCC by the rules that apply; see `hcert.policy.Policy`."""
        require_aware(at, name="at")
        age = rule_list_findings(self._rules.envelope, at, self._tolerances)
        if any(found.severity == "error" for found in age):
            return _refusal(*age)
        outcome = self._judge(record, at, without)
        return replace(outcome, findings=(*outcome.findings, *age))

    def _judge(self, record: RecordView, at: datetime, without: Collection[str]) -> Outcome:
        """Judge by rules that are fresh enough."""
        signed = record.signed
        if signed is None or signed.rule_schema is None:
            return _refusal(finding("policy.not_a_dcc"))
        counted = tuple(entry.place for entry in record.entries if entry.place not in without)
        if not counted:
            return _refusal(finding("policy.no_record"))
        rules = self._select(record, signed.claims.issuer, at)
        unread = [
            _unread_finding(one) for one in self._rules.unreadable if one.may_apply(self._country, signed.claims.issuer)
        ]
        if not unread and not any(rule.rule_type == ACCEPTANCE for rule in rules):
            return _refusal(finding("policy.no_rules", country=self._country))
        payload = to_json_form(signed.payload)
        data = {"payload": payload, "external": self._external(signed, at)}
        results = list(zip(rules, _results(rules, signed.rule_schema, data), strict=True))
        failed = [
            finding("policy.rule_failed", rule=rule.identifier, description=rule.description)
            for rule, result in results
            if result.failed
        ]
        left_open = [
            finding("policy.rule_open", rule=rule.identifier, reason=result.reason, description=rule.description)
            for rule, result in results
            if result.reason is not None
        ]
        if failed or left_open or unread:
            return _refusal(*failed, *left_open, *unread)
        return Outcome(satisfied=True, counted=counted)

    def _select(self, record: RecordView, issuer: str | None, at: datetime) -> list[Rule]:
        """Return the rules that apply: acceptance, then invalidation, of each the newest version."""
        groups = {"Vaccination": record.vaccinations, "Test": record.tests, "Recovery": record.recoveries}
        types = {GENERAL, *(name for name, entries in groups.items() if entries)}
        in_force = [
            rule for rule in self._rules if rule.certificate_type in types and rule.valid_from <= at <= rule.valid_to
        ]
        region = self._region.upper()
        return [
            *_newest(
                rule
                for rule in in_force
                if (rule.rule_type, rule.country, rule.region.upper()) == (ACCEPTANCE, self._country, region)
            ),
            *_newest(rule for rule in in_force if (rule.rule_type, rule.country) == (INVALIDATION, issuer)),
        ]

    def _external(self, signed: Signed, at: datetime) -> dict[str, Any]:
        """Return what rules may ask about besides the payload."""
        claims = signed.claims
        return {
            "validationClock": to_zone(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "valueSets": self._value_sets,
            "countryCode": self._country,
            "issuerCountryCode": claims.issuer,
            "iat": claims.issued_at and to_zone(claims.issued_at, UTC).date().isoformat(),
            "exp": claims.expires_at and to_zone(claims.expires_at, UTC).date().isoformat(),
            "kid": b64encode(signed.kid).decode(),
            "region": self._region,
        }


class _Result(NamedTuple):
    """What one rule says: that it holds, that it failed, or why it is open."""

    failed: bool = False
    reason: Fragment | None = None


def _codes(value_sets: Mapping[str, Collection[str]] | None) -> dict[str, list[str]]:
    """Return the codes of each set, retired ones too: what is still accepted is for the rules to say."""
    if value_sets is None:
        sets = ValueSets.packaged().sets
        return {name: list(sets[name].codes) for name in EU_SETS}
    return {name: list(codes) for name, codes in read_value_sets(value_sets).items()}


def _newest(rules: Iterable[Rule]) -> Iterator[Rule]:
    """Yield of each rule its newest version, in the order of the set."""
    newest: dict[str, Rule] = {}
    for rule in rules:
        known = newest.get(rule.identifier)
        if known is None or rule.order > known.order:
            newest[rule.identifier] = rule
    yield from newest.values()


def _results(rules: Iterable[Rule], schema: str, data: dict[str, Any]) -> Iterator[_Result]:
    """Yield what each rule says; all of them share the steps of one evaluation, so that no list makes a gate wait."""
    steps = Steps()
    exhausted = fragment("rule.steps", most=MAX_STEPS)
    for rule in rules:
        unfit = _unfit(rule, schema) if steps.left > 0 else exhausted
        if unfit is not None:
            yield _Result(reason=unfit)
            continue
        try:
            value = evaluate_within(steps, rule.logic, data)
        except MalformedError as error:
            yield _Result(reason=exhausted if steps.left < 0 else _reason(error))
        else:
            yield _Result(failed=not value) if isinstance(value, bool) else _Result(reason=fragment("rule.not_boolean"))


def _unfit(rule: Rule, schema: str) -> Fragment | None:
    """Return why a rule cannot be judged here or for a certificate of a schema; None where it can."""
    engine = version_parts(rule.engine_version)
    expected, found = version_parts(rule.schema_version), version_parts(schema)
    if rule.engine != _ENGINE or engine is None or engine > _ENGINE_VERSION:
        return fragment("rule.engine")
    if expected is None or found is None or expected[0] != found[0] or found < expected:
        return fragment("rule.schema")
    return None


def _unread_finding(rule: UnreadableRule) -> Finding:
    """Return that a rule is open which a signed list has and nobody can read."""
    return finding(
        "policy.rule_open",
        rule=rule.reach.identifier or f"#{rule.position}",
        reason=fragment("rule.unreadable", path=rule.path, problem=rule.problem),
        description=rule.reach.description or fragment("rule.no_description"),
    )


def _reason(error: MalformedError) -> Fragment:
    return next(value for _, value in error.findings[0].details if isinstance(value, Fragment))


def _refusal(*findings: Finding) -> Outcome:
    return Outcome(satisfied=False, findings=findings)
