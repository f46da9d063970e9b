"""Codes of an authority, printed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import hcert
from hcert import paper
from support import pages
from support.signers import EXPIRY, NOW, document_signer, p256

if TYPE_CHECKING:
    from collections.abc import Callable

SIGNER = document_signer(p256())
TRUST = hcert.TrustList([SIGNER.key])
HANOI = dt.timezone(dt.timedelta(hours=7))
PDF = (paper.sheet, paper.card)
FORMS = (*PDF, paper.picture)
HOSTILE = (
    '#panic("x") #set text(90pt)',
    "*bold* _slant_ `raw` $x^2$ <l>",
    "@ref //c /* d */ \\ #import",
    "\"quoted\" 'so' {code} [body]",
    "= Heading - list + list",
)


def code_of(record: hcert.CitizenRecord | hcert.EuDcc | hcert.Icvp, **options: Any) -> str:
    """Return the text of a code of the authority."""
    given: dict[str, Any] = {"issued_at": NOW, "expires_at": EXPIRY, "error": "L"} | options
    return hcert.Issuer(SIGNER.signer, country="VN").issue(record, **given).text


def printed(draw: Callable[..., bytes], text: str, **options: Any) -> bytes:
    """Print a code."""
    given: dict[str, Any] = {"trust": TRUST, "at": NOW, "zone": HANOI} | options
    return draw(text, **given)


def on(draw: Callable[..., bytes], text: str, **options: Any) -> str:
    """Return the text on the pages about a code."""
    return pages.text_of(printed(draw, text, **options))
