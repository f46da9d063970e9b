"""Processor time and peak memory of bulk jobs, by the number of rows, each job in a process of its own.

usage: bulk.py [--rows N ...] [--picture svg|png] [--sealed] [--verify]

Rows are persons with one to four doses and up to two tests; the key lies in a file. If memory is flat, the peak does
not grow with the rows. Nothing is asserted: times belong to machines.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent))

import hcert
from hcert import bulk, citizen
from support.bulk_rows import SIGNER, batch_of, make_rows, plan_in, row_of
from support.citizen_records import citizen_record
from support.sealing import POLICE
from support.signers import NOW

if TYPE_CHECKING:
    from collections.abc import Iterable
    from multiprocessing.connection import Connection

    import pyarrow as pa

BATCH = 1000


def run(rows: int, options: argparse.Namespace, told: Connection) -> None:
    """Run a job; tell its processor time in seconds, its wall time, its peak memory in MB and the codes it made."""
    with tempfile.TemporaryDirectory() as folder:
        readers = (POLICE.key,) if options.sealed else ()
        plan = plan_in(Path(folder), picture=options.picture, readers=readers)
        given = make_rows(BATCH)
        if options.sealed:
            secret = citizen.Confidential(id_number="001190000123")
            given = [row_of(citizen_record(2, 1), row_id=row["row_id"], confidential=secret) for row in given]
        batch = batch_of(given)
        if options.verify:
            (batch,) = (one.select(["row_id", "text"]) for one in bulk.issue_batches(plan, [batch]))
        batches = repeat(batch, rows // BATCH)
        begun, wall = time.process_time(), time.perf_counter()
        done = sum(map(count, job(plan, batches, verify=options.verify)))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        told.send((time.process_time() - begun, time.perf_counter() - wall, peak, done))


def job(plan: bulk.IssuePlan, batches: Iterable[pa.RecordBatch], *, verify: bool) -> Iterable[pa.RecordBatch]:
    """Start a job."""
    if not verify:
        return bulk.issue_batches(plan, batches)
    return bulk.verify_batches(bulk.VerifyPlan(trust=hcert.TrustList([SIGNER.key]), at=NOW), batches)


def count(batch: pa.RecordBatch) -> int:
    """Return the number of rows that were issued or accepted."""
    if "text" in batch.schema.names:
        return int(batch.num_rows - batch.column("text").null_count)
    return sum(batch.column("accepted").to_pylist())


def main() -> None:
    """Print a line for each number of rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--picture", choices=["svg", "png"])
    parser.add_argument("--sealed", action="store_true", help="with an ID number for one group of readers")
    parser.add_argument("--verify", action="store_true", help="verify instead of issuing")
    options = parser.parse_args()
    print(f"{'rows':>8} {'µs CPU a row':>13} {'rows/s':>8} {'peak MB':>8} {'done':>8}")
    context = multiprocessing.get_context("spawn")
    for rows in options.rows:
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=run, args=(rows, options, there))
        process.start()
        processor, wall, peak, done = here.recv()
        process.join()
        print(f"{rows:8} {processor / rows * 1e6:13.0f} {rows / wall:8.0f} {peak:8.0f} {done:8}")


if __name__ == "__main__":
    main()
