"""A worker of the local runner: a process that makes one slice after another, and ends when its runner does."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from hcert.bulk.faults import make_patiently
from hcert.bulk.slice_maker import make_slice
from hcert.bulk.work import work_of

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    from hcert.bulk.job import Job
    from hcert.bulk.ledger import CommittedSlice
    from hcert.bulk.plans import IssuePlan, VerifyPlan
    from hcert.errors import HcertError


def serve(job: Job, plan: IssuePlan | VerifyPlan, tasks: Connection, results: Connection) -> None:
    """Make the slices that are asked for, until the runner is gone.

    Args:
        job: whose slices they are.
        plan: of the job.
        tasks: gives the number of a slice and the folder to write it into; nothing more while one is being made, so
            that whatever can be read then is the end.
        results: takes a line for the ledger or the error that stops the job.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes of a terminal; the runner decides
    while True:
        try:
            number, folder = tasks.recv()
            made = _make(job, plan, number, folder, tasks)
            if made is None:
                return
            results.send(made)
        except (EOFError, BrokenPipeError):
            return


def _make(
    job: Job, plan: IssuePlan | VerifyPlan, number: int, folder: Path, tasks: Connection
) -> CommittedSlice | HcertError | None:
    """Make a slice, again if the signer may answer later; None if the runner is gone."""
    work = work_of(plan)
    return make_patiently(lambda: make_slice(job, work, number, folder, go_on=lambda: not tasks.poll()), tasks.poll)
