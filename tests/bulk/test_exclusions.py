"""Rows that must not be signed are found by an index of files; an oracle in a few lines of Python finds the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hcert.bulk import exclusions
from hcert.bulk.inputs import describe_input

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = pa.schema([("certificate_id", pa.binary()), ("revision", pa.int32())])
Keys = list[tuple[bytes | None, int | None]]

ids = st.integers(0, 12).map(lambda number: bytes([number]) * 15 + bytes([number * 20]))
good = st.tuples(ids, st.integers(1, 3))
any_keys = good | st.tuples(st.none() | st.binary(max_size=17) | ids, st.none() | st.integers(1, 3))


def expected(rows: Keys, committed: Keys) -> dict[int, str]:
    """Return why rows must not be signed, the slow way."""
    newest: dict[bytes | None, int] = {}
    for name, revision in committed:
        newest[name] = max(revision or 0, newest.get(name, 0))
    seen, found = set(), {}
    for number, (name, revision) in enumerate(rows):
        if name is None or len(name) != 16:
            continue
        revision = 1 if revision is None else revision  # noqa: PLW2901 - as in the schema
        if (name, revision) in committed:
            found[number] = exclusions.COMMITTED
        elif revision < newest.get(name, 0):
            found[number] = exclusions.STALE
        elif (name, revision) in seen:
            found[number] = exclusions.DUPLICATE
        seen.add((name, revision))
    return found


def batch(keys: Keys) -> pa.RecordBatch:
    """Return keys as Arrow has them."""
    columns = [list(column) for column in zip(*keys, strict=True)] or [[], []]
    return pa.record_batch(columns, schema=SCHEMA)


@pytest.mark.parametrize("part_rows", [4, 400_000])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(any_keys, max_size=60), committed=st.lists(good, max_size=20))
def test_the_index_finds_what_an_oracle_finds(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    part_rows: int,
    rows: Keys,
    committed: Keys,
) -> None:
    """In one part or in many."""
    folder: Path = tmp_path_factory.mktemp("job")
    monkeypatch.setattr(exclusions, "_PART_ROWS", part_rows)
    pq.write_table(pa.Table.from_batches([batch(rows)]), folder / "rows.parquet", row_group_size=7)
    made = folder / "excluded"
    made.mkdir()
    inputs = [describe_input(folder / "rows.parquet")]
    files = exclusions.write_exclusions(made, inputs, [batch(committed)], expected=len(rows) + len(committed))
    assert sorted(path.name for path in made.iterdir()) == [file.name for file in files]
    found: dict[int, str] = {}
    for start in range(0, len(rows), 9):
        part = exclusions.read_exclusions(made, start, start + 9)
        assert all(start <= number < start + 9 for number in part)
        found |= part
    assert found == expected(rows, committed)
