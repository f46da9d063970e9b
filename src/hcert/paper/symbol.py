"""The QR code of a page: at which error correction level it is drawn, and what a card can hold.

Level Q survives a stain on a seventh of the code, M on a tenth, and above version 31 finer modules cost more than the
level gains. A camera does not care about the level, only about the size of the modules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hcert.errors import IssueError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hcert.issue.qr import QrCode
    from hcert.issue.symbol import ErrorLevel

QUIET_ZONE: Final = 4  # modules on each side, ISO/IEC 18004 section 6.3.8
CARD_VERSION: Final = 28  # with modules of 0.34 mm; phone cameras begin to fail at 0.33 mm
CARD_CHARACTERS: Final = 1732  # alphanumeric capacity of version 28 at level M, ISO/IEC 18004 table 7


class Choice(NamedTuple):
    """A level, and the highest version for which it is taken."""

    error: ErrorLevel
    version: int


ON_SHEET: Final = (Choice("Q", 31), Choice("M", 40), Choice("L", 40))
ON_CARD: Final = (Choice("Q", CARD_VERSION), Choice("M", CARD_VERSION))
ON_SCREEN: Final = (Choice("M", 40), Choice("L", 40))  # a screen has no stains


def draw_symbol(text: str, choices: Iterable[Choice]) -> QrCode:
    """Draw a text at the first level that suits it.

    Args:
        text: of a code that was verified.
        choices: levels in their order.

    Raises:
        IssueError: `paper.too_dense`.
    """
    from hcert.issue.qr import QrCode  # needs segno, an optional package

    for error, most in choices:
        try:
            symbol = QrCode.of(text, error=error)
        except IssueError:
            continue
        if symbol.version <= most:
            return symbol
    raise IssueError.of("paper.too_dense", length=len(text), version=CARD_VERSION, capacity=CARD_CHARACTERS)
