"""A worker of the local runner: a process that makes one slice after another, and ends when its runner does."""

from __future__ import annotations

import signal
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hcert.bulk.slice_maker import make_slice
from hcert.bulk.work import work_of
from hcert.errors import HcertError, JobError, SignerError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from hcert.bulk.job import Job
    from hcert.bulk.ledger import CommittedSlice
    from hcert.bulk.plans import IssuePlan, VerifyPlan

PAUSES: Final = (1.0, 4.0, 15.0, 60.0)  # seconds before a token that does not answer is asked again


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
    for pause in (*PAUSES, None):
        try:
            return make_slice(job, work_of(plan), number, folder, go_on=lambda: not tasks.poll())
        except SignerError as error:
            if not error.transient or pause is None:
                return error
        except HcertError as error:
            return error
        except Exception as error:  # noqa: BLE001 - its message may quote a row, and must not be seen by anybody
            return JobError.of("bulk.fault", type=type(error).__name__, place=_place_of(error))
        if tasks.poll(pause):
            return None
    raise AssertionError("the last try ends")


def _place_of(error: Exception) -> str:
    """Return where an error was raised, without what it says."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"
