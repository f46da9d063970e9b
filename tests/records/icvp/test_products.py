"""Which vaccine products count, and from when."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from hcert import icvp
from hcert.records.icvp.decode import decode
from support.icvp_payloads import YELLOW_FEVER, C, changed

TABLE = icvp.ProductTable(
    {YELLOW_FEVER: icvp.Product("1D47", "YellowFever"), "PolioVaccine": icvp.Product("1C81")},
    template_versions=frozenset({"1.0.0"}),
)
GIVEN = dt.datetime(2026, 5, 7, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("payload", "days", "expected"),
    [
        (C, 10, []),
        (C, 9, ["policy.not_yet_protected"]),
        (C, 3650, []),
        (changed(C, "vx.vp", "PolioVaccine"), 0, []),
        (changed(C, "vx.vp", "unheard of"), 10, ["policy.product_not_listed"]),
        (changed(C, "v", "9.9"), 10, ["policy.unknown_template"]),
    ],
)
def test_the_decision_tables_of_who_hold(payload: dict[str, Any], days: int, expected: list[str]) -> None:
    """Yellow fever from the tenth day on and for life, polio at once, products of the list only."""
    record, _ = decode(payload)
    assert record is not None
    found = icvp.judge(record, TABLE, at=GIVEN + dt.timedelta(days=days))
    assert [one.code for one in found] == expected
    open_table = icvp.ProductTable(TABLE.products)
    assert "policy.unknown_template" not in [one.code for one in icvp.judge(record, open_table, at=GIVEN)]


@pytest.mark.usefixtures("device_zone")
def test_the_zone_of_a_device_is_no_matter_to_the_tenth_day() -> None:
    """Days are those of UTC."""
    record, _ = decode(C)
    assert record is not None
    tenth = GIVEN + dt.timedelta(days=10)
    assert not icvp.judge(record, TABLE, at=tenth)
    assert icvp.judge(record, TABLE, at=tenth - dt.timedelta(hours=1))
