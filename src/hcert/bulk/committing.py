"""Committing slices: outputs are put in place, then the ledger gets a line; only what has a line was ever reported."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hcert.bulk.job_folder import FOLDER_MODE, FileDigest, naming_write_faults
from hcert.bulk.work import work_of
from hcert.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.bulk.job import Job
    from hcert.bulk.ledger import CommittedSlice, Ledger
    from hcert.bulk.plans import IssuePlan, VerifyPlan


class RunningJob:
    """A job that this process alone runs.

    Attributes:
        job: which one.
        missing: numbers of the slices that are not committed, ascending.
    """

    def __init__(self, job: Job, ledger: Ledger) -> None:
        self.job = job
        self._ledger = ledger
        self.missing = [number for number in range(job.slices) if number not in ledger.slices]

    def commit(self, made: CommittedSlice, new: Path) -> None:
        """Put the outputs of a slice in place, and write its line.

        Args:
            made: its line.
            new: the folder of the outputs, which are on the disk.

        Raises:
            JobError: `bulk.disk_full` or `bulk.output`; the slice is not committed then.
        """
        folder = self.job.folder
        folder.put_in_place(new, folder.slice_folder(made.slice))
        self._ledger.append(made)


@contextmanager
def open_for_running(job: Job, plan: IssuePlan | VerifyPlan) -> Iterator[RunningJob]:
    """Lock a job, check that it is what it was, and remove what was never committed.

    A folder of a slice without a line in the ledger was never reported, so it is made again from nothing.

    Raises:
        ConfigurationError: `bulk.other_plan`, `bulk.busy`, `bulk.input`, `bulk.input_changed`, `bulk.ledger`, or
            `bulk.slice_changed` for a committed slice whose outputs are not what they were: it cannot be made again,
            since its codes may be with their holders.
    """
    if work_of(plan).plan.digest != job.description.plan:
        raise ConfigurationError.of("bulk.other_plan")
    folder = job.folder
    with folder.lock():
        for one in job.description.inputs:
            if not _is_unchanged(Path(one.file.name), one.file):
                raise ConfigurationError.of("bulk.input_changed", path=one.file.name)
        ledger = job.ledger()
        for path, written in _written_by(job, ledger):
            if not _is_unchanged(path, written):
                raise ConfigurationError.of("bulk.slice_changed", path=str(path))
        folder.remove_leftovers()
        with naming_write_faults(folder.slices):
            folder.slices.mkdir(FOLDER_MODE, exist_ok=True)
            for path in set(folder.slices.iterdir()) - set(map(folder.slice_folder, ledger.slices)):
                shutil.rmtree(path)
        yield RunningJob(job, ledger)


def _written_by(job: Job, ledger: Ledger) -> Iterator[tuple[Path, FileDigest]]:
    """Yield the files on which the job has built, as they were."""
    for one in job.description.excluded:
        yield job.folder.excluded / one.name, one
    for number, made in ledger.slices.items():
        for one in made.outputs:
            yield job.folder.slice_folder(number) / one.name, one


def _is_unchanged(path: Path, known: FileDigest) -> bool:
    try:
        return path.stat().st_size == known.size and FileDigest.of(path, name=known.name) == known
    except OSError:
        return False
