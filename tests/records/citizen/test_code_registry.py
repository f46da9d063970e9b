"""The code registry: its numbers never change their meaning."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from hcert.records.citizen import code_registry
from hcert.records.citizen.decode import from_wire as citizen_from_wire
from hcert.records.citizen.encode import to_wire as citizen_to_wire
from support.citizen_records import (
    citizen_record,
)


@pytest.mark.parametrize(
    ("table", "count", "digest"),
    [
        ("diseases", 28, "a7b4864b3933df9c05a04019820c6e30"),
        ("vaccines", 64, "a0139511e9c690f827ea513fe8a4cdd0"),
        ("products", 39, "650d1590db90e319ebd42ed2f4249b8b"),
        ("manufacturers", 31, "f449ddb558e9449f5d5ecc13d8ba01b6"),
        ("test_types", 2, "10d791e4916aa98a0ecdf9512af1fdff"),
        ("test_results", 2, "fe33087064f9ec063cb771a0072a3cd3"),
    ],
)
def test_the_registry_only_grows(table: code_registry.Table, count: int, digest: str) -> None:
    """The rows of version 1 keep number, code and what they imply: their numbers stand in signed records."""
    rows = getattr(code_registry.registry(), table)[:count]
    lines = [f"{number} {row.code} {row.vaccine} {row.manufacturer}\n" for number, row in enumerate(rows)]
    assert hashlib.sha256("".join(lines).encode()).hexdigest()[:32] == digest


def test_codes_of_a_product_are_registered_too() -> None:
    """What a product implies are codes of the other tables, and no code stands twice in a table."""
    known = code_registry.registry()
    for product in known.products:
        assert product.vaccine is None or code_registry.row_of("vaccines", product.vaccine)
        assert product.manufacturer is None or code_registry.row_of("manufacturers", product.manufacturer)
    for table in ("diseases", "vaccines", "products", "manufacturers", "test_types", "test_results"):
        codes = [row.code for row in getattr(known, table)]
        assert len(set(codes)) == len(codes)


def test_unregistered_number_is_encoded_unchanged() -> None:
    """One of a single digit too, in a table of two rows."""
    assert [code_registry.to_wire("test_results", code) for code in ("#7", "#999")] == [7, 999]


def test_first_unregistered_number_is_decoded() -> None:
    """A row added by a newer version comes right behind the last one known."""
    rows = code_registry.codes("test_results")
    found, problems = citizen_from_wire(changed_result(len(rows)))
    assert found is not None
    assert (found.tests[0].result, problems) == (f"#{len(rows)}", [])


def changed_result(number: int) -> dict[Any, Any]:
    """Return a record on the wire whose test has another result."""
    written: Any = citizen_to_wire(citizen_record(1, 1))
    written[5][0][3] = number
    return dict(written)
