"""Sheets, cards and pictures of codes: verified first, then written from what was read back."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from hcert.errors import ConfigurationError
from hcert.paper.content import PageWriter
from hcert.paper.symbol import ON_CARD, ON_SCREEN, ON_SHEET, QUIET_ZONE, draw_symbol
from hcert.paper.typesetting import require_packages, typeset
from hcert.phrases import require_language
from hcert.verify.verdict import VerificationError
from hcert.verify.verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, tzinfo
    from typing import Literal

    from hcert.paper.symbol import Choice
    from hcert.phrases import Language
    from hcert.records.value_sets import ValueSets
    from hcert.trust.revocation_list import RevocationList
    from hcert.trust.trust_list import TrustList

MAX_SHEETS: Final = 500  # of a book; typst takes 3 MB of memory for each
_SCREEN_PIXELS: Final = 961  # of the 1080 of a picture's width: 89 %


def sheet(
    text: str,
    *,
    trust: TrustList,
    language: Language = "vi",
    revocations: RevocationList | Literal["unchecked"] | None = None,
    zone: tzinfo = UTC,
    at: datetime | None = None,
    value_sets: ValueSets | None = None,
) -> bytes:
    """Return a code as a sheet of paper: PDF, A4, to be folded twice to A6.

    The code is verified first, and everything on the sheet was read back from it. What a verifier refuses is not
    printed, expired codes included: paper would carry it to people who cannot check it. The code is 62 mm wide with its
    quiet zone. Entries are shown newest first; those that have no room are counted. The sheet never shows an ID number,
    lots, sealed content, or anything that looks like a verdict. Letters that the font lacks: a name is written as it is
    transliterated by ICAO 9303, other texts refer to the code.

    Args:
        text: of the code, as a scanner reads it.
        trust: keys of the issuers whose codes are printed.
        language: of the page; Vietnamese pages have English beside it.
        revocations: as for `Verifier`.
        zone: time zone in which times of the day are written.
        at: time of the check, aware; now if None. It is not on the page, so the same code gives the same bytes.
        value_sets: what codes mean; those of the package where None.

    Raises:
        VerificationError: the code is refused; `verdict` has every reason.
        IssueError: `paper.letters` for a name that can be written in neither form, `paper.too_dense`; `record.schema`
            for a record of a kind that hcert only reads.
        ConfigurationError: `words.language`, `time.naive`, `extra.missing` (needs `hcert[paper]`).
    """
    return book(
        [text], trust=trust, language=language, revocations=revocations, zone=zone, at=at, value_sets=value_sets
    )


def book(
    texts: Iterable[str],
    *,
    trust: TrustList,
    language: Language = "vi",
    revocations: RevocationList | Literal["unchecked"] | None = None,
    zone: tzinfo = UTC,
    at: datetime | None = None,
    value_sets: ValueSets | None = None,
) -> bytes:
    """Return many sheets as one PDF for a print shop, a page for each code, in their order; see `sheet`.

    Nothing is printed if one code is refused. The note of that error (`__notes__`) says which one, such as `texts[17]`.

    Args:
        texts: of the codes, 1 to 500.
        trust: as for `sheet`, like all that follow.
        language: of the pages.
        revocations: as for `Verifier`.
        zone: of times of the day.
        at: time of the check.
        value_sets: what codes mean.

    Raises:
        VerificationError, IssueError, ConfigurationError: as `sheet`; also `paper.book_size`.
    """
    press = _Press(PageWriter(require_language(language), zone, value_sets), trust, revocations, at)
    return typeset("sheet.typ", press.lay_out(list(texts), ON_SHEET))


def card(
    text: str,
    *,
    trust: TrustList,
    language: Language = "vi",
    revocations: RevocationList | Literal["unchecked"] | None = None,
    zone: tzinfo = UTC,
    at: datetime | None = None,
    value_sets: ValueSets | None = None,
) -> bytes:
    """Return a code as a card of the size ID-1: PDF with a front and a back of 85.6 by 53.98 mm.

    The code is 46.9 mm wide with its quiet zone. A code above version 28 would have modules under 0.34 mm, which phones
    do not read well, and is refused.

    Args:
        text: of the code.
        trust: as for `sheet`, like all that follow.
        language: of the page.
        revocations: as for `Verifier`.
        zone: of times of the day.
        at: time of the check.
        value_sets: what codes mean.

    Raises:
        VerificationError, IssueError, ConfigurationError: as `sheet`.
    """
    press = _Press(PageWriter(require_language(language), zone, value_sets), trust, revocations, at)
    return typeset("card.typ", press.lay_out([text], ON_CARD))


def picture(
    text: str,
    *,
    trust: TrustList,
    language: Language = "vi",
    revocations: RevocationList | Literal["unchecked"] | None = None,
    zone: tzinfo = UTC,
    at: datetime | None = None,
    value_sets: ValueSets | None = None,
) -> bytes:
    """Return a code as a picture for a phone: PNG, 1080 by 2340 pixels, with name, birth date and expiry.

    It is for the gallery, not for a lock screen, where everybody who picks up the phone could read it.

    Args:
        text: of the code.
        trust: as for `sheet`, like all that follow.
        language: of the page.
        revocations: as for `Verifier`.
        zone: of times of the day.
        at: time of the check.
        value_sets: what codes mean.

    Raises:
        VerificationError, IssueError, ConfigurationError: as `sheet`.
    """
    press = _Press(PageWriter(require_language(language), zone, value_sets), trust, revocations, at)
    return typeset("picture.typ", press.lay_out([text], ON_SCREEN), form="png")


class _Press:
    """Verifies codes and lays out their pages."""

    def __init__(
        self,
        writer: PageWriter,
        trust: TrustList,
        revocations: RevocationList | Literal["unchecked"] | None,
        at: datetime | None,
    ) -> None:
        require_packages()
        self._writer = writer
        self._verifier = Verifier(trust, revocations=revocations, value_sets=writer.value_sets)
        self._at = at

    def lay_out(self, texts: Sequence[str], choices: Sequence[Choice]) -> dict[str, Any]:
        """Return what a template shows: the words of every page, and the pages."""
        if not 1 <= len(texts) <= MAX_SHEETS:
            raise ConfigurationError.of("paper.book_size", count=len(texts), most=MAX_SHEETS)
        pages = []
        for number, text in enumerate(texts):
            try:
                pages.append(self._page(text, choices))
            except Exception as error:
                if len(texts) > 1:
                    error.add_note(f"texts[{number}]")
                raise
        return {"words": self._writer.labels(), "pages": pages}

    def _page(self, text: str, choices: Sequence[Choice]) -> dict[str, Any]:
        verdict = self._verifier.check(text, at=self._at)
        if not verdict.accepted or verdict.certificate is None:
            raise VerificationError(verdict)
        symbol = draw_symbol(text, choices)
        excluded = {found.record for found in verdict.findings if found.excludes_entry}
        edge = symbol.modules + 2 * QUIET_ZONE
        drawn = {"symbol": symbol.svg(), "pixels": _SCREEN_PIXELS // edge * edge}  # whole pixels a module on a screen
        return self._writer.describe(verdict.certificate, excluded=excluded) | drawn
