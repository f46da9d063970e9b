"""What a policy says of the entries of a record that count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hcert.findings import Finding, finding
from hcert.records.citizen.record import CERTIFICATE_ID_BYTES, CitizenRecord
from hcert.records.eu_dcc.record import EuDcc

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from hcert.records.kinds import Record
    from hcert.verify.policy import Outcome, Policy

_NO_ID: Final = bytes(CERTIFICATE_ID_BYTES)  # an EU DCC has no certificate id, and policies ask for none


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
