"""Which texts the font of a page can draw: Latin with all Vietnamese letters, Greek and Cyrillic.

A letter that is not drawn would be a box or an error of the typesetter. Scripts that run from right to left, or whose
letters depend on their neighbours, are left to the code itself; combining marks too, since many on one letter cover the
lines around it.
"""

from __future__ import annotations

import unicodedata
from typing import Final

# Of Libertinus Serif, regular, bold and italic, which is part of typst; a test draws every letter.
_RANGES: Final = (
    (0x0020, 0x007E),
    (0x00A1, 0x00AC),
    (0x00AE, 0x0241),
    (0x0384, 0x038A),
    (0x038C, 0x038C),
    (0x038E, 0x03A1),
    (0x03A3, 0x03CE),
    (0x0400, 0x045F),
    (0x0490, 0x04C4),
    (0x04D0, 0x04F9),
    (0x1E00, 0x1E9B),
    (0x1E9E, 0x1E9E),
    (0x1EA0, 0x1EF9),
    (0x2010, 0x2015),
    (0x2018, 0x201E),
    (0x2020, 0x2022),
    (0x2026, 0x2026),
    (0x2030, 0x2030),
    (0x2032, 0x2033),
    (0x2039, 0x203A),
    (0x20AB, 0x20AC),
    (0x2116, 0x2116),
    (0x2122, 0x2122),
)
LETTERS: Final = frozenset(chr(number) for first, last in _RANGES for number in range(first, last + 1))


def to_drawable(text: str) -> str | None:
    """Return a text in NFC and on one line; None if the font lacks a letter of it."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    return line if LETTERS.issuperset(line) else None
