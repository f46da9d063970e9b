"""The code registry: a number for every code that a citizen record can shorten, with the meaning of the code.

It is append-only, since a number must keep its meaning as long as certificates use it: rows are added at the end of
their table, and never moved, changed or removed. A code without a row stands in the record as text. The numbers are
part of the format, specified in `docs/spec/citizen-record.md`.
"""

from __future__ import annotations

from functools import cache
from typing import Final, Literal

import msgspec

from hcert.package_data import read_data_file

Table = Literal["diseases", "vaccines", "products", "manufacturers", "test_types", "test_results"]

# Before a number that this version of the registry lacks, as the code of an entry. Nothing is lost, and the codes of
# value sets do not begin with it.
UNREGISTERED: Final = "#"


class Row(msgspec.Struct, frozen=True):
    """One code.

    Attributes:
        code: as in its value set (SNOMED CT, ATC, EU value sets).
        en, vi: its name in English and Vietnamese.
        vaccine, manufacturer: the codes that a product implies; None if uncertain.
        retired: no longer allowed in new entries; older ones keep it.
    """

    code: str
    en: str
    vi: str
    vaccine: str | None = None
    manufacturer: str | None = None
    retired: bool = False


class Registry(msgspec.Struct, frozen=True):
    """The registry of the package; the number of a row is its index in its table."""

    version: int
    date: str
    source: str
    diseases: tuple[Row, ...]
    vaccines: tuple[Row, ...]
    products: tuple[Row, ...]
    manufacturers: tuple[Row, ...]
    test_types: tuple[Row, ...]
    test_results: tuple[Row, ...]


@cache
def registry() -> Registry:
    """Load the registry of the package. The file does not change, so it is loaded once."""
    return msgspec.json.decode(read_data_file(__package__, "registry.json"), type=Registry)


@cache
def codes(table: Table) -> tuple[str, ...]:
    """Return the codes of a table by number."""
    return tuple(row.code for row in getattr(registry(), table))


@cache
def _numbers(table: Table) -> dict[str, int]:
    return {code: number for number, code in enumerate(codes(table))}


def to_wire(table: Table, code: str) -> int | str:
    """Return the number of a code, or its text if it has none."""
    if code.startswith(UNREGISTERED) and code[1:].isdecimal():
        return int(code[1:])
    return _numbers(table).get(code, code)


def row_of(table: Table, code: str) -> Row | None:
    """Return the row of a code, or None."""
    number = _numbers(table).get(code)
    row: Row | None = None if number is None else getattr(registry(), table)[number]
    return row
