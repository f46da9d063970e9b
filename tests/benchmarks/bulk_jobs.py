"""What a job costs: processor time a row, rows a second and memory, beside the bare signature of the same minute.

usage: bulk_jobs.py [ROWS...] [--picture svg|png] [--workers N] [--slice-rows N]

Each size is a process of its own, so that memory is that of the job alone. Rates are by the clock and depend on the
neighbours; the ratio to the bare signature, in processor time, depends on them least.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parent.parent))

import pyarrow as pa
import pyarrow.parquet as pq

from hcert import bulk
from support.bulk_jobs import BulkDesk
from support.register_rows import SPOILED, row

SIZES: Final = (10_000, 100_000, 400_000)
CHUNK: Final = 5_000
SIGNATURES: Final = 3_000
BAD: Final = tuple(SPOILED.values())


def write_register(path: Path, rows: int) -> None:
    """Write so many people with 1 to 5 doses, of whom one in 200 has a bad row."""
    with pq.ParquetWriter(path, bulk.ISSUE_INPUT) as writer:
        for start in range(0, rows, CHUNK):
            made = [row(number, doses=1 + number % 5) for number in range(start, min(start + CHUNK, rows))]
            for place in range(0, len(made), 200):
                made[place] = BAD[place // 200 % len(BAD)](made[place])
            writer.write_table(pa.Table.from_pylist(made, schema=bulk.ISSUE_INPUT))


def bare_signature(desk: BulkDesk) -> float:
    """Return the microseconds of processor time of one signature, the best of several rounds."""
    signer, data, best = desk.signer.signer, bytes(400), float("inf")
    for _ in range(5):
        start = time.process_time()
        for _ in range(SIGNATURES // 5):
            signer.sign(data)
        best = min(best, (time.process_time() - start) / (SIGNATURES // 5))
    return best * 1e6


def worker_peaks() -> list[int]:
    """Return the greatest memory of each worker so far, in MB; what `getrusage` says of children is their parent's."""
    statuses = [Path(f"/proc/{worker.pid}/status").read_text() for worker in multiprocessing.active_children()]
    return [int(line.split()[1]) // 1024 for text in statuses for line in text.splitlines() if line.startswith("VmHWM")]


def measure(rows: int, given: argparse.Namespace) -> dict[str, Any]:
    """Run one job, and return what it cost."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        desk = BulkDesk.make(folder)
        write_register(folder / "register.parquet", rows)
        plan = desk.plan(picture=given.picture)
        bare = bare_signature(desk)
        start, own = time.perf_counter(), time.process_time()
        job = bulk.Job.create(folder / "job", plan, [folder / "register.parquet"], slice_rows=given.slice_rows)
        made = time.perf_counter() - start
        peaks: list[int] = []
        status = bulk.run_local(job, plan, workers=given.workers, on_commit=lambda _: peaks.extend(worker_peaks()))
        seconds, own = time.perf_counter() - start, time.process_time() - own
        workers = resource.getrusage(resource.RUSAGE_CHILDREN)
        per_row = (own + workers.ru_utime + workers.ru_stime) / rows * 1e6
        size = sum(path.stat().st_size for path in job.outputs())
        return {
            "rows": rows,
            "refused": status.refused,
            "us a row": round(per_row),
            "bare us": round(bare, 1),
            "ratio": round(per_row / bare, 1),
            "rows/s": round(rows / seconds),
            "index s": round(made, 1),
            "worker MB": max(peaks),
            "runner MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "bytes a row": round(size / rows),
        }


def main() -> None:
    """Measure each size in a process of its own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("rows", type=int, nargs="*", default=SIZES)
    parser.add_argument("--picture", choices=("svg", "png"))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--slice-rows", type=int, default=10_000)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        print(json.dumps(measure(given.rows[0], given)))
        return
    options = ["--workers", str(given.workers), "--slice-rows", str(given.slice_rows)]
    options += ["--picture", given.picture] if given.picture else []
    for number, rows in enumerate(given.rows):
        command = [sys.executable, __file__, "--here", *options, str(rows)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - this program
        measured = json.loads(done.stdout)
        if not number:
            print(*(f"{title:>11}" for title in measured))
        print(*(f"{value:>11}" for value in measured.values()), flush=True)


if __name__ == "__main__":
    main()
