"""NUVA: which vaccine code is a kind of another, such as a brand of a class.

A code specialises another if that is a class, and each valence of the class is, or is above, a valence of the code. So
two brands never specialise each other. The table is `data/nuva.json`, made by `tests/support/nuva_table.py`.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from hcert.package_data import read_data_file
from hcert.records.clvr.model import NUVA_CODE


def specialises(code: str, other: str) -> bool:
    """Tell whether a NUVA code specialises another; what the table does not know, or is no such code, does not."""
    number, above = _number(code), _number(other)
    known = _table()["valences"]
    if number == above or above not in _classes() or number not in known:
        return False
    covered = {one for valence in known[number] for one in _with_ancestors(valence)}
    return bool(known[above]) and covered.issuperset(known[above])


def _with_ancestors(valence: int) -> list[int]:
    """Return a valence and all above it; the tree is part of the package and has no circle."""
    parents = _table()["parents"]
    found = [valence]
    while found[-1] in parents:
        found.append(parents[found[-1]])
    return found


def _number(code: str) -> int | None:
    """Return the number of a NUVA code, or None for any other text."""
    return int(code.removeprefix("VAC")) if re.fullmatch(NUVA_CODE, code) else None


@cache
def _classes() -> frozenset[int]:
    return frozenset(_table()["classes"])


@cache
def _table() -> dict[str, Any]:
    """Load the table, once; the file is part of the code and does not change. Keys of JSON objects are numbers here."""
    table: dict[str, Any] = json.loads(read_data_file(__package__, "nuva.json"))
    for name in ("parents", "valences"):
        table[name] = {int(number): row for number, row in table[name].items()}
    return table
