"""Sheets for the assessment of apps on phones: any texts as numbered symbols, whatever is wrong with them, and a form.

Unlike all else in this room nothing is verified here, since most of these codes must be refused. So nothing is read
back either, and a sheet shows a number alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hcert.errors import HcertError
from hcert.paper.typesetting import require_packages, typeset

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hcert.issue.symbol import ErrorLevel
    from hcert.phrases import Language

_LEVELS: Final[tuple[ErrorLevel, ...]] = ("M", "L")
_MODULE_MM: Final = 0.4  # the sheet and the screen have their own size


def draw_any(text: str) -> str | None:
    """Draw a text as an SVG; None if it is empty or no QR code holds it.

    Letters outside Base45 stand in the symbol as UTF-8.

    Args:
        text: of a code, sound or not.

    Raises:
        ConfigurationError: `extra.missing`.
    """
    require_packages()
    import segno  # an optional package

    from hcert.issue import drawing
    from hcert.issue.qr import QrCode

    for level in _LEVELS if text else ():
        try:
            return QrCode.of(text, error=level).svg()
        except HcertError:  # too long, or letters outside Base45
            pass
        try:
            code = segno.make_qr(text, error=level, encoding="utf-8", boost_error=False)
        except (segno.DataOverflowError, ValueError):  # a ValueError for half a letter
            continue
        return drawing.to_svg(tuple(map(bytes, code.matrix)), _MODULE_MM)
    return None


def typeset_sheets(symbols: Sequence[str], *, words: Mapping[str, Any], language: Language) -> bytes:
    """Return sheets, A4, six symbols of 64 mm a page, each with its number; the first page says what to do.

    Args:
        symbols: as `draw_any` draws them, numbered from 1.
        words: `title`, `facts` (pairs of label and value), `steps` and `page`, in the language.
        language: of the words.
    """
    return typeset("kit_sheets.typ", {"language": language, "words": words, "symbols": symbols})


def typeset_form(count: int, *, words: Mapping[str, Any], language: Language) -> bytes:
    """Return the form in which an assessor notes on paper what was seen.

    Args:
        count: of numbers.
        words: `title`, `blanks` (labels of lines to fill in), `columns`, `steps` and `page`, in the language.
        language: of the words.
    """
    return typeset("kit_form.typ", {"language": language, "words": words, "count": count})
