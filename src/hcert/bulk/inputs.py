"""The inputs of a job: Parquet and Arrow IPC files, read as one table whose rows have numbers."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq

from hcert.bulk.job_folder import FileDigest
from hcert.errors import ConfigurationError
from hcert.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_PARQUET: Final = b"PAR1"
_ARROW: Final = b"ARROW1"
_HIDDEN: Final = ("_", ".")  # begin the names of files beside the data, such as _SUCCESS


class InputFile(Frozen, frozen=True):
    """A file of rows.

    Attributes:
        file: its path and content.
        groups: how many rows each of its row groups (Parquet) or batches (Arrow IPC) has.
    """

    file: FileDigest
    groups: tuple[int, ...]

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return sum(self.groups)


def list_inputs(paths: Iterable[Path]) -> list[Path]:
    """Return files, and all files of folders by name; files whose names begin with a dot or `_` are left out.

    Raises:
        ConfigurationError: `bulk.input` for what does not exist or is neither Parquet nor Arrow IPC, `bulk.no_input`
            if nothing is left.
    """
    found: list[Path] = []
    for path in paths:
        try:
            found += sorted(_files_of(path)) if path.is_dir() else [path]
        except (OSError, ValueError):
            raise _input_error(path) from None
    for path in found:
        _find_format(path)
    if not found:
        raise ConfigurationError.of("bulk.no_input")
    return found


def describe_input(path: Path) -> InputFile:
    """Read a file once: its digest and how many rows it has.

    Raises:
        ConfigurationError: `bulk.input`.
    """
    with naming_inputs(path):
        if _find_format(path) == _PARQUET:
            metadata = pq.read_metadata(path)
            groups = tuple(metadata.row_group(number).num_rows for number in range(metadata.num_row_groups))
        else:
            with pa.memory_map(str(path)) as mapped:
                reader = pa.ipc.open_file(mapped)
                groups = tuple(reader.get_batch(number).num_rows for number in range(reader.num_record_batches))
        return InputFile(FileDigest.of(path, name=str(path.absolute())), groups)


def read_schema(path: Path) -> pa.Schema:
    """Return the schema of a file.

    Raises:
        ConfigurationError: `bulk.input`.
    """
    with naming_inputs(path):
        if _find_format(path) == _PARQUET:
            return pq.read_schema(path)
        with pa.memory_map(str(path)) as mapped:
            return pa.ipc.open_file(mapped).schema


def read_rows(
    inputs: Sequence[InputFile], start: int, stop: int, *, batch_rows: int, columns: Sequence[str] | None = None
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield the rows from `start` up to `stop` in batches, each with the number of its first row.

    Args:
        inputs: whose rows are counted through.
        start: number of the first row.
        stop: number after the last one.
        batch_rows: at most so many in a batch.
        columns: those to read, if they are there; None for all.

    Raises:
        ConfigurationError: `bulk.input`.
    """
    offset = 0
    for one in inputs:
        first, last = max(start - offset, 0), min(stop - offset, one.rows)
        if first < last:
            with naming_inputs(Path(one.file.name)):
                for position, batch in _read_file(one, first, last, batch_rows, columns):
                    yield offset + position, batch
        offset += one.rows


def _read_file(
    one: InputFile, start: int, stop: int, batch_rows: int, columns: Sequence[str] | None
) -> Iterator[tuple[int, pa.RecordBatch]]:
    ends = list(accumulate(one.groups, initial=0))
    wanted = [number for number, (first, end) in enumerate(pairwise(ends)) if first < stop and end > start]
    position = ends[wanted[0]]
    for batch in _read_groups(Path(one.file.name), wanted, batch_rows, columns):
        first, last = max(start - position, 0), min(stop - position, batch.num_rows)
        for at in range(first, last, batch_rows):
            yield position + at, batch.slice(at, min(batch_rows, last - at))
        position += batch.num_rows


def _read_groups(
    path: Path, wanted: Sequence[int], batch_rows: int, columns: Sequence[str] | None
) -> Iterator[pa.RecordBatch]:
    if _find_format(path) == _PARQUET:
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(batch_rows, row_groups=wanted, columns=columns, use_threads=False)
        return
    with pa.memory_map(str(path)) as mapped:
        reader = pa.ipc.open_file(mapped)
        for number in wanted:
            batch = reader.get_batch(number)
            yield batch if columns is None else batch.select([name for name in columns if name in batch.schema.names])


def _files_of(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        names = path.relative_to(folder).parts
        if path.is_file() and not any(name.startswith(_HIDDEN) for name in names):
            yield path


def _find_format(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            beginning = file.read(len(_ARROW))
    except (OSError, ValueError):  # a name with a NUL is a ValueError
        raise _input_error(path) from None
    found = next((magic for magic in (_PARQUET, _ARROW) if beginning.startswith(magic)), None)
    if found is None:
        raise _input_error(path)
    return found


@contextmanager
def naming_inputs(path: Path) -> Iterator[None]:
    """Replace the exceptions of Arrow, which may quote what they read."""
    try:
        yield
    except (pa.ArrowException, OSError, KeyError):
        raise _input_error(path) from None


def _input_error(path: Path) -> ConfigurationError:
    return ConfigurationError.of("bulk.input", path=str(path))
