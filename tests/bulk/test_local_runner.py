"""The local runner: every row ends once, in order, with a text or a reason, whatever happens to those who work."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import stat
from typing import TYPE_CHECKING, Any

import pytest

import hcert
from hcert import bulk
from support.bulk_jobs import BulkDesk, assert_issued, files, outputs, texts
from support.register_rows import SPOILED, row, write_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hcert.bulk.ledger import CommittedSlice

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> BulkDesk:
    """Return the desk of this module."""
    return BulkDesk.make(tmp_path_factory.mktemp("bulk"))


@pytest.fixture
def fresh(tmp_path: Path, desk: BulkDesk) -> BulkDesk:
    """Return a folder of its own, with the same key."""
    for name in ("dsc.key", "dsc.der"):
        shutil.copy(desk.folder / name, tmp_path)
    return BulkDesk(tmp_path, desk.signer)


def refused(call: Callable[[], Any]) -> str:
    """Return the code of the error that a call ends with."""
    with pytest.raises(hcert.HcertError) as caught:
        call()
    return caught.value.code


def test_every_row_ends_once_and_in_order(fresh: BulkDesk) -> None:
    """Good rows with a code, bad ones with a reason; counts and hashes are in the ledger."""
    rows = [row(number) for number in range(75)]
    for place, spoil in enumerate(SPOILED.values()):
        rows[3 + place * 7] = spoil(rows[3 + place * 7])
    rows[50] = rows[40]
    job = fresh.job(rows)
    committed: list[CommittedSlice] = []
    status = bulk.run_local(job, fresh.plan(), workers=2, on_commit=committed.append)
    assert (status.rows, status.rows_done, status.slices, status.slices_done) == (75, 75, 4, 4)
    assert (status.accepted, status.refused, status.skipped, status.complete) == (64, 11, 0, True)
    assert sum(status.codes.values()) == 11
    assert {one.slice for one in committed} == {0, 1, 2, 3}
    done = outputs(job)
    assert [one["row_id"] for one in done] == [one["row_id"] for one in rows]
    bad = {3 + place * 7 for place in range(10)} | {50}
    for number, (given, made) in enumerate(zip(rows, done, strict=True)):
        if number in bad:
            assert made["text"] is None
            assert made["findings"]
        else:
            assert_issued(fresh, made["text"], given["certificate_id"])
    assert [one["code"] for one in done[50]["findings"]] == ["bulk.duplicate_row"]
    parts = {f"slices/slice-{number:06}/part-00000.parquet" for number in range(4)}
    assert files(job.path) == parts | {"job.json", "ledger.jsonl", "excluded/part-000.parquet"}


@pytest.mark.parametrize("umask", [0o000, 0o077], ids=["open to all", "closed"])
def test_only_the_owner_reads_a_job(fresh: BulkDesk, umask: int) -> None:
    """Whatever the system would allow: the codes tell of people's health."""
    before = os.umask(umask)
    try:
        job = fresh.job([row(1), row(1), row(2)], slice_rows=2)
        bulk.run_local(job, fresh.plan())
    finally:
        os.umask(before)
    found = [job.path, *job.path.rglob("*")]
    modes = {path.relative_to(job.path): stat.S_IMODE(path.stat().st_mode) for path in found}
    assert len(modes) == 11
    assert modes == {path: 0o700 if (job.path / path).is_dir() else 0o600 for path in modes}


def test_a_second_run_changes_nothing(fresh: BulkDesk) -> None:
    """What is committed is never signed again."""
    job = fresh.job([row(number) for number in range(30)])
    bulk.run_local(job, fresh.plan())
    before = {path: path.read_bytes() for path in job.path.rglob("*") if path.is_file()}
    again: list[CommittedSlice] = []
    bulk.run_local(bulk.Job.open(job.path), fresh.plan(), on_commit=again.append)
    assert again == []
    assert {path: path.read_bytes() for path in job.path.rglob("*") if path.is_file()} == before


def test_a_slice_without_a_line_is_made_again_and_one_with_a_line_is_not(fresh: BulkDesk) -> None:
    """The crash between the two: nobody was told of the slice, so its codes may be others now."""
    job = fresh.job([row(number) for number in range(60)])
    bulk.run_local(job, fresh.plan())
    before = texts(job)
    lines = job.folder.ledger_file.read_bytes().splitlines(keepends=True)
    lost = json.loads(lines[-1])["slice"]
    job.folder.ledger_file.write_bytes(b"".join(lines[:-1]) + lines[-1][:50])
    (job.path / ".new-0011223344556677").mkdir()
    assert job.status().torn
    assert bulk.run_local(job, fresh.plan()).complete
    after = texts(job)
    assert after.keys() == before.keys()
    again = {f"row-{number}" for number in range(lost * 20, lost * 20 + 20)}
    assert {name for name in before if before[name] != after[name]} == again
    assert not list(job.path.glob(".new-*"))


@pytest.mark.parametrize("harm", ["changed", "missing"])
def test_a_committed_slice_is_never_made_again(fresh: BulkDesk, harm: str) -> None:
    """Its codes may be with their holders: somebody has to bring the file back."""
    job = fresh.job([row(number) for number in range(40)])
    bulk.run_local(job, fresh.plan())
    path = next(job.outputs())
    good = path.read_bytes()
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes(good[:-30] + bytes(30))
    assert refused(lambda: bulk.run_local(job, fresh.plan())) == "bulk.slice_changed"
    path.write_bytes(good)
    assert bulk.run_local(job, fresh.plan()).complete


def test_a_job_runs_under_its_own_plan_and_inputs_only(fresh: BulkDesk) -> None:
    """Other times, or another file under the same name, would make other codes."""
    job = fresh.job([row(number) for number in range(20)])
    other = fresh.plan(expires_at=fresh.plan().expires_at.replace(second=1))
    assert refused(lambda: bulk.run_local(job, other)) == "bulk.other_plan"
    write_rows(fresh.folder / "job.parquet", [row(number) for number in range(1, 21)])
    assert refused(lambda: bulk.run_local(job, fresh.plan())) == "bulk.input_changed"
    assert not job.folder.ledger_file.exists()


def test_rows_to_leave_out_are_part_of_the_job(fresh: BulkDesk) -> None:
    """Without the list of duplicates the same id would be signed twice."""
    job = fresh.job([row(1), row(1)])
    shutil.rmtree(job.folder.excluded)
    assert refused(lambda: bulk.run_local(job, fresh.plan())) == "bulk.slice_changed"


def test_one_runner_at_a_time(fresh: BulkDesk) -> None:
    """The second one is told; anybody may look."""
    job = fresh.job([row(1)])
    with job.folder.lock():
        assert refused(lambda: bulk.run_local(job, fresh.plan())) == "bulk.busy"
        assert job.status().slices_done == 0
    assert bulk.run_local(job, fresh.plan()).complete


def test_what_an_earlier_job_issued_is_not_issued_again(fresh: BulkDesk) -> None:
    """Skipped if it is the same revision, refused if it is an older one; what was refused then may be issued now."""
    first = fresh.job([row(0), row(1, revision=2), SPOILED["no entries"](row(2)), row(3)], name="first")
    bulk.run_local(first, fresh.plan())
    rows = [row(0), row(1), row(2), row(3, revision=2), row(4)]
    second = fresh.job(rows, name="second", committed=[first.path])
    status = bulk.run_local(second, fresh.plan())
    assert (status.accepted, status.refused, status.skipped) == (3, 1, 1)
    done = {one["row_id"]: one for one in outputs(second)}
    assert done.keys() == {"row-1", "row-2", "row-3", "row-4"}
    assert [one["code"] for one in done["row-1"]["findings"]] == ["bulk.stale_revision"]
    assert all(done[name]["text"] for name in ("row-2", "row-3", "row-4"))


def test_an_earlier_job_must_be_complete(fresh: BulkDesk) -> None:
    """Until then it may still sign the same rows."""
    first = fresh.job([row(0)], name="first")
    assert refused(lambda: fresh.job([row(0)], name="second", committed=[first.path])) == "bulk.unfinished"
    assert not (fresh.folder / "second").exists()


def test_a_fault_of_the_job_stops_it_at_once(fresh: BulkDesk) -> None:
    """And another run goes on when it is mended."""
    job = fresh.job([row(number) for number in range(60)])
    key = fresh.folder / "dsc.key"
    good = key.read_bytes()
    key.write_bytes(b"no key")
    with pytest.raises((hcert.JobError, hcert.ConfigurationError)):
        bulk.run_local(job, fresh.plan(), workers=2)
    assert job.status().slices_done == 0
    assert not list(job.path.glob(".new-*"))
    key.write_bytes(good)
    assert bulk.run_local(job, fresh.plan()).accepted == 60


def test_no_worker_is_left(fresh: BulkDesk) -> None:
    """Neither after a job nor after a program that stops it."""

    def stop(_: CommittedSlice) -> None:
        raise RuntimeError("the program of the caller")

    job = fresh.job([row(number) for number in range(60)])
    with pytest.raises(RuntimeError):
        bulk.run_local(job, fresh.plan(), workers=2, on_commit=stop)
    assert multiprocessing.active_children() == []
    assert job.status().slices_done == 1
    assert bulk.run_local(job, fresh.plan(), workers=2).complete
    assert multiprocessing.active_children() == []
