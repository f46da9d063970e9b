"""Short reasons: every code has one that fits a gate's screen, and the gravest error is heard first."""

from __future__ import annotations

import datetime as dt
import json
import string
from typing import get_args

import pytest

import hcert
from hcert import words
from hcert.findings import MAX_SHORT, catalog, finding, gravity
from support.citizen_records import citizen_record
from support.raw_messages import DCC, Handmade, claims_of
from support.signers import EXPIRY, NOW, document_signer, p256

LANGUAGES = get_args(words.Language)
SIGNER = document_signer(p256())
LONGEST = {"country": "VN", "days": 9999, "hours": 9999, "years": 999, "count": 9999}


@pytest.mark.parametrize("code", catalog())
def test_every_code_has_a_short_text_that_fits(code: str) -> None:
    """In both languages with the same details, filled in at their longest."""
    row = catalog()[code]
    assert set(row["short"]) == set(LANGUAGES)
    details = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in row["short"].values()]
    in_message = {name for _, name, _, _ in string.Formatter().parse(row["en"]) if name}
    assert details[0] == details[1] <= in_message
    for text in row["short"].values():
        assert 0 < len(text.format(**LONGEST)) <= MAX_SHORT
        assert text == text.strip()
        assert not text.endswith(".")


def test_errors_have_a_class_of_gravity_and_warnings_have_none() -> None:
    """From 1, the gravest, to 8."""
    for row in catalog().values():
        assert row.get("gravity") in (range(1, 9) if row["severity"] == "error" else (None,))


def test_a_verdict_gives_the_gravest_error_first() -> None:
    """Forged, untrusted, revoked, expired, unreadable, unchecked, rule: whatever order the checks had."""
    codes = [
        "signature.invalid",
        "trust.unknown_key",
        "revocation.certificate",
        "claims.expired",
        "record.schema",
        "trust.list_expired",
        "policy.not_satisfied",
    ]
    own = hcert.Finding("gate.closed", "error", "The gate is closed.")
    warning = finding("claims.no_expiry")
    found = (own, warning, *(finding(code) for code in reversed(codes)))
    verdict = hcert.Verdict(found, None, NOW)
    assert [one.code for one in verdict.errors] == [*codes[:-1], "gate.closed", "policy.not_satisfied"]
    assert verdict.warnings == (warning,)
    assert sorted(map(gravity, verdict.errors)) == list(map(gravity, verdict.errors))


def test_the_short_text_of_a_custom_finding_is_its_message_cut() -> None:
    """No catalog knows it, or the catalog knows it with other details."""
    for code in ("gate.closed", "policy.dose_too_old"):
        found = hcert.Finding(code, "error", "This gate is closed for everybody today.")
        assert words.short(found, language="vi") == "This gate is closed for eve…"


def test_a_huge_detail_does_not_break_the_bound() -> None:
    """A policy may ask for any number of days."""
    found = finding("policy.dose_too_old", days=10**12)
    assert all(len(words.short(found, language=language)) <= MAX_SHORT for language in LANGUAGES)


def test_a_verdict_in_json_form() -> None:
    """Of each record: codes, times with zone, who signed, and the payload."""
    record = citizen_record(1, 0)
    code = hcert.Issuer(SIGNER.signer, country="VN").issue(record, issued_at=NOW, expires_at=EXPIRY)
    told = json.loads(json.dumps(SIGNER.verifier.check(code.text, at=EXPIRY + dt.timedelta(days=1)).as_dict()))
    assert (told["accepted"], told["revocation_checked"], told["counted"]) == (False, False, [])
    assert dt.datetime.fromisoformat(told["checked_at"]).utcoffset() is not None
    assert "claims.expired" in {found["code"] for found in told["findings"]}
    assert {"code", "severity", "message", "short", "place"} == set(told["findings"][0])
    certificate = told["certificate"]
    assert (certificate["issuer"], certificate["key_country"], certificate["kid"]) == ("VN", "VN", SIGNER.key.kid.hex())
    assert dt.datetime.fromisoformat(certificate["expires_at"]) == EXPIRY
    assert hcert.citizen.from_dict(certificate["payload"]) == record


def test_a_verdict_on_strange_content_is_json_too() -> None:
    """Bytes, keys of other types and infinite floats, which JSON lacks."""
    payload = DCC | {"new": [b"\x01\xff", float("inf"), {2: 1.5}]}
    told = SIGNER.verifier.check(Handmade(SIGNER, claims=claims_of(payload)).text, at=NOW).as_dict()
    assert json.loads(json.dumps(told, allow_nan=False))["certificate"]["payload"]["new"] == ["01ff", None, {"2": 1.5}]
    assert SIGNER.verifier.check("HC2:", at=NOW).as_dict()["certificate"] is None
