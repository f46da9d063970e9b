"""Value sets: which codes a field may hold, and what they mean.

There are two families. The EU's value sets hold the codes of an EU DCC, the test devices and the countries; the
countries by three letters, for the ICVP, stand beside them. The tables of the code registry hold the codes of a citizen
record; each includes the EU set of the same codes. All are data files of the package in our own format, with version,
date and source. A file in the same format adds to them
(`ValueSets.from_json`), so that a new code does not need a new release of hcert.

A code outside a set may be newer than the set, so decoding warns of it; issuing refuses it.
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

# The EU's names of its sets, which are also the names of the files.
DISEASE: Final = "disease-agent-targeted"
VACCINE: Final = "sct-vaccines-covid-19"
PRODUCT: Final = "vaccines-covid-19-names"
MANUFACTURER: Final = "vaccines-covid-19-auth-holders"
TEST_TYPE: Final = "covid-19-lab-test-type"
TEST_RESULT: Final = "covid-19-lab-result"
DEVICE: Final = "covid-19-lab-test-manufacturer-and-name"
COUNTRY: Final = "country-2-codes"
EU_SETS: Final = (DISEASE, VACCINE, PRODUCT, MANUFACTURER, TEST_TYPE, TEST_RESULT, DEVICE, COUNTRY)
COUNTRY_3: Final = "country-3-codes"  # the nationality of an ICVP
FILE_SETS: Final = (*EU_SETS, COUNTRY_3)
# The tables of the code registry, each with the EU set that it includes.
TABLES: Final = dict(
    zip(get_args(code_registry.Table), (DISEASE, VACCINE, PRODUCT, MANUFACTURER, TEST_TYPE, TEST_RESULT), strict=True)
)

MAX_CODES: Final = 10_000  # of one set; the longest has 301
MAX_BESIDE: Final = 100  # manufacturers or vaccines of one product

CodeText = Annotated[
    str, Meta(pattern=r'\A[!"$-~][!-~]{0,79}\Z', min_length=1, max_length=80)
]  # "#" marks unregistered numbers
Words = Annotated[str, Meta(min_length=1, max_length=250)]
Beside = Annotated[frozenset[CodeText], Meta(max_length=MAX_BESIDE)]
Day = Annotated[str, Meta(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", min_length=10, max_length=10)]


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One code of a value set.

    Attributes:
        name: its meaning in English.
        vi: the same in Vietnamese, if that is another name.
        retired: no longer allowed in new certificates.
        manufacturers, vaccines: of a product, the codes it may be combined with; empty if unknown.
    """

    name: Words
    vi: Words | None = None
    retired: bool = False
    manufacturers: Beside = frozenset()
    vaccines: Beside = frozenset()


class ValueSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value set, or rows added to one.

    Attributes:
        name: of the set, or the name of a table of the code registry.
        version: the publisher's version of the set.
        date: day of publication.
        source: who published it, and where.
        codes: the codes and their meanings.
    """

    name: Words
    version: Words
    date: Day
    source: Words
    codes: Annotated[dict[CodeText, Code], Meta(max_length=MAX_CODES)]


@cache
def value_set(name: str) -> ValueSet:
    """Load a value set of the package by its name. The files do not change, so each is loaded once."""
    return msgspec.json.decode(read_data_file(__package__, f"{name}.json"), type=ValueSet)


@dataclass(frozen=True, eq=False, repr=False)
class ValueSets:
    """The value sets that an issuer or verifier uses.

    Attributes:
        sets: the sets of the files and the tables of the code registry, by name.
    """

    sets: Mapping[str, ValueSet]

    @classmethod
    def packaged(cls) -> ValueSets:
        """Return the sets that come with this version of hcert."""
        return _assemble_packaged()

    @classmethod
    def from_json(cls, data: bytes | str) -> Self:
        """Return the packaged sets, updated by a file: with whole newer sets, or rows added to sets.

        `docs/reference/value-sets.md` describes the file.

        Raises:
            MalformedError: `value_sets.malformed` or `value_sets.older`.
        """
        from hcert.records.value_sets_file import parse  # most programs do not use such a file

        newer, added = parse(data)
        return cls(assemble(newer, added))

    def fault(self, name: str, code: str) -> tuple[str, Details] | None:
        """Return `record.unknown_code` or `record.retired_code` with details; None for a code in use."""
        if code in self.in_use[name]:
            return None
        known = self.sets[name]
        reason = "record.retired_code" if code in known.codes else "record.unknown_code"
        return reason, (("value_set", name), ("date", known.date))

    def conflicts(self, name: str, code: str | None, allowed: frozenset[str]) -> bool:
        """Tell whether a code of a set is not among those allowed for a product; an empty set allows all.

        A code that the set does not have does not conflict: it is reported as unknown.
        """
        return bool(allowed) and code not in allowed and code in self.sets[name].codes

    @cached_property
    def in_use(self) -> dict[str, frozenset[str]]:
        """The codes of each set, without the retired ones."""
        return {
            name: frozenset(code for code, row in known.codes.items() if not row.retired)
            for name, known in self.sets.items()
        }

    @cached_property
    def eu_doses(self) -> frozenset[tuple[str, str, str]]:
        """The allowed combinations of vaccine, product and manufacturer in an EU DCC, with all codes in use."""
        in_use = self.in_use
        return frozenset(
            (vaccine, product, manufacturer)
            for product, row in self.sets[PRODUCT].codes.items()
            if not row.retired
            for vaccine in row.vaccines & in_use[VACCINE]
            for manufacturer in row.manufacturers & in_use[MANUFACTURER]
        )


@cache
def _assemble_packaged() -> ValueSets:
    return ValueSets(assemble((), ()))


def assemble(newer: Iterable[ValueSet], added: Iterable[ValueSet]) -> dict[str, ValueSet]:
    """Return the packaged sets with newer sets in place of the old ones, and with rows added or replaced."""
    rows = {known.name: known.codes for known in added}
    sets = {name: value_set(name) for name in FILE_SETS} | {known.name: known for known in newer}
    for name in FILE_SETS:
        sets[name] = _add_rows(sets[name], rows.get(name, {}))
    for table, eu_name in TABLES.items():
        sets[table] = _add_rows(_add_eu_codes(_from_registry(table), sets[eu_name]), rows.get(table, {}))
    return sets


def _from_registry(table: code_registry.Table) -> ValueSet:
    known = code_registry.registry()
    codes = {row.code: Code(row.en, row.vi, row.retired) for row in getattr(known, table)}
    return ValueSet(table, str(known.version), known.date, known.source, codes)


def _add_eu_codes(table: ValueSet, eu: ValueSet) -> ValueSet:
    """Add the codes of an EU set to a table. For a code in both, only the names of the table are kept."""
    codes = {}
    for code, row in eu.codes.items():
        named = table.codes.get(code, row)
        codes[code] = Code(named.name, named.vi, row.retired, row.manufacturers, row.vaccines)
    return _add_rows(table, codes)


def _add_rows(known: ValueSet, rows: dict[str, Code]) -> ValueSet:
    return msgspec.structs.replace(known, codes=known.codes | rows) if rows else known
