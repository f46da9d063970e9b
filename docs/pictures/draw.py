"""Draw the pictures of the documentation from what they show: `python docs/pictures/draw.py [house] [steps] [card]`.

`house` shows the floors that `tests/test_architecture.py` checks, `steps` the table of `docs/explanation/verdict.md`,
`card` a code and its card as hcert makes them, for a citizen who does not exist and with keys that are thrown away.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import svg

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
FLOOR_NAMES = (
    "data",
    "words",
    "reasons",
    "errors",
    "time",
    "bytes",
    "keys",
    "content",
    "judgement",
    "the journeys",
    "for programs",
    "for operators",
    "gates, paper, bulk",
    "for people",
)


def house() -> str:
    """Draw the rooms by floor; the command stands above all."""
    tree = ast.parse((ROOT / "tests" / "test_architecture.py").read_text("utf-8"))
    (floors,) = (
        ast.literal_eval(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FLOORS"
    )
    floors = (*floors, {"cli"})
    picture = svg.Picture(860, 40 + 50 * len(floors), "The rooms of hcert by floor: arrows point down only")
    for row, (name, floor) in enumerate(reversed(list(zip(FLOOR_NAMES, floors, strict=True)))):
        y = 20 + 50 * row
        folders = [room for room in floor if (ROOT / "src" / "hcert" / room).is_dir()]
        rooms = sorted(folders) + sorted(floor - set(folders))
        picture.text(16, y + 25, name, size=13, color="#5b6875")
        width = (700 - 8 * (len(rooms) - 1)) / len(rooms)
        for column, room in enumerate(rooms):
            x = 130 + column * (width + 8)
            is_room = room in folders
            picture.box(
                x, y, width, 40, fill="#dbe8f6" if is_room else svg.SOFT, line=svg.BLUE if is_room else svg.LINE
            )
            picture.text(x + width / 2, y + 25, room, bold=is_room, size=14 if width > 80 else 12, middle=True)
    picture.arrow_down(845, 20, 20 + 50 * len(floors) - 10)
    return str(picture)


def steps() -> str:
    """Draw the steps of a verification with the findings of each."""
    page = (ROOT / "docs" / "explanation" / "verdict.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| \*\*(.+?)\*\*(.*?) \| (.*) \|$", page, re.MULTILINE)
    notes = {
        1: "stops at the first fault",
        5: "nothing is interpreted before 6",
        7: "an issuer runs these too",
        11: "yours",
    }
    picture = svg.Picture(860, 40 + 46 * len(rows), "The eleven steps of a verification")
    starts = [*sorted(notes), len(rows) + 1]
    for first, following in pairwise(starts):
        y = 20 + 46 * (first - 1)
        picture.box(14, y, 200, 46 * (following - first) - 8, fill="#dbe8f6", line=svg.BLUE)
        picture.text(114, y + 23 * (following - first), notes[first], size=13, middle=True)
    for number, name, _, codes in rows:
        y = 20 + 46 * (int(number) - 1)
        picture.box(226, y, 618, 38)
        picture.text(250, y + 25, number, bold=True, middle=True)
        picture.text(276, y + 25, name, bold=True)
        stages = dict.fromkeys(re.findall(r"`([a-z_]+\.[a-z_]*\*?)", codes))
        shown = ", ".join(list(stages)[:3]) + (" …" if len(stages) > 3 else "")
        picture.text(430, y + 25, shown, size=12, color="#5b6875")
        if int(number) < len(rows):
            picture.arrow_down(250, y + 34, y + 48)
    return str(picture)


def card() -> str:
    """Draw a code and the card that a gate shows for it, in both languages."""
    import hcert
    from hcert import policy, words

    hanoi = timezone(timedelta(hours=7))
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "hcert", "demo", folder], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        files = {path.name: path.read_bytes() for path in Path(folder).iterdir() if path.is_file()}
    now = datetime.now(UTC)
    anchors = [hcert.TrustedKey.from_public_key(files[f"anchor{number}.pub"]) for number in (1, 2)]
    verifier = hcert.Verifier(
        hcert.TrustList.open(files["keys.cose"], anchors=anchors, at=now),
        revocations=hcert.RevocationList.open(files["full.bin"], anchors=anchors, at=now),
        policy=policy.AnyOf(policy.CompletedSeries(zone=hanoi), policy.RecentNegativeTest()),
    )
    text = files["citizen.txt"].decode()
    verdict = verifier.check(text, at=now)
    cards = [words.card(verdict, language=language, zone=hanoi).lines for language in ("en", "vi")]
    heights = [22 + 21 * len(lines) for lines in cards]
    side = sum(heights) + 12
    picture = svg.Picture(side + 632, side + 28, "A code and its card in English and Vietnamese")
    picture.modules(14, 14, side, modules(text))
    y = 14.0
    for lines, height in zip(cards, heights, strict=True):
        picture.box(side + 28, y, 590, height, fill="#f3faf6", line=svg.GREEN)
        for number, line in enumerate(lines):
            size, color = (17, svg.GREEN) if number == 0 else (13, svg.INK)
            picture.text(side + 42, y + 27 + 21 * number, line, size=size, bold=number < 2, color=color)
        y += height + 12
    return str(picture)


def modules(text: str) -> list[list[bool]]:
    """Return the modules of the QR code of a text, with its white frame of four."""
    import segno

    symbol = segno.make_qr(text, error="M", mode="alphanumeric", boost_error=False)
    return [[bool(module) for module in row] for row in symbol.matrix_iter(scale=1, border=4)]


PICTURES = {"house": house, "steps": steps, "card": card}

if __name__ == "__main__":
    for name in sys.argv[1:] or PICTURES:
        (HERE / f"{name}.svg").write_text(PICTURES[name](), "utf-8")
