"""What a text in a certificate may hold: one spelling for one text, and nothing that hides or disguises."""

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
# The generic combining marks: one that NFC leaves over belongs to no letter that fonts or matching would know. Marks of
# a script of their own (Thai, Devanagari) are letters' parts there and stay.
_STRAY_MARK: Final = "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"

# A transliterated name by ICAO 9303-3: words of A-Z, one filler between them. Every filler has a letter after it, so
# that the pattern has one way to match, and a bound.
STANDARDISED: Final = "[A-Z](?:<?[A-Z]){0,79}"


def blank_findings(text: str, *, field: Place, record: str | None = None) -> Iterator[Finding]:
    """Yield what is wrong with a text that says nothing, or says it between blanks."""
    if not text:
        yield finding("record.schema", record=record, path=field, problem=fragment("content.empty"))
    elif text != text.strip():
        yield finding("record.padded_text", record=record, field=field)


def text_findings(text: str, *, field: Place, record: str | None = None) -> Iterator[Finding]:
    """Yield what keeps a text from being signed: `record.not_nfc` or `record.forbidden_character`."""
    if text.isascii() and text.isprintable():  # nearly all of them
        return
    if not unicodedata.is_normalized("NFC", text):
        yield finding("record.not_nfc", record=record, field=field)
    elif re.search(_STRAY_MARK, text) or not _FORBIDDEN.isdisjoint(map(unicodedata.category, text)):
        yield finding("record.forbidden_character", record=record, field=field)
