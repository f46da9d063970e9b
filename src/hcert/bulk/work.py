"""What a job does with rows, by the kind of its plan: issue or verify."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from hcert.bulk.columns import read_rows
from hcert.bulk.exclusions import COMMITTED
from hcert.bulk.issuing import issue_batches
from hcert.bulk.key_sources import plan_fault
from hcert.bulk.plans import IssuePlan, VerifyPlan
from hcert.bulk.rows import finding_row
from hcert.bulk.schemas import ISSUE_INPUT, ISSUE_OUTPUT, ISSUE_REQUIRED, VERIFY_INPUT, VERIFY_OUTPUT
from hcert.bulk.verifying import verify_batches
from hcert.findings import finding
from hcert.fragments import fragment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Rows = tuple[pa.RecordBatch, Mapping[int, str]]  # and why rows must not be signed, by their positions

_BATCH_ROWS: Final = 1_000  # quicker than fewer, and in little memory
_PICTURE_ROWS: Final = 250


@dataclass(slots=True)
class Tally:
    """How many rows ended how."""

    accepted: int = 0
    refused: int = 0
    skipped: int = 0
    codes: Counter[str] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """All rows that were looked at."""
        return self.accepted + self.refused + self.skipped


@dataclass(frozen=True, slots=True)
class IssueWork:
    """Issues a code for each row.

    Attributes:
        plan: to issue by.
    """

    plan: IssuePlan
    kind: Literal["issue"] = field(default="issue", init=False)

    @property
    def kid(self) -> str | None:
        """Of the key that signs, hexadecimal."""
        return self.plan.kid.hex()

    @property
    def batch_rows(self) -> int:
        """How many rows to read at a time."""
        return _BATCH_ROWS if self.plan.picture is None else _PICTURE_ROWS

    @property
    def columns(self) -> Sequence[str] | None:
        """All that the input has: one that is not known is refused, since it would be lost."""
        return None

    @property
    def schema(self) -> pa.Schema:
        """Of what `run` returns."""
        return ISSUE_OUTPUT

    def run(self, rows: Iterable[Rows], tally: Tally) -> Iterator[pa.RecordBatch]:
        """Yield a row for each row that is not skipped, in order, and count them."""
        for batch, excluded in rows:
            kept = [position for position in range(batch.num_rows) if position not in excluded]
            refused = [position for position, why in excluded.items() if why != COMMITTED]
            made = list(issue_batches(self.plan, [_pick(batch, kept) if excluded else batch]))
            if refused:
                made.append(_refuse(_pick(batch, refused), [excluded[position] for position in refused], self.plan.kid))
                order = pc.sort_indices(pa.array(kept + refused))
                made = pa.Table.from_batches(made).take(order).combine_chunks().to_batches()
            done = _join(made, self.schema)
            self.count(done, tally)
            tally.skipped += batch.num_rows - done.num_rows
            yield done

    @property
    def counted(self) -> Sequence[str]:
        """Columns of the output that `count` needs."""
        return ("text", "findings")

    def count(self, done: pa.RecordBatch, tally: Tally) -> None:
        """Count the rows of a batch of the output."""
        issued = done.num_rows - done["text"].null_count
        tally.accepted += issued
        tally.refused += done.num_rows - issued
        _count(pc.struct_field(done["findings"].flatten(), "code"), tally)


@dataclass(frozen=True, slots=True)
class VerifyWork:
    """Verifies the code of each row.

    Attributes:
        plan: to verify by.
    """

    plan: VerifyPlan
    kind: Literal["verify"] = field(default="verify", init=False)

    @property
    def kid(self) -> str | None:
        """Nothing is signed."""
        return None

    @property
    def batch_rows(self) -> int:
        """How many rows to read at a time."""
        return _BATCH_ROWS

    @property
    def columns(self) -> Sequence[str] | None:
        """Those that a verdict needs; a table of codes has others."""
        return tuple(VERIFY_INPUT.names)

    @property
    def schema(self) -> pa.Schema:
        """Of what `run` returns."""
        return VERIFY_OUTPUT

    def run(self, rows: Iterable[Rows], tally: Tally) -> Iterator[pa.RecordBatch]:
        """Yield a verdict for each row, in order, and count them; a code may be verified any number of times."""
        for done in verify_batches(self.plan, (batch for batch, _ in rows)):
            self.count(done, tally)
            yield done

    @property
    def counted(self) -> Sequence[str]:
        """Columns of the output that `count` needs."""
        return ("accepted", "codes")

    def count(self, done: pa.RecordBatch, tally: Tally) -> None:
        """Count the rows of a batch of the output."""
        accepted = pc.sum(done["accepted"]).as_py() or 0
        tally.accepted += accepted
        tally.refused += done.num_rows - accepted
        _count(done["codes"].flatten(), tally)


Work = IssueWork | VerifyWork


def work_of(plan: object) -> Work:
    """Return the work of a plan.

    Raises:
        ConfigurationError: `bulk.plan`.
    """
    if isinstance(plan, IssuePlan):
        return IssueWork(plan)
    if isinstance(plan, VerifyPlan):
        return VerifyWork(plan)
    raise plan_fault("plan", fragment("plan.either"))


def probe(work: Work, schemas: Iterable[pa.Schema]) -> None:
    """Run the work on no rows at all, which finds a wrong schema, key or list before there is a job.

    Raises:
        ConfigurationError: as the plan's work does.
        JobError: the same.
    """
    for schema in schemas:
        if work.columns is not None:
            schema = pa.schema([field for field in schema if field.name in work.columns])  # noqa: PLW2901 - what is read
        list(work.run([(pa.RecordBatch.from_pylist([], schema=schema), {})], Tally()))


def _refuse(batch: pa.RecordBatch, codes: Sequence[str], kid: bytes) -> pa.RecordBatch:
    [read] = read_rows([batch], ISSUE_INPUT, ISSUE_REQUIRED, size=len(codes))
    rows = [
        {
            "row_id": row.members.get("row_id"),
            "certificate_id": row.members["certificate_id"],
            "revision": row.members.get("revision") or 1,
            "kid": kid,
            "findings": [finding_row(finding(code))],
        }
        for row, code in zip(read, codes, strict=True)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=ISSUE_OUTPUT)


def _pick(batch: pa.RecordBatch, positions: Sequence[int]) -> pa.RecordBatch:
    """Return rows of a batch; Arrow cannot take them from every type that engines write."""
    return _join([batch.slice(position, 1) for position in positions], batch.schema)


def _join(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> pa.RecordBatch:
    """Return batches as one."""
    made = pa.Table.from_batches(batches, schema=schema).combine_chunks().to_batches()
    return made[0] if made else pa.RecordBatch.from_pylist([], schema=schema)


def _count(codes: pa.Array, tally: Tally) -> None:
    for found in pc.value_counts(codes.drop_null()).to_pylist():
        tally.codes[found["values"]] += found["counts"]
