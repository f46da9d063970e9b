"""Which entries of a record count in a verdict, and what a policy says of those.

A finding of the stage `entry` takes one entry out of the verdict and leaves the rest of the record as good as it was.
Where none is left, the certificate is refused.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from hcert.findings import Finding, finding
from hcert.records.citizen import rules
from hcert.records.citizen.record import CERTIFICATE_ID_BYTES, CitizenRecord
from hcert.records.eu_dcc.record import EuDcc

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hcert.codec.limits import Limits
    from hcert.records.subclaims import Record
    from hcert.verify.policy import Outcome, Policy

_STAGE: Final = "entry."
_NO_ID: Final = bytes(CERTIFICATE_ID_BYTES)  # an EU DCC has no certificate id, and policies ask for none


def entries_that_do_not_count(record: CitizenRecord, moment: dt.datetime, limits: Limits) -> list[Finding]:
    """Return an `entry.*` finding for each entry that does not count, and an error where none does."""
    found = list(rules.in_future(record, moment, skew=dt.timedelta(seconds=limits.clock_skew_seconds)))
    if len(found) == len(record.entries):
        found.append(finding("record.nothing_counts"))
    return found


def judge(
    policy: Policy,
    record: Record,
    findings: Iterable[Finding],
    moment: dt.datetime,
    limits: Limits,
) -> Outcome:
    """Ask a policy about the entries that count; those of an EU DCC too count only once their day has come."""
    from hcert.records.citizen.travel import from_eu_dcc  # only verifiers with a policy need these two
    from hcert.verify.policy import Outcome

    later: list[Finding] = []
    if isinstance(record, EuDcc):
        record = from_eu_dcc(record, certificate_id=_NO_ID)
        later = list(rules.in_future(record, moment, skew=dt.timedelta(seconds=limits.clock_skew_seconds)))
    if not isinstance(record, CitizenRecord):
        return Outcome(satisfied=False, findings=(finding("policy.no_record"),))
    out = {found.record for found in (*findings, *later) if found.code.startswith(_STAGE)}
    without = {entry.number for place, entry in record.places() if place in out}
    outcome = policy.judge(record, at=moment, without=without)
    if not outcome.satisfied and not any(found.severity == "error" for found in outcome.findings):
        later.append(finding("policy.not_satisfied"))  # somebody's own policy without a reason lets nobody in
    return Outcome(outcome.satisfied, outcome.counted, (*later, *outcome.findings))
