"""Codes of every size, to be printed."""

from __future__ import annotations

import random
import string

import pytest

import hcert
from hcert.paper.symbol import ON_SHEET, draw_symbol
from support.citizen_records import citizen_record, sampled
from support.signers import EXPIRY, NOW, DocumentSigner, document_signer, p256

LINE = 80  # letters of a text
MOST = 30  # tests with a long text


@pytest.fixture(scope="session")
def authority() -> DocumentSigner:
    """A document signer."""
    return document_signer(p256())


@pytest.fixture(scope="session")
def trust(authority: DocumentSigner) -> hcert.TrustList:
    """Its key."""
    return hcert.TrustList([authority.key])


def sign(authority: DocumentSigner, record: hcert.CitizenRecord | hcert.EuDcc | hcert.Icvp) -> str:
    """Return the text of a code, of a length that some QR code holds."""
    issuer = hcert.Issuer(authority.signer, country="VN")
    return issuer.issue(record, issued_at=NOW, expires_at=EXPIRY, error="L").text


@pytest.fixture(scope="session")
def codes(authority: DocumentSigner) -> dict[int, str]:
    """Texts by the version of the QR code that a sheet shows; long texts of letters at random make them long."""
    letters = "".join(random.Random(5).choices(string.ascii_letters, k=LINE * MOST))  # noqa: S311 - not a secret
    found: dict[int, str] = {}
    for count in range(1, LINE * MOST, 13):
        texts = [letters[start : min(start + LINE, count)] for start in range(0, count, LINE)]
        tests = tuple(sampled(number, centre=text, issuer=None) for number, text in enumerate(texts, 1))
        text = sign(authority, citizen_record(0, 0).revise(tests=tests))
        found.setdefault(draw_symbol(text, ON_SHEET).version, text)
    return found
