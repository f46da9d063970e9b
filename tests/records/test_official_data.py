"""The embedded value sets and the code registry against the official files, row by row.

Every difference that is wanted stands here by name, with what ours says; any other fails.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, get_args

import pytest

from hcert.records.citizen.code_registry import Table, registry, row_of
from hcert.records.value_sets import (
    COUNTRY,
    COUNTRY_3,
    DEVICE,
    DISEASE,
    EU_SETS,
    MANUFACTURER,
    PRODUCT,
    TABLES,
    TEST_RESULT,
    TEST_TYPE,
    VACCINE,
    value_set,
)
from support.case_ids import case_id

if TYPE_CHECKING:
    from pathlib import Path

# Newer or shorter names of ISO 3166-1 than the official file of 2019 has, and its misprints put right.
COUNTRY_NAMES = {
    "BO": "Bolivia",
    "CD": "Congo, The Democratic Republic of the",
    "CI": "Côte d'Ivoire",
    "GB": "United Kingdom",
    "IR": "Iran",
    "KP": "North Korea",
    "KR": "South Korea",
    "LA": "Laos",
    "MD": "Moldova",
    "MK": "North Macedonia",
    "SY": "Syria",
    "SZ": "Eswatini",
    "TR": "Türkiye",
    "TW": "Taiwan",
    "TZ": "Tanzania",
    "US": "United States",
    "VA": "Holy See (Vatican City State)",
    "VE": "Venezuela",
    "VI": "Virgin Islands, U.S.",
    "XK": "Kosovo",
}
# That a code is retired is a flag here; the official name of such a code says so at its end.
RETIRED_NAMES: dict[str, dict[str, str]] = {
    VACCINE: {"J07BX03": "covid-19 vaccines"},
    PRODUCT: {
        "NVX-CoV2373": "NVX-CoV2373",
        "Inactivated-SARS-CoV-2-Vero-Cell": "Inactivated SARS-CoV-2 (Vero Cell)",
        "Vidprevtyn": "Vidprevtyn",
        "VLA2001": "VLA2001",
    },
}
# Taken from the list by the gateway before its newest state, without ever having been inactive on it.
DROPPED_DEVICES = {"1246", "1256"}
SPACED_DEVICES = {"345", "1490", "2388", "3107", "4075", "5751", "5812"}  # blanks at the end, in a row, or non-breaking


def official(shared: Path, name: str) -> Any:
    """Return an official file."""
    return json.loads((shared / "testdata" / "valuesets" / f"{name}.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("name", "rows", "differing_names"),
    [
        (DISEASE, 1, {}),
        (VACCINE, 9, RETIRED_NAMES[VACCINE]),
        (PRODUCT, 39, RETIRED_NAMES[PRODUCT]),
        (MANUFACTURER, 31, {}),
        (TEST_TYPE, 2, {}),
        (TEST_RESULT, 2, {}),
        (COUNTRY, 250, COUNTRY_NAMES),
    ],
    ids=case_id,
)
def test_value_sets_match_the_official_ones(
    shared: Path, name: str, rows: int, differing_names: dict[str, str]
) -> None:
    """Code, name, whether it is retired, and the date of the set."""
    given, ours = official(shared, name), value_set(name)
    assert len(given["codes"]) == rows
    assert ours.codes.keys() == given["codes"].keys()
    assert {code: row.retired for code, row in ours.codes.items()} == {
        code: not row["active"] for code, row in given["codes"].items()
    }
    differing = {code: row.name for code, row in ours.codes.items() if row.name != given["codes"][code]["display"]}
    assert differing == differing_names
    if name != COUNTRY:  # whose names are newer
        assert (ours.version, ours.date) == (given["release"], given["date"])


def test_every_device_is_the_official_one(shared: Path) -> None:
    """All of the newest list and two that were dropped from it, which count as retired."""
    given, ours = official(shared, DEVICE), value_set(DEVICE)
    newest = {code: row for code, row in given["codes"].items() if row["last"] == given["newest_snapshot"]}
    assert (len(given["codes"]), len(newest)) == (301, 299)
    assert given["codes"].keys() - newest.keys() == DROPPED_DEVICES
    assert ours.codes.keys() == given["codes"].keys()
    assert ours.date == given["newest_snapshot"]
    retired = {code for code, row in newest.items() if not row["active"]} | DROPPED_DEVICES
    assert {code for code, row in ours.codes.items() if row.retired} == retired
    assert len(retired) == 17 + 2
    spaced = {code for code, row in ours.codes.items() if row.name != given["codes"][code]["display"]}
    assert spaced == SPACED_DEVICES
    assert all(row.name == " ".join(given["codes"][code]["display"].split()) for code, row in ours.codes.items())


def test_every_combination_is_the_official_one(shared: Path) -> None:
    """Manufacturer and vaccine types of all products, and that a product implies the most special of them."""
    rows = official(shared, "combinations")["rows"]
    assert len(rows) == 39
    ours = value_set(PRODUCT).codes
    assert ours.keys() == {row["mp"] for row in rows}
    for row in rows:
        product = ours[row["mp"]]
        assert (sorted(product.manufacturers), sorted(product.vaccines)) == ([row["ma"]], sorted(row["vp"])), row["mp"]
        assert product.retired is not row["active"]
        implied = row_of("products", row["mp"])
        assert implied is not None
        special = [vaccine for vaccine in row["vp"] if vaccine != "28531000087107"] or row["vp"]
        assert ([implied.vaccine], implied.manufacturer) == (special, row["ma"]), row["mp"]


@pytest.mark.parametrize(
    ("table", "differing_names"),
    [
        # People know results and kinds of tests by these words.
        ("test_types", {"LP6464-4": "NAAT (PCR)", "LP217198-3": "Rapid antigen test"}),
        ("test_results", {"260415000": "Negative", "260373001": "Positive"}),
        ("products", {"Sputnik-V": "Sputnik V"}),  # as annex A of the encoding instructions names it
        ("diseases", {}),
        ("vaccines", {}),
        ("manufacturers", {}),
    ],
    ids=case_id,
)
def test_registry_has_every_eu_code(table: Table, differing_names: dict[str, str]) -> None:
    """Under the same name in English, and retired where they are."""
    differing = {}
    for code, row in value_set(TABLES[table]).codes.items():
        registered = row_of(table, code)
        assert registered is not None, code
        assert registered.retired == row.retired, code
        if registered.en != row.name:
            differing[code] = registered.en
    assert differing == differing_names


def test_childhood_programme_is_registered(shared: Path) -> None:
    """Each of its vaccines and the diseases it protects from."""
    rows = official(shared, "vietnam-epi")["rows"]
    codes = {code for row in rows for code in ([row["atc"]] if isinstance(row["atc"], str) else row["atc"])}
    assert (len(rows), len(codes)) == (22, 24)
    assert {code for code in codes if row_of("vaccines", code) is None} == set()
    assert {code for row in rows for code in row["diseases"] if row_of("diseases", code) is None} == set()


def test_atc_codes_match_their_meaning(shared: Path) -> None:
    """Combined vaccines by their parts, polio vaccines by their types: J07CA10 was once taken for J07CA11."""
    names = {code: row["name"] for code, row in official(shared, "atc-j07")["codes"].items()}
    assert len(names) == 55
    ours = {code: row.en for code in names if (row := row_of("vaccines", code)) is not None}
    assert ours.keys() == names.keys()
    short = {"haemophilus influenzae B": "Hib", "poliomyelitis": "polio"}
    combined = {code: {short.get(part, part) for part in name.split("-")} for code, name in names.items()}
    for code in (code for code in names if code.startswith("J07CA")):
        parts = re.split(", | and ", ours[code].removesuffix(" vaccine"))
        assert {part.lower() for part in parts} == {part.lower() for part in combined[code]}, code
    for code in ("J07BF01", "J07BF02", "J07BF04"):
        assert {*ours[code].split(", ")[1:]} == {*re.findall("oral|[a-z]+valent", names[code])}, code


def test_each_set_says_which_state_it_is() -> None:
    """Version, date and source, under the name of its file; so does the registry."""
    for name in EU_SETS:
        known = value_set(name)
        assert known.name == name
        assert known.version
        assert known.source
    assert {*TABLES} == {*get_args(Table)}
    assert registry().source


def test_countries_have_one_name_in_both_sets_of_codes() -> None:
    """ISO 3166-1 alpha-2 and alpha-3, and Kosovo as XK and XKX."""
    two, three = value_set(COUNTRY).codes, value_set(COUNTRY_3).codes
    assert all(len(code) == 3 and code.isupper() for code in three)
    assert sorted(row.name for row in two.values()) == sorted(row.name for row in three.values())
    assert {three[code].name for code in ("VNM", "DEU", "XKX")} == {two[code].name for code in ("VN", "DE", "XK")}
