"""Rows of people who do not exist, as a register would export them, with bad ones among them."""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from hcert import bulk, citizen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Row = dict[str, Any]
MARK: Final = "Quỳnhmark"  # in every name, so that a search finds any value that leaks
_FIRST_DOSE: Final = dt.date(2024, 8, 1)


def row(number: int, *, revision: int = 1, doses: int = 2) -> Row:
    """Return the row of a person; the same number is the same person with the same certificate id."""
    chance = random.Random(number)  # noqa: S311 - fictional people
    return {
        "row_id": f"row-{number}",
        "certificate_id": chance.randbytes(16),
        "revision": revision,
        "person": {
            "family_name": f"Nguyễn {MARK}",
            "given_name": f"Ngọc {MARK}",
            "birth_date": f"{chance.randint(1940, 2005)}-05-17",
            "sex": chance.choice((1, 2)),
            "nationality": "VN",
        },
        "vaccinations": [
            {
                "number": order,
                "diseases": [citizen.COVID_19],
                "date": _FIRST_DOSE + dt.timedelta(days=73 * order),
                "country": "VN",
                "issuer": "Bộ Y tế",
                "product": "EU/1/20/1528",
                "dose_number": order,
                "series_doses": max(2, order),
            }
            for order in range(1, doses + 1)
        ],
        "tests": [],
        "recoveries": [],
    }


def _spoil_dose(**changes: Any) -> Callable[[Row], Row]:
    return lambda good: good | {"vaccinations": [good["vaccinations"][0] | changes, *good["vaccinations"][1:]]}


def _spoil_person(**changes: Any) -> Callable[[Row], Row]:
    return lambda good: good | {"person": good["person"] | changes}


# Ten ways in which a row of a register is wrong.
SPOILED: Final[dict[str, Callable[[Row], Row]]] = {
    "no certificate id": lambda good: good | {"certificate_id": None},
    "short certificate id": lambda good: good | {"certificate_id": good["certificate_id"][:15]},
    "no entries": lambda good: good | {"vaccinations": []},
    "no person": lambda good: good | {"person": None},
    "impossible birth date": _spoil_person(birth_date="1999-13-01"),
    "unknown sex": _spoil_person(sex=7),
    "hidden letter in a name": _spoil_person(family_name=f"{MARK}\u200b"),
    "unknown product": _spoil_dose(product=f"EU/{MARK}"),
    "dose in the future": _spoil_dose(date=dt.date(2099, 1, 1)),
    "unknown country": _spoil_dose(country="XX"),
}


def write_rows(path: Path, rows: list[Row]) -> Path:
    """Write rows as Parquet in small row groups, so that slices begin in the middle of one."""
    table = pa.Table.from_pylist(rows, schema=bulk.ISSUE_INPUT)
    pq.write_table(table, path, row_group_size=700)
    return path
