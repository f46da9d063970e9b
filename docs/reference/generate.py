"""Write the table of findings.md from the catalog: `python docs/reference/generate.py`."""

from __future__ import annotations

from pathlib import Path

from hcert.findings import catalog

PAGE = Path(__file__).with_name("findings.md")
HEAD = "| code | severity | gravity | short | words |\n|---|---|---|---|---|\n"


def table() -> str:
    """Return the rows, in the order of the catalog."""
    return "".join(
        f"| `{code}` | {row['severity']} | {row.get('gravity', '')} | {row['short']['en']} | {row['en']} |\n"
        for code, row in catalog().items()
    )


def page(text: str) -> str:
    """Return a page with its table made anew."""
    before, _, after = text.partition(HEAD)
    _, blank, rest = after.partition("\n\n")
    return before + HEAD + table() + blank[1:] + rest


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
