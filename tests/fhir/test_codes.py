"""The table of codes: what codes of other systems are led to, and what is left open."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hcert.exchange import codes
from hcert.records.citizen import code_registry

if TYPE_CHECKING:
    from pathlib import Path

COVID_19, YELLOW_FEVER = "840539006", "16541001"


@pytest.mark.parametrize(
    ("given", "product", "vaccine", "diseases"),
    [
        ([("eu", "EU/1/20/1528")], "EU/1/20/1528", None, (COVID_19,)),
        ([("eu", "EU/1/20/1528/003")], "EU/1/20/1528", None, (COVID_19,)),
        ([("eu_name", "CoronaVac")], "CoronaVac", None, (COVID_19,)),
        ([("eu", "EU/1/20/1528"), ("sct", "1119349007"), ("atc", "J07BN01")], "EU/1/20/1528", None, (COVID_19,)),
        ([("sct", "1119349007"), ("atc", "J07BN01")], None, "1119349007", (COVID_19,)),
        ([("atc", "J07BX03")], None, "J07BX03", (COVID_19,)),
        ([("cvx", "208")], None, "J07BN01", (COVID_19,)),
        ([("cvx", "37")], None, "J07BL01", (YELLOW_FEVER,)),
        ([("icd11", "XM0GQ8")], None, "J07BN01", (COVID_19,)),
        ([("nuva", "VAC0111")], None, "J07BL01", (YELLOW_FEVER,)),
        ([("nuva", "VAC0035"), ("cvx", "37")], "VAC0035", None, (YELLOW_FEVER,)),
        ([("nuva", "VAC0187")], None, "J07BL01", (YELLOW_FEVER,)),
        ([("sct", "836385002")], None, "J07BL01", (YELLOW_FEVER,)),
    ],
    ids=str,
)
def test_codes_are_led_to_what_a_record_holds(
    given: list[tuple[str, str]], product: str | None, vaccine: str | None, diseases: tuple[str, ...]
) -> None:
    """The most precise one that a record can hold, and what it protects from."""
    found = codes.meaning_of(given)
    assert (found.product, found.vaccine, found.diseases) == (product, vaccine, diseases)
    assert not found.ambiguous


@pytest.mark.parametrize(
    "given",
    [
        [("cvx", "208"), ("cvx", "37")],
        [("eu", "EU/1/20/1528"), ("eu", "EU/1/20/1507")],
        [("atc", "J07BL01"), ("sct", "1119349007")],
    ],
    ids=str,
)
def test_codes_that_contradict_each_other_are_left_open(given: list[tuple[str, str]]) -> None:
    """None of them is chosen."""
    found = codes.meaning_of(given)
    assert found.ambiguous
    assert (found.product, found.vaccine) == (None, None)


def test_a_code_of_several_vaccines_is_led_to_what_they_share() -> None:
    """CVX 141 is any injectable influenza vaccine: the disease is certain, the class is not."""
    found = codes.meaning_of([("cvx", "141")])
    assert (found.vaccine, found.diseases, found.translated) == (None, ("6142004",), ["cvx"])


@pytest.mark.parametrize(
    ("system", "code", "kept"),
    [("sct", "123456789", "123456789"), ("atc", "J07ZZ99", "J07ZZ99"), ("cvx", "9999", None), ("sct", "x", None)],
)
def test_an_unknown_code_is_kept_only_in_the_form_of_its_system(system: str, code: str, kept: str | None) -> None:
    """As a record can hold it; anything else could be anything."""
    found = codes.meaning_of([(system, code)])
    assert (found.vaccine, found.diseases, found.unknown) == (kept, (), [system])


def test_every_code_beside_another_is_led_back_to_it() -> None:
    """A vaccine that was written with its translations, and lost its own code, is the same vaccine."""
    for row in code_registry.registry().vaccines:
        for system, code in codes.codes_beside(row.code).items():
            meant, translated = codes.meaning_of([_own(row.code)]), codes.meaning_of([(system, code)])
            assert translated.diseases in {meant.diseases, ()}, (row.code, system)


def _own(code: str) -> tuple[str, str]:
    return ("sct" if code.isdecimal() else "atc"), code


@pytest.mark.parametrize(
    ("code", "country"), [("VN", "VN"), ("VNM", "VN"), ("XK", "XK"), ("vn", None), ("Vietnam", None), ("ZZ", None)]
)
def test_countries_are_written_as_two_letters(code: str, country: str | None) -> None:
    """From two or three."""
    assert codes.country_of(code) == country


@pytest.mark.parametrize(
    ("system", "code", "disease"),
    [
        ("icd11", "1D47", YELLOW_FEVER),
        ("icd10", "U07.1", COVID_19),
        ("sct", COVID_19, COVID_19),
        ("icd10", "J00", None),
    ],
)
def test_diseases_are_written_as_snomed_codes(system: str, code: str, disease: str | None) -> None:
    """Where one code means the disease and nothing wider."""
    assert codes.disease_of(system, code) == disease


def test_the_table_is_what_its_generator_makes_of_nuva(shared: Path) -> None:
    """So that it can be made again of a newer edition; the countries come from another source."""
    from support.fhir_codes import table

    nuva = json.loads((shared / "testdata" / "nuva" / "nuva-1.3.23.json").read_text("utf-8"))
    made = table(nuva, [])
    held = dict(codes._table())
    assert len(held.pop("countries")) == 249
    made.pop("countries")
    assert held == made
