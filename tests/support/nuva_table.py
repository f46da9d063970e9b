"""Make `src/hcert/exchange/data/nuva.json`: which codes of NUVA specialise which.

usage: python tests/support/nuva_table.py NUVA

NUVA is the excerpt `nuva-1.3.23.json` (IVC-NUVA/NUVA, CC BY 4.0, changed: only numbers of vaccines and valences).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent.parent / "src" / "hcert" / "exchange" / "data" / "nuva.json"


def number(code: str) -> int:
    """Return the number of a code such as `VAC0029`."""
    return int(code[3:])


def table(nuva: dict[str, Any]) -> dict[str, Any]:
    """Return the parents of valences, the valences of vaccines, and the classes among these."""
    vaccines = nuva["vaccines"].items()
    return {
        "source": f"NUVA {nuva['nuva']} of {nuva['date']}, International Vaccine Codes Initiative (ivci.org), CC BY "
        "4.0, changed: only numbers of vaccines and valences",
        "parents": {number(code): number(row["p"]) for code, row in nuva["valences"].items() if "p" in row},
        "valences": {number(code): [number(one) for one in row.get("v", ())] for code, row in vaccines},
        "classes": [number(code) for code, row in vaccines if row.get("a")],
    }


if __name__ == "__main__":
    made = table(json.loads(Path(sys.argv[1]).read_text()))
    TARGET.write_text(json.dumps(made, separators=(",", ":")).replace('},"', '},\n"') + "\n", encoding="utf-8")
