"""A few lines of SVG: boxes, text and QR modules, for pictures that look the same on light and dark pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

FONT = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
INK, PAPER, LINE, SOFT, GREEN, RED, BLUE = "#1b2733", "#ffffff", "#c3ccd5", "#eef2f6", "#1a7f4b", "#b3261e", "#1f5fa8"


@dataclass
class Picture:
    """A picture in the making; sizes are in pixels."""

    width: float
    height: float
    title: str
    _parts: list[str] = field(default_factory=list)

    def box(self, x: float, y: float, width: float, height: float, *, fill: str = SOFT, line: str = LINE) -> None:
        """Draw a box with round corners."""
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="6" fill="{fill}" stroke="{line}"/>'
        )

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: int = 14,
        color: str = INK,
        bold: bool = False,
        middle: bool = False,
    ) -> None:
        """Write one line; `y` is its base line."""
        style = f'font-size="{size}" fill="{color}"' + ' font-weight="600"' * bold + ' text-anchor="middle"' * middle
        self._parts.append(f'<text x="{x:g}" y="{y:g}" {style} xml:space="preserve">{escape(words)}</text>')

    def line(self, x: float, y: float, to_x: float, to_y: float, *, color: str = LINE) -> None:
        """Draw a line."""
        self._parts.append(
            f'<line x1="{x:g}" y1="{y:g}" x2="{to_x:g}" y2="{to_y:g}" stroke="{color}" stroke-width="1.5"/>'
        )

    def arrow_down(self, x: float, y: float, to_y: float) -> None:
        """Draw an arrow that points down."""
        self.line(x, y, x, to_y - 5, color=INK)
        self._parts.append(f'<path d="M{x - 4:g} {to_y - 7:g}h8l-4 7z" fill="{INK}"/>')

    def modules(self, x: float, y: float, width: float, rows: list[list[bool]]) -> None:
        """Draw the modules of a QR code, its white frame included in `rows`."""
        size = width / len(rows)
        dark = "".join(f"M{left} {top}h1v1h-1z" for top, row in enumerate(rows) for left, on in enumerate(row) if on)
        self._parts.append(f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{width:g}" fill="#fff"/>')
        self._parts.append(f'<path transform="translate({x:g} {y:g}) scale({size:.6g})" d="{dark}" fill="#000"/>')

    def __str__(self) -> str:
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}" role="img"'
        name = f"<title>{escape(self.title)}</title>"
        paper = f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>'
        return "\n".join(
            [f'{head} width="{self.width:g}" font-family="{FONT}">', name, paper, *self._parts, "</svg>", ""]
        )
