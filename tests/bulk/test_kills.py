"""Kills at random: of workers, and of the runner itself. Then it is resumed, and no committed code ever changes."""

from __future__ import annotations

import os
import pickle
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings

from conftest import PATIENCE
from support.bulk_jobs import BulkDesk, assert_issued, texts
from support.register_rows import SPOILED, Row, row

pytestmark = pytest.mark.process

KILLS: Final = {"fast": 4, "ci": 6, "long": 60}  # by HYPOTHESIS_PROFILE; 60 take minutes
ROWS: Final = 2_400
SLICE_ROWS: Final = 150
RUNNER: Final = """
import pathlib, pickle, sys
from hcert import bulk

if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    bulk.run_local(bulk.Job.open(folder), pickle.loads((folder.parent / "plan").read_bytes()), workers=2)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="children are found in /proc, which Linux has")
def test_no_row_is_lost_or_signed_twice_whatever_is_killed(tmp_path: Path) -> None:
    """Every row ends once; what was committed at any moment is the same at the end."""
    kills = KILLS[settings.get_current_profile_name()]
    desk, chance = BulkDesk.make(tmp_path), random.Random(7)  # noqa: S311 - whom and when to kill
    (tmp_path / "plan").write_bytes(pickle.dumps(desk.plan()))
    (tmp_path / "runner.py").write_text(RUNNER)
    killed, jobs = Counter[str](), 0
    while killed.total() < kills:
        jobs += 1
        rows = _rows(jobs)
        job = desk.job(rows, name=f"job-{jobs}", slice_rows=SLICE_ROWS)
        committed: dict[str, str | None] = {}
        while not job.status().complete:
            whom = chance.choice(("worker", "worker", "runner")) if killed.total() < kills else "nobody"
            _run(job.path, whom, killed, chance.uniform(0.5, 3))
            now = texts(job)
            assert committed.items() <= now.items()
            committed = now
        assert list(committed) == [one["row_id"] for one in rows]
        refused = [number for number, text in enumerate(committed.values()) if text is None]
        assert refused == [100 + place * 211 for place in range(len(SPOILED))]
        for one in rows[::60]:
            assert_issued(desk, committed[one["row_id"]], one["certificate_id"])
    print(f"killed {dict(killed)} in {jobs} jobs")  # noqa: T201 - the figure


def _run(job: Path, whom: str, killed: Counter[str], after: float) -> None:
    """Run a job until it ends or its runner is killed."""
    program = [sys.executable, str(job.parent / "runner.py"), str(job)]
    with subprocess.Popen(program, stderr=subprocess.PIPE, cwd=job.parent) as runner:  # noqa: S603 - our own program
        time.sleep(after)
        workers = _workers_of(runner.pid)
        if whom == "runner" and runner.poll() is None:
            runner.kill()
            killed[whom] += 1
        if whom == "worker" and workers:
            with suppress(ProcessLookupError):
                os.kill(workers[0], signal.SIGKILL)
                killed[whom] += 1
        _, said = runner.communicate(timeout=PATIENCE)
        assert runner.returncode in {0, -signal.SIGKILL}, said


def _workers_of(runner: int) -> list[int]:
    """Return the processes that a process has started, but for the one that minds its resources."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == runner and b"spawn_main" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found


def _rows(job: int) -> list[Row]:
    """Return people of their own for each job, bad rows among them."""
    rows = [row(job * 10_000 + number, doses=1) for number in range(ROWS)]
    for place, spoil in enumerate(SPOILED.values()):
        rows[100 + place * 211] = spoil(rows[100 + place * 211])
    return rows
