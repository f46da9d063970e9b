"""The local runner: runs a job with the processes of one machine.

Its workers are processes of their own and not those of a pool: when one is killed, the others go on; when the runner is
killed, they end after the batch they are at.
"""

from __future__ import annotations

import multiprocessing
import shutil
from collections import Counter, deque
from contextlib import suppress
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Final

from hcert.bulk.committing import open_for_running
from hcert.bulk.faults import MAX_DEATHS
from hcert.bulk.local_worker import serve
from hcert.errors import ConfigurationError, HcertError, JobError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hcert.bulk.committing import RunningJob
    from hcert.bulk.job import Job
    from hcert.bulk.job_status import JobStatus
    from hcert.bulk.ledger import CommittedSlice
    from hcert.bulk.plans import IssuePlan, VerifyPlan

_END_SECONDS: Final = 5.0  # for a worker to end its batch and close its session with a token


def run_local(
    job: Job,
    plan: IssuePlan | VerifyPlan,
    *,
    workers: int = 1,
    on_commit: Callable[[CommittedSlice], object] | None = None,
) -> JobStatus:
    """Run a job, or what is left of it, and return how it ended.

    A worker that is killed is replaced, and its slice is made again. A signer that may answer later is asked again,
    for about 80 seconds. Whatever stops the run, what is committed stays, and another run does the rest.

    Workers are started anew and not forked, so a program that calls this keeps its own start behind
    `if __name__ == "__main__":`.

    Args:
        job: to run.
        plan: the one the job was made for.
        workers: how many processes; one for each core is right.
        on_commit: called with each new line of the ledger.

    Raises:
        ConfigurationError: `workers.count`, `bulk.other_plan`, `bulk.busy`, `bulk.input_changed`, `bulk.input`,
            `bulk.ledger` or `bulk.slice_changed`.
        JobError: what stops every record, such as a signer that does not answer, `bulk.disk_full`, `bulk.output`, or
            `bulk.worker_died`.
    """
    if type(workers) is not int or workers < 1:
        raise ConfigurationError.of("workers.count", workers=workers)
    with open_for_running(job, plan) as running:
        crew = [_Worker(job, plan) for _ in range(min(workers, len(running.missing)))]
        try:
            _make_slices(running, crew, on_commit or (lambda _: None))
        finally:
            for one in crew:
                one.dismiss()
            for one in crew:
                one.end()
    return job.status()


def _make_slices(running: RunningJob, crew: list[_Worker], on_commit: Callable[[CommittedSlice], object]) -> None:
    waiting, deaths = deque(running.missing), Counter[int]()
    while True:
        for one in crew:
            if waiting and not one.is_busy:
                one.give(waiting.popleft(), running.job.folder.new_folder())
        busy: dict[object, _Worker] = {one.results: one for one in crew if one.is_busy}
        if not busy:
            return
        for ready in wait([one.results for one in busy.values()]):
            one = busy[ready]
            try:
                made, folder = one.take()
            except (EOFError, OSError):
                number = one.start_anew()
                deaths[number] += 1
                if deaths[number] == MAX_DEATHS:
                    raise JobError.of("bulk.worker_died", slice=number, count=MAX_DEATHS) from None
                waiting.appendleft(number)
                continue
            running.commit(made, folder)
            on_commit(made)


class _Worker:
    """A worker as its runner sees it.

    Attributes:
        results: readable when there is an answer, or when the worker is gone.
    """

    def __init__(self, job: Job, plan: IssuePlan | VerifyPlan) -> None:
        self._what = job, plan
        self._task: tuple[int, Path] | None = None
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")  # a forked process would share what talks to a token
        tasks, self._tasks = context.Pipe(duplex=False)
        self.results, results = context.Pipe(duplex=False)
        self._process = context.Process(target=serve, args=(*self._what, tasks, results), daemon=True)
        self._process.start()
        tasks.close()  # so that each end is open in one process only, and is closed when that ends
        results.close()

    @property
    def is_busy(self) -> bool:
        """Whether it has a slice to make."""
        return self._task is not None

    def give(self, number: int, folder: Path) -> None:
        """Have it make a slice."""
        self._task = number, folder
        with suppress(OSError):  # it has died, which `take` will find
            self._tasks.send(self._task)

    def take(self) -> tuple[CommittedSlice, Path]:
        """Return the line of the slice, and the folder it is in.

        Raises:
            HcertError: what the worker ended with.
            EOFError: if it has died.
            OSError: if it has died in the middle of its answer.
        """
        made: CommittedSlice | HcertError = self.results.recv()
        if isinstance(made, HcertError):
            raise made
        folder, self._task = self._assigned[1], None
        return made, folder

    def start_anew(self) -> int:
        """Start another process in place of one that has died, and return the number of its slice."""
        number = self._assigned[0]
        self.dismiss()
        self.end()
        self._start()
        return number

    def dismiss(self) -> None:
        """Tell it that there is nothing more to do."""
        self._tasks.close()

    def end(self) -> None:
        """Wait until it is gone, and remove what it has not finished."""
        self._process.join(_END_SECONDS)
        self._process.kill()
        self._process.join()
        self.results.close()
        if self._task is not None:
            shutil.rmtree(self._assigned[1], ignore_errors=True)
        self._task = None

    @property
    def _assigned(self) -> tuple[int, Path]:
        if self._task is None:
            raise AssertionError("a worker answers for a slice")
        return self._task
