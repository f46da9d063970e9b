"""What hcert says of every vector, word for word: which entry, which member, which reason, which number.

A code tells what is wrong; the words tell people where, and the wrong ones send them astray. Who changes words runs
this test with `HCERT_WRITE_WORDS=1`, which writes them down anew, and reads the difference.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import hcert
from adapters.hcert_adapter import check

ROOT = Path(__file__).parent.parent.parent

VECTORS: list[dict[str, Any]] = json.loads((ROOT / "docs/conformance/vectors.json").read_text("utf-8"))["vectors"]
WRITTEN = Path(__file__).with_name("words.json")


def words(vector: dict[str, Any]) -> list[str]:
    """Return the findings on a vector, a line each."""
    try:
        found = check(vector).findings
    except hcert.MalformedError as error:
        found = error.findings
    return [f"{one.record}: {one.message}" if one.record else one.message for one in found]


def test_every_finding_is_said_in_its_words() -> None:
    """Of the right entry and member, with the right numbers."""
    told = {vector["id"]: said for vector in VECTORS if (said := words(vector))}
    if os.environ.get("HCERT_WRITE_WORDS"):
        WRITTEN.write_text(json.dumps(told, ensure_ascii=False, indent=0) + "\n", "utf-8")
    assert told == json.loads(WRITTEN.read_text("utf-8"))
