"""Makes one slice: reads its rows, works on them, and writes the outputs into a folder that does not count yet."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import pyarrow.parquet as pq

from hcert.bulk.exclusions import read_exclusions
from hcert.bulk.inputs import read_rows
from hcert.bulk.job_folder import FileDigest, create, naming_write_faults, sync
from hcert.bulk.ledger import CommittedSlice
from hcert.bulk.work import Tally
from hcert.times import aware_or_now, format_utc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hcert.bulk.job import Job
    from hcert.bulk.work import Rows, Work

PART: Final = "part-{:05}.parquet"
_GROUP_ROWS: Final = 10_000  # so much is held until it is compressed and written


def make_slice(job: Job, work: Work, number: int, folder: Path, *, go_on: Callable[[], bool]) -> CommittedSlice | None:
    """Write the outputs of a slice and return its line for the ledger.

    Args:
        job: whose slice it is.
        work: what to do with each row.
        number: of the slice.
        folder: new and empty.
        go_on: asked before each batch.

    Returns:
        None if it was told not to go on.

    Raises:
        JobError: what stops every record, or `bulk.disk_full` or `bulk.output`.
        ConfigurationError: `bulk.input`.
    """
    started_at = format_utc(aware_or_now(None, name="started_at"))
    start, stop = job.bounds(number)
    tally, path = Tally(), folder / PART.format(0)
    with naming_write_faults(path), create(path) as file:
        writer = pq.ParquetWriter(file, work.schema, compression="zstd")
        with writer:
            for made in work.run(read_portion(job, work, start, stop, go_on=go_on), tally):
                writer.write_batch(made, row_group_size=_GROUP_ROWS)
        if tally.rows < stop - start:
            return None
        file.flush()
        sync(path)
        sync(folder)
        output = FileDigest.of(path, name=path.name)
    return describe_slice(work, number, tally, started_at=started_at, outputs=(output,))


def describe_slice(
    work: Work, number: int, tally: Tally, *, started_at: str, outputs: tuple[FileDigest, ...]
) -> CommittedSlice:
    """Return the line of a slice that is finished now."""
    return CommittedSlice(
        slice=number,
        plan=work.plan.digest,
        rows=tally.rows,
        accepted=tally.accepted,
        refused=tally.refused,
        skipped=tally.skipped,
        codes=dict(sorted(tally.codes.items())),
        kid=work.kid,
        started_at=started_at,
        finished_at=format_utc(aware_or_now(None, name="finished_at")),
        version=version("hcert"),
        outputs=outputs,
    )


def read_portion(job: Job, work: Work, start: int, stop: int, *, go_on: Callable[[], bool]) -> Iterator[Rows]:
    """Yield rows of a job with the reasons why some must not be signed; less if it is told not to go on."""
    excluded = read_exclusions(job.folder.excluded, start, stop)
    rows = read_rows(job.description.inputs, start, stop, batch_rows=work.batch_rows, columns=work.columns)
    for first, batch in rows:
        if not go_on():
            return
        here = range(first, first + batch.num_rows)
        yield batch, {row - first: excluded[row] for row in here if row in excluded} if excluded else {}
