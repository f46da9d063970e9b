"""Value sets: which codes a field may hold, and what they mean.

Two families stand side by side. The EU's value sets hold the codes of an EU DCC, the devices of tests and the
countries. The tables of the code registry hold those of a citizen record, and behind each table the EU set of the same
codes. Both are data files of the package in a format of our own, with version, date and source; a file of the same
form adds to them (`ValueSets.from_json`), so that a newer code needs no newer hcert.

A code outside a set may be newer than the set, so it is a warning when reading; issuing refuses it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Annotated, Final, get_args

import msgspec
from msgspec import Meta

from hcert.package_data import read_data_file
from hcert.records.citizen import code_registry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Self

    from hcert.findings import Details

# The names the EU gives its sets, and of the files.
DISEASE: Final = "disease-agent-targeted"
VACCINE: Final = "sct-vaccines-covid-19"
PRODUCT: Final = "vaccines-covid-19-names"
MANUFACTURER: Final = "vaccines-covid-19-auth-holders"
TEST_TYPE: Final = "covid-19-lab-test-type"
TEST_RESULT: Final = "covid-19-lab-result"
DEVICE: Final = "covid-19-lab-test-manufacturer-and-name"
COUNTRY: Final = "country-2-codes"
EU_SETS: Final = (DISEASE, VACCINE, PRODUCT, MANUFACTURER, TEST_TYPE, TEST_RESULT, DEVICE, COUNTRY)
# The tables of the code registry, each with the EU set whose codes it holds too.
TABLES: Final = dict(
    zip(get_args(code_registry.Table), (DISEASE, VACCINE, PRODUCT, MANUFACTURER, TEST_TYPE, TEST_RESULT), strict=True)
)

MAX_CODES: Final = 10_000  # of one set; the longest has 301
MAX_BESIDE: Final = 100  # manufacturers or vaccines of one product

CodeText = Annotated[
    str, Meta(pattern=r'\A[!"$-~][!-~]{0,79}\Z', min_length=1, max_length=80)
]  # "#" marks bare numbers
Words = Annotated[str, Meta(min_length=1, max_length=250)]
Beside = Annotated[frozenset[CodeText], Meta(max_length=MAX_BESIDE)]
Day = Annotated[str, Meta(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", min_length=10, max_length=10)]


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One code of a value set.

    Attributes:
        name: what it means, in English.
        vi: the same in Vietnamese, where it is another name.
        retired: no longer to be used in new certificates.
        manufacturers, vaccines: of a product, the codes that may stand beside it; empty where nothing is known.
    """

    name: Words
    vi: Words | None = None
    retired: bool = False
    manufacturers: Beside = frozenset()
    vaccines: Beside = frozenset()


class ValueSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value set, or rows added to one.

    Attributes:
        name: the EU's name of the set, or the name of a table of the code registry.
        version: of the set, as its publisher counts.
        date: the day it was published.
        source: who published it, and where.
        codes: what each code means.
    """

    name: Words
    version: Words
    date: Day
    source: Words
    codes: Annotated[dict[CodeText, Code], Meta(max_length=MAX_CODES)]


@cache
def value_set(name: str) -> ValueSet:
    """Load an EU value set of the package by its name, once; the files are part of the code and do not change."""
    return msgspec.json.decode(read_data_file(__package__, f"{name}.json"), type=ValueSet)


@dataclass(frozen=True, eq=False, repr=False)
class ValueSets:
    """All value sets that an issuer or verifier goes by.

    Attributes:
        sets: the EU's sets and the tables of the code registry, by name.
    """

    sets: Mapping[str, ValueSet]

    @classmethod
    def packaged(cls) -> ValueSets:
        """Return the sets as this version of hcert carries them."""
        return _packaged()

    @classmethod
    def from_json(cls, data: bytes | str) -> Self:
        """Return the packaged sets with what a file holds: whole newer sets, or rows added to sets.

        The form of the file is described in `docs/reference/value-sets.md`.

        Raises:
            MalformedError: `value_sets.malformed` or `value_sets.older`.
        """
        from hcert.records.value_sets_file import read  # most programs have no such file

        newer, added = read(data)
        return cls(assembled(newer, added))

    def fault(self, name: str, code: str) -> tuple[str, Details] | None:
        """Return `record.unknown_code` or `record.retired_code` with details, where a code of a set earns one."""
        if code in self.in_use[name]:
            return None
        known = self.sets[name]
        reason = "record.retired_code" if code in known.codes else "record.unknown_code"
        return reason, (("value_set", name), ("date", known.date))

    def at_odds(self, name: str, code: str | None, allowed: frozenset[str]) -> bool:
        """Tell whether a code of a set is none of those allowed beside a product, where any are named.

        One that the set does not have is reported as unknown, and no more.
        """
        return bool(allowed) and code not in allowed and code in self.sets[name].codes

    @cached_property
    def in_use(self) -> dict[str, frozenset[str]]:
        """The codes of each set that are not retired."""
        return {
            name: frozenset(code for code, row in known.codes.items() if not row.retired)
            for name, known in self.sets.items()
        }

    @cached_property
    def eu_doses(self) -> frozenset[tuple[str, str, str]]:
        """Vaccine, product and manufacturer that may stand together in an EU DCC and are all in use."""
        in_use = self.in_use
        return frozenset(
            (vaccine, product, manufacturer)
            for product, row in self.sets[PRODUCT].codes.items()
            if not row.retired
            for vaccine in row.vaccines & in_use[VACCINE]
            for manufacturer in row.manufacturers & in_use[MANUFACTURER]
        )


@cache
def _packaged() -> ValueSets:
    return ValueSets(assembled((), ()))


def assembled(newer: Iterable[ValueSet], added: Iterable[ValueSet]) -> dict[str, ValueSet]:
    """Return the packaged sets with whole newer EU sets in their places and rows added; an added row counts."""
    rows = {known.name: known.codes for known in added}
    sets = {name: value_set(name) for name in EU_SETS} | {known.name: known for known in newer}
    for name in EU_SETS:
        sets[name] = _with(sets[name], rows.get(name, {}))
    for table, eu_name in TABLES.items():
        sets[table] = _with(_with_eu(_of_registry(table), sets[eu_name]), rows.get(table, {}))
    return sets


def _of_registry(table: code_registry.Table) -> ValueSet:
    known = code_registry.registry()
    codes = {row.code: Code(row.en, row.vi, row.retired) for row in getattr(known, table)}
    return ValueSet(table, str(known.version), known.date, known.source, codes)


def _with_eu(table: ValueSet, eu: ValueSet) -> ValueSet:
    """Return a table with the codes of an EU set behind it; what the EU says of a code holds, but for its names."""
    codes = {}
    for code, row in eu.codes.items():
        named = table.codes.get(code, row)
        codes[code] = Code(named.name, named.vi, row.retired, row.manufacturers, row.vaccines)
    return _with(table, codes)


def _with(known: ValueSet, rows: dict[str, Code]) -> ValueSet:
    return msgspec.structs.replace(known, codes=known.codes | rows) if rows else known
