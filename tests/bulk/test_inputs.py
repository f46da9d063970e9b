"""The inputs of a job: files of two formats read as one table, by row numbers that are always the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hcert
from hcert.bulk.inputs import describe_input, list_inputs, read_rows, read_schema

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = pa.schema([("row_id", pa.string()), ("number", pa.int64())])


def table(start: int, rows: int) -> pa.Table:
    """Return rows that know their numbers."""
    numbers = range(start, start + rows)
    return pa.table([list(map(str, numbers)), list(numbers)], schema=SCHEMA)


def write(path: Path, rows: pa.Table, group: int) -> None:
    """Write a file of either format in groups."""
    if path.suffix == ".parquet":
        pq.write_table(rows, path, row_group_size=group)
        return
    with pa.ipc.new_file(str(path), SCHEMA) as writer:
        writer.write_table(rows, max_chunksize=group)


sizes = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 15), st.sampled_from(["parquet", "arrow"])), max_size=4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=sizes, batch_rows=st.integers(1, 20), slice_rows=st.integers(1, 60))
def test_slices_together_are_the_whole(
    tmp_path: Path, files: list[tuple[int, int, str]], batch_rows: int, slice_rows: int
) -> None:
    """Each row once and in order, however files, groups, slices and batches are cut."""
    total = 0
    paths = []
    for number, (rows, group, suffix) in enumerate(files):
        paths.append(tmp_path / f"{number}.{suffix}")
        write(paths[-1], table(total, rows), group)
        total += rows
    inputs = [describe_input(path) for path in paths]
    assert sum(one.rows for one in inputs) == total
    seen: list[int] = []
    for start in range(0, total, slice_rows):
        stop = min(start + slice_rows, total)
        for first, batch in read_rows(inputs, start, stop, batch_rows=batch_rows):
            assert first == len(seen)
            assert 0 < batch.num_rows <= batch_rows
            seen += batch["number"].to_pylist()
        assert len(seen) == stop
    assert seen == list(range(total))


def test_columns_can_be_chosen(tmp_path: Path) -> None:
    """In both formats."""
    for name in ("a.parquet", "b.arrow"):
        write(tmp_path / name, table(0, 5), 2)
        [*batches] = read_rows([describe_input(tmp_path / name)], 0, 5, batch_rows=9, columns=["number"])
        assert {batch.schema.names[0] for _, batch in batches} == {"number"}
        assert read_schema(tmp_path / name) == SCHEMA


def test_a_folder_is_all_its_files_by_name(tmp_path: Path) -> None:
    """As Spark and others write it: files beside the data begin with a dot or an underscore."""
    folder = tmp_path / "rows"
    (folder / "_temporary").mkdir(parents=True)
    (folder / "day=2").mkdir()
    for name in ("part-1.parquet", "part-0.parquet", "day=2/part-0.parquet", "_temporary/part-9.parquet"):
        write(folder / name, table(0, 1), 1)
    (folder / "_SUCCESS").touch()
    (folder / ".part-0.parquet.crc").write_bytes(b"crc")
    found = list_inputs([folder, folder / "part-1.parquet"])
    names = ["day=2/part-0.parquet", "part-0.parquet", "part-1.parquet", "part-1.parquet"]
    assert [str(path.relative_to(folder)) for path in found] == names


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="nothing"),
        pytest.param(b"", id="empty"),
        pytest.param("row_id,name\n1,Quỳnhmark\n".encode(), id="csv"),
        pytest.param(b"PAR1Quynhmark", id="begins as Parquet"),
        pytest.param(b"ARROW1\0\0Quynhmark", id="begins as Arrow"),
    ],
)
@pytest.mark.parametrize("inside", [False, True])
def test_a_wrong_file_is_named_and_not_quoted(tmp_path: Path, content: bytes | None, *, inside: bool) -> None:
    """Before anything is signed, also among the files of a folder."""
    path = tmp_path / "rows.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(hcert.ConfigurationError) as caught:
        list(map(describe_input, list_inputs([tmp_path if inside else path])))
    if content is None and inside:
        assert caught.value.code == "bulk.no_input"
    else:
        assert caught.value.code == "bulk.input"
        assert str(path) in str(caught.value)
        assert "mark" not in str(caught.value)


def test_a_file_that_was_cut_off_is_an_error(tmp_path: Path) -> None:
    """Also in the middle of the rows."""
    path = tmp_path / "rows.parquet"
    write(path, table(0, 5000), 500)
    known = describe_input(path)
    data = path.read_bytes()
    path.write_bytes(data[:2000] + bytes(500) + data[2500:])
    with pytest.raises(hcert.ConfigurationError, match=r"rows\.parquet"):
        list(read_rows([known], 0, 5000, batch_rows=100))
    path.unlink()
    with pytest.raises(hcert.ConfigurationError, match=r"rows\.parquet"):
        list(read_rows([known], 0, 5000, batch_rows=100))


@pytest.mark.parametrize("path", ["none", "a\0b"])
def test_names_that_no_file_has(tmp_path: Path, path: str) -> None:
    """Are no bare errors of the system."""
    with pytest.raises(hcert.ConfigurationError):
        list_inputs([tmp_path / path])
