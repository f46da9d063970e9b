"""Which rows must not be signed: found before the first slice, so that slices which run side by side agree.

A certificate id with a revision is issued once. The ids of all rows are sorted into files by their last byte, and one
file is looked at after another, so that memory stays the same for any number of rows.
"""

from __future__ import annotations

import shutil
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hcert.bulk.inputs import read_rows
from hcert.bulk.job_folder import FOLDER_MODE, FileDigest, create, naming_write_faults, sync
from hcert.codec.limits import MAX_REVISION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from hcert.bulk.inputs import InputFile

DUPLICATE: Final = "bulk.duplicate_row"
STALE: Final = "bulk.stale_revision"
COMMITTED: Final = "committed"  # not a finding: such a row is skipped

_ID_BYTES: Final = 16
_KEYS: Final = ("certificate_id", "revision")
_PART_ROWS: Final = 400_000
_MAX_PARTS: Final = 256
_BATCH_ROWS: Final = 64_000
_INDEX: Final = pa.schema([("id", pa.binary()), ("revision", pa.int64()), ("row", pa.int64())])
_EXCLUDED: Final = pa.schema([("row", pa.int64()), ("why", pa.string())])


def write_exclusions(
    folder: Path, inputs: Sequence[InputFile], committed: Iterable[pa.RecordBatch], *, expected: int
) -> tuple[FileDigest, ...]:
    """Find the rows that must not be signed, and write their numbers into a folder.

    Of rows with the same certificate id and revision the first counts and the others are `bulk.duplicate_row`. What is
    committed already is skipped; a revision lower than a committed one is `bulk.stale_revision`.

    Args:
        folder: new and empty.
        inputs: of the job.
        committed: certificate id and revision of what other jobs have issued.
        expected: about how many rows both have together.

    Raises:
        JobError: `bulk.disk_full` or `bulk.output`.
    """
    parts = min(_MAX_PARTS, max(1, -(-expected // _PART_ROWS)))
    index = folder / ".index"
    outputs = []
    with naming_write_faults(folder):
        index.mkdir(FOLDER_MODE)
        rows = sum(one.rows for one in inputs)
        read = read_rows(inputs, 0, rows, batch_rows=_BATCH_ROWS, columns=_KEYS)
        _sort_into(index, "rows", (_index(batch, first) for first, batch in read), parts)
        _sort_into(index, "committed", (_index(batch, 0) for batch in committed), parts)
        for number in range(parts):
            found = _judge(_load(index, "rows", number), _load(index, "committed", number))
            if found.num_rows:
                path = folder / f"part-{number:03}.parquet"
                with create(path) as file:
                    pq.write_table(found, file, row_group_size=_BATCH_ROWS)
                sync(path)
                outputs.append(FileDigest.of(path, name=path.name))
        shutil.rmtree(index)
        sync(folder)
    return tuple(outputs)


def read_exclusions(folder: Path, start: int, stop: int) -> dict[int, str]:
    """Return why rows from `start` up to `stop` must not be signed, by their numbers."""
    found: dict[int, str] = {}
    for path in sorted(folder.glob("part-*.parquet")):
        table = pq.read_table(path, filters=[("row", ">=", start), ("row", "<", stop)], use_threads=False)
        found.update(zip(table["row"].to_pylist(), table["why"].to_pylist(), strict=True))
    return found


def _index(batch: pa.RecordBatch, first: int) -> pa.Table:
    """Return ids, revisions and numbers of rows; without rows that are refused because of their id or revision.

    By way of Python objects, since engines have many types for both.
    """
    names = batch["certificate_id"].to_pylist()
    revisions = batch["revision"].to_pylist() if "revision" in batch.schema.names else [None] * len(names)
    found: dict[str, list[Any]] = {"id": [], "revision": [], "row": []}
    for row, (name, revision) in enumerate(zip(names, revisions, strict=True), first):
        if name is not None and len(name) == _ID_BYTES and (revision is None or revision <= MAX_REVISION):
            found["id"].append(name)
            found["revision"].append(1 if revision is None else revision)
            found["row"].append(row)
    return pa.Table.from_pydict(found, schema=_INDEX)


def _sort_into(index: Path, name: str, tables: Iterable[pa.Table], parts: int) -> None:
    """Write each row into the file of its part."""
    with ExitStack() as opened:
        files = [opened.enter_context(create(index / f"{name}-{number:03}.arrow")) for number in range(parts)]
        writers = [opened.enter_context(pa.ipc.new_file(file, _INDEX)) for file in files]
        for table in tables:
            for part, rows in _by_part(table, parts):
                writers[part].write_table(rows)


def _by_part(table: pa.Table, parts: int) -> Iterator[tuple[int, pa.Table]]:
    """Yield the rows of each part that has any; which one, the last byte of the id says."""
    last = pc.binary_slice(table["id"].combine_chunks(), _ID_BYTES - 1, _ID_BYTES)
    ordered, start, sizes = table.take(pc.sort_indices(last)), 0, Counter[int]()
    for count in pc.value_counts(last).to_pylist():
        sizes[count["values"][0] * parts // 256] += count["counts"]
    for part, size in sorted(sizes.items()):
        yield part, ordered.slice(start, size)
        start += size


def _load(index: Path, name: str, number: int) -> pa.Table:
    with pa.memory_map(str(index / f"{name}-{number:03}.arrow")) as mapped:
        return pa.ipc.open_file(mapped).read_all()


def _judge(rows: pa.Table, committed: pa.Table) -> pa.Table:
    """Return which of some rows must not be signed, and why; in the order of their numbers."""
    ordered = rows.sort_by([("id", "ascending"), ("revision", "ascending"), ("row", "ascending")]).combine_chunks()
    repeated = pa.array([False] * min(1, ordered.num_rows))
    if ordered.num_rows > 1:
        before, after = ordered.slice(0, ordered.num_rows - 1), ordered.slice(1)
        same = pc.and_(*(pc.equal(after[name], before[name]) for name in ("id", "revision")))
        repeated = pa.concat_arrays([repeated, *same.chunks])
    why = pc.if_else(repeated, DUPLICATE, pa.scalar(None, pa.string()))
    known = ordered.append_column("why", why)
    if committed.num_rows:
        newest = committed.group_by("id").aggregate([("revision", "max")])
        exact = committed.group_by(["id", "revision"]).aggregate([("row", "count")])
        known = known.join(newest, "id").join(exact, ["id", "revision"])
        stale = pc.fill_null(pc.less(known["revision"], known["revision_max"]), fill_value=False)
        why = pc.case_when(pc.make_struct(pc.is_valid(known["row_count"]), stale), COMMITTED, STALE, known["why"])
        known = known.set_column(known.schema.get_field_index("why"), "why", why)
    found = known.filter(pc.is_valid(known["why"])).select(["row", "why"]).sort_by("row")
    return found.cast(_EXCLUDED)
