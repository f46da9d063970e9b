"""A new kind of record needs its own module and a row in the table of kinds; nothing else in hcert changes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

import hcert
from conftest import ROOT
from hcert import policy, words
from hcert.records import kinds
from support.signers import EXPIRY, NOW, DocumentSigner
from support.toy_kind import RABIES, RABIES_SHOT, RabiesShot

SHOT: Any = RabiesShot(owner="Nguyễn Văn Bình", day=NOW.date() - dt.timedelta(days=30), certificate_id=bytes(range(16)))


@pytest.fixture
def code(monkeypatch: pytest.MonkeyPatch, es256: DocumentSigner) -> hcert.Certificate:
    """Add the kind to the table, and issue a record of it."""
    by_type: dict[Any, Any] = kinds.KINDS_BY_TYPE
    monkeypatch.setitem(kinds.KINDS, RABIES_SHOT.number, RABIES_SHOT)
    monkeypatch.setitem(by_type, RabiesShot, RABIES_SHOT)
    return hcert.Issuer(es256.signer, country="VN").issue(SHOT, issued_at=NOW, expires_at=EXPIRY)


def test_its_module_is_short() -> None:
    """At most 60 lines, with everything that hcert asks of a kind."""
    text = (ROOT / "tests" / "support" / "toy_kind.py").read_text("utf-8")
    assert len(text.splitlines()) <= 60


def test_without_its_row_it_is_an_unknown_record(code: hcert.Certificate, es256: DocumentSigner) -> None:
    """Authentic, and refused."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(kinds.KINDS, RABIES_SHOT.number)
        verdict = es256.verifier.check(code.text, at=NOW)
    assert [found.code for found in verdict.errors] == ["record.unknown"]


def test_it_is_verified(code: hcert.Certificate, es256: DocumentSigner) -> None:
    """With the rules of the kind: the record, and an entry dated in the future."""
    assert es256.verifier.verify(code.text, at=NOW).record == SHOT
    early = es256.verifier.check(code.text, at=NOW - dt.timedelta(days=31))
    assert {"entry.in_future", "record.nothing_counts"} <= {found.code for found in early.errors + early.warnings}


@pytest.mark.parametrize(
    ("language", "parts"),
    [("en", ("ACCEPTED", "2026-05-02")), ("vi", ("CHẤP NHẬN", "02/05/2026"))],
    ids=["English", "Vietnamese"],
)
def test_it_has_a_card(language: Any, parts: tuple[str, ...], code: hcert.Certificate, es256: DocumentSigner) -> None:
    """The owner and the dose, in either language."""
    card = str(words.card(es256.verifier.check(code.text, at=NOW), language=language))
    assert all(part in card for part in (*parts, SHOT.owner))


@pytest.mark.parametrize("revoked", [True, False])
def test_it_is_revoked_by_its_identifier(code: hcert.Certificate, es256: DocumentSigner, *, revoked: bool) -> None:
    """A list that holds another one changes nothing."""
    revocations = hcert.RevocationList(certificates=[SHOT.certificate_id if revoked else bytes(16)])
    verdict = hcert.Verifier(hcert.TrustList([es256.key]), revocations=revocations).check(code.text, at=NOW)
    assert [found.code for found in verdict.errors] == (["revocation.certificate"] if revoked else [])


@pytest.mark.parametrize(("minimum_age", "accepted"), [(30, True), (31, False)])
def test_a_policy_judges_it(
    minimum_age: int, code: hcert.Certificate, es256: DocumentSigner, *, accepted: bool
) -> None:
    """By its view."""
    protected = policy.CompletedSeries(minimum_age=minimum_age, disease=RABIES)
    verdict = hcert.Verifier(hcert.TrustList([es256.key]), policy=protected).check(code.text, at=NOW)
    assert verdict.accepted is accepted
    assert verdict.counted == (("shot",) if accepted else ())
