"""What a task of Spark does: it makes the rows of one portion of a slice, and Spark writes them.

A task reads its rows itself, by their numbers, as the workers of the local runner do: so all runners cut a job in the
same way, and what Spark sends to Python is one number. No exception leaves a task: Spark would log it, and would try
again, which a token that has refused a PIN must not see. It ends early and leaves its fault in a file instead.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hcert.bulk.faults import name_fault, pack_fault
from hcert.bulk.slice_maker import read_portion
from hcert.bulk.work import Tally, work_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from hcert.bulk.job import Job
    from hcert.bulk.plans import IssuePlan, VerifyPlan
    from hcert.errors import HcertError

FAULT: Final = "_fault.json"  # hidden from whoever reads the folder as a table


@dataclass(frozen=True, slots=True)
class SliceTask:
    """How a slice is shared out. It travels to the executors, where the same folders are mounted.

    Attributes:
        job: whose slice it is; its folder is named from the root.
        plan: of the job.
        start: number of the first row.
        stop: number after the last one.
        portions: how many tasks share the rows.
        folder: where Spark writes.
    """

    job: Job
    plan: IssuePlan | VerifyPlan
    start: int
    stop: int
    portions: int
    folder: str

    @property
    def fault(self) -> Path:
        """The file that says what stops the job, if something does."""
        return Path(self.folder, FAULT)

    def bounds(self, portion: int) -> tuple[int, int]:
        """Return the number of the first row of a portion, and the number after its last one."""
        first, last = (self.start + (self.stop - self.start) * one // self.portions for one in (portion, portion + 1))
        return first, last


def make_portions(task: SliceTask, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the output of the portions whose numbers are in the column `id`: a function for `mapInArrow`."""
    for batch in batches:
        for portion in batch["id"].to_pylist():
            yield from _make_portion(task, portion)


def _make_portion(task: SliceTask, portion: int) -> Iterator[pa.RecordBatch]:
    start, stop = task.bounds(portion)
    fault = None
    try:
        work = work_of(task.plan)
        rows = read_portion(task.job, work, start, stop, go_on=lambda: not task.fault.exists())
        yield from work.run(rows, Tally())
    except Exception as error:  # noqa: BLE001 - its message may quote a row, and Spark would log it
        fault = name_fault(error)
    if fault is not None:  # outside of the handler: an error of writing must not carry the other one along
        _leave(fault, task.fault)


def _leave(fault: HcertError, path: Path) -> None:
    new = path.with_name(f"_{secrets.token_hex(8)}")  # others may write theirs at the same time
    new.write_bytes(pack_fault(fault))
    new.rename(path)
