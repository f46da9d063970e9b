"""Which vaccine products count, and from when."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

import hcert
from hcert import icvp
from hcert.errors import ConfigurationError
from hcert.records.icvp.decode import decode
from support.case_ids import case_id
from support.icvp_payloads import YELLOW_FEVER, C, changed
from support.reasons import reasons

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
    ids=case_id,
)
def test_who_decision_tables(payload: dict[str, Any], days: int, expected: list[str]) -> None:
    """Yellow fever from the tenth day on and for life, polio at once, products of the list only."""
    record, _ = decode(payload)
    assert record is not None
    found = icvp.judge(record, TABLE, at=GIVEN + dt.timedelta(days=days))
    assert [one.code for one in found] == expected
    open_table = icvp.ProductTable(TABLE.products)
    assert "policy.unknown_template" not in [one.code for one in icvp.judge(record, open_table, at=GIVEN)]


@pytest.mark.usefixtures("device_zone")
def test_device_time_zone_does_not_change_tenth_day() -> None:
    """Days are those of UTC."""
    record, _ = decode(C)
    assert record is not None
    tenth = GIVEN + dt.timedelta(days=10)
    assert not icvp.judge(record, TABLE, at=tenth)
    assert icvp.judge(record, TABLE, at=tenth - dt.timedelta(hours=1))


NOON = dt.datetime(2026, 5, 7, 12, tzinfo=dt.UTC)


ONE_PRODUCT = icvp.ProductTable({"known": icvp.Product("1D47")})


def dosed(*products: str) -> hcert.Icvp:
    """Return an ICVP with a dose of each product."""
    doses = tuple(icvp.Dose(product=product, date=NOON.date(), batch="1") for product in products)
    return hcert.Icvp(name="A B", doses=doses)


def test_each_dose_is_judged_by_its_utc_day() -> None:
    """One that is not listed keeps nobody from judging the next."""
    found = icvp.judge(dosed("other", "known"), ONE_PRODUCT, at=NOON + dt.timedelta(days=9))
    assert reasons(found) == [
        ("policy.product_not_listed", "doses[0]", {}),
        ("policy.not_yet_protected", "doses[1]", {"days": 10}),
    ]
    eve = dt.datetime(2026, 5, 17, 1, tzinfo=dt.timezone(dt.timedelta(hours=7)))  # the tenth day, but not in UTC
    assert reasons(icvp.judge(dosed("known"), ONE_PRODUCT, at=eve)) == [
        ("policy.not_yet_protected", "doses[0]", {"days": 10})
    ]
    assert reasons(icvp.judge(dosed("known"), ONE_PRODUCT, at=NOON + dt.timedelta(days=10))) == []
    with pytest.raises(ConfigurationError) as caught:
        icvp.judge(dosed("known"), ONE_PRODUCT, at=NOON.replace(tzinfo=None))
    assert dict(caught.value.findings[0].details) == {"name": "at"}
