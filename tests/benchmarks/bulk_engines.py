"""Spark beside the processes of this machine: rows a second of the same job on the same cores, in turns.

usage: bulk_engines.py [--rows N] [--slice-rows N] [--workers N] [--rounds N]

The first slice is left out of the rates: it bears the start of Spark, which is told apart. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from bulk_jobs import write_register
from hcert import bulk
from support.bulk_jobs import BulkDesk

if TYPE_CHECKING:
    from collections.abc import Callable


def measure(desk: BulkDesk, name: str, run: Callable[..., Any], given: argparse.Namespace) -> tuple[float, float]:
    """Run a job; return the seconds until its first slice was committed, and the rows a second after that."""
    register = desk.folder / "register.parquet"
    job = bulk.Job.create(desk.folder / name, desk.plan(), [register], slice_rows=given.slice_rows)
    begun, commits = time.perf_counter(), list[tuple[float, int]]()
    run(job, desk.plan(), on_commit=lambda made: commits.append((time.perf_counter(), made.rows)))
    rows = sum(count for _, count in commits[1:])
    return commits[0][0] - begun, rows / (commits[-1][0] - commits[0][0])


def main() -> None:
    """Print a line for each run, and the ratio of each round."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--slice-rows", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    runners = {
        "local": partial(bulk.run_local, workers=given.workers),
        "spark": partial(bulk.run_spark, master=f"local[{given.workers}]"),
    }
    with tempfile.TemporaryDirectory() as folder:
        desk = BulkDesk.make(Path(folder))
        write_register(desk.folder / "register.parquet", given.rows)
        for number in range(given.rounds):
            rates = {}
            for name, run in runners.items():
                first, rates[name] = measure(desk, f"{name}-{number}", run, given)
                print(f"{name:>6}: first slice after {first:5.1f} s, then {rates[name]:6.0f} rows/s", flush=True)
            print(f" ratio: {rates['spark'] / rates['local']:.2f}", flush=True)


if __name__ == "__main__":
    main()
