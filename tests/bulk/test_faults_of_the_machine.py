"""What a machine does to a job: disks that fill up, tokens that go away, workers that crash over one slice."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

import hcert
from hcert import bulk
from hcert.bulk import faults, local_worker
from support import softhsm
from support.bulk_jobs import BulkDesk, files, texts
from support.register_rows import row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.signers import DocumentSigner
    from support.softhsm import SoftHsm

pytestmark = pytest.mark.process
ROWS = [row(number, doses=1) for number in range(120)]


def fault(job: bulk.Job, plan: bulk.IssuePlan, **options: Any) -> hcert.JobError:
    """Run a job that must end with a fault of the job."""
    with pytest.raises(hcert.JobError) as caught:
        bulk.run_local(job, plan, **options)
    return caught.value


@contextmanager
def small_files(limit: int) -> Iterator[None]:
    """Let this process and those that it starts write no file beyond a size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONDONTWRITEBYTECODE", "1")  # a module cut off in a cache breaks every later interpreter
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("limit", [3_000, 0], ids=["in the middle of a slice", "at once"])
def test_a_full_disk_stops_the_job_and_loses_nothing(tmp_path: Path, limit: int) -> None:
    """The slice that did not fit leaves nothing behind; with room again the job goes on."""
    desk = BulkDesk.make(tmp_path)
    job = desk.job(ROWS, slice_rows=60)
    before = files(job.path)
    with small_files(limit):
        error = fault(job, desk.plan())
    assert error.code == "bulk.disk_full"
    assert files(job.path) == before
    status = bulk.run_local(job, desk.plan())
    assert (status.accepted, status.complete) == (120, True)


@pytest.mark.slow
def test_a_file_system_that_is_full_in_the_middle_of_a_job(tmp_path: Path) -> None:
    """What was committed before stays as it is."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(  # noqa: S603 - our own folder
        ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(folder)],  # noqa: S607
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("no small file system can be mounted here")
    try:
        desk = BulkDesk.make(tmp_path)
        rows = [row(number, doses=1) for number in range(1_000)]
        made = desk.job(rows, slice_rows=100)
        path = folder / "job"
        job = bulk.Job.create(path, desk.plan(), [tmp_path / "job.parquet"], slice_rows=100)
        assert fault(job, desk.plan()).code == "bulk.disk_full"
        committed = texts(job)
        assert 100 <= len(committed) < 1_000
        assert not [*path.glob(".new-*")]
        subprocess.run(["mount", "-o", "remount,size=9m", str(folder)], check=True)  # noqa: S603, S607
        assert bulk.run_local(job, desk.plan()).accepted == made.rows
        assert committed.items() <= texts(job).items()
    finally:
        subprocess.run(["umount", str(folder)], check=True)  # noqa: S603, S607


@dataclass(frozen=True)
class Crashing:
    """A source of keys whose library takes the process with it, until somebody mends it."""

    folder: str
    key: bulk.LocalKey

    def open(self) -> hcert.Signer:
        """Crash, unless there is a file."""
        if not os.path.exists(f"{self.folder}/mended"):  # noqa: PTH110 - no path to keep
            with open(f"{self.folder}/crashes", "a") as file:  # noqa: PTH123 - the same
                file.write("x")
            os.kill(os.getpid(), signal.SIGSEGV)
        return self.key.open()


def test_a_slice_over_which_every_worker_dies_stops_the_job(tmp_path: Path) -> None:
    """After five, and not for ever."""
    desk = BulkDesk.make(tmp_path)
    key = bulk.LocalKey(key=tmp_path / "dsc.key", certificate=tmp_path / "dsc.der")
    plan = desk.plan(signer=Crashing(str(tmp_path), key))
    (tmp_path / "mended").touch()
    job = desk.job(ROWS[:10])
    (tmp_path / "mended").unlink()
    error = fault(job, plan)
    assert (error.code, dict(error.findings[0].details)) == ("bulk.worker_died", {"slice": 0, "count": 5})
    assert (tmp_path / "crashes").read_text() == "xxxxx"
    (tmp_path / "mended").touch()
    assert bulk.run_local(job, plan).accepted == 10


class Idle:
    """Stands for the end of a pipe by which a runner speaks to a worker."""

    def __init__(self) -> None:
        self.waited: list[float] = []

    def poll(self, seconds: float = 0.0) -> bool:
        """Say that there is nothing to read, and remember for how long it was to be waited for."""
        self.waited += [seconds] if seconds else []
        return False


@pytest.mark.parametrize(("code", "tries"), [("signer.unavailable", 5), ("signer.pin", 1)])
def test_only_what_may_pass_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, tries: int
) -> None:
    """With longer and longer pauses; then the runner stops, and a resumed job goes on."""
    desk, seen, pipe = BulkDesk.make(tmp_path), [], Idle()
    job = desk.job(ROWS[:10])

    def fail(*_: object, **__: object) -> None:
        seen.append(1)
        raise hcert.SignerError.of(code, reason="", source="")

    monkeypatch.setattr(local_worker, "make_slice", fail)
    made = local_worker._make(job, desk.plan(), 0, tmp_path, pipe)  # type: ignore[arg-type]
    assert isinstance(made, hcert.SignerError)
    assert (made.code, len(seen)) == (code, tries)
    assert pipe.waited == sorted(pipe.waited)
    assert len(pipe.waited) == tries - 1


def test_an_unforeseen_error_says_where_and_not_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its message may quote a row."""
    desk = BulkDesk.make(tmp_path)

    def fail(*_: object, **__: object) -> None:
        raise ValueError("Quỳnhmark")

    monkeypatch.setattr(local_worker, "make_slice", fail)
    made = local_worker._make(desk.job(ROWS[:1]), desk.plan(), 0, tmp_path, Idle())  # type: ignore[arg-type]
    assert isinstance(made, hcert.JobError)
    assert made.code == "bulk.fault"
    assert "ValueError at test_faults_of_the_machine.py:" in str(made)
    assert "mark" not in str(made)


@dataclass(frozen=True)
class Pluggable:
    """A source of keys whose token can be away for longer than anybody waits.

    Its workers wait for no time between their tries, and not for 80 seconds.
    """

    folder: Path
    key: bulk.LocalKey

    def open(self) -> PluggableSigner:
        """Open the key in a file, which stands for the one in the token."""
        return PluggableSigner(self.folder, self.key.open())

    def __reduce__(self) -> tuple[Any, ...]:
        return _arrive, (self.folder, self.key)


def _arrive(folder: Path, key: bulk.LocalKey) -> Pluggable:
    if multiprocessing.current_process().name != "MainProcess":
        faults.PAUSES = (0.0, 0.0, 0.0, 0.0)  # type: ignore[misc]
    return Pluggable(folder, key)


class PluggableSigner:
    """Signs unless there is a file `away`; writes down each try that failed."""

    def __init__(self, folder: Path, signer: hcert.Signer) -> None:
        self._folder, self._signer = folder, signer
        self.key = signer.key

    def sign(self, data: bytes) -> bytes:
        """Sign."""
        if (self._folder / "away").exists():
            with (self._folder / "tries").open("a") as file:
                file.write("x")
            raise hcert.SignerError.of("signer.unavailable", reason="")
        return self._signer.sign(data)


def test_a_token_that_stays_away_stops_the_job_until_it_is_resumed(tmp_path: Path) -> None:
    """Beyond all retries: the job says why, keeps what is committed, and signs nothing twice."""
    desk = BulkDesk.make(tmp_path)
    key = bulk.LocalKey(key=tmp_path / "dsc.key", certificate=tmp_path / "dsc.der")
    plan = desk.plan(signer=Pluggable(tmp_path, key))
    job = desk.job(ROWS, plan=plan, slice_rows=30)
    before = files(job.path)
    error = fault(job, plan, on_commit=lambda _: (tmp_path / "away").touch())
    assert isinstance(error, hcert.SignerError)
    assert (error.code, error.transient) == ("signer.unavailable", True)
    assert (tmp_path / "tries").read_text() == "xxxxx"
    committed = texts(job)
    assert list(committed) == [one["row_id"] for one in ROWS[:30]]
    assert files(job.path) == before | {"ledger.jsonl", "slices/slice-000000/part-00000.parquet"}
    assert multiprocessing.active_children() == []
    (tmp_path / "away").unlink()
    resumed: list[int] = []
    again = bulk.Job.open(job.path)
    assert bulk.run_local(again, plan, on_commit=lambda made: resumed.append(made.slice)).accepted == 120
    assert resumed == [1, 2, 3]
    assert list(texts(again)) == [one["row_id"] for one in ROWS]
    assert committed.items() <= texts(again).items()


@pytest.fixture
def forgotten() -> Iterator[None]:
    """Leave no session behind in this process, which planned with a token that then went away."""
    yield
    softhsm.forget_everything()


@pytest.mark.usefixtures("forgotten")
def test_a_token_that_comes_back_goes_on_where_it_was(tmp_path: Path, hsm: SoftHsm, es256: DocumentSigner) -> None:
    """Unplugged in the middle of a job: nothing is lost, nothing is signed twice, and no PIN is in the folder."""
    desk = BulkDesk(tmp_path, es256)
    (tmp_path / "dsc.der").write_bytes(es256.certificate)
    plan = desk.plan(signer=bulk.Pkcs11Key(hsm.uri("object=es256"), certificate=tmp_path / "dsc.der"))
    job = desk.job(ROWS, plan=plan, slice_rows=30)
    tokens, drawer = hsm.folder / "tokens", hsm.folder / "drawer"

    def unplug(_: bulk.CommittedSlice) -> None:
        if job.status().slices_done == 1:
            tokens.rename(drawer)
            threading.Timer(2, drawer.rename, [tokens]).start()

    status = bulk.run_local(job, plan, on_commit=unplug)
    assert (status.accepted, status.complete) == (120, True)
    assert list(texts(job)) == [one["row_id"] for one in ROWS]
    for path in job.path.rglob("*"):
        assert path.is_dir() or softhsm.PIN.encode() not in path.read_bytes(), path
