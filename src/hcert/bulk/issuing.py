"""Batches of persons and events in, batches of codes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from hcert.bulk.columns import read_rows
from hcert.bulk.key_sources import plan_fault
from hcert.bulk.opened import OPENED
from hcert.bulk.plans import IssuePlan
from hcert.bulk.rows import Prepared, finding_row, prepare
from hcert.bulk.schemas import ISSUE_INPUT, ISSUE_OUTPUT, ISSUE_REQUIRED
from hcert.errors import ConfigurationError, IssueError, JobError
from hcert.fragments import fragment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hcert.bulk.columns import Row
    from hcert.issue.certificate import Certificate
    from hcert.keys.trusted_key import TrustedKey
    from hcert.records.citizen.person import Confidential

_ROWS: Final = 1000  # held as objects at a time: fewer cost more time each, more take memory and gain nothing
_ROWS_WITH_PICTURES: Final = 250
_INT64: Final = range(-(2**63), 2**63)


def issue_batches(plan: IssuePlan, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Issue a code for each row.

    Args:
        plan: the same in all processes of a job; the key is opened once in each.
        batches: of the schema `ISSUE_INPUT`, or of its variants in Polars and DuckDB: an iterable of record batches, or
            a frame, table or reader with the Arrow PyCapsule interface.

    Yields:
        Batches of the schema `ISSUE_OUTPUT` with at most 1 000 rows, one for each row, in order. A row that is refused
        has no text and says why in `findings`; one that was issued may have warnings there.

    Raises:
        JobError: what stops every row: `bulk.kid`, `issue.*`, `sealed.reader_*`, `trust.key_revoked`, `signer.*`.
        ConfigurationError: `bulk.schema`, `bulk.batches`, `bulk.source`, `bulk.no_readers`, `sealed.reader_key`, and
            as `IssuePlan.open`.
    """
    if not isinstance(plan, IssuePlan):
        raise plan_fault("plan", fragment("plan.issue"))
    OPENED.issuer(plan)
    size = _ROWS if plan.picture is None else _ROWS_WITH_PICTURES
    return (_issue(plan, rows) for rows in read_rows(batches, ISSUE_INPUT, ISSUE_REQUIRED, size=size))


def _issue(plan: IssuePlan, rows: Sequence[Row]) -> pa.RecordBatch:
    """Issue some rows together."""
    prepared = [_try_prepare(row) for row in rows]
    ready = [one for one in prepared if isinstance(one, Prepared)]
    if not plan.readers and any(one.confidential is not None for one in ready):
        raise ConfigurationError.of("bulk.no_readers")
    try:
        issued = OPENED.issuer(plan).issue_many(
            [one.record for one in ready],
            issued_at=plan.issued_at,
            expires_at=plan.expires_at,
            confidential=[_for_readers(plan, one) for one in ready],
            error=plan.error,
        )
    except JobError:
        OPENED.forget(plan)
        raise
    in_order = iter(issued)
    made = [next(in_order) if isinstance(one, Prepared) else one for one in prepared]
    columns: dict[str, list[Any]] = {name: [] for name in ISSUE_OUTPUT.names}
    for row, one in zip(rows, made, strict=True):
        for name, value in _output(plan, row.members, one).items():
            columns[name].append(value)
    return pa.RecordBatch.from_pydict(columns, schema=ISSUE_OUTPUT)


def _try_prepare(row: Row) -> Prepared | IssueError:
    try:
        return prepare(row)
    except IssueError as error:
        findings = error.findings
    return IssueError(*findings)  # without a traceback, which would keep the row in memory


def _for_readers(plan: IssuePlan, one: Prepared) -> dict[TrustedKey, Confidential] | None:
    return None if one.confidential is None else dict.fromkeys(plan.readers, one.confidential)


def _output(plan: IssuePlan, members: dict[str, Any], made: Certificate | IssueError) -> dict[str, Any]:
    code = None if isinstance(made, IssueError) else made
    revision = members.get("revision")
    return {
        "row_id": members.get("row_id"),
        "certificate_id": members.get("certificate_id"),
        "revision": 1 if revision is None else revision if revision in _INT64 else None,
        "text": None if code is None else code.text,
        "picture": None if code is None else _draw(code, plan.picture),
        "kid": plan.kid,
        "findings": [finding_row(found) for found in made.findings],
    }


def _draw(code: Certificate, picture: str | None) -> bytes | None:
    if picture is None:
        return None
    symbol = code.qr()
    return symbol.png() if picture == "png" else symbol.svg().encode()
