"""Value sets: which codes a field may hold, and what they mean.

They are data files of the package in a format of our own, with version, date and source. A code outside a set may be
newer than the file, so it is a warning when reading; an issuer may use only codes that the file knows and has not
retired.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from typing import Final

import msgspec

# The names the EU gives its sets, and of the files.
DISEASE: Final = "disease-agent-targeted"
VACCINE: Final = "sct-vaccines-covid-19"
PRODUCT: Final = "vaccines-covid-19-names"
MANUFACTURER: Final = "vaccines-covid-19-auth-holders"
TEST_TYPE: Final = "covid-19-lab-test-type"
TEST_RESULT: Final = "covid-19-lab-result"
COUNTRY: Final = "country-2-codes"


class Code(msgspec.Struct, frozen=True):
    """One code of a value set.

    Attributes:
        name: what it means, in English.
        retired: no longer to be used in new certificates.
        manufacturers, vaccines: of a product, the codes that may stand beside it; empty where nothing is known.
    """

    name: str
    retired: bool = False
    manufacturers: frozenset[str] = frozenset()
    vaccines: frozenset[str] = frozenset()


class ValueSet(msgspec.Struct, frozen=True):
    """One value set as the package carries it."""

    name: str
    version: str
    date: str
    source: str
    codes: dict[str, Code]


@cache
def value_set(name: str) -> ValueSet:
    """Load a value set of the package by its name, once; the files are part of the code and do not change."""
    data = pkgutil.get_data(__package__, f"data/{name}.json")
    if data is None:  # pragma: no cover - only a loader without data support answers so
        raise FileNotFoundError(name)
    return msgspec.json.decode(data, type=ValueSet)
