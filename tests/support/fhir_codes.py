"""Make `src/hcert/exchange/data/codes.json` of NUVA, ISO 3166-1 and the tables below.

usage: python tests/support/fhir_codes.py NUVA ISO_3166_1

NUVA is the excerpt `nuva-1.3.23.json` (IVC-NUVA/NUVA, CC BY 4.0, changed: codes of other systems led back to ATC and to
diseases); ISO 3166-1 is `iso_3166-1.json` of Debian's package iso-codes. A code of another system is led to the
concepts it means exactly, else to those for which it is the best code. Only what all of these have in common is kept.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent.parent / "src" / "hcert" / "exchange" / "data" / "codes.json"
SYSTEMS = {"atc": "atc", "sct": "sct", "cvx": "cvx", "icd11": "icd11", "eu": "eu"}
# What vaccines of NUVA protect from, in SNOMED CT. A target without one, or of several diseases, has no row.
TARGETS = {
    "DIS001": "397428000",
    "DIS002": "76902006",
    "DIS003": "27836007",
    "DIS004": "398102009",
    "DIS005": "709410003",
    "DIS006": "66071002",
    "DIS008": "14189004",
    "DIS009": "36989005",
    "DIS010": "36653000",
    "DIS011": "38907003",
    "DIS014": "56717001",
    "DIS015": "6142004",
    "DIS016": "40468003",
    "DIS017": "16541001",
    "DIS018": "4834000",
    "DIS025": "16814004",
    "DIS028": "52947006",
    "DIS030": "14168008",
    "DIS031": "38362002",
    "DIS032": "18624000",
    "DIS033": "4740000",
    "DIS036": "63650001",
    "DIS038": "240532009",
    "DIS043": "23511006",
    "DIS044": "23511006",
    "DIS045": "23511006",
    "DIS046": "23511006",
    "DIS047": "23511006",
    "DIS048": "23511006",
    "DIS057": "840539006",
    "DIS058": "55735004",
    "DIS080": "23511006",
}
# Diseases in ICD-11 MMS and ICD-10, where one code means the disease and nothing narrower or wider.
ICD11 = {
    "RA01.0": "840539006",
    "1D47": "16541001",
    "1F03": "14189004",
    "1D80": "36989005",
    "1F02": "36653000",
    "1C17": "397428000",
    "1C12": "27836007",
    "1C82": "14168008",
    "1C85": "52947006",
    "1A00": "63650001",
    "1E90": "38907003",
    "1E91": "4740000",
    "1E71": "359814004",
}
ICD10 = {
    "U07.1": "840539006",
    "A95": "16541001",
    "B05": "14189004",
    "B26": "36989005",
    "B06": "36653000",
    "A36": "397428000",
    "A37": "27836007",
    "A82": "14168008",
    "A83.0": "52947006",
    "A00": "63650001",
    "B01": "38907003",
    "B02": "4740000",
    "B04": "359814004",
}
# LOINC tests, each with the type of the EU value set (a LOINC part) that it is one of; all are for COVID-19. The first
# of a type is what is written.
TESTS = {"94309-2": "LP6464-4", "94500-6": "LP6464-4", "94558-4": "LP217198-3"}
RESULTS = {
    "sct": {"10828004": "260373001", "260385009": "260415000"},
    "loinc": {"LA11882-0": "260373001", "LA6576-8": "260373001", "LA11883-8": "260415000", "LA6577-6": "260415000"},
}


def diseases(nuva: dict[str, Any], concept: str) -> list[str] | None:
    """Return what a vaccine protects from; None where a target has no SNOMED CT code here."""
    targets = [nuva["valences"][valence]["t"] for valence in nuva["vaccines"][concept].get("v", ())]
    if not targets or any(target not in TARGETS for target in targets):
        return None
    return sorted({TARGETS[target] for target in targets})


def classes(vaccine: dict[str, Any]) -> list[str]:
    """Return the ATC codes that a vaccine falls under."""
    return vaccine.get("x", {}).get("atc") or [code for code, _ in vaccine.get("b", {}).get("atc", ())]


def common(values: list[Any]) -> Any:
    """Return what all of several are; None where they differ."""
    return values[0] if values and all(value == values[0] for value in values) else None


def concepts_by_code(nuva: dict[str, Any]) -> dict[tuple[str, str], list[str]]:
    """Return the concepts that each code means."""
    exact: dict[tuple[str, str], list[str]] = {}
    best: dict[tuple[str, str], list[str]] = {}
    for concept, vaccine in nuva["vaccines"].items():
        exact["nuva", concept] = [concept]
        for system in SYSTEMS:
            for code in vaccine.get("x", {}).get(system, ()):
                exact.setdefault((system, code), []).append(concept)
            for code, _ in vaccine.get("b", {}).get(system, ()):
                best.setdefault((system, code), []).append(concept)
    return best | exact


def table(nuva: dict[str, Any], countries: list[dict[str, str]]) -> dict[str, Any]:
    """Return the whole table."""
    sets: list[list[str]] = []
    rows: dict[str, dict[str, list[Any]]] = {}
    for (system, code), concepts in sorted(concepts_by_code(nuva).items()):
        vaccines = [nuva["vaccines"][concept] for concept in concepts]
        found = common([classes(vaccine) for vaccine in vaccines])
        atc = found[0] if found and len(found) == 1 else None
        protects = common([diseases(nuva, concept) for concept in concepts])
        if protects is not None and protects not in sets:
            sets.append(protects)
        if atc is not None or protects is not None:
            rows.setdefault(system, {})[code] = [atc, None if protects is None else sets.index(protects)]
    beside = {}
    for concept, vaccine in nuva["vaccines"].items():
        exact = {system: codes for system, codes in vaccine.get("x", {}).items() if system in SYSTEMS}
        single = {system: codes[0] for system, codes in exact.items() if len(codes) == 1 and system != "eu"}
        single["nuva"] = concept
        for system in ("atc", "sct"):
            for code in exact.get(system, ()):
                others = {other: one for other, one in single.items() if other != system}
                beside[code] = others if code not in beside else {}  # of two concepts neither is meant
    return {
        "source": f"NUVA {nuva['nuva']} of {nuva['date']}, International Vaccine Codes Initiative (ivci.org), CC BY "
        "4.0, changed: other systems led back to ATC and diseases; ISO 3166-1; LOINC; SNOMED CT; ICD-10; ICD-11",
        "diseases": sets,
        "vaccines": rows,
        "beside": {code: others for code, others in sorted(beside.items()) if others},
        "icd11": ICD11,
        "icd10": ICD10,
        "tests": TESTS,
        "results": RESULTS,
        "countries": {row["alpha_3"]: row["alpha_2"] for row in countries},
    }


if __name__ == "__main__":
    made = table(json.loads(Path(sys.argv[1]).read_text()), json.loads(Path(sys.argv[2]).read_text())["3166-1"])
    TARGET.write_text(json.dumps(made, separators=(",", ":")).replace('},"', '},\n"') + "\n", encoding="utf-8")
