"""The Spark runner: runs a job on Spark, slice by slice, in the same folder and under the same ledger as the local one.

Only this module imports pyspark, and only when it runs a job. The driver is the process that calls; it alone commits.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
import warnings
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow.parquet as pq

from hcert.bulk.committing import open_for_running
from hcert.bulk.exclusions import COMMITTED, read_exclusions
from hcert.bulk.faults import MAX_DEATHS, make_patiently, unpack_fault
from hcert.bulk.job import Job
from hcert.bulk.job_folder import FileDigest, JobFolder, naming_write_faults, sync
from hcert.bulk.slice_maker import PART, describe_slice
from hcert.bulk.spark_tasks import SliceTask, make_portions
from hcert.bulk.work import Tally, work_of
from hcert.errors import ConfigurationError, HcertError, JobError
from hcert.fragments import fragment
from hcert.times import aware_or_now, format_utc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hcert.bulk.job_status import JobStatus
    from hcert.bulk.ledger import CommittedSlice
    from hcert.bulk.plans import IssuePlan, VerifyPlan

MASTER: Final = "local[*]"
_SETTINGS: Final = {
    "spark.speculation": "false",  # it would have a token sign the same rows twice
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "true",
}
_SUCCESS: Final = "_SUCCESS"
_RAISED: Final = "PYTHON_EXCEPTION"  # no task of ours raises, so one could not even begin
_NO_ROOM: Final = ("No space left on device", "Disk quota exceeded", "File too large")  # in what Java says


def run_spark(
    job: Job,
    plan: IssuePlan | VerifyPlan,
    *,
    master: str = MASTER,
    on_commit: Callable[[CommittedSlice], object] | None = None,
) -> JobStatus:
    """Run a job, or what is left of it, on Spark, and return how it ended. Needs the extra `spark`, and Java 17.

    The folder of the job, its inputs and the files of the plan are read and written by every executor under the same
    paths. Whatever else Spark has to know is in its `spark-defaults.conf`. A slice is committed as `run_local` does.

    Args:
        job: to run; any runner goes on with what another has begun.
        plan: the one the job was made for.
        master: of Spark, such as `local[2]`, `yarn` or `spark://host:7077`.
        on_commit: called with each new line of the ledger.

    Raises:
        ConfigurationError: `extra.missing`, `bulk.spark`, `bulk.other_plan`, `bulk.busy`, `bulk.input_changed`,
            `bulk.input`, `bulk.ledger` or `bulk.slice_changed`.
        JobError: what stops every record, such as a signer that does not answer, `bulk.disk_full`, `bulk.output`,
            `bulk.worker_died`, or `bulk.spark` if Spark ended.
    """
    _check_installed()
    with open_for_running(job, plan) as running:
        if running.missing:
            with _start(master) as session:
                maker = _SliceMaker(session, job, plan)
                for number in running.missing:
                    made = make_patiently(partial(maker.make, number), _sleep)
                    if made is None:
                        raise AssertionError("a driver waits to the end")
                    if isinstance(made, HcertError):
                        raise made
                    line, folder = made
                    running.commit(line, folder)
                    if on_commit is not None:
                        on_commit(line)
    return job.status()


class _SliceMaker:
    """Makes slices with a session of Spark."""

    def __init__(self, session: Any, job: Job, plan: IssuePlan | VerifyPlan) -> None:
        self._session = session
        self._job = Job(JobFolder(job.path.absolute()), job.description)  # executors start in other folders
        self._plan = plan
        self._work = work_of(plan)

    def make(self, number: int) -> tuple[CommittedSlice, Path]:
        """Make a slice, again if Spark has lost a process over it, and return its line and the folder it is in.

        Raises:
            HcertError: what stops the job.
        """
        for _ in range(MAX_DEATHS):
            folder = self._job.folder.new_folder()
            try:
                if (line := self._try_make(number, folder)) is not None:
                    return line, folder
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            shutil.rmtree(folder, ignore_errors=True)
        raise JobError.of("bulk.worker_died", slice=number, count=MAX_DEATHS)

    def _try_make(self, number: int, folder: Path) -> CommittedSlice | None:
        """Make a slice; None if Spark could not."""
        started_at = format_utc(aware_or_now(None, name="started_at"))
        start, stop = self._job.bounds(number)
        batches = -(-(stop - start) // self._work.batch_rows)
        portions = min(batches, self._session.sparkContext.defaultParallelism)
        task = SliceTask(self._job, self._plan, start, stop, portions, str(folder))
        if not self._write(task, folder):
            return None
        with naming_write_faults(folder):
            if task.fault.exists():
                raise unpack_fault(task.fault.read_bytes())
            outputs = _take_parts(folder)
        tally = self._count(folder, outputs, start, stop)
        return describe_slice(self._work, number, tally, started_at=started_at, outputs=outputs)

    def _write(self, task: SliceTask, folder: Path) -> bool:
        """Have Spark write the portions of a slice, each by one task, and tell whether it did."""
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException, PythonException
        from pyspark.sql.pandas.types import from_arrow_schema

        schema = from_arrow_schema(self._work.schema)
        try:
            numbers = self._session.range(0, task.portions, 1, task.portions)
            rows = numbers.mapInArrow(partial(make_portions, task), schema)
            rows.write.mode("append").parquet(f"file://{folder}", compression="zstd")
        except (PySparkException, Py4JError, OSError) as error:
            said, raised = str(error), isinstance(error, PythonException)
        else:
            return (folder / _SUCCESS).exists()
        if any(words in said for words in _NO_ROOM):
            raise JobError.of("bulk.disk_full", path=str(folder))
        if not _is_running(self._session):
            raise JobError.of("bulk.spark", reason=fragment("spark.ended"))
        if raised or _RAISED in said:
            raise JobError.of("bulk.spark", reason=fragment("spark.executors"))
        return False

    def _count(self, folder: Path, outputs: tuple[FileDigest, ...], start: int, stop: int) -> Tally:
        """Count what is in the outputs: a task that was tried twice is in them once."""
        tally = Tally()
        for one in outputs:
            with pq.ParquetFile(folder / one.name) as file:
                for batch in file.iter_batches(columns=self._work.counted, use_threads=False):
                    self._work.count(batch, tally)
        excluded = read_exclusions(self._job.folder.excluded, start, stop)
        tally.skipped = sum(why == COMMITTED for why in excluded.values())
        if tally.rows != stop - start:
            raise AssertionError("Spark has not written every row once")
        return tally


def _take_parts(folder: Path) -> tuple[FileDigest, ...]:
    """Give the files that Spark has written the names of parts, remove what stands beside them, and sync."""
    parts = sorted(folder.glob("part-*.parquet"))  # their numbers come first in their names
    for other in set(folder.iterdir()) - set(parts):
        shutil.rmtree(other) if other.is_dir() else other.unlink()
    outputs = []
    for number, part in enumerate(parts):
        path = part.rename(folder / PART.format(number))
        sync(path)
        outputs.append(FileDigest.of(path, name=path.name))
    sync(folder)
    return tuple(outputs)


def _check_installed() -> None:
    try:
        import pandas as pd  # noqa: F401 - pyspark needs it for mapInArrow
        import pyspark  # noqa: F401
    except ModuleNotFoundError:
        raise ConfigurationError.of("extra.missing", extra="spark") from None
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java", path=str(Path(home, "bin")) if home else None) is None:
        raise ConfigurationError.of("bulk.spark", reason=fragment("spark.java"))


@contextmanager
def _start(master: str) -> Iterator[Any]:
    """Start Spark, and end it in the end.

    Raises:
        ConfigurationError: `bulk.spark`.
    """
    from py4j.protocol import Py4JError
    from pyspark import SparkContext
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    if SparkContext._active_spark_context is not None:  # noqa: SLF001 - asking by getOrCreate would start one
        raise ConfigurationError.of("bulk.spark", reason=fragment("spark.active"))
    with _undisturbed():
        session = None
        with suppress(PySparkException, Py4JError, OSError):  # it has printed why
            session = SparkSession.builder.master(master).appName("hcert").config(map=_SETTINGS).getOrCreate()
        if session is None:
            raise ConfigurationError.of("bulk.spark", reason=fragment("spark.start"))
        try:
            yield session
        finally:
            with warnings.catch_warnings(action="ignore"), suppress(Exception):  # it may be gone already
                session.stop()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let workers be of this Python where nobody says otherwise, and take back what Spark does to this process."""
    given = "PYSPARK_PYTHON" in os.environ
    here = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGINT)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    try:
        yield
    finally:
        if not given:
            del os.environ["PYSPARK_PYTHON"]
        if here:
            signal.signal(signal.SIGINT, before)


def _is_running(session: Any) -> bool:
    try:
        return not session.sparkContext._jsc.sc().isStopped()  # noqa: SLF001 - pyspark has no public way to ask
    except Exception:  # noqa: BLE001 - whatever it is, nobody answers
        return False


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False
