"""Write the tables of findings.md and fragments.md from the catalogs: `python docs/reference/generate.py`."""

from __future__ import annotations

from pathlib import Path

from hcert.findings import catalog
from hcert.fragments import fragments

FOLDER = Path(__file__).parent


def findings_table() -> str:
    """Return the findings, in the order of the catalog."""
    head = "| code | severity | gravity | short | words |\n|---|---|---|---|---|\n"
    return head + "".join(
        f"| `{code}` | {row['severity']} | {row.get('gravity', '')} | {row['short']['en']} | {row['en']} |\n"
        for code, row in catalog().items()
    )


def fragments_table() -> str:
    """Return the fragments, by code."""
    head = "| code | English | Vietnamese |\n|---|---|---|\n"
    rows = sorted(fragments().items())
    return head + "".join(f"| `{code}` | {_cell(row['en'])} | {_cell(row['vi'])} |\n" for code, row in rows)


def page(text: str, table: str) -> str:
    """Return a page with its table made anew."""
    head = "".join(table.splitlines(keepends=True)[:2])
    before, _, after = text.partition(head)
    _, blank, rest = after.partition("\n\n")
    return before + table + blank[1:] + rest


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


PAGES = {FOLDER / "findings.md": findings_table, FOLDER / "fragments.md": fragments_table}

if __name__ == "__main__":
    for path, table in PAGES.items():
        path.write_text(page(path.read_text("utf-8"), table()), "utf-8")
