"""The ICVP from issuing to verdict: usage of the key, and doses dated in the future."""

from __future__ import annotations

from typing import Any

import pytest

import hcert
from support.icvp_payloads import RECORD, B, C, changed
from support.raw_messages import Handmade, claims_of, sign_unchecked
from support.signers import EXPIRY, NOW, DocumentSigner, document_signer, p256


def test_a_code_is_issued_and_verified(either: DocumentSigner) -> None:
    """The whole way, under both algorithms."""
    code = hcert.Issuer(either.signer, country="VN").issue(RECORD, issued_at=NOW, expires_at=EXPIRY)
    verdict = either.verifier.check(code.text, at=NOW)
    assert verdict.findings == ()
    assert verdict.certificate is not None
    assert verdict.certificate.record == RECORD
    assert verdict.certificate.payload == C


@pytest.mark.parametrize(
    ("number", "allowed"), [(1, False), (2, True), (3, False)], ids=["test", "vaccination", "recovery"]
)
def test_icvp_needs_a_key_for_vaccinations(number: int, *, allowed: bool) -> None:
    """Whoever may sign tests alone signs no yellow fever certificates, neither as issuer nor before a verifier."""
    signer = document_signer(p256(), usages=[f"1.3.6.1.4.1.1847.2021.1.{number}"])
    found = [reason.code for reason in signer.verifier.check(sign_unchecked(signer, RECORD), at=NOW).findings]
    assert found == ([] if allowed else ["usage.not_allowed"])
    issuer = hcert.Issuer(signer.signer, country="VN")
    if allowed:
        issuer.issue(RECORD, issued_at=NOW, expires_at=EXPIRY)
        return
    with pytest.raises(hcert.IssueError) as caught:
        issuer.issue(RECORD, issued_at=NOW, expires_at=EXPIRY)
    assert caught.value.code == "usage.not_allowed"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (changed(changed(C, "vx.dv", "2026-06-09"), "d"), ["entry.in_future", "record.nothing_counts"]),
        (changed(B, "v.dt", "2026-06-09"), ["entry.in_future"]),
        ({"n": "x"}, ["record.schema"]),
    ],
    ids=["only dose", "one of two", "broken"],
)
def test_doses_in_the_future_do_not_count(es256: DocumentSigner, payload: Any, expected: list[str]) -> None:
    """As with any record; where none is left, the certificate is refused."""
    text = Handmade(es256, claims=claims_of() | {-260: {-6: payload}}).text
    assert [one.code for one in es256.verifier.check(text, at=NOW).findings] == expected


def test_its_repr_shows_nobody() -> None:
    """Records end up in logs."""
    assert repr(RECORD) == "<Icvp>"
    assert repr(RECORD.doses[0]) == "<Dose>"
