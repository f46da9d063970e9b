"""Verdicts with published lists: their age, and what they revoke."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

import hcert
from hcert import citizen, lists, words
from hcert.codec import cose_sign1
from hcert.codec.limits import Limits
from support.citizen_records import citizen_record, sampled
from support.list_publisher import DAY, LIST_EXPIRY, pins, publish
from support.raw_messages import Handmade, claims_of, sign_unchecked
from support.signers import EXPIRY, NOW, DocumentSigner, document_signer, p256, vaccination, vaccination_record

if TYPE_CHECKING:
    from pathlib import Path

SECOND = dt.timedelta(seconds=1)
GRACE = hcert.Tolerances(list_grace=dt.timedelta(days=7))
SIGNER = document_signer(p256())
RECORD = citizen_record(2, 1)


def issue(record: Any, signer: DocumentSigner = SIGNER) -> hcert.Certificate:
    """Issue a record."""
    return hcert.Issuer(signer.signer, country="VN").issue(record, issued_at=NOW - DAY, expires_at=EXPIRY)


MERGED = "URN:UVCI:01:VN:5B1CF2A08E4D"
DCC = issue(vaccination_record())
CODE = issue(RECORD)
KEYS = hcert.TrustList.open(publish(hcert.TrustList([SIGNER.key])), **pins())


def publish_and_open(**content: Any) -> hcert.RevocationList:
    """Publish a revocation list and open it."""
    return hcert.RevocationList.open(publish(hcert.RevocationList(**content)), **pins())


def check(code: hcert.Certificate | str, revocations: hcert.RevocationList | None = None, **more: Any) -> hcert.Verdict:
    """Check a code with the published key list, and with a revocation list if there is one."""
    at = more.pop("at", NOW + DAY)
    trust, text = more.pop("trust", KEYS), code if isinstance(code, str) else code.text
    return hcert.Verifier(trust, revocations="unchecked" if revocations is None else revocations, **more).check(
        text, at=at
    )


def found(verdict: hcert.Verdict) -> list[tuple[str, str | None]]:
    """Return code and place of each finding."""
    return [(reason.code, reason.record) for reason in verdict.findings]


@pytest.mark.parametrize(
    ("at", "tolerances", "codes"),
    [
        (NOW, None, []),
        (LIST_EXPIRY, None, []),
        (LIST_EXPIRY + SECOND, None, ["trust.list_expired"]),
        (LIST_EXPIRY + SECOND, GRACE, ["trust.list_stale"]),
        (LIST_EXPIRY + 7 * DAY, GRACE, ["trust.list_stale"]),
        (LIST_EXPIRY + 7 * DAY + SECOND, GRACE, ["trust.list_expired"]),
        (NOW - 300 * SECOND, None, []),
        (NOW - 301 * SECOND, None, ["trust.list_from_future"]),
    ],
    ids=[
        "at its issue",
        "at its expiry",
        "expired",
        "expired, within the grace",
        "at the end of the grace",
        "after the grace",
        "at the end of the clock skew",
        "before its issue",
    ],
)
def test_a_key_list_is_fresh_stale_or_expired(
    at: dt.datetime, tolerances: hcert.Tolerances | None, codes: list[str]
) -> None:
    """To the second. If the list is from the future, the clock of the device is wrong."""
    verdict = check(DCC, tolerances=tolerances, at=at)
    assert [reason.code for reason in verdict.findings] == codes
    assert verdict.accepted == (codes in ([], ["trust.list_stale"]))
    assert verdict.certificate is not None


@pytest.mark.parametrize(
    ("at", "tolerances", "codes"),
    [
        (LIST_EXPIRY, None, []),
        (LIST_EXPIRY + SECOND, None, ["revocation.list_expired"]),
        (LIST_EXPIRY + 7 * DAY, GRACE, ["revocation.list_stale"]),
        (NOW - 301 * SECOND, None, ["revocation.list_from_future"]),
    ],
    ids=["at its expiry", "expired", "at the end of the grace", "before its issue"],
)
def test_a_revocation_list_is_fresh_stale_or_expired(
    at: dt.datetime, tolerances: hcert.Tolerances | None, codes: list[str]
) -> None:
    """With an old list, nobody knows what has been revoked since."""
    pinned = hcert.TrustList([SIGNER.key])
    verdict = check(DCC, publish_and_open(), trust=pinned, tolerances=tolerances, at=at)
    assert [reason.code for reason in verdict.findings] == codes


def test_the_verdict_has_the_age_of_a_list_in_days() -> None:
    """So a gate officer sees how long the device has been without an update."""
    (stale,) = check(DCC, tolerances=GRACE, at=LIST_EXPIRY + 3.5 * DAY).findings
    assert dict(stale.details)["days"] == 3.5
    assert "3.5 days" in stale.message
    assert "3.5 ngày" in words.message(stale, language="vi")
    for late, days in ((SECOND, 0.1), (30 * 60 * SECOND, 0.1), (1.1 * DAY, 1.1), (1.1 * DAY + SECOND, 1.2)):
        (expired,) = check(DCC, at=LIST_EXPIRY + late).findings
        assert dict(expired.details)["days"] == days


def test_the_verdict_on_an_unknown_key_has_the_age_of_the_list() -> None:
    """Its age is the likely reason why the key is not in it."""
    stranger = issue(vaccination_record(), document_signer(p256()))
    assert found(check(stranger, at=LIST_EXPIRY + DAY)) == [("trust.list_expired", None), ("trust.unknown_key", None)]


def test_local_pins_have_no_age() -> None:
    """They do not expire."""
    assert check(DCC, hcert.RevocationList(), trust=hcert.TrustList([SIGNER.key]), at=NOW + 300 * DAY).findings == ()


def test_a_certificate_under_a_revoked_key_is_refused() -> None:
    """The verdict says that the key is revoked, and not that it is unknown."""
    trust = hcert.TrustList([replace(SIGNER.key, status=lists.Status.REVOKED)])
    verdict = check(DCC, trust=trust)
    assert found(verdict) == [("trust.key_revoked", None)]
    assert verdict.certificate is not None


def uci() -> str:
    """Return the identifier in the EU DCC."""
    return vaccination_record().vaccinations[0].certificate_id


def signature_of(code: hcert.Certificate) -> bytes:
    """Return the signature of a code."""
    return cose_sign1.decode(code.cose, limits=Limits()).signature


def hash_of(code: hcert.Certificate) -> bytes:
    """Return the EU hash of its signature."""
    return lists.signature_hash(signature_of(code), hcert.Algorithm.ES256)


@pytest.mark.parametrize(
    "content",
    [
        {"uci_hashes": [lists.uci_hash(uci())]},
        {"country_uci_hashes": [lists.country_uci_hash("VN", uci())]},
        {"signature_hashes": [hash_of(DCC)]},
    ],
    ids=lambda content: next(iter(content)),
)
def test_an_eu_certificate_is_revoked_by_each_kind_of_hash(content: dict[str, Any]) -> None:
    """Another certificate is not."""
    assert found(check(DCC, publish_and_open(**content))) == [("revocation.certificate", None)]
    other = issue(vaccination_record(vaccinations=(vaccination(certificate_id="URN:UVCI:01:VN:OTHER"),)))
    assert check(other, publish_and_open(**content)).accepted


def test_a_hash_with_another_country_revokes_nothing() -> None:
    """The country is a part of what is hashed."""
    assert check(DCC, publish_and_open(country_uci_hashes=[lists.country_uci_hash("LA", uci())])).accepted


def test_revocation_by_signature_covers_both_forms_of_an_es256_signature() -> None:
    """ECDSA signatures are valid with n-s in place of s, so only R is hashed."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    signature = signature_of(DCC)
    twisted = signature[:32] + (order - int.from_bytes(signature[32:])).to_bytes(32)
    cose_bytes = DCC.cose.replace(signature, twisted)
    assert cose_bytes != DCC.cose
    verifier = hcert.Verifier(KEYS, revocations=publish_and_open(signature_hashes=[hash_of(DCC)]))
    assert found(verifier.check_cose(cose_bytes, at=NOW + DAY)) == [("revocation.certificate", None)]


def test_revocation_by_signature_covers_both_forms_of_an_esp256_signature() -> None:
    """It is an ES256 signature under another number, and its publisher may say either."""
    issuer = hcert.Issuer(SIGNER.signer, country="VN", algorithm=hcert.Algorithm.ESP256)
    code = issuer.issue(vaccination_record(), issued_at=NOW, expires_at=NOW + 30 * DAY)
    signature = signature_of(code)
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    twisted = code.cose.replace(signature, signature[:32] + (order - int.from_bytes(signature[32:])).to_bytes(32))
    for algorithm in (hcert.Algorithm.ES256, hcert.Algorithm.ESP256):
        revocations = publish_and_open(signature_hashes=[lists.signature_hash(signature, algorithm)])
        verifier = hcert.Verifier(KEYS, revocations=revocations)
        for message in (code.cose, twisted):
            assert found(verifier.check_cose(message, at=NOW + DAY)) == [("revocation.certificate", None)]


def test_a_revocation_list_can_revoke_a_key() -> None:
    """Another key under the same kid is not affected."""
    assert found(check(DCC, publish_and_open(keys=[SIGNER.key]))) == [("revocation.key", None)]
    twin = replace(document_signer(p256()).key, kid=SIGNER.key.kid)
    assert check(DCC, publish_and_open(keys=[twin])).accepted


def test_a_citizen_certificate_is_revoked_by_its_id() -> None:
    """With every revision."""
    revocations = publish_and_open(certificates=[RECORD.certificate_id])
    assert found(check(CODE, revocations)) == [("revocation.certificate", None)]
    assert found(check(issue(RECORD.revise()), revocations)) == [("revocation.certificate", None)]


def test_older_revisions_of_a_record_can_be_revoked() -> None:
    """Then a printed code from before the change is refused."""
    revocations = publish_and_open(superseded={RECORD.certificate_id: 2})
    (reason,) = check(CODE, revocations).findings
    assert reason.code == "revocation.superseded"
    assert dict(reason.details) == {"revision": 1, "oldest": 2}
    assert check(issue(RECORD.revise()), revocations).accepted
    assert check(issue(RECORD.revise().revise()), revocations).accepted


def test_one_revoked_entry_does_not_affect_the_others() -> None:
    """The verdict names it, and a policy judges the rest."""
    revocations = publish_and_open(entries=[RECORD.entry_id(RECORD.tests[0].number)])
    verdict = check(CODE, revocations)
    assert verdict.accepted
    assert found(verdict) == [("revocation.entry", "tests[0]")]
    policy = hcert.policy.RecentNegativeTest(within=dt.timedelta(days=3650))
    assert check(CODE, policy=policy).accepted
    refused = check(CODE, revocations, policy=policy)
    assert not refused.accepted
    assert refused.counted == ()
    assert "revoked" in str(words.card(verdict, language="en", zone=dt.UTC))


def test_a_certificate_whose_entries_are_all_revoked_is_refused() -> None:
    """No entry is left that could count."""
    revocations = publish_and_open(entries=[RECORD.entry_id(entry.number) for entry in RECORD.entries])
    verdict = check(CODE, revocations)
    assert not verdict.accepted
    assert found(verdict)[-1] == ("record.nothing_counts", None)


def test_a_certificate_whose_entries_are_all_revoked_or_in_the_future_is_refused() -> None:
    """Each entry is excluded for its own reason."""
    later = RECORD.revise(tests=(sampled(9, sampled_at=NOW + 2 * DAY),))
    revocations = publish_and_open(entries=[later.entry_id(dose.number) for dose in later.vaccinations])
    verdict = check(sign_unchecked(SIGNER, later), revocations)
    assert {reason.code for reason in verdict.findings} == {
        "entry.in_future",
        "revocation.entry",
        "record.nothing_counts",
    }


@pytest.mark.parametrize(
    "content",
    [
        {"uci_hashes": [lists.uci_hash(MERGED)]},
        {"country_uci_hashes": [lists.country_uci_hash("VN", MERGED)]},
        {"country_uci_hashes": [lists.country_uci_hash("FR", MERGED)]},
    ],
    ids=["identifier", "with the issuer", "with the country of the entry"],
)
def test_an_entry_from_an_eu_dcc_is_revoked_with_it(content: dict[str, Any]) -> None:
    """By the identifier of the EU DCC, with the country of the issuer or of the entry."""
    dose, *others = RECORD.vaccinations
    record = RECORD.revise(vaccinations=(msgspec.structs.replace(dose, country="FR", uvci=MERGED), *others))
    assert found(check(issue(record), publish_and_open(**content))) == [("revocation.entry", "vaccinations[0]")]
    assert check(issue(record), publish_and_open(country_uci_hashes=[lists.country_uci_hash("LA", MERGED)])).accepted


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        ({"entries": [RECORD.entry_id(1)]}, [("revocation.certificate", None)]),
        ({"certificates": [RECORD.certificate_id]}, [("revocation.certificate", None)]),
        ({"entries": [RECORD.entry_id(2)]}, []),
        ({"certificates": [bytes(16)]}, []),
    ],
    ids=["its entry", "its record", "another entry", "another record"],
)
def test_an_eu_dcc_made_from_an_entry_is_revoked_with_it(
    content: dict[str, Any], codes: list[tuple[str, str | None]]
) -> None:
    """Or with the whole citizen record."""
    travel = issue(citizen.to_eu_dcc(RECORD, 1))
    assert found(check(travel, publish_and_open(**content))) == codes


def test_a_damaged_revocation_file_refuses_every_code(tmp_path: Path) -> None:
    """So changing the file does not help an attacker."""
    data = bytearray(publish(hcert.RevocationList(uci_hashes=[lists.uci_hash(uci())])))
    data[-1] ^= 1
    (tmp_path / "revocations.bin").write_bytes(data)
    revocations = hcert.RevocationList.open(tmp_path / "revocations.bin", **pins())
    verdict = check(DCC, revocations)
    assert found(verdict) == [("revocation.damaged", None)]
    assert not verdict.accepted


def test_unknown_records_are_revoked_with_their_key() -> None:
    """Although they have no identifiers."""
    handmade = Handmade(SIGNER, claims=claims_of() | {-260: {-99: {"a": 1}}})
    verifier = hcert.Verifier(KEYS, revocations=publish_and_open(keys=[SIGNER.key]))
    codes = [reason.code for reason in verifier.check(handmade.text, at=NOW + DAY).findings]
    assert "revocation.key" in codes
