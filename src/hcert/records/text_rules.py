"""Which characters a text in a certificate may hold: one spelling for each text, and nothing hidden or disguised."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from hcert.findings import Finding, finding
from hcert.fragments import fragment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.fragments import Place

# Control, format (bidi among them), surrogate, private and unassigned characters, line and paragraph separators.
_FORBIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# The generic combining marks. One that NFC does not compose is on a letter that neither fonts nor matching know. The
# marks of other scripts (Thai, Devanagari) are parts of their letters and allowed.
_STRAY_MARK: Final = "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"

_REPLACEMENT: Final = "\ufffd"  # what a program writes for bytes that it cannot decode
# A transliterated name by ICAO 9303-3: words of A-Z with one filler between them. A letter follows every filler, so the
# pattern cannot backtrack.
STANDARDISED: Final = "[A-Z](?:<?[A-Z]){0,79}"


def blank_findings(text: str, *, field: Place, record: str | None = None) -> Iterator[Finding]:
    """Yield findings for empty text and surrounding whitespace: `record.schema` or `record.padded_text`."""
    if not text:
        yield finding("record.schema", record=record, path=field, problem=fragment("content.empty"))
    elif text != text.strip():
        yield finding("record.padded_text", record=record, field=field)


def text_findings(text: str, *, field: Place, record: str | None = None) -> Iterator[Finding]:
    """Yield findings for text that must not be signed: see `text_fault`, and `record.replacement_character`."""
    fault = text_fault(text)
    if fault is not None:
        yield finding(fault, record=record, field=field)
    if _REPLACEMENT in text:
        yield finding("record.replacement_character", record=record, field=field)


def replacement_findings(*texts: tuple[str, str | None], record: str | None = None) -> list[Finding]:
    """Return `record.replacement_character` for each text, given with its field, in which a program lost a letter."""
    return [
        finding("record.replacement_character", record=record, field=field)
        for field, text in texts
        if text is not None and _REPLACEMENT in text
    ]


def text_fault(text: str) -> str | None:
    """Return what is wrong with the characters of a text: `record.not_nfc` or `record.forbidden_character`."""
    printable = text.isprintable()  # of the forbidden categories, none is
    if printable and text.isascii():  # nearly all of them
        return None
    if not unicodedata.is_normalized("NFC", text):
        return "record.not_nfc"
    if re.search(_STRAY_MARK, text) or not (printable or _FORBIDDEN.isdisjoint(map(unicodedata.category, text))):
        return "record.forbidden_character"
    return None
