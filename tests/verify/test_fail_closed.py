"""What a verifier does not know refuses: a list that is missing, a payload beside another, a key for something else."""

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


def beside(payloads: dict[int, Any]) -> str:
    """Sign several payloads in one code."""
    return Handmade(SIGNER, claims=claims_of() | {-260: payloads}).text


def test_a_published_key_list_without_a_revocation_list_refuses() -> None:
    """Whoever keeps the list from a device would switch revocation off."""
    verdict = hcert.Verifier(PUBLISHED).check(TEXT, at=NOW + DAY)
    assert codes(verdict) == ["revocation.list_missing"]
    assert not verdict.accepted
    assert not verdict.revocation_checked


def test_pins_beside_a_published_list_do_not_keep_it_from_expiring() -> None:
    """A gate that adds its own key still needs fresh lists, and a pin does not undo a revocation."""
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


def test_doing_without_revocation_is_said_in_a_word_and_stands_in_the_verdict() -> None:
    """As a fact, so that a gate can show it."""
    verdict = hcert.Verifier(PUBLISHED, revocations="unchecked").check(TEXT, at=NOW + DAY)
    assert verdict.accepted
    assert not verdict.revocation_checked
    listed = hcert.Verifier(PUBLISHED, revocations=hcert.RevocationList()).check(TEXT, at=NOW + DAY)
    assert listed.accepted
    assert listed.revocation_checked


def test_nothing_is_due_beside_local_pins() -> None:
    """Nobody publishes a revocation list for keys pinned by hand; the verdict says that none was looked up."""
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
    ids=["uci", "country and uci", "both, said once"],
)
def test_what_revokes_a_payload_beside_the_record_revokes_the_code(content: dict[str, Any]) -> None:
    """A revoked EU DCC gains nothing by a citizen record beside it."""
    revocations = hcert.RevocationList(**content)
    assert hcert.Verifier(PINNED).check(beside(BOTH), at=NOW).accepted
    verdict = hcert.Verifier(PINNED, revocations=revocations).check(beside(BOTH), at=NOW)
    assert codes(verdict) == ["claims.other_subclaims", "revocation.certificate"]
    assert verdict.findings[-1].record is None


def test_a_code_that_is_revoked_by_several_payloads_is_revoked_once() -> None:
    """However many of their names a list holds."""
    revocations = hcert.RevocationList(
        certificates=[citizen_record(1, 1).certificate_id], uci_hashes=[lists.uci_hash(DCC["v"][0]["ci"])]
    )
    verdict = hcert.Verifier(PINNED, revocations=revocations).check(beside(BOTH | {77: {}}), at=NOW)
    assert codes(verdict) == ["claims.other_subclaims", "revocation.certificate"]


def test_a_payload_that_cannot_be_read_refuses_although_it_has_no_name_in_a_list() -> None:
    """It might be revoked."""
    verifier = hcert.Verifier(PINNED, revocations=hcert.RevocationList())
    assert verifier.check(beside({1: DCC}), at=NOW).accepted
    verdict = verifier.check(beside({1: DCC, -6: {"n": "x"}}), at=NOW)
    assert set(codes(verdict)) == {"claims.other_subclaims", "record.schema"}
    assert not verdict.accepted


def test_an_issuer_claim_has_a_greatest_length() -> None:
    """What a signer may write is bounded like all else."""
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
def test_a_citizen_record_beside_an_eu_dcc_is_looked_up_too(content: dict[str, Any]) -> None:
    """It is the one that is read, and the EU DCC beside it does not help."""
    verdict = hcert.Verifier(PINNED, revocations=hcert.RevocationList(**content)).check(beside(BOTH), at=NOW)
    assert not verdict.accepted


def test_a_key_must_be_allowed_every_payload_in_the_code() -> None:
    """A key for vaccinations signs no recovery beside a dose."""
    restricted = replace(SIGNER.key, usages=frozenset({hcert.Usage.VACCINATION}))
    verifier = hcert.Verifier(hcert.TrustList([restricted]))
    record = payload_of(citizen_record(1, 0))
    assert verifier.check(beside(record), at=NOW).accepted
    verdict = verifier.check(beside(record | payload_of(recovery_record())), at=NOW)
    assert codes(verdict) == ["claims.other_subclaims", "usage.not_allowed"]


def test_a_restricted_key_signs_no_links() -> None:
    """No usage has been defined for them, and denied is what nobody allowed."""
    restricted = replace(SIGNER.key, usages=frozenset({hcert.Usage.TEST, hcert.Usage.VACCINATION}))
    verifier = hcert.Verifier(hcert.TrustList([restricted]), health_links=True)
    assert "usage.not_allowed" in codes(verifier.check(beside({5: "shlink:/x"}), at=NOW))


def test_a_key_that_may_sign_nothing_signs_nothing() -> None:
    """Such as one whose certificate limits it to usages that nobody knows."""
    nothing = replace(SIGNER.key, usages=frozenset())
    assert not hcert.Verifier(hcert.TrustList([nothing])).check(TEXT, at=NOW).accepted


def test_an_issuer_claim_that_differs_from_the_country_of_the_key_is_told() -> None:
    """A key of Austria signs no certificate of Viet Nam unseen."""
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
    """RFC 9052 section 4.4, whichever way it was sent; what was signed over the map itself does not hold."""
    payload = cbor2.dumps(claims_of())
    headers = {1: -7, 4: SIGNER.key.kid}
    for covered, holds in ((b"", True), (sent or b"\xa0", False)):
        signature = sign(SIGNER.private_key, cbor2.dumps(["Signature1", covered, b"", payload]))
        message = cbor2.dumps(cbor2.CBORTag(18, [sent, headers, payload, signature]))
        verdict = SIGNER.verifier.check(text_of(message), at=NOW)
        assert ("signature.invalid" not in codes(verdict)) is holds


def test_a_verdict_lists_no_more_findings_than_anybody_reads() -> None:
    """The rest is counted, and errors are listed before warnings."""
    warnings = [finding("entry.in_future", record=f"tests[{index}]") for index in range(MAX_FINDINGS)]
    assert limit_findings(warnings) == tuple(warnings)
    late_error = finding("record.nothing_counts")
    kept = limit_findings([*warnings, *warnings, late_error])
    assert len(kept) == MAX_FINDINGS
    assert kept[-2:] == (late_error, finding("record.more_findings", count=MAX_FINDINGS + 2))
    errors: list[Finding] = [late_error] * (3 * MAX_FINDINGS)
    assert [one.severity for one in limit_findings(errors)].count("error") == MAX_FINDINGS - 1


@pytest.mark.parametrize("issuer", [None, "VN", "Ministry of Health"])
def test_an_identifier_is_revoked_with_its_country_whatever_the_issuer_claim_says(issuer: str | None) -> None:
    """The claim may be missing; then nothing would be found by it."""
    signer = document_signer(p256())
    name = lists.country_uci_hash("AT", DCC["v"][0]["ci"])
    verifier = hcert.Verifier(
        hcert.TrustList([signer.key]), revocations=hcert.RevocationList(country_uci_hashes=[name])
    )
    verdict = verifier.check(Handmade(signer, claims=claims_of(c1=issuer)).text, at=NOW)
    assert "revocation.certificate" in {found.code for found in verdict.findings}


def test_an_issuer_whose_revocation_list_is_missing_issues_nothing() -> None:
    """What a verifier with the same lists would refuse is not signed."""
    issuer = hcert.Issuer(document_signer(p256()).signer, country="VN", revocations=hcert.RevocationList.missing())
    with pytest.raises(hcert.IssueError) as refused:
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
