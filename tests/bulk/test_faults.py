"""Faults of a job: what is tried again, and how the fault of a task reaches the driver."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

import hcert
from hcert import bulk
from hcert.bulk.faults import make_patiently, pack_fault, unpack_fault
from hcert.bulk.opened import OPENED
from hcert.bulk.spark_tasks import FAULT, SliceTask, make_portions
from hcert.fragments import fragment
from support.bulk_jobs import BulkDesk
from support.register_rows import MARK, row

if TYPE_CHECKING:
    from pathlib import Path

FAULTS = [
    hcert.SignerError.of("signer.unavailable", reason="503"),
    hcert.ConfigurationError.of(
        "bulk.password", source=fragment("pkcs11.pin_file", path="/pin"), reason=fragment("pkcs11.pin_unreadable")
    ),
    hcert.JobError.of("bulk.worker_died", slice=3, count=5),
]


@pytest.mark.parametrize("error", FAULTS, ids=lambda error: error.code)
def test_a_fault_is_the_same_after_its_way_to_the_driver(error: hcert.HcertError) -> None:
    """Its branch, its details in every language, and whether to try again."""
    again = unpack_fault(pack_fault(error))
    assert type(again) is type(error)
    assert again.findings == error.findings
    assert str(again) == str(error)
    assert getattr(again, "transient", None) == getattr(error, "transient", None)


def test_nobody_waits_for_what_nobody_needs() -> None:
    """A worker whose runner is gone ends at the first pause."""

    def away() -> None:
        raise FAULTS[0]

    assert make_patiently(away, lambda _: True) is None


def portions(task: SliceTask, *numbers: int) -> list[dict[str, Any]]:
    """Make portions as an executor does, in this process."""
    batch = pa.record_batch({"id": list(numbers)})
    return [made for one in make_portions(task, iter([batch])) for made in one.to_pylist()]


def task_of(desk: BulkDesk, rows: int, parts: int, **options: Any) -> SliceTask:
    """Return the task of the first slice of a job."""
    job = desk.job([row(number) for number in range(rows)], slice_rows=rows, **options)
    return SliceTask(job, desk.plan(), 0, rows, parts, str(job.folder.new_folder()))


@pytest.mark.parametrize("parts", [1, 2, 3, 7])
def test_portions_are_the_slice(tmp_path: Path, parts: int) -> None:
    """Every row once and in order."""
    task = task_of(BulkDesk.make(tmp_path), 10, parts)
    assert [one["row_id"] for one in portions(task, *range(parts))] == [f"row-{number}" for number in range(10)]


def test_a_fault_leaves_a_task_as_a_file(tmp_path: Path) -> None:
    """And the other tasks make nothing more: a token that has refused a PIN must not be asked again."""
    desk = BulkDesk.make(tmp_path)
    task = task_of(desk, 10, 2)
    assert isinstance(task.plan, bulk.IssuePlan)
    OPENED.forget(task.plan)
    (tmp_path / "dsc.key").write_bytes(b"no key")
    assert portions(task, 0) == []
    assert unpack_fault(task.fault.read_bytes()).code == "key.unreadable"
    desk.write_key()
    assert portions(task, 1) == []
    assert [path.name for path in task.fault.parent.iterdir()] == [FAULT]
    task.fault.unlink()
    assert len(portions(task, 1)) == 5


def test_an_unforeseen_error_leaves_a_task_without_its_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may quote a row."""

    def fail(*_: object, **__: object) -> None:
        raise ValueError(MARK)

    task = task_of(BulkDesk.make(tmp_path), 10, 1)
    monkeypatch.setattr("hcert.bulk.work.issue_batches", fail)
    assert portions(task, 0) == []
    fault = unpack_fault(task.fault.read_bytes())
    assert (type(fault), fault.code) == (hcert.JobError, "bulk.fault")
    assert MARK not in task.fault.read_text()


@pytest.mark.parametrize("package", ["pyspark", "pandas"])
def test_spark_is_an_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """Which the error names."""
    desk = BulkDesk.make(tmp_path)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(hcert.ConfigurationError) as caught:
        bulk.run_spark(desk.job([row(1)]), desk.plan())
    assert caught.value.code == "extra.missing"
    assert "hcert[spark]" in str(caught.value)


def test_spark_needs_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where JAVA_HOME says, or on the path."""
    pytest.importorskip("pyspark")
    desk = BulkDesk.make(tmp_path)
    job = desk.job([row(1)])
    for name, folder in (("JAVA_HOME", tmp_path), ("PATH", tmp_path)):
        monkeypatch.delenv("JAVA_HOME", raising=False)
        monkeypatch.setenv(name, str(folder))
        assert name == "JAVA_HOME" or shutil.which("java") is None
        with pytest.raises(hcert.ConfigurationError) as caught:
            bulk.run_spark(job, desk.plan())
        assert caught.value.code == "bulk.spark"
        assert not job.folder.ledger_file.exists()
