"""The Spark runner: the rows of the local runner, one commit a slice, and nothing lost or signed twice by any kill."""

from __future__ import annotations

import os
import pickle
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow.parquet as pq
import pytest

import hcert
from conftest import PATIENCE, wait_for
from hcert import bulk
from support import spark
from support.bulk_jobs import BulkDesk, assert_issued, files, outputs, texts
from support.register_rows import MARK, SPOILED, Row, row, write_rows
from support.softhsm import PIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from hcert.bulk.ledger import CommittedSlice
    from support.signers import DocumentSigner
    from support.softhsm import SoftHsm

spark.require()

pytestmark = [pytest.mark.slow, pytest.mark.process]

VALUES: Final = (MARK, "1999-13-01", "2099")  # of rows
RUNNER: Final = """
import pathlib, pickle, sys
import hcert
from hcert import bulk

if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    try:
        bulk.run_spark(bulk.Job.open(folder), pickle.loads((folder.parent / "plan").read_bytes()), master=sys.argv[2])
    except hcert.HcertError as error:
        print(error.code, error)
        sys.exit(3)
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of a process with a Spark of its own."""
    return spark.home(tmp_path_factory.mktemp("spark"))


def spoil(rows: list[Row], *, first: int, step: int) -> list[int]:
    """Make ten rows bad, each in another way, and return which."""
    places = [first + place * step for place in range(len(SPOILED))]
    for place, harm in zip(places, SPOILED.values(), strict=True):
        rows[place] = harm(rows[place])
    return places


def start(job: bulk.Job, plan: bulk.IssuePlan, environment: dict[str, str], *, master: str) -> subprocess.Popen[bytes]:
    """Start a runner as a process of its own."""
    (job.path.parent / "plan").write_bytes(pickle.dumps(plan))
    program = job.path.parent / "runner.py"
    program.write_text(RUNNER)
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, str(program), str(job.path), master],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=job.path.parent,
        env=environment,
    )


def payload(text: str | None) -> Any:
    """Return what a text says but for its signature."""
    if text is None:
        return None
    read = hcert.read_unverified(text)
    return read.subclaims, read.claims


def test_the_same_rows_as_by_the_local_runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order, with the same payloads and reasons; and each goes on with what the other has begun."""
    monkeypatch.delenv("PYSPARK_PYTHON", raising=False)
    desk = BulkDesk.make(tmp_path)
    before = desk.job([row(5)], name="before")
    bulk.run_local(before, desk.plan())
    rows = [row(number) for number in range(2_600)]
    spoil(rows, first=100, step=211)
    rows[2_500] = rows[2_400] | {"row_id": "row-2500"}
    local, job = (desk.job(rows, name=name, slice_rows=1_100, committed=[before.path]) for name in ("local", "job"))
    handlers = signal.getsignal(signal.SIGINT)

    def stop(_: CommittedSlice) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bulk.run_local(job, desk.plan(), on_commit=stop)
    begun = texts(job)
    told: list[CommittedSlice] = []
    status = bulk.run_spark(job, desk.plan(), master="local[2]", on_commit=told.append)
    assert status == bulk.run_local(local, desk.plan())
    assert (status.complete, status.refused, status.skipped, [one.slice for one in told]) == (True, 11, 1, [1, 2])
    assert begun.items() <= texts(job).items()
    for ours, theirs in zip(outputs(job), outputs(local), strict=True):
        assert payload(ours.pop("text")) == payload(theirs.pop("text"))
        assert ours == theirs
    assert all(pq.read_schema(path).remove_metadata() == bulk.ISSUE_OUTPUT for path in job.outputs())
    parts = {f"slices/slice-{number:06}/part-{part:05}.parquet" for number, part in ((0, 0), (1, 0), (1, 1), (2, 0))}
    assert files(job.path) == parts | {"job.json", "ledger.jsonl", "excluded/part-000.parquet"}
    assert signal.getsignal(signal.SIGINT) is handlers
    assert "PYSPARK_PYTHON" not in os.environ
    audit = bulk.VerifyPlan(trust=hcert.TrustList([desk.signer.key]), at=desk.plan().issued_at)
    checked = bulk.Job.create(tmp_path / "audit", audit, [job.path / "slices"])
    verdicts = bulk.run_spark(checked, audit, master="local[2]")
    assert (verdicts.accepted, verdicts.refused) == (status.accepted, status.refused)


def test_a_fault_of_the_job_stops_it_with_its_code(tmp_path: Path) -> None:
    """As the local runner would; nothing is committed or left, and the job goes on once it is mended."""
    desk = BulkDesk.make(tmp_path)
    rows = [row(number) for number in range(300)]
    job, local = desk.job(rows, slice_rows=100), desk.job(rows, name="local")
    (tmp_path / "dsc.key").write_bytes(b"no key")
    calls: list[Callable[[], object]] = [
        lambda: bulk.run_spark(job, desk.plan(), master="local[2]"),
        lambda: bulk.run_local(local, desk.plan()),
    ]
    found = []
    for call in calls:
        with pytest.raises(hcert.HcertError) as caught:
            call()
        found.append((type(caught.value), caught.value.findings))
    assert found[0] == found[1]
    assert files(job.path) == {"job.json"}
    desk.write_key()
    assert bulk.run_spark(job, desk.plan(), master="local[2]").accepted == 300


def test_no_value_and_no_pin_is_in_what_spark_writes(
    hsm: SoftHsm, es256: DocumentSigner, environment: dict[str, str], tmp_path: Path
) -> None:
    """With the key in a token that executors open, and bad rows of ten kinds: output, logs and event log."""
    desk = BulkDesk(tmp_path, es256)
    plan = desk.plan(signer=bulk.Pkcs11Key(hsm.uri("object=es256")))
    rows = [row(number, doses=1) for number in range(2_400)]
    bad = spoil(rows, first=100, step=211)
    job = desk.job(rows, plan=plan, slice_rows=1_200)
    runner = start(job, plan, environment | hsm.environment, master=spark.CLUSTER)
    said, _ = runner.communicate(timeout=PATIENCE)
    assert runner.returncode == 0, said
    found = texts(job)
    assert [number for number, text in enumerate(found.values()) if text is None] == bad
    for one in rows[::70]:
        if one["row_id"] not in {f"row-{number}" for number in bad}:
            assert_issued(desk, found[one["row_id"]], one["certificate_id"])
    home = Path(environment["SPARK_HOME"])
    logs = [path for path in (*home.glob("work/**/*"), *(home.parent / "events").rglob("*")) if path.is_file()]
    assert [path for path in logs if path.name == "stderr"]
    assert [path for path in logs if "events" in path.parts and b"SparkListenerTaskEnd" in path.read_bytes()]
    searched = [said, *(path.read_bytes() for path in logs if path.suffix != ".crc")]
    searched += [(job.path / name).read_bytes() for name in ("job.json", "ledger.jsonl")]
    searched += [str([one["findings"] for one in outputs(job)]).encode()]
    for value in (*VALUES, PIN):
        assert not [words for words in searched if value.encode() in words], value


def test_no_row_is_lost_or_signed_twice_whatever_is_killed(environment: dict[str, str], tmp_path: Path) -> None:
    """A Python worker, an executor, the driver: what was committed at any moment is the same at the end."""
    desk, chance = BulkDesk.make(tmp_path), random.Random(11)  # noqa: S311 - when to kill
    rows = [row(number, doses=1) for number in range(24_000)]
    bad = spoil(rows, first=100, step=2_111)
    job = desk.job(rows, slice_rows=2_000)
    committed: dict[str, str | None] = {}
    killed: list[str] = []
    for whom in ("worker", "executor", "driver", "nobody"):
        with start(job, desk.plan(), environment, master=spark.CLUSTER) as runner:
            try:
                done = job.status().slices_done
                if whom != "nobody":
                    _wait_for_slice(job, done + 1, runner)
                    time.sleep(chance.uniform(0, 1))
                    killed += _kill(whom, runner.pid)
                if whom in {"worker", "executor"}:
                    _wait_for_slice(job, job.status().slices_done + 2, runner)
                    runner.kill()
                said, _ = runner.communicate(timeout=PATIENCE)
            finally:
                runner.kill()
        assert runner.returncode in {0, -signal.SIGKILL}, said
        now = texts(job)
        assert committed.items() <= now.items()
        committed = now
    assert killed == ["worker", "executor", "driver"]
    assert list(committed) == [one["row_id"] for one in rows]
    assert [number for number, text in enumerate(committed.values()) if text is None] == bad
    for one in rows[::601]:
        assert_issued(desk, committed[one["row_id"]], one["certificate_id"])


def test_a_full_disk_stops_the_job(environment: dict[str, str], tmp_path: Path) -> None:
    """Spark's own words for it are understood, and with room again the job goes on."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:  # noqa: S603 - our own folder
        pytest.skip("no small file system can be mounted here")
    try:
        desk = BulkDesk.make(tmp_path)
        path = write_rows(tmp_path / "rows.parquet", [row(number, doses=1) for number in range(3_000)])
        job = bulk.Job.create(folder / "job", desk.plan(), [path], slice_rows=1_000)
        (folder / "plan").write_bytes(pickle.dumps(desk.plan()))
        runner = start(job, desk.plan(), environment, master="local[2]")
        said, _ = runner.communicate(timeout=PATIENCE)
        assert runner.returncode == 3, said
        assert b"bulk.disk_full" in said
        committed = texts(job)
        assert 0 < len(committed) < 3_000
        assert not [*job.path.glob(".new-*")]
        subprocess.run(["mount", "-o", "remount,size=9m", str(folder)], check=True)  # noqa: S603, S607 - ours
        assert bulk.run_local(job, desk.plan()).accepted == 3_000
        assert committed.items() <= texts(job).items()
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607 - Java may be ending


def _wait_for_slice(job: bulk.Job, slices: int, runner: subprocess.Popen[bytes]) -> None:
    wait_for(job.folder.ledger_file)
    end = time.monotonic() + PATIENCE
    while job.status().slices_done < slices and runner.poll() is None:
        assert time.monotonic() < end, "no slice is committed"
        time.sleep(0.05)


def _kill(whom: str, driver: int) -> list[str]:
    """Kill one process of a driver, or the driver, and return whom."""
    if whom == "driver":
        os.kill(driver, signal.SIGKILL)
        return [whom]
    mark = {"worker": b"pyspark.daemon", "executor": b"CoarseGrainedExecutorBackend"}[whom]
    for process in _descendants(driver)[::-1]:  # the youngest first: a worker is younger than what forks workers
        with suppress(OSError):
            if mark in (Path("/proc") / str(process) / "cmdline").read_bytes():
                os.kill(process, signal.SIGKILL)
                return [whom]
    return []


def _descendants(process: int) -> list[int]:
    """Return the processes that a process has started, and those that they have started, the parents first."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(folder.name))
    found = [process]
    for one in found:
        found += parents.get(one, [])
    return found[1:]
