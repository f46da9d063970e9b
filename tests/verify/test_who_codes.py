"""What participants of the WHO's network sign in 2026, from the code to the verdict, the card and the command."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import lists, words
from support.command import run
from support.foreign_lists import DSC, PIN, document, entry, publish
from support.icvp_payloads import EMITTED
from support.raw_messages import DCC, Handmade, claims_of
from support.signers import EXPIRY, NOW, document_signer, p256, spki_of

if TYPE_CHECKING:
    from pathlib import Path

SIGNER = document_signer(p256(), country=None)
START = int(NOW.timestamp())
TEXT_KID = base64.b64encode(SIGNER.key.kid).decode()
LINK_MEMBERS = {
    "url": "http://host.example:8182/v2/manifests/1",
    "flag": "P",
    "exp": (START + 9) * 1000 + 123,
    "key": "A" * 43 + "=",
    "label": "GDHCN Validator",
}
LINK = "shlink://" + base64.urlsafe_b64encode(json.dumps(LINK_MEMBERS).encode()).decode().rstrip("=")
ICVP = Handmade(SIGNER, claims={6: START, 1: "XCL", -260: {-6: EMITTED}})
VHL = Handmade(
    SIGNER,
    claims={"6": START * 1000 + 123, "4": START + 99, "1": "XL", "-260": {"5": [{"u": LINK}]}},
    protected={4: TEXT_KID, 1: -7},
)
ICVP_WARNINGS = [
    "claims.no_expiry",
    "record.mixed_generation",
    "record.no_issuer",
    "record.replacement_character",
]
VHL_WARNINGS = [
    "cose.text_kid",
    "claims.text_keys",
    "claims.milliseconds",
    "record.link_form",
    "record.link_not_https",
    "record.link_form",
    "record.link_form",
    "record.link_not_followed",
]


def codes(verdict: hcert.Verdict) -> list[str]:
    """Return the codes of a verdict."""
    return [found.code for found in verdict.findings]


def check(code: Handmade, *keys: hcert.TrustedKey, at: dt.datetime = NOW, health_links: bool = True) -> hcert.Verdict:
    """Check a code under some keys, or that of its signer."""
    return hcert.Verifier(hcert.TrustList(keys or [SIGNER.key]), health_links=health_links).check(code.text, at=at)


def test_the_icvp_of_the_test_bed_is_accepted_with_every_deviation_named() -> None:
    """The payload stays as signed, and the lost letter is not guessed."""
    verdict = check(ICVP)
    assert verdict.accepted
    assert codes(verdict) == ICVP_WARNINGS
    assert verdict.certificate is not None
    assert verdict.certificate.payload == EMITTED
    assert isinstance(verdict.certificate.record, hcert.Icvp)
    assert verdict.certificate.record.name == EMITTED["n"]


def test_the_health_link_of_the_test_bed_is_read_and_certifies_nothing() -> None:
    """Also with text as kid and as claim keys, and times in milliseconds."""
    verdict = check(VHL)
    assert verdict.accepted
    assert codes(verdict) == VHL_WARNINGS
    assert verdict.certificate is not None
    assert verdict.certificate.claims == hcert.Claims("XL", NOW, NOW + dt.timedelta(seconds=99))
    assert verdict.certificate.payload == [{"u": LINK}]
    refused = check(VHL, health_links=False)
    assert [found.code for found in refused.errors] == ["record.certifies_nothing"]


@pytest.mark.parametrize("language", ["en", "vi"])
@pytest.mark.parametrize(("code", "warnings"), [(ICVP, ICVP_WARNINGS), (VHL, VHL_WARNINGS)], ids=["ICVP", "VHL"])
def test_cards_name_every_deviation(code: Handmade, warnings: list[str], language: words.Language) -> None:
    """With its code, in both languages; and nothing of the link."""
    card = words.card(check(code), language=language)
    assert all(any(warning in line for line in card.warnings) for warning in warnings)
    assert len(card.warnings) == len(warnings)
    assert "host.example" not in str(card)


def test_reading_unverified_names_the_deviations_of_container_and_records() -> None:
    """Apart from each other."""
    read = hcert.read_unverified(VHL.text)
    assert [found.code for found in read.leniencies] == VHL_WARNINGS[:3]
    assert [found.code for found in read.record_findings] == VHL_WARNINGS[3:]
    read = hcert.read_unverified(ICVP.text)
    assert [found.code for found in (*read.leniencies, *read.record_findings)] == ICVP_WARNINGS


def test_records_that_are_broken_or_unknown_are_read_unverified() -> None:
    """With the errors that a verdict would have."""
    read = hcert.read_unverified(Handmade(SIGNER, claims=claims_of() | {-260: {1: {}, -99: 0}}).text)
    assert {found.code for found in read.record_findings if found.severity == "error"} == {
        "record.schema",
        "record.unknown",
    }


def test_the_command_inspect_shows_every_deviation(tmp_path: Path) -> None:
    """As lines and as JSON."""
    for code, warnings in ((ICVP, ICVP_WARNINGS), (VHL, VHL_WARNINGS)):
        (tmp_path / "code.txt").write_text(code.text)
        shown = run(tmp_path, "inspect", "code.txt")
        assert shown.status == 0
        lines = [line for line in shown.lines if line.startswith(("leniency ", "finding "))]
        assert [line.rpartition("[")[2].rstrip("]") for line in lines] == warnings
        told = run(tmp_path, "inspect", "--json", "code.txt").json
        assert [one["code"] for one in told["leniencies"] + told["record_findings"]] == warnings


def test_a_code_without_expiry_ends_with_its_key() -> None:
    """To the second."""
    end = SIGNER.key.not_after
    assert end is not None
    assert check(ICVP, at=end).accepted
    after = check(ICVP, at=end + dt.timedelta(seconds=1))
    assert [found.code for found in after.errors] == ["trust.key_expired"]


@pytest.mark.parametrize("text", [False, True], ids=["bytes", "text"])
def test_no_other_key_of_the_list_is_tried(*, text: bool) -> None:
    """A kid that is not on the list names no key, though one of the list signed: else no kid could be withdrawn."""
    gone = b"withdrew"
    kid: Any = base64.b64encode(gone).decode() if text else gone
    verdict = check(Handmade(SIGNER, claims=claims_of(c1=None), protected={1: -7, 4: kid}))
    assert codes(verdict) == ["cose.text_kid"] * text + ["trust.unknown_key"]
    assert verdict.certificate is None


def test_a_key_of_any_domain_counts_unless_the_importer_chooses_domains() -> None:
    """The network has no domain for the ICVP; the test bed signs it under keys of the domain PH4H."""
    certificate = document_signer(p256(), country="XX")
    data = json.dumps(publish(document(entry(certificate.certificate, domain="PH4H"), entry(DSC)))).encode()
    code = Handmade(certificate, claims={6: START, -260: {-6: EMITTED}})
    every = lists.import_gdhcn(data, signer=PIN, at=NOW).trust
    assert codes(hcert.Verifier(every).check(code.text, at=NOW)) == ICVP_WARNINGS
    chosen = lists.import_gdhcn(data, signer=PIN, at=NOW, domains=["DCC"]).trust
    assert codes(hcert.Verifier(chosen).check(code.text, at=NOW)) == ["trust.unknown_key"]


def test_kids_as_the_published_list_writes_them_name_its_keys(shared: Path) -> None:
    """All 255 but the one that is no hash, whose letters the importer takes for its bytes: no text has two meanings."""
    listed = json.loads((shared / "testdata" / "gdhcn" / "dev-trustlist.json").read_bytes())
    others = []
    for jwk in (method["publicKeyJwk"] for method in listed["verificationMethod"]):
        read = hcert.read_unverified(Handmade(SIGNER, protected={1: -7, 4: jwk["kid"]}).text)
        if read.kid != hcert.TrustedKey.from_certificate(base64.b64decode(jwk["x5c"][0])).kid:
            others.append(read.kid)
    assert others == [base64.b64decode("ABCDEFGH")]


def test_the_issuer_claim_selects_no_key_and_may_differ_from_the_participant() -> None:
    """A warning, whichever of both is right."""
    key = hcert.TrustedKey.from_public_key(spki_of(SIGNER.private_key), kid=SIGNER.key.kid, country="XCL")
    assert codes(check(Handmade(SIGNER, claims=claims_of(c1="XL")), key)) == ["claims.other_country"]
    assert codes(check(Handmade(SIGNER, claims=claims_of(c1="XCL")), key)) == []


@pytest.mark.parametrize(
    ("issued", "expires", "expected"),
    [
        (START, START - 1, ["claims.expired"]),
        (START - 9, START - 10, ["claims.expired"]),
        (START + 200, START + 199, ["claims.expired"]),
        (START + 200, START + 200, []),
        (START + 301, START + 300, ["claims.not_yet_valid"]),
    ],
)
def test_what_expires_before_its_issue_is_refused(issued: int, expires: int, expected: list[str]) -> None:
    """Also where both are ahead by less than this clock may be slow."""
    assert codes(check(Handmade(SIGNER, claims=claims_of(c1=None, c4=expires, c6=issued)))) == expected


@given(st.integers(10**12, 10**13), st.integers(-(10**9), 10**9))
def test_an_expiry_in_milliseconds_never_ends_later_than_its_instant(expiry: int, offset: int) -> None:
    """So no reading of it lets anybody in who would otherwise stay out."""
    at = dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(milliseconds=expiry + offset)
    key = hcert.TrustedKey.from_public_key(spki_of(SIGNER.private_key), kid=SIGNER.key.kid)
    verdict = check(Handmade(SIGNER, claims=claims_of(c1=None, c4=expiry, c6=None)), key, at=at)
    assert ("claims.expired" in codes(verdict)) == (offset > -(expiry % 1000))


@pytest.mark.parametrize("name", ["fn", "gn"])
def test_a_lost_letter_in_the_name_of_an_eu_dcc_is_a_warning(name: str) -> None:
    """Decoded as it is; transliterated names have a warning of their own."""
    payload = {**DCC, "nam": {**DCC["nam"], name: "M\ufffdller"}}
    verdict = check(Handmade(SIGNER, claims=claims_of(payload, c1=None)))
    assert verdict.accepted
    (found,) = verdict.findings
    assert (found.code, dict(found.details)) == ("record.replacement_character", {"field": f"nam.{name}"})


def test_issuing_stays_strict() -> None:
    """A code that hcert issues needs none of these leniencies: the container has no such form, records are refused."""
    issuer = hcert.Issuer(SIGNER.signer, country="VN")
    record = check(ICVP).certificate
    assert record is not None
    assert isinstance(record.record, hcert.Icvp)
    with pytest.raises(hcert.IssueError) as caught:
        issuer.issue(record.record, issued_at=NOW, expires_at=EXPIRY)
    assert {found.code for found in caught.value.findings} == {"record.no_issuer", "record.replacement_character"}
