"""The ledger: what has a line counts, a line that was cut off does not, and damage is never repaired by guessing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hcert
from hcert.bulk.job_folder import FileDigest
from hcert.bulk.ledger import CommittedSlice, Ledger

if TYPE_CHECKING:
    from pathlib import Path

PLAN = "5f" * 32
counts = st.integers(0, 10**9)
names = st.text(st.characters(codec="utf-8"), max_size=20)
lines = st.builds(
    CommittedSlice,
    slice=st.integers(0, 99),
    plan=st.just(PLAN),
    rows=counts,
    accepted=counts,
    refused=counts,
    skipped=counts,
    codes=st.dictionaries(names, counts, max_size=3),
    kid=st.none() | names,
    started_at=names,
    finished_at=names,
    version=names,
    outputs=st.lists(st.builds(FileDigest, names, counts, names), max_size=2).map(tuple),
)
ledgers = st.lists(lines, max_size=6, unique_by=lambda line: line.slice)


def line(number: int, **changes: Any) -> CommittedSlice:
    """Return the line of a slice."""
    members: dict[str, Any] = {
        "slice": number,
        "plan": PLAN,
        "rows": 10,
        "accepted": 9,
        "refused": 1,
        "skipped": 0,
        "codes": {"record.schema": 1},
        "kid": "00" * 8,
        "started_at": "2026-06-01T12:00:00Z",
        "finished_at": "2026-06-01T12:00:04Z",
        "version": "0.1.0",
        "outputs": (FileDigest("part-00000.parquet", 10, "aa" * 32),),
    }
    return CommittedSlice(**(members | changes))


def read(path: Path) -> Ledger:
    """Read the ledger of a job of a hundred slices."""
    return Ledger(path, plan=PLAN, slices=100)


def write(path: Path, *written: CommittedSlice) -> bytes:
    """Write lines as a runner does, and return what the file holds."""
    path.unlink(missing_ok=True)
    ledger = read(path)
    for one in written:
        ledger.append(one)
    return path.read_bytes() if written else b""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=ledgers)
def test_what_is_written_is_read(tmp_path: Path, written: list[CommittedSlice]) -> None:
    """One line each, whatever is in it."""
    data = write(tmp_path / "ledger", *written)
    assert data.count(b"\n") == len(written)
    assert list(read(tmp_path / "ledger").slices.values()) == written


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=ledgers.filter(len), cut=st.integers(1, 10_000), junk=st.sampled_from([b"", b"\0" * 40, b"\xff{"]))
def test_a_torn_last_line_never_counted(tmp_path: Path, written: list[CommittedSlice], cut: int, junk: bytes) -> None:
    """Wherever it was torn, with or without what a file system leaves behind; the next line takes its place."""
    path = tmp_path / "ledger"
    data = write(path, *written)
    last = data.splitlines(keepends=True)[-1]
    kept = data[: len(data) - 1 - (cut % len(last))] + junk
    path.write_bytes(kept)
    torn = read(path)
    assert list(torn.slices.values()) == written[:-1]
    assert torn.torn is (kept != b"" and not kept.endswith(b"\n"))
    torn.append(written[-1])
    assert path.read_bytes() == data
    assert not torn.torn


def test_a_last_line_that_is_no_line_never_counted(tmp_path: Path) -> None:
    """Even if its end reached the disk before its beginning."""
    path = tmp_path / "ledger"
    data = write(path, line(0), line(1))
    path.write_bytes(data[:-20] + b"\0" * 19 + b"\n")
    assert read(path).torn
    assert list(read(path).slices) == [0]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda first: b"\0" * (len(first) - 1) + b"\n", id="zeros"),
        pytest.param(lambda first: first[:40] + b"\n", id="cut off"),
        pytest.param(lambda first: first + first, id="twice"),
        pytest.param(lambda first: first.replace(b'"slice":0', b'"slice":100'), id="a slice that is not in the job"),
        pytest.param(lambda first: first.replace(PLAN.encode(), b"00" * 32), id="another plan"),
        pytest.param(lambda first: first.replace(b'"rows"', b'"lines"'), id="another member"),
        pytest.param(lambda first: b"\n" + first, id="empty line"),
    ],
)
def test_damage_elsewhere_stops_the_job(tmp_path: Path, damage: Any) -> None:
    """A slice whose line is lost would be signed again although its codes may have left."""
    path = tmp_path / "ledger"
    first, second = write(path, line(0), line(1)).splitlines(keepends=True)
    path.write_bytes(damage(first) + second)
    with pytest.raises(hcert.ConfigurationError) as caught:
        read(path)
    assert caught.value.code == "bulk.ledger"


def test_a_line_that_does_not_reach_the_disk_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the slice is not committed, and the ledger goes on as if nothing had been."""
    path = tmp_path / "ledger"
    data = write(path, line(0))
    ledger = read(path)

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(hcert.JobError) as caught:
            ledger.append(line(1))
    assert caught.value.code == "bulk.disk_full"
    assert path.read_bytes() == data
    ledger.append(line(1))
    assert list(read(path).slices) == [0, 1]
