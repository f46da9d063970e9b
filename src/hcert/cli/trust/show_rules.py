"""`hcert trust show` of a rule list: each rule with its validity and what it asks, for those who sign it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import hcert
from hcert import certlogic
from hcert.cli.inputs import read_list
from hcert.cli.signed_lists import name_errors
from hcert.cli.texts import say
from hcert.cli.trust.envelopes import describe_envelope, describe_quarantined

if TYPE_CHECKING:
    from pathlib import Path

    from hcert.cli.signed_lists import Pins


def describe_rules(file: Path, pins: Pins, threshold: int) -> tuple[dict[str, Any], list[str]] | None:
    """Describe a rule list, rule by rule; None for a list of another kind."""
    with name_errors(file):
        try:
            rules = certlogic.RuleList.open(
                read_list(file), anchors=pins.anchors(threshold), at=pins.at, grace=timedelta.max
            )
        except hcert.MalformedError as error:
            if error.code != "document.kind":
                raise
            return None
    report, lines = describe_envelope(rules.envelope, pins.at)
    for rule in rules:
        lines += _describe_rule(rule)
    lines += map(describe_quarantined, rules.quarantined)
    sets = rules.value_sets
    names = ", ".join(f"{name} ({len(codes)})" for name, codes in (sets or {}).items())
    lines.append(say("value sets: those of the verifier") if sets is None else say("value sets: {names}", names=names))
    count, quarantined = len(rules), len(rules.quarantined)
    lines.append(say("{count} in the list, {quarantined} quarantined", count=count, quarantined=quarantined))
    report["rules"] = list(map(_to_members, rules))
    report["value_sets"] = sets and {name: list(codes) for name, codes in sets.items()}
    report["quarantined"] = [{"entry": found.record, "message": found.message} for found in rules.quarantined]
    return report, lines


def _describe_rule(rule: certlogic.Rule) -> list[str]:
    """Return a rule in two lines: what applies when, and what it asks."""
    where = " ".join(filter(None, (rule.country, rule.region)))
    head = f"{rule.identifier} {rule.version} {where} {rule.rule_type} {rule.certificate_type}"
    start, end = (f"{moment:%F %R}" for moment in (rule.valid_from, rule.valid_to))
    dates = say("valid from {start} to {end} UTC", start=start, end=end)
    return [f"{head} {dates}", say("  it asks: {description}", description=rule.description)]


def _to_members(rule: certlogic.Rule) -> dict[str, Any]:
    """Return a rule in JSON form."""
    return {
        "identifier": rule.identifier,
        "version": rule.version,
        "country": rule.country,
        "region": rule.region or None,
        "type": rule.rule_type,
        "certificate_type": rule.certificate_type,
        "valid_from": rule.valid_from.isoformat(),
        "valid_to": rule.valid_to.isoformat(),
        "description": dict(rule.description.texts),
        "logic": rule.logic,
    }
