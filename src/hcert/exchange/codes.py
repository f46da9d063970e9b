"""What codes of other systems mean: one table, and nothing is guessed.

The table is `data/codes.json`, made by `tests/support/fhir_codes.py` from NUVA. A code that stands for several
vaccines is led to what all of them have in common: the class by ATC, and the diseases. Where they have nothing in
common, or the codes of one vaccine contradict each other, that is a finding and no code.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hcert.package_data import read_data_file
from hcert.records.citizen import code_registry
from hcert.records.citizen.model import COVID_19
from hcert.records.value_sets import PRODUCT, VACCINE, ValueSets

if TYPE_CHECKING:
    from collections.abc import Iterable

_EU_PARTS: Final = 4  # of the number of a product; a fifth is its presentation
_SNOMED_CODE: Final = "[1-9][0-9]{5,17}"
_ATC_CODE: Final = "J07[A-Z]{2}[0-9]{2}"


@dataclass(slots=True)
class Meaning:
    """What the codes of one vaccine mean together.

    Attributes:
        product, vaccine: codes as a citizen record has them.
        diseases: that it protects from, SNOMED CT; empty where the codes do not say.
        translated: systems whose code was led to a class, so that it is not kept itself.
        unknown: systems with a code that is not known.
        ambiguous: whether codes contradict each other, or one stands for vaccines that have no class in common.
    """

    product: str | None = None
    vaccine: str | None = None
    diseases: tuple[str, ...] = ()
    translated: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    ambiguous: bool = False


class _Known(NamedTuple):
    """What is known of one code.

    Attributes:
        system, code: as given; of a presentation of an EU product, the product.
        member: of a citizen record that can hold it, `product` or `vaccine`; None where none can.
        vaccine_class: by ATC.
        diseases: that it protects from.
    """

    system: str
    code: str
    member: str | None
    vaccine_class: str | None
    diseases: tuple[str, ...]

    @property
    def is_unknown(self) -> bool:
        return self.member is None and self.vaccine_class is None and not self.diseases

    @property
    def is_translated(self) -> bool:
        return self.member is None and not self.is_unknown and self.code != self.vaccine_class


def meaning_of(codes: Iterable[tuple[str, str]]) -> Meaning:
    """Return what pairs of system, as the table names it, and code mean together."""
    known = [_look_up(system, code) for system, code in codes]
    products = {one.code for one in known if one.member == "product"}
    classes = {one.vaccine_class for one in known if one.vaccine_class}
    protects = {frozenset(one.diseases): one.diseases for one in known if one.diseases}
    found = Meaning(
        product=products.pop() if len(products) == 1 else None,
        diseases=next(iter(protects.values())) if len(protects) == 1 else (),
        translated=[one.system for one in known if one.is_translated],
        unknown=[one.system for one in known if one.is_unknown],
        ambiguous=len(products) > 1 or len(classes) > 1 or len(protects) > 1,
    )
    if not found.ambiguous:
        # The code that a record can hold, else the class that one was led to, else one of the right form.
        named = [one.code for one in known if one.member == "vaccine"]
        beyond = [one.code for one in known if one.is_unknown and _is_code(one.system, one.code)]
        found.vaccine = next(iter([*named, *classes, *beyond]), None)
    implied = code_registry.row_of("products", found.product) if found.product else None
    if implied is not None and implied.vaccine and found.vaccine in {implied.vaccine, _row("sct", implied.vaccine)[0]}:
        found.vaccine = None  # the product says so
    return found


def _look_up(system: str, text: str) -> _Known:
    known = ValueSets.packaged().sets
    code = "/".join(text.split("/")[:_EU_PARTS]) if system == "eu" else text
    member, eu_set = None, ""
    if system in {"eu", "eu_name", "nuva"} and code in known["products"].codes:
        member, eu_set = "product", PRODUCT
    elif system in {"sct", "atc", "nuva"} and code in known["vaccines"].codes:
        member, eu_set = "vaccine", VACCINE
    vaccine_class, diseases = _row(system, code)
    if eu_set and code in known[eu_set].codes:  # which hold vaccines against COVID-19 alone
        diseases = (COVID_19,)
    return _Known(system, code, member, vaccine_class, diseases)


def own_meaning(codes: Iterable[tuple[str, str]]) -> Meaning:
    """Return the codes that a record had, which its writer marked: nothing is led to anything else."""
    vaccines = ValueSets.packaged().sets["vaccines"].codes
    found = Meaning()
    for system, code in codes:
        if system in {"eu", "eu_name"} or (system == "nuva" and code not in vaccines):
            found.product = code
        elif system in {"sct", "atc", "nuva"}:
            found.vaccine = code
    return found


def disease_of(system: str, code: str) -> str | None:
    """Return a disease in SNOMED CT; None where the table does not know the code."""
    if system == "sct":
        return code if re.fullmatch(_SNOMED_CODE, code) else None
    found: str | None = _table()[system].get(code)
    return found


def is_known_disease(code: str) -> bool:
    """Tell whether the value sets have a disease."""
    return code in ValueSets.packaged().sets["diseases"].codes


def is_known_manufacturer(code: str) -> bool:
    """Tell whether the value sets have a manufacturer."""
    return code in ValueSets.packaged().sets["manufacturers"].codes


def test_type_of(code: str) -> str | None:
    """Return the type of test that a LOINC code means: one of the EU's, or a test that is of such a type."""
    if code in ValueSets.packaged().sets["test_types"].codes:
        return code
    found: str | None = _table()["tests"].get(code)
    return found


def is_test(code: str) -> bool:
    """Tell whether a LOINC code is a test for COVID-19, and not only a part of one."""
    return code in _table()["tests"]


def test_of(test_type: str) -> str | None:
    """Return the LOINC test that stands for a type of the EU, which is only a part of LOINC; None where none does."""
    return next((test for test, known in _table()["tests"].items() if known == test_type), None)


def result_of(system: str, code: str) -> str | None:
    """Return a result as a citizen record has it."""
    if system == "sct" and code in ValueSets.packaged().sets["test_results"].codes:
        return code
    found: str | None = _table()["results"].get(system, {}).get(code)
    return found


def country_of(code: str) -> str | None:
    """Return a country in two letters; None for any other text."""
    two: str = _table()["countries"].get(code, code)
    return two if two in ValueSets.packaged().sets["country-2-codes"].codes else None


def codes_beside(vaccine: str) -> dict[str, str]:
    """Return the codes of other systems that mean exactly the same as one of a vaccine, by system."""
    found: dict[str, str] = _table()["beside"].get(vaccine, {})
    return found


def _row(system: str, code: str) -> tuple[str | None, tuple[str, ...]]:
    """Return the class and the diseases that the table leads a code to."""
    table = _table()
    row = table["vaccines"].get(system, {}).get(code)
    if row is None:
        return None, ()
    vaccine_class, diseases = row
    return vaccine_class, () if diseases is None else tuple(table["diseases"][diseases])


def _is_code(system: str, code: str) -> bool:
    if system == "sct":
        return bool(re.fullmatch(_SNOMED_CODE, code))
    return system == "atc" and bool(re.fullmatch(_ATC_CODE, code))


@cache
def _table() -> dict[str, Any]:
    """Load the table, once; the file is part of the code and does not change."""
    table: dict[str, Any] = json.loads(read_data_file(__package__, "codes.json"))
    return table
