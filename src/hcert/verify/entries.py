"""Which entries of a record count in a verdict, and what a policy says of those.

Some findings take one entry out of the verdict and leaves the rest of the record as good as it was.
Where none is left, the certificate is refused.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from hcert.clock import in_words
from hcert.findings import Finding, finding
from hcert.records.citizen.record import CERTIFICATE_ID_BYTES, CitizenRecord
from hcert.records.eu_dcc.record import EuDcc
from hcert.records.health_link import HealthLink
from hcert.records.icvp.record import Icvp
from hcert.records.life import future_findings
from hcert.records.subclaims import life_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hcert.codec.limits import Limits
    from hcert.records.subclaims import Record
    from hcert.verify.policy import Outcome, Policy

_NO_ID: Final = bytes(CERTIFICATE_ID_BYTES)  # an EU DCC has no certificate id, and policies ask for none


def out_of_time(record: Record, moment: dt.datetime, limits: Limits) -> list[Finding]:
    """Return what lies in the future, the holder's birth or entries, or what the end of a health link asks for."""
    seen = life_of(record)
    if seen is not None:
        return list(future_findings(seen, moment, skew=dt.timedelta(seconds=limits.clock_skew_seconds)))
    if type(record) is HealthLink and record.expires_at is not None and record.expires_at < moment:
        return [finding("record.link_expired", expires_at=in_words(record.expires_at))]
    return []


def nothing_left(record: Record, findings: Iterable[Finding]) -> list[Finding]:
    """Return an error where findings take out every entry of a record that can have several."""
    if type(record) is CitizenRecord:
        count = len(record.entries)
    elif type(record) is Icvp:
        count = len(record.doses)
    else:
        return []
    out = {found.record for found in findings if found.takes_entry_out}
    return [finding("record.nothing_counts")] if len(out) == count else []


def judge(policy: Policy, record: Record, findings: Iterable[Finding], moment: dt.datetime) -> Outcome:
    """Ask a policy about the entries that count."""
    from hcert.records.citizen.travel import from_eu_dcc  # only verifiers with a policy need these two
    from hcert.verify.policy import Outcome

    if isinstance(record, EuDcc):
        record = from_eu_dcc(record, certificate_id=_NO_ID)
    if not isinstance(record, CitizenRecord):
        return Outcome(satisfied=False, findings=(finding("policy.no_record"),))
    out = {found.record for found in findings if found.takes_entry_out}
    without = {entry.number for place, entry in record.places() if place in out}
    outcome = policy.judge(record, at=moment, without=without)
    if outcome.satisfied or any(found.severity == "error" for found in outcome.findings):
        return outcome
    # somebody's own policy without a reason lets nobody in
    return Outcome(satisfied=False, findings=(finding("policy.not_satisfied"), *outcome.findings))
