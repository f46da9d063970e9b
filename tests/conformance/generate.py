#!/usr/bin/env python3
"""Write the conformance vectors, or check that the file holds what this generator writes.

usage: generate.py [--check | --freeze]

The output is the same on every machine. What cannot be (codes that compress with zlib, sealed parts with their random
keys) was made once by --freeze and stands in `kit/frozen.json`; the rest is computed from names.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from kit import cards, container, medication, published, records, signing, times, who
from kit.freezing import freeze

HERE = Path(__file__).parent
PUBLISHED = HERE.parent.parent / "docs" / "conformance"
OUTPUT = PUBLISHED / "vectors.json"
PAGE = PUBLISHED / "README.md"


def document() -> dict[str, Any]:
    """Return all vectors."""
    modules = (container, signing, times, records, published, who, medication, cards)
    vectors = [vector.written() for module in modules for vector in module.vectors()]
    names = [vector["id"] for vector in vectors]
    assert len(names) == len(set(names)), sorted(name for name in names if names.count(name) > 1)
    return {"version": 1, "vectors": vectors}


def written() -> str:
    """Return the file."""
    kept = json.loads((HERE / "kit" / "frozen.json").read_text("utf-8"))
    container.FROZEN.update({int(level): base64.b64decode(data) for level, data in kept["zlib"].items()})
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


def counted(page: str, vectors: list[dict[str, Any]]) -> str:
    """Return README.md with the numbers of vectors."""
    groups = Counter(vector["group"] for vector in vectors)
    page = re.sub(r"^(\| `([a-z0-9-]+)` \| )\d+", lambda row: f"{row[1]}{groups[row[2]]}", page, flags=re.MULTILINE)
    page = re.sub(r"\*\*\d+ vectors\*\*", f"**{len(vectors)} vectors**", page)
    optional = sum("optional" in vector for vector in vectors)
    page = re.sub(r"\*\*\d+ of them are optional\*\*", f"**{optional} of them are optional**", page)
    either = sum(vector["expect"] == "either" for vector in vectors)
    return re.sub(r"`either` \(\d+ do\)", f"`either` ({either} do)", page)


def main() -> int:
    """Write or check the file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="say whether the file is what would be written")
    mode.add_argument("--freeze", action="store_true", help="make anew what is random or depends on zlib")
    options = parser.parse_args()
    if options.freeze:
        (HERE / "kit" / "frozen.json").write_text(json.dumps(freeze(), indent=1) + "\n", "utf-8")
    text = written()
    if options.check:
        same = OUTPUT.read_text("utf-8") == text
        print("vectors.json is up to date" if same else "vectors.json differs from what generate.py writes")
        return 0 if same else 1
    OUTPUT.write_text(text, "utf-8")
    PAGE.write_text(counted(PAGE.read_text("utf-8"), json.loads(text)["vectors"]), "utf-8")
    print(f"{text.count(chr(34) + 'expect' + chr(34))} vectors written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
