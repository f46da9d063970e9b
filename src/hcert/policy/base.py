"""What a policy is, its outcome for a record, and policies combined from others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from hcert.errors import ConfigurationError
from hcert.fragments import Fragment, fragment

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from hcert.findings import Finding
    from hcert.records.view import RecordView
    from hcert.trust.document_content import Envelope


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a policy for a record.

    Attributes:
        satisfied: whether the record suffices.
        counted: places of the entries that make it suffice, such as `tests[1]`.
        findings: if it does not suffice, at least one error, and a warning for each entry that says why it does not
            count; if it does, warnings at most, such as the age of a list that it was judged by.
    """

    satisfied: bool
    counted: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


class Policy(Protocol):
    """A condition for acceptance beyond authenticity; write your own with this one method.

    Cards name a policy by its attribute `rule`, a short text such as `"Ward 3: two doses"`. A policy without one is
    named after its type. A policy that judges by signed lists has their envelopes in an attribute `envelopes`, so that
    verdicts say how old they are.
    """

    def judge(self, record: RecordView, *, at: datetime, without: Collection[str] = ()) -> Outcome:
        """Judge a record.

        Args:
            record: the person and the events, as every kind of record shows them.
            at: the time of the check, aware.
            without: places of entries that do not count, since they are revoked or dated later than `at`; the
                verifier finds those.
        """
        ...


def rule_of(policy: Policy) -> str | Fragment:
    """Return what a policy is called on a card: its `rule`, else the name of its type."""
    rule = getattr(policy, "rule", None)
    return rule if isinstance(rule, str | Fragment) else type(policy).__name__


def envelopes_of(policy: Policy) -> tuple[Envelope, ...]:
    """Return version and times of the signed lists that a policy judges by."""
    envelopes = getattr(policy, "envelopes", ())
    return envelopes if isinstance(envelopes, tuple) else ()


class _Combined:
    """What `AllOf` and `AnyOf` share."""

    def __init__(self, *policies: Policy) -> None:
        if not policies:
            raise ConfigurationError.of("policy.without_condition")
        self._policies = policies

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self._policies))})"

    @property
    def envelopes(self) -> tuple[Envelope, ...]:
        """Version and times of the signed lists that its policies judge by."""
        return tuple(dict.fromkeys(one for policy in self._policies for one in envelopes_of(policy)))

    @property
    def _rules(self) -> tuple[str | Fragment, ...]:
        return tuple(map(rule_of, self._policies))

    def _outcomes(self, record: RecordView, at: datetime, without: Collection[str]) -> list[Outcome]:
        return [policy.judge(record, at=at, without=without) for policy in self._policies]


class AllOf(_Combined):
    """Satisfied where all of its policies are.

    Raises:
        ConfigurationError: `policy.without_condition`.
    """

    @property
    def rule(self) -> Fragment:
        """Its name on a card."""
        return fragment("rule.all_of", rules=self._rules)

    def judge(self, record: RecordView, *, at: datetime, without: Collection[str] = ()) -> Outcome:
        """Ask all; see `Policy`."""
        outcomes = self._outcomes(record, at, without)
        satisfied = all(outcome.satisfied for outcome in outcomes)
        return Outcome(satisfied, _places(outcomes) if satisfied else (), _findings(outcomes))


class AnyOf(_Combined):
    """Satisfied where at least one of its policies is; then the reasons of the others do not count.

    Raises:
        ConfigurationError: `policy.without_condition`.
    """

    @property
    def rule(self) -> Fragment:
        """Its name on a card."""
        return fragment("rule.any_of", rules=self._rules)

    def judge(self, record: RecordView, *, at: datetime, without: Collection[str] = ()) -> Outcome:
        """Ask all; see `Policy`."""
        outcomes = self._outcomes(record, at, without)
        held = [outcome for outcome in outcomes if outcome.satisfied]
        return (
            Outcome(satisfied=True, counted=_places(held), findings=_findings(held))
            if held
            else Outcome(satisfied=False, findings=_findings(outcomes))
        )


def _places(outcomes: list[Outcome]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(place for outcome in outcomes for place in outcome.counted))


def _findings(outcomes: list[Outcome]) -> tuple[Finding, ...]:
    return tuple(dict.fromkeys(found for outcome in outcomes for found in outcome.findings))
