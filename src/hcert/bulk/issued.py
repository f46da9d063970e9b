"""What is read from the committed slices of a job: the rows it refused, and the ids and revisions it issued."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hcert.bulk.inputs import naming_inputs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hcert.bulk.job import Job


def rejects(job: Job) -> Iterator[pa.RecordBatch]:
    """Yield the rows that were refused, in the order of the input, as they are in the outputs of the job.

    Raises:
        ConfigurationError: `bulk.ledger`, or `bulk.input` for an output that cannot be read.
    """
    issuing = job.kind == "issue"
    for batch in _read(job, None):
        refused = pc.is_null(batch["text"]) if issuing else pc.invert(batch["accepted"])
        if found := batch.filter(refused):
            yield found


def issued(job: Job) -> Iterator[pa.RecordBatch]:
    """Yield certificate id, revision and text of every row that has a code; raises as `rejects`."""
    for batch in _read(job, ("certificate_id", "revision", "text")):
        if found := batch.filter(pc.is_valid(batch["text"])):
            yield found


def _read(job: Job, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
    for path in job.outputs():
        with naming_inputs(path), pq.ParquetFile(path) as file:
            yield from file.iter_batches(columns=columns, use_threads=False)
