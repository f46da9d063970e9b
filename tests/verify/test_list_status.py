"""Verdicts under published lists: how old they are, what they revoked, and what that takes out."""

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
from support.raw_messages import Handmade, claims_of, signed_anyway
from support.signers import EXPIRY, NOW, DocumentSigner, document_signer, p256, vaccination, vaccination_record

if TYPE_CHECKING:
    from pathlib import Path

SECOND = dt.timedelta(seconds=1)
GRACE = hcert.Tolerances(list_grace=dt.timedelta(days=7))
SIGNER = document_signer(p256())
RECORD = citizen_record(2, 1)


def issued(record: Any, signer: DocumentSigner = SIGNER) -> hcert.Certificate:
    """Issue a record."""
    return hcert.Issuer(signer.signer, country="VN").issue(record, issued_at=NOW - DAY, expires_at=EXPIRY)


MERGED = "URN:UVCI:01:VN:5B1CF2A08E4D"
DCC = issued(vaccination_record())
CODE = issued(RECORD)
KEYS = hcert.TrustList.open(publish(hcert.TrustList([SIGNER.key])), **pins())


def opened(**content: Any) -> hcert.RevocationList:
    """Publish a revocation list and open it."""
    return hcert.RevocationList.open(publish(hcert.RevocationList(**content)), **pins())


def check(code: hcert.Certificate | str, revocations: hcert.RevocationList | None = None, **more: Any) -> hcert.Verdict:
    """Check a code under the published key list, and a revocation list if there is one."""
    at = more.pop("at", NOW + DAY)
    trust, text = more.pop("trust", KEYS), code if isinstance(code, str) else code.text
    return hcert.Verifier(trust, revocations="unchecked" if revocations is None else revocations, **more).check(
        text, at=at
    )


def found(verdict: hcert.Verdict) -> list[tuple[str, str | None]]:
    """Return codes and entries."""
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
)
def test_a_key_list_is_fresh_within_its_grace_or_too_old(
    at: dt.datetime, tolerances: hcert.Tolerances | None, codes: list[str]
) -> None:
    """To the second, at both ends; a clock before the issue of the list is wrong itself."""
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
)
def test_so_is_a_revocation_list(at: dt.datetime, tolerances: hcert.Tolerances | None, codes: list[str]) -> None:
    """Not to know of revocations is not to know that there are none."""
    pinned = hcert.TrustList([SIGNER.key])
    verdict = check(DCC, opened(), trust=pinned, tolerances=tolerances, at=at)
    assert [reason.code for reason in verdict.findings] == codes


def test_the_age_stands_in_the_verdict_in_days() -> None:
    """A gate officer sees how long the device has been asleep, in either language."""
    (stale,) = check(DCC, tolerances=GRACE, at=LIST_EXPIRY + 3.5 * DAY).findings
    assert dict(stale.details)["days"] == 3.5
    assert "3.5 days" in stale.message
    assert "3.5 ngày" in words.message(stale, language="vi")
    for late, days in ((SECOND, 0.1), (30 * 60 * SECOND, 0.1), (1.1 * DAY, 1.1), (1.1 * DAY + SECOND, 1.2)):
        (expired,) = check(DCC, at=LIST_EXPIRY + late).findings
        assert dict(expired.details)["days"] == days


def test_the_age_is_said_of_unknown_keys_too() -> None:
    """An old list is the likely reason why a key is not in it."""
    stranger = issued(vaccination_record(), document_signer(p256()))
    assert found(check(stranger, at=LIST_EXPIRY + DAY)) == [("trust.list_expired", None), ("trust.unknown_key", None)]


def test_local_pins_have_no_age() -> None:
    """They are as good as whoever pinned them."""
    assert check(DCC, hcert.RevocationList(), trust=hcert.TrustList([SIGNER.key]), at=NOW + 300 * DAY).findings == ()


def test_a_key_marked_as_revoked_verifies_and_is_refused() -> None:
    """The verdict says why, instead of not knowing the key."""
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
    """And the other one is not."""
    assert found(check(DCC, opened(**content))) == [("revocation.certificate", None)]
    other = issued(vaccination_record(vaccinations=(vaccination(certificate_id="URN:UVCI:01:VN:OTHER"),)))
    assert check(other, opened(**content)).accepted


def test_the_hash_of_another_country_revokes_nothing() -> None:
    """An identifier counts together with its issuer there."""
    assert check(DCC, opened(country_uci_hashes=[lists.country_uci_hash("LA", uci())])).accepted


def test_a_changed_second_half_of_a_signature_does_not_escape() -> None:
    """ECDSA signatures hold with n-s in place of s; the hash covers R alone."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    signature = signature_of(DCC)
    twisted = signature[:32] + (order - int.from_bytes(signature[32:])).to_bytes(32)
    cose_bytes = DCC.cose.replace(signature, twisted)
    assert cose_bytes != DCC.cose
    verifier = hcert.Verifier(KEYS, revocations=opened(signature_hashes=[hash_of(DCC)]))
    assert found(verifier.check_cose(cose_bytes, at=NOW + DAY)) == [("revocation.certificate", None)]


def test_a_key_is_revoked_by_list() -> None:
    """By itself, not by its kid: another key under the same kid is not touched."""
    assert found(check(DCC, opened(keys=[SIGNER.key]))) == [("revocation.key", None)]
    twin = replace(document_signer(p256()).key, kid=SIGNER.key.kid)
    assert check(DCC, opened(keys=[twin])).accepted


def test_a_citizen_certificate_is_revoked_by_its_id() -> None:
    """All of it, whatever its revision."""
    revocations = opened(certificates=[RECORD.certificate_id])
    assert found(check(CODE, revocations)) == [("revocation.certificate", None)]
    assert found(check(issued(RECORD.revise()), revocations)) == [("revocation.certificate", None)]


def test_older_revisions_are_superseded() -> None:
    """The code that the holder printed before the newest one no longer counts."""
    revocations = opened(superseded={RECORD.certificate_id: 2})
    (reason,) = check(CODE, revocations).findings
    assert reason.code == "revocation.superseded"
    assert dict(reason.details) == {"revision": 1, "oldest": 2}
    assert check(issued(RECORD.revise()), revocations).accepted
    assert check(issued(RECORD.revise().revise()), revocations).accepted


def test_one_revoked_entry_does_not_void_the_others() -> None:
    """It stands in the verdict, marked; a policy is asked about the rest."""
    revocations = opened(entries=[RECORD.entry_id(RECORD.tests[0].number)])
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
    """Nothing is left that could count."""
    revocations = opened(entries=[RECORD.entry_id(entry.number) for entry in RECORD.entries])
    verdict = check(CODE, revocations)
    assert not verdict.accepted
    assert found(verdict)[-1] == ("record.nothing_counts", None)


def test_revoked_and_future_entries_together_leave_nothing() -> None:
    """Each entry is out for a reason of its own."""
    later = RECORD.revise(tests=(sampled(9, sampled_at=NOW + 2 * DAY),))
    revocations = opened(entries=[later.entry_id(dose.number) for dose in later.vaccinations])
    verdict = check(signed_anyway(SIGNER, later), revocations)
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
)
def test_an_entry_taken_from_an_eu_certificate_is_revoked_with_it(content: dict[str, Any]) -> None:
    """Whoever revokes a single certificate reaches it inside a citizen record, by either country that it names."""
    dose, *others = RECORD.vaccinations
    record = RECORD.revise(vaccinations=(msgspec.structs.replace(dose, country="FR", uvci=MERGED), *others))
    assert found(check(issued(record), opened(**content))) == [("revocation.entry", "vaccinations[0]")]
    assert check(issued(record), opened(country_uci_hashes=[lists.country_uci_hash("LA", MERGED)])).accepted


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        ({"entries": [RECORD.entry_id(1)]}, [("revocation.certificate", None)]),
        ({"certificates": [RECORD.certificate_id]}, [("revocation.certificate", None)]),
        ({"entries": [RECORD.entry_id(2)]}, []),
        ({"certificates": [bytes(16)]}, []),
    ],
)
def test_an_eu_certificate_made_from_an_entry_is_revoked_with_it(
    content: dict[str, Any], codes: list[tuple[str, str | None]]
) -> None:
    """What was revoked at home does not travel on; the other entries' certificates do."""
    travel = issued(citizen.to_eu_dcc(RECORD, 1))
    assert found(check(travel, opened(**content))) == codes


def test_a_damaged_revocation_file_refuses(tmp_path: Path) -> None:
    """Whoever can change the file gains nothing by it."""
    data = bytearray(publish(hcert.RevocationList(uci_hashes=[lists.uci_hash(uci())])))
    data[-1] ^= 1
    (tmp_path / "revocations.bin").write_bytes(data)
    revocations = hcert.RevocationList.open(tmp_path / "revocations.bin", **pins())
    verdict = check(DCC, revocations)
    assert found(verdict) == [("revocation.damaged", None)]
    assert not verdict.accepted


def test_an_authentic_code_that_is_not_understood_is_revoked_by_key_and_signature() -> None:
    """What holds for every record holds for unknown ones."""
    handmade = Handmade(SIGNER, claims=claims_of() | {-260: {-99: {"a": 1}}})
    verifier = hcert.Verifier(KEYS, revocations=opened(keys=[SIGNER.key]))
    codes = [reason.code for reason in verifier.check(handmade.text, at=NOW + DAY).findings]
    assert "revocation.key" in codes
