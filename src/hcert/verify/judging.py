"""Step 11 of a verification: what a policy says of a certificate, and what the policy is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcert.findings import finding
from hcert.records.kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from hcert.findings import Finding
    from hcert.fragments import Fragment
    from hcert.policy.base import Outcome, Policy
    from hcert.trust.document_content import Envelope
    from hcert.verify.verdict import VerifiedCertificate


def describe(policy: Policy | None) -> tuple[str | Fragment | None, tuple[Envelope, ...]]:
    """Return what a policy is called, and version and times of the signed lists that it judges by."""
    if policy is None:
        return None, ()
    from hcert.policy.base import envelopes_of, rule_of  # only verifiers with a policy need it

    return rule_of(policy), envelopes_of(policy)


def apply_policy(
    policy: Policy, certificate: VerifiedCertificate, findings: Iterable[Finding], at: datetime
) -> Outcome:
    """Return the outcome of a policy for the entries that count."""
    from hcert.policy.base import Outcome  # needed only with a policy

    kind, seen = kind_of(certificate.record), certificate.view
    if kind is None or seen is None or not kind.certifies:
        return Outcome(satisfied=False, findings=(finding("policy.no_record"),))
    without = {found.record for found in findings if found.excludes_entry and found.record is not None}
    outcome = policy.judge(seen, at=at, without=without)
    if outcome.satisfied or any(found.severity == "error" for found in outcome.findings):
        return outcome
    # A program's own policy may refuse without a reason; the verdict needs one.
    return Outcome(satisfied=False, findings=(finding("policy.not_satisfied"), *outcome.findings))
