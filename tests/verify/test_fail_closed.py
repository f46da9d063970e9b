"""Fail closed: a missing list, an unreadable payload or a key without the usage refuses a code."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cbor2
import pytest

import hcert
from hcert import lists
from hcert.codec.limits import MAX_TEXT
from hcert.findings import MAX_FINDINGS, Finding, finding, limit_findings
from hcert.keys.algorithms import sign
from hcert.keys.trusted_key import Status
from support.citizen_records import citizen_record
from support.list_publisher import DAY, pins, publish
from support.raw_messages import DCC, Handmade, claims_of, payload_of, text_of
from support.signers import NOW, document_signer, p256, recovery_record, vaccination_record

SIGNER = document_signer(p256())
TEXT = SIGNER.issue().text
PINNED = hcert.TrustList([SIGNER.key])
PUBLISHED = hcert.TrustList.open(publish(PINNED), **pins())
BOTH = payload_of(citizen_record(1, 1)) | {1: DCC}


def codes(verdict: hcert.Verdict) -> list[str]:
    """Return the codes of a verdict."""
    return [found.code for found in verdict.findings]


def text_with(payloads: dict[int, Any]) -> str:
    """Return the text of a code with several payloads."""
    return Handmade(SIGNER, claims=claims_of() | {-260: payloads}).text


def test_a_published_key_list_without_a_revocation_list_refuses() -> None:
    """Otherwise anyone who keeps the list from a device could switch revocation off."""
    verdict = hcert.Verifier(PUBLISHED).check(TEXT, at=NOW + DAY)
    assert codes(verdict) == ["revocation.list_missing"]
    assert not verdict.accepted
    assert not verdict.revocation_checked


def test_a_published_list_with_pins_still_expires() -> None:
    """And it still needs a revocation list, and a pin does not undo a revocation."""
    own = document_signer(p256())
    joined = PUBLISHED.with_pins([own.key])
    assert codes(hcert.Verifier(joined).check(own.issue().text, at=NOW + DAY)) == ["revocation.list_missing"]
    verifier = hcert.Verifier(joined, revocations="unchecked")
    assert verifier.check(own.issue().text, at=NOW + DAY).accepted
    assert verifier.check(TEXT, at=NOW + DAY).accepted
    assert "trust.list_expired" in codes(verifier.check(TEXT, at=NOW + 200 * DAY))
    revoking = hcert.TrustList.open(publish(hcert.TrustList([replace(own.key, status=Status.REVOKED)])), **pins())
    pinned = hcert.Verifier(revoking.with_pins([own.key]), revocations="unchecked")
    assert "trust.key_revoked" in codes(pinned.check(own.issue().text, at=NOW + DAY))


def test_a_verifier_without_revocations_says_so_in_its_verdicts() -> None:
    """So that a gate can show it."""
    verdict = hcert.Verifier(PUBLISHED, revocations="unchecked").check(TEXT, at=NOW + DAY)
    assert verdict.accepted
    assert not verdict.revocation_checked
    listed = hcert.Verifier(PUBLISHED, revocations=hcert.RevocationList()).check(TEXT, at=NOW + DAY)
    assert listed.accepted
    assert listed.revocation_checked


def test_local_pins_need_no_revocation_list() -> None:
    """Nobody publishes one for keys pinned by hand. The verdict says that none was used."""
    verdict = hcert.Verifier(PINNED).check(TEXT, at=NOW)
    assert verdict.accepted
    assert not verdict.revocation_checked


@pytest.mark.parametrize(
    "content",
    [
        {"uci_hashes": [lists.uci_hash(DCC["v"][0]["ci"])]},
        {"country_uci_hashes": [lists.country_uci_hash("VN", DCC["v"][0]["ci"])]},
        {
            "uci_hashes": [lists.uci_hash(DCC["v"][0]["ci"])],
            "country_uci_hashes": [lists.country_uci_hash("VN", DCC["v"][0]["ci"])],
        },
    ],
    ids=["uci", "country and uci", "both, reported once"],
)
def test_a_code_is_revoked_with_each_of_its_payloads(content: dict[str, Any]) -> None:
    """A citizen record does not save a revoked EU DCC in the same code."""
    revocations = hcert.RevocationList(**content)
    assert hcert.Verifier(PINNED).check(text_with(BOTH), at=NOW).accepted
    verdict = hcert.Verifier(PINNED, revocations=revocations).check(text_with(BOTH), at=NOW)
    assert codes(verdict) == ["claims.other_subclaims", "revocation.certificate"]
    assert verdict.findings[-1].record is None


def test_revocation_by_several_payloads_is_reported_once() -> None:
    """Although the list has several of their identifiers."""
    revocations = hcert.RevocationList(
        certificates=[citizen_record(1, 1).certificate_id], uci_hashes=[lists.uci_hash(DCC["v"][0]["ci"])]
    )
    verdict = hcert.Verifier(PINNED, revocations=revocations).check(text_with(BOTH | {77: {}}), at=NOW)
    assert codes(verdict) == ["claims.other_subclaims", "revocation.certificate"]


@pytest.mark.parametrize("revocations", [None, hcert.RevocationList()], ids=["no list", "empty list"])
def test_an_unreadable_second_payload_refuses_the_code(revocations: hcert.RevocationList | None) -> None:
    """It might be revoked, and nobody could find it in a list."""
    verifier = hcert.Verifier(PINNED, revocations=revocations)
    assert verifier.check(text_with({1: DCC}), at=NOW).accepted
    verdict = verifier.check(text_with({1: DCC, -6: {"n": "x"}}), at=NOW)
    assert set(codes(verdict)) == {"claims.other_subclaims", "record.schema"}
    assert not verdict.accepted


def test_the_issuer_claim_has_a_maximum_length() -> None:
    """Even if a trusted key signed it."""
    longest = "x" * MAX_TEXT
    for issuer, code in ((longest, "claims.other_country"), (longest + "x", "claims.malformed")):
        text = Handmade(SIGNER, claims=claims_of() | {1: issuer}).text
        assert code in codes(hcert.Verifier(PINNED).check(text, at=NOW))


@pytest.mark.parametrize(
    "content",
    [
        {"certificates": [citizen_record(1, 1).certificate_id]},
        {"entries": [citizen_record(1, 1).entry_id(1), citizen_record(1, 1).entry_id(2)]},
    ],
    ids=["certificate", "all entries"],
)
def test_a_code_with_an_eu_dcc_is_revoked_with_its_citizen_record(content: dict[str, Any]) -> None:
    """The EU DCC in the same code does not save it."""
    verdict = hcert.Verifier(PINNED, revocations=hcert.RevocationList(**content)).check(text_with(BOTH), at=NOW)
    assert not verdict.accepted


def test_a_key_needs_the_usages_of_every_payload() -> None:
    """A key for vaccinations may not sign a recovery in a second payload."""
    restricted = replace(SIGNER.key, usages=frozenset({hcert.Usage.VACCINATION}))
    verifier = hcert.Verifier(hcert.TrustList([restricted]))
    record = payload_of(citizen_record(1, 0))
    assert verifier.check(text_with(record), at=NOW).accepted
    verdict = verifier.check(text_with(record | payload_of(recovery_record())), at=NOW)
    assert codes(verdict) == ["claims.other_subclaims", "usage.not_allowed"]


def test_a_restricted_key_may_not_sign_health_links() -> None:
    """No usage is defined for them, so a restricted key cannot have it."""
    restricted = replace(SIGNER.key, usages=frozenset({hcert.Usage.TEST, hcert.Usage.VACCINATION}))
    verifier = hcert.Verifier(hcert.TrustList([restricted]), health_links=True)
    assert "usage.not_allowed" in codes(verifier.check(text_with({5: "shlink:/x"}), at=NOW))


def test_an_issuer_other_than_the_country_of_the_key_adds_a_warning() -> None:
    """For a verifier and for an issuer."""
    austrian = document_signer(p256(), country="AT")
    verdict = austrian.verifier.check(Handmade(austrian).text, at=NOW)
    assert verdict.accepted
    assert codes(verdict) == ["claims.other_country"]
    assert dict(verdict.findings[0].details) == {"country": "AT"}
    code = hcert.Issuer(austrian.signer, country="VN").issue(
        vaccination_record(), issued_at=NOW, expires_at=NOW + 300 * DAY
    )
    assert [found.code for found in code.findings] == ["claims.other_country"]


@pytest.mark.parametrize(
    "sent", [b"", b"\xa0", b"\xbf\xff", b"\xb8\x00"], ids=["empty", "map", "indefinite", "long head"]
)
def test_an_empty_protected_map_is_signed_as_a_zero_length_string(sent: bytes) -> None:
    """RFC 9052 section 4.4: however it was sent. A signature over the map itself is invalid."""
    payload = cbor2.dumps(claims_of())
    headers = {1: -7, 4: SIGNER.key.kid}
    for signed, valid in ((b"", True), (sent or b"\xa0", False)):
        signature = sign(SIGNER.private_key, cbor2.dumps(["Signature1", signed, b"", payload]))
        message = cbor2.dumps(cbor2.CBORTag(18, [sent, headers, payload, signature]))
        verdict = SIGNER.verifier.check(text_of(message), at=NOW)
        assert ("signature.invalid" not in codes(verdict)) is valid


def test_the_number_of_findings_in_a_verdict_is_bounded() -> None:
    """The last finding counts the rest. Warnings are dropped first, errors only if there are no warnings left."""
    warnings = [finding("entry.in_future", record=f"tests[{index}]") for index in range(MAX_FINDINGS)]
    assert limit_findings(warnings) == tuple(warnings)
    late_error = finding("record.nothing_counts")
    kept = limit_findings([*warnings, *warnings, late_error])
    assert len(kept) == MAX_FINDINGS
    assert kept[-2:] == (late_error, finding("record.more_findings", count=MAX_FINDINGS + 2))
    errors: list[Finding] = [late_error] * (3 * MAX_FINDINGS)
    assert [one.severity for one in limit_findings(errors)].count("error") == MAX_FINDINGS - 1


@pytest.mark.parametrize("issuer", [None, "VN", "Ministry of Health"], ids=str)
def test_an_identifier_is_looked_up_with_the_country_of_its_entry(issuer: str | None) -> None:
    """Whatever the issuer claim says, and even if it is missing."""
    signer = document_signer(p256())
    name = lists.country_uci_hash("AT", DCC["v"][0]["ci"])
    verifier = hcert.Verifier(
        hcert.TrustList([signer.key]), revocations=hcert.RevocationList(country_uci_hashes=[name])
    )
    verdict = verifier.check(Handmade(signer, claims=claims_of(c1=issuer)).text, at=NOW)
    assert "revocation.certificate" in {found.code for found in verdict.findings}


def test_an_issuer_without_its_revocation_list_issues_nothing() -> None:
    """A verifier with the same lists would refuse the code."""
    issuer = hcert.Issuer(document_signer(p256()).signer, country="VN", revocations=hcert.RevocationList.missing())
    with pytest.raises(hcert.JobError) as refused:
        issuer.issue(citizen_record(1, 0), issued_at=NOW, expires_at=NOW + DAY)
    assert [found.code for found in refused.value.findings] == ["revocation.list_missing"]


@pytest.mark.parametrize(
    "wrong",
    [PINNED, "none", "", True, b"\xd8\x62", [], hcert.RevocationList],
    ids=["trust list", "another word", "empty", "true", "bytes", "empty list", "class"],
)
def test_anything_but_a_revocation_list_is_a_configuration_error(wrong: Any) -> None:
    """When the verifier is made, not at the gate."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.Verifier(PINNED, revocations=wrong)
    assert caught.value.code == "revocations.value"
