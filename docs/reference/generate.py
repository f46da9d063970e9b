"""Write what the documentation repeats: the tables of findings.md and fragments.md, and the index of decisions.

Run `python docs/reference/generate.py` after a change of the catalog or of a decision.
"""

from __future__ import annotations

import re
from pathlib import Path

from hcert.findings import catalog
from hcert.fragments import fragments

FINDINGS = Path(__file__).with_name("findings.md")
DECISIONS = Path(__file__).parent.parent / "decisions" / "README.md"
FRAGMENTS = Path(__file__).with_name("fragments.md")
FINDINGS_HEAD = "| code | severity | gravity | short | words |\n|---|---|---|---|---|\n"
FRAGMENTS_HEAD = "| code | English | Vietnamese |\n|---|---|---|\n"
DECISIONS_HEAD = "| | decision | status | date |\n|---|---|---|---|\n"
DECISION = re.compile(
    r"# (?P<number>\d+)\. (?P<title>.+)\n\nStatus: (?P<status>\w+), (?P<date>[\d-]{10})(?:; (?P<more>.+))?\n"
)


def findings_table() -> str:
    """Return a row for each finding, in the order of the catalog."""
    return "".join(
        f"| `{code}` | {row['severity']} | {row.get('gravity', '')} | {row['short']['en']} | {row['en']} |\n"
        for code, row in catalog().items()
    )


def fragments_table() -> str:
    """Return a row for each fragment, by code."""
    rows = [(code, row["en"].replace("|", "\\|"), row["vi"].replace("|", "\\|")) for code, row in fragments().items()]
    return "".join(f"| `{code}` | {english} | {vietnamese} |\n" for code, english, vietnamese in sorted(rows))


def decisions_table() -> str:
    """Return a row for each decision.

    Raises:
        ValueError: for a decision without number, title, status and date at its head.
    """
    rows = []
    for path in sorted(DECISIONS.parent.glob("[0-9]*.md")):
        found = DECISION.match(path.read_text("utf-8"))
        if found is None:
            raise ValueError(f"{path.name}: expected '# N. Title', an empty line and 'Status: accepted, YYYY-MM-DD'")
        number, title, status, date, more = found.groups()
        rows.append(f"| {number} | [{title}]({path.name}) | {status}{f'; {more}' if more else ''} | {date} |\n")
    return "".join(rows)


def with_table(text: str, head: str, table: str) -> str:
    """Return a page with its table replaced."""
    before, _, after = text.partition(head)
    _, blank, rest = after.partition("\n\n")
    return before + head + table + blank[1:] + rest


if __name__ == "__main__":
    FINDINGS.write_text(with_table(FINDINGS.read_text("utf-8"), FINDINGS_HEAD, findings_table()), "utf-8")
    FRAGMENTS.write_text(with_table(FRAGMENTS.read_text("utf-8"), FRAGMENTS_HEAD, fragments_table()), "utf-8")
    DECISIONS.write_text(with_table(DECISIONS.read_text("utf-8"), DECISIONS_HEAD, decisions_table()), "utf-8")
