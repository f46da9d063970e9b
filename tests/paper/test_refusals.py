"""What is not printed, and what each refusal says."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING, Any

import pytest

import hcert
from hcert import paper
from hcert.paper import content
from support import pages
from support.citizen_records import citizen_person, citizen_record
from support.medication_payloads import OVERVIEW
from support.printing import FORMS, PDF, SIGNER, TRUST, code_of, on, printed
from support.raw_messages import Handmade, claims_of
from support.signers import EXPIRY, NOW, document_signer, p256

if TYPE_CHECKING:
    from collections.abc import Callable

STRANGER = document_signer(p256())
TEXT = code_of(citizen_record(2, 1))
UNKNOWN = Handmade(SIGNER, claims=claims_of() | {-260: {-99: "x"}}).text


@pytest.mark.parametrize("draw", FORMS)
@pytest.mark.parametrize(
    ("text", "at", "code"),
    [
        pytest.param("https://example.org", NOW, "text.prefix", id="another code"),
        pytest.param(TEXT[:-3] + "000", NOW, None, id="damaged"),
        pytest.param(STRANGER.issue().text, NOW, "trust.unknown_key", id="another issuer"),
        pytest.param(TEXT, EXPIRY + dt.timedelta(seconds=1), "claims.expired", id="expired"),
        pytest.param(TEXT, NOW - dt.timedelta(days=1), "claims.not_yet_valid", id="not yet valid"),
        pytest.param(UNKNOWN, NOW, "record.unknown", id="unknown"),
    ],
)
def test_what_a_verifier_refuses_is_not_printed(
    draw: Callable[..., bytes], text: str, at: dt.datetime, code: str | None
) -> None:
    """The error has the whole verdict."""
    with pytest.raises(hcert.VerificationError) as caught:
        printed(draw, text, at=at)
    codes = [found.code for found in caught.value.verdict.errors]
    assert codes
    assert code is None or code in codes


@pytest.mark.parametrize("draw", FORMS)
def test_a_record_of_a_kind_that_is_only_read_is_not_printed(draw: Callable[..., bytes]) -> None:
    """A page has no room for medication, and without it would say that somebody takes nothing."""
    text = Handmade(SIGNER, claims=claims_of() | {-260: {-7: OVERVIEW}}).text
    with pytest.raises(hcert.IssueError) as caught:
        printed(draw, text)
    assert caught.value.code == "record.schema"


@pytest.mark.parametrize("draw", FORMS)
def test_a_forged_code_is_not_printed(draw: Callable[..., bytes]) -> None:
    """Signed by another key under the kid of the authority."""
    trust = hcert.TrustList([hcert.TrustedKey.from_certificate(SIGNER.certificate, kid=STRANGER.key.kid)])
    with pytest.raises(hcert.VerificationError) as caught:
        printed(draw, STRANGER.issue().text, trust=trust)
    assert caught.value.code == "signature.invalid"


@pytest.mark.parametrize("draw", FORMS)
def test_a_revoked_certificate_is_not_printed(draw: Callable[..., bytes]) -> None:
    """Not even as paper that a gate would refuse."""
    revoked = hcert.RevocationList(certificates=[citizen_record().certificate_id])
    with pytest.raises(hcert.VerificationError) as caught:
        printed(draw, TEXT, revocations=revoked)
    assert caught.value.code == "revocation.certificate"


@pytest.mark.parametrize("draw", PDF)
def test_revoked_entries_are_left_out_and_counted(draw: Callable[..., bytes]) -> None:
    """Nobody should take them for doses, nor wonder where they are."""
    record = citizen_record(2, 1)
    revoked = hcert.RevocationList(entries=[record.entry_id(1)])
    text = on(draw, code_of(record), revocations=revoked)
    assert "13/10/2025" in text
    assert "01/08/2025" not in text
    assert "không còn được tính: 1" in text


def test_a_book_has_the_sheets_of_its_codes_in_their_order() -> None:
    """A page each."""
    names = ("Một", "Hai", "Ba")
    texts = [code_of(citizen_record(person=citizen_person(given_name=name))) for name in names]
    data = paper.book(texts, trust=TRUST, at=NOW)
    with pages.open_pdf(data) as document:
        assert len(document) == 3
        for page, name, text in zip(document, names, texts, strict=True):
            assert f"Nguyễn {name}" in page.get_textpage().get_text_range()
            assert pages.read(page.render(scale=2).to_pil()) == [text]
    assert paper.book(texts[:1], trust=TRUST, at=NOW) == paper.sheet(texts[0], trust=TRUST, at=NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(STRANGER.issue().text, id="refused"),
        pytest.param(code_of(citizen_record(person=citizen_person(family_name="阮"))), id="letters"),
    ],
)
def test_a_book_names_the_code_that_cannot_be_printed(wrong: str) -> None:
    """A print shop has thousands."""
    with pytest.raises(hcert.HcertError) as caught:
        paper.book([TEXT, TEXT, wrong, TEXT], trust=TRUST, at=NOW)
    assert caught.value.__notes__ == ["texts[2]"]


@pytest.mark.parametrize("count", [0, 501])
def test_a_book_has_a_bounded_number_of_sheets(count: int) -> None:
    """None would be an empty file, and too many would take all memory."""
    with pytest.raises(hcert.ConfigurationError, match=f"{count} codes") as caught:
        paper.book(iter([TEXT] * count), trust=TRUST, at=NOW)
    assert caught.value.code == "paper.book_size"


@pytest.mark.parametrize("draw", FORMS)
def test_an_unknown_language_and_a_time_without_a_zone_are_errors(draw: Callable[..., bytes]) -> None:
    """As everywhere in hcert."""
    wrong: dict[str, dict[str, Any]] = {
        "words.language": {"language": "fr"},
        "time.naive": {"at": NOW.replace(tzinfo=None)},
    }
    for code, options in wrong.items():
        with pytest.raises(hcert.ConfigurationError) as caught:
            printed(draw, TEXT, **options)
        assert caught.value.code == code


@pytest.mark.parametrize("missing", ["typst", "segno"])
def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """With the extra that brings it."""
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(hcert.ConfigurationError, match=r"pip install 'hcert\[paper\]'") as caught:
        printed(paper.sheet, TEXT)
    assert caught.value.code == "extra.missing"


def test_an_error_of_the_typesetter_quotes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Should a release of typst lack a letter that hcert expects."""
    monkeypatch.setattr(content, "to_drawable", lambda text: text)
    with pytest.raises(hcert.ConfigurationError) as caught:
        printed(paper.sheet, code_of(citizen_record(person=citizen_person(family_name="阮"))))
    assert caught.value.code == "paper.typesetter"
    assert "阮" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
