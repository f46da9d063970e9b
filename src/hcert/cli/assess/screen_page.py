"""The codes as a page for a screen: one at a time, each with its number. It needs nothing else, not even a script."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from hcert.cli.texts import line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hcert import words

_STYLE: Final = """
* { box-sizing: border-box }
body { margin: 0; font: 1rem/1.45 system-ui, sans-serif; color: #1a1a1a; background: #fff }
header { max-width: 45rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere }
header li { margin: .4rem 0 }
section { display: none; position: fixed; inset: 0; grid-template-rows: minmax(0, 1fr) auto; padding: 2vmin;
  background: #fff }
section:target { display: grid }
svg { width: 100%; height: 100% }
nav { display: flex; justify-content: center; align-items: center; gap: 2rem; font-size: 2rem }
nav strong { font-size: 3rem; min-width: 3ch; text-align: center }
nav a { padding: .3rem 1rem; color: #0b3d91 }
"""


def write_screen_page(
    symbols: Sequence[str],
    *,
    title: str,
    facts: Sequence[tuple[str, str]],
    steps: Sequence[str],
    language: words.Language,
) -> str:
    """Return the page.

    Args:
        symbols: SVG documents, numbered from 1.
        title: of the page.
        facts: labels and values.
        steps: what to do.
        language: of the page.
    """
    notes = "".join(f"<p><b>{escape(label)}:</b> {escape(value)}</p>" for label, value in facts)
    rows = "".join(f"<li>{escape(step)}</li>" for step in steps)
    sections = "\n".join(
        _write_section(number, len(symbols), symbol, language) for number, symbol in enumerate(symbols, 1)
    )
    return f"""<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
{notes}
<ol>{rows}</ol>
<p><a href="#n1">{escape(line("Begin").in_language(language))}</a></p>
</header>
{sections}
</body>
</html>
"""


def _write_section(number: int, total: int, symbol: str, language: words.Language) -> str:
    _, _, drawing = symbol.partition("?>\n")  # the declaration of XML has no place in a page
    name = escape(line("Code {number}", number=number).in_language(language))
    back = f'<a href="#n{number - 1}" aria-label="{number - 1}">←</a>' if number > 1 else ""
    on = f'<a href="#n{number + 1}" aria-label="{number + 1}">→</a>' if number < total else ""
    labelled = drawing.replace("<svg ", f'<svg role="img" aria-label="{name}" ', 1)
    return f'<section id="n{number}">{labelled}<nav>{back}<strong>{number}</strong>{on}</nav></section>'
