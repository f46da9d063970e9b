"""Batches of texts in, batches of verdicts out, thin enough for an audit of a hundred million codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from hcert.bulk.columns import read_rows
from hcert.bulk.key_sources import plan_fault
from hcert.bulk.plans import VerifyPlan
from hcert.bulk.schemas import VERIFY_INPUT, VERIFY_OUTPUT, VERIFY_REQUIRED
from hcert.fragments import fragment
from hcert.records.kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hcert.bulk.columns import Row
    from hcert.verify.verdict import Verdict
    from hcert.verify.verifier import Verifier

_ROWS: Final = 1000


def verify_batches(plan: VerifyPlan, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Check the code of each row.

    Args:
        plan: the same in all processes of a job.
        batches: of the schema `VERIFY_INPUT`, in any form that `issue_batches` takes.

    Yields:
        Batches of the schema `VERIFY_OUTPUT` with at most 1 000 rows, one for each row, in order.

    Raises:
        ConfigurationError: `bulk.schema`, `bulk.batches`, `bulk.source`, and as `VerifyPlan.open`.
        MalformedError: `store.damaged`.
    """
    if not isinstance(plan, VerifyPlan):
        raise plan_fault("plan", fragment("plan.verify"))
    verifier = plan.open()
    return (_verify(plan, verifier, rows) for rows in read_rows(batches, VERIFY_INPUT, VERIFY_REQUIRED, size=_ROWS))


def _verify(plan: VerifyPlan, verifier: Verifier, rows: Sequence[Row]) -> pa.RecordBatch:
    verdicts = verifier.check_many([row.members.get("text") or "" for row in rows], at=plan.at, workers=1)
    columns: dict[str, list[Any]] = {name: [] for name in VERIFY_OUTPUT.names}
    for row, verdict in zip(rows, verdicts, strict=True):
        for name, value in _output(row, verdict).items():
            columns[name].append(value)
    return pa.RecordBatch.from_pydict(columns, schema=VERIFY_OUTPUT)


def _output(row: Row, verdict: Verdict) -> dict[str, Any]:
    certificate = verdict.certificate
    certificate_id, revision = None, None
    kind = None if certificate is None else kind_of(certificate.record)
    if certificate is not None and kind is not None:
        for name in kind.revocation_names(certificate.record, certificate.claims.issuer):
            if name.certificate_id is not None:
                certificate_id, revision = name.certificate_id, name.revision
                break
    return {
        "row_id": row.members.get("row_id"),
        "accepted": verdict.accepted,
        "kid": None if certificate is None else certificate.key.kid,
        "codes": [found.code for found in verdict.findings],
        "certificate_id": certificate_id,
        "revision": revision,
    }
