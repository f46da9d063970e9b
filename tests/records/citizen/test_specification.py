"""The specification pages say what the code does: worked bytes, tables of codes, keys and members."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import hcert
from conftest import ROOT
from hcert import citizen
from hcert.records.citizen import code_registry, layout
from hcert.records.citizen.sealed import CONFIDENTIAL
from support.citizen_records import citizen_person, encoded

if TYPE_CHECKING:
    from hcert.records.citizen.schema import MapSchema

SPEC = ROOT / "docs" / "spec"
PAGE = (SPEC / "citizen-record.md").read_text(encoding="utf-8")


def test_worked_example_matches_its_bytes() -> None:
    """The annotated dump is byte for byte what is written, and its annotations are the members."""
    record = hcert.CitizenRecord(
        certificate_id=bytes.fromhex("5b1cf2a08e4d4a1c9a3d7e60f2b84c11"),
        revision=2,
        person=citizen_person(),
        vaccinations=(
            citizen.Vaccination(
                number=1,
                diseases=(citizen.COVID_19,),
                date=dt.date(2026, 4, 1),
                country="VN",
                dose_number=2,
                series_doses=2,
                product="EU/1/20/1528",
                issuer="Bộ Y tế",
            ),
        ),
        tests=(
            citizen.Test(
                number=2,
                disease=citizen.COVID_19,
                test_type="LP6464-4",
                sampled_at=dt.datetime(2026, 5, 30, 1, 15, tzinfo=dt.UTC),
                result="260415000",
                country="VN",
                issuer="Bộ Y tế",
                centre="Bệnh viện Bạch Mai",
            ),
        ),
    )
    block = re.search(r"```cbor-hex\n(.*?)```", PAGE, re.DOTALL)
    assert block is not None
    data = bytes.fromhex("".join(line.partition("#")[0] for line in block[1].splitlines()))
    assert data == encoded(record)
    assert f"{len(data)} bytes" in PAGE
    assert record.entry_id(2) in PAGE


def test_registry_page_matches_the_registry() -> None:
    """Every row with its number, in order, and what products imply."""
    page = (SPEC / "code-registry.md").read_text(encoding="utf-8")
    known = code_registry.registry()
    assert page.startswith(f"# Code registry, version {known.version}\n")
    for table in ("diseases", "vaccines", "products", "manufacturers", "test_types", "test_results"):
        section = page.partition(f"## {table}\n")[2].partition("\n## ")[0]
        rows = [row.strip("| ").split(" | ") for row in re.findall(r"^\| \d+ .*$", section, re.MULTILINE)]
        assert [row[:2] for row in rows] == [[str(at), row.code] for at, row in enumerate(getattr(known, table))]
        for row, shown in zip(getattr(known, table), rows, strict=True):
            assert shown[2].removesuffix(" (retired)") == row.en
            assert shown[3].rstrip(" |") == row.vi
            if row.vaccine is not None:
                implied = [cell for cell in (row.vaccine, row.manufacturer) if cell]
                assert [cell.strip(" |") for cell in shown[4:6]] == implied


def keys_of(map_schema: MapSchema[Any]) -> set[int]:
    """Return the keys of a map."""
    return set(map_schema._by_key)


def test_tables_name_the_decoded_keys() -> None:
    """No key is missing in the page, and none is in it that nobody reads."""

    def keys_in(section: str, column: int) -> set[int]:
        text = PAGE.partition(f"### {section}\n")[2].partition("\n#")[0]
        rows = [row.split("|") for row in re.findall(r"^\| \d+ .*$", text, re.MULTILINE)]
        return {int(row[1]) for row in rows if row[column].strip()}

    assert keys_in("Record", 2) == set(layout.KEYS)
    assert keys_in("Person", 2) == keys_of(layout.PERSON)
    assert keys_in("Entries", 2) == keys_of(layout._VACCINATION)
    assert keys_in("Entries", 3) == keys_of(layout._TEST)
    assert keys_in("Entries", 4) == keys_of(layout._RECOVERY)
    plaintext = PAGE.partition("The content is one")[2].partition("At least one")[0]
    assert {int(key) for key in re.findall(r"^\| (\d+) \|", plaintext, re.MULTILINE)} == keys_of(CONFIDENTIAL)
