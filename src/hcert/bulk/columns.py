"""Batches as engines hand them over: their schema is checked, and their rows become Python objects.

Polars hands over views, large strings and large lists, DuckDB small integers and times in Etc/UTC, pandas nanoseconds:
all of these are taken. The errors of Arrow quote values of rows, so none of them passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pyarrow as pa
from pyarrow import types

from hcert.errors import ConfigurationError
from hcert.findings import Finding, finding, limit_findings
from hcert.fragments import fragment
from hcert.records.places import member_place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from hcert.fragments import Place

_STREAM: Final = "__arrow_c_stream__"  # of the Arrow PyCapsule interface
_UNREPRESENTABLE: Final = (ValueError, ArithmeticError, pa.lib.ArrowException)  # what `as_py` raises


class Row(NamedTuple):
    """A row as Python objects.

    Attributes:
        members: by column; without those that cannot be represented.
        unreadable: paths of the members that cannot be represented: text that is not UTF-8, days outside the calendar.
    """

    members: dict[str, Any]
    unreadable: tuple[str, ...] = ()


def read_rows(batches: Any, schema: Any, required: Collection[str], *, size: int) -> Iterator[list[Row]]:
    """Yield the rows of batches, at most `size` at a time.

    Args:
        batches: an iterable of record batches, or an object with the Arrow PyCapsule interface, such as a frame.
        schema: the published schema; columns and members that it does not have are refused, since they would be lost.
        required: names of the columns that have to be there.
        size: greatest number of rows to hold as objects.

    Raises:
        ConfigurationError: `bulk.batches`; `bulk.schema` for each column or member that does not fit; `bulk.source` if
            Arrow cannot read the batches.
    """
    checked = None
    for batch in _each(batches):
        if batch.schema != checked:
            problems = [*_column_problems(batch.schema, schema, required)]
            if problems:
                raise ConfigurationError(*limit_findings(problems))
            checked = batch.schema
        columns = {field.name: _in_utc(column) for field, column in zip(batch.schema, batch.columns, strict=True)}
        conforming = pa.RecordBatch.from_pydict(columns)
        for start in range(0, batch.num_rows, size):
            yield _rows_of(conforming.slice(start, size))


def _each(batches: Any) -> Iterator[Any]:
    """Yield the record batches of a source, whatever it is."""
    source: Iterator[Any] | None = None
    if hasattr(batches, _STREAM):
        batches = _guard(lambda: pa.RecordBatchReader.from_stream(batches))
    if hasattr(batches, "__iter__") or hasattr(batches, "__next__"):
        source = iter(batches)
    end = object()
    while source is not None:
        batch = _guard(lambda: next(source, end))
        if batch is end:
            return
        if not isinstance(batch, pa.RecordBatch):
            break
        yield batch
    raise ConfigurationError.of("bulk.batches")


def _guard(read: Any) -> Any:
    """Call a function of a source; what Arrow says of rows that it cannot read may quote a value."""
    try:
        return read()
    except pa.lib.ArrowException as error:
        kind = type(error).__name__
    raise ConfigurationError.of("bulk.source", kind=kind)


def _column_problems(actual: Any, schema: Any, required: Collection[str]) -> Iterator[Finding]:
    yield from _member_problems(list(actual), list(schema), "")
    for name in required:
        if name not in actual.names:
            yield finding("bulk.schema", column=name, expected=str(schema.field(name).type))


def _member_problems(actual: list[Any], expected: list[Any], path: str) -> Iterator[Finding]:
    """Yield a finding for each column of a schema, or member of a struct, that does not fit."""
    known = {field.name: field.type for field in expected}
    seen: set[str] = set()
    for field in actual:
        place: Place = member_place(path, field.name)
        if field.name not in known:
            yield finding("bulk.schema", column=place, expected=fragment("column.none"))
        elif field.name in seen:
            yield finding("bulk.schema", column=place, expected=fragment("column.once"))
        else:
            yield from _type_problems(field.type, known[field.name], f"{path}.{field.name}".lstrip("."))
        seen.add(field.name)


def _type_problems(actual: Any, expected: Any, path: str) -> Iterator[Finding]:
    if types.is_dictionary(actual):
        actual = actual.value_type
    if types.is_null(actual):  # a column in which nothing is
        return
    if types.is_struct(expected) and types.is_struct(actual):
        yield from _member_problems(list(actual), list(expected), path)
    elif types.is_list(expected) and _is_list(actual):
        yield from _type_problems(actual.value_type, expected.value_type, path)
    elif not _fits(actual, expected):
        yield finding("bulk.schema", column=path, expected=str(expected))


def _fits(actual: Any, expected: Any) -> bool:
    """Tell whether a type without members is a variant of the expected one."""
    if types.is_string(expected):
        return bool(types.is_string(actual) or types.is_large_string(actual) or types.is_string_view(actual))
    if types.is_binary(expected):
        fixed = types.is_fixed_size_binary(actual)
        return bool(fixed or types.is_binary(actual) or types.is_large_binary(actual) or types.is_binary_view(actual))
    if types.is_timestamp(expected):
        return types.is_timestamp(actual) and actual.tz is not None
    if types.is_date(expected):
        return bool(types.is_date(actual))
    return bool(types.is_integer(actual) and types.is_integer(expected))


def _is_list(actual: Any) -> bool:
    return any(
        is_kind(actual)
        for is_kind in (
            types.is_list,
            types.is_large_list,
            types.is_fixed_size_list,
            types.is_list_view,
            types.is_large_list_view,
        )
    )


def _in_utc(column: Any) -> Any:
    """Return a column with its times in UTC, and in microseconds where Python has no nanoseconds."""
    wanted = _type_in_utc(column.type)
    return column if wanted == column.type else column.cast(wanted, safe=False)


def _type_in_utc(actual: Any) -> Any:
    if types.is_timestamp(actual):
        return pa.timestamp("us" if actual.unit == "ns" else actual.unit, tz="UTC")
    if types.is_struct(actual):
        return pa.struct([field.with_type(_type_in_utc(field.type)) for field in actual])
    if types.is_large_list(actual):
        return pa.large_list(actual.value_field.with_type(_type_in_utc(actual.value_type)))
    if types.is_list(actual):
        return pa.list_(actual.value_field.with_type(_type_in_utc(actual.value_type)))
    return actual


def _rows_of(batch: Any) -> list[Row]:
    try:
        return [Row(members) for members in batch.to_pylist()]
    except _UNREPRESENTABLE:
        pass
    return [_row_of(batch, index) for index in range(batch.num_rows)]


def _row_of(batch: Any, index: int) -> Row:
    """Read one row of a batch in which a value cannot be represented."""
    members: dict[str, Any] = {}
    unreadable: list[str] = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        scalar = column[index]
        try:
            members[name] = scalar.as_py()
        except _UNREPRESENTABLE:
            unreadable += _unreadable(scalar, name)
    return Row(members, tuple(unreadable))


def _unreadable(scalar: Any, path: str) -> Iterator[str]:
    """Yield the paths of the values in a scalar that cannot be represented."""
    if types.is_struct(scalar.type) and scalar.is_valid:
        for field in scalar.type:
            yield from _unreadable(scalar[field.name], f"{path}.{field.name}")
    elif _is_list(scalar.type) and scalar.is_valid:
        for index, item in enumerate(scalar.values):
            yield from _unreadable(item, f"{path}[{index}]")
    else:
        try:
            scalar.as_py()
        except _UNREPRESENTABLE:
            yield path
