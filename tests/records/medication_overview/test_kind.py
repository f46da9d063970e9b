"""The medication overview from the code to the verdict and the card; it certifies no event, so no policy counts it."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, get_args

import cbor2
import pytest

import hcert
from hcert import lists, policy, words
from hcert.certlogic import CountryRules
from support.medication_payloads import LINE, OVERVIEW, with_line
from support.raw_messages import DCC, Handmade, claims_of
from support.signers import NOW, DocumentSigner, document_signer, p256

if TYPE_CHECKING:
    from pathlib import Path

SIGNER = document_signer(p256())
DAY = dt.timedelta(days=1)


def verdict_on(payload: Any, *, signer: DocumentSigner = SIGNER, **options: Any) -> hcert.Verdict:
    """Check a code with a payload, or with several by their numbers."""
    subclaims = payload if isinstance(payload, dict) and all(isinstance(key, int) for key in payload) else {-7: payload}
    text = Handmade(signer, claims=claims_of() | {-260: subclaims}).text
    return hcert.Verifier(hcert.TrustList([signer.key]), **options).check(text, at=NOW)


def codes(verdict: hcert.Verdict) -> list[str]:
    """Return the codes of a verdict."""
    return [found.code for found in verdict.findings]


def test_an_overview_is_accepted_as_authentic() -> None:
    """Its record is typed, and its payload is as signed."""
    verdict = verdict_on(OVERVIEW)
    assert verdict.accepted
    assert codes(verdict) == []
    assert verdict.certificate is not None
    assert isinstance(verdict.certificate.record, hcert.MedicationOverview)
    assert verdict.certificate.payload == OVERVIEW
    assert repr(verdict.certificate.record) == "<MedicationOverview>"
    assert repr(verdict.certificate.record.treatment_lines) == "(<TreatmentLine>,)"


RULE = {
    "Identifier": "GR-VN-0001", "Type": "Acceptance", "Country": "VN", "Version": "1.0.0", "SchemaVersion": "1.0.0",
    "Engine": "CERTLOGIC", "EngineVersion": "0.7.5", "CertificateType": "General",
    "Description": [{"lang": "en", "desc": "Everybody may enter."}], "ValidFrom": "2026-01-01T00:00:00Z",
    "ValidTo": "2027-01-01T00:00:00Z", "AffectedFields": ["dob"], "Logic": {"===": [1, 1]},
}  # fmt: skip
ABOUT_EVENTS: dict[str, Any] = {
    "RecentNegativeTest": policy.RecentNegativeTest(),
    "CompletedSeries": policy.CompletedSeries(),
    "Recovered": policy.Recovered(),
    "ListedProducts": policy.ListedProducts({"L02BG03": "1D47", "L02BG04": "1D47"}),
    "CountryRules": CountryRules([RULE], country="VN"),
    "AnyOf": policy.AnyOf(policy.CompletedSeries(), policy.RecentNegativeTest(), policy.Recovered()),
    "AllOf": policy.AllOf(policy.AuthenticOnly(), policy.CompletedSeries()),
}


@pytest.mark.parametrize("name", ABOUT_EVENTS)
@pytest.mark.parametrize("payload", [OVERVIEW, {**OVERVIEW, "m": []}], ids=["one line", "no line"])
def test_no_policy_about_events_counts_it(name: str, payload: dict[str, Any]) -> None:
    """Not even one that lists the very code, or a rule of a country that everybody meets."""
    verdict = verdict_on(payload, policy=ABOUT_EVENTS[name])
    assert not verdict.accepted
    assert verdict.counted == ()
    assert all(found.code.startswith("policy.") for found in verdict.errors)


def test_every_policy_there_is_was_asked() -> None:
    """A new one has to be sorted in: about events, about the person, or about nothing."""
    others = {"AuthenticOnly", "YoungerThan"}
    judging = {name for name in policy.__all__ if hasattr(getattr(policy, name), "judge")} - {"Policy"}
    assert judging | {"CountryRules"} == ABOUT_EVENTS.keys() | others


@pytest.mark.parametrize(("age", "accepted"), [(55, False), (56, True)])
def test_policies_about_the_person_take_its_birth_date_and_count_no_line(age: int, *, accepted: bool) -> None:
    """It is as authentic as that of any other record."""
    verdict = verdict_on(OVERVIEW, policy=policy.YoungerThan(age))
    assert (verdict.accepted, verdict.counted) == (accepted, ())
    verdict = verdict_on(OVERVIEW, policy=policy.AuthenticOnly())
    assert (verdict.accepted, verdict.counted) == (True, ())


def test_a_policy_of_ones_own_sees_medications_apart_from_events() -> None:
    """So a policy that counts events cannot take one for a dose."""
    certificate = verdict_on(OVERVIEW).certificate
    view = None if certificate is None else certificate.view
    assert view is not None
    assert view.entries == ()
    assert view.medications is not None
    assert [(one.place, one.medication, one.dosage) for one in view.medications] == [
        ("treatment_lines[0]", "L02BG03", "1 comp. por día")
    ]
    assert not {LINE["r"], "11111111-1"} & {part for one in view.medications for part in one}
    other = verdict_on({1: DCC}).certificate
    assert other is not None
    assert other.view is not None
    assert other.view.medications is None


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("en", ("✓ ACCEPTED", "  María Pérez, born 1971-02-03, female",
                "  · Medication “L02BG03”, from 2026-01-01, until 2026-12-31, as of 2026-01-10",
                "      Dosage: “1 comp. por día”")),
        ("vi", ("✓ CHẤP NHẬN", "  María Pérez, sinh 03/02/1971, nữ",
                "  · Thuốc “L02BG03”, từ 01/01/2026, đến 31/12/2026, ghi nhận ngày 10/01/2026",
                "      Liều dùng: “1 comp. por día”")),
    ],
)  # fmt: skip
def test_a_card_shows_the_person_and_the_medication(language: Any, lines: tuple[str, ...]) -> None:
    """And neither the reason nor the number of the person, which nobody compares at a gate."""
    card = words.card(verdict_on({**OVERVIEW, "m": [{**LINE, "r": "why"}]}), language=language)
    assert card.lines[:4] == lines
    assert card.newest == (lines[2].removeprefix("  · "),)
    assert not any("why" in line or "11111111" in line for line in card.lines)


@pytest.mark.parametrize("language", get_args(words.Language))
def test_a_card_says_that_an_overview_lists_nothing(language: Any) -> None:
    """An empty card could mean that nothing was read."""
    empty = words.card(verdict_on({**OVERVIEW, "m": []}), language=language)
    assert empty.entries == empty.newest == (words_of("no_medication", language),)
    assert words.card(verdict_on({1: DCC}), language=language).entries != empty.entries


def words_of(label: str, language: str) -> str:
    """Return the words of a label, from the file."""
    import pkgutil

    return str(json.loads(pkgutil.get_data("hcert", "data/words.json") or b"")[label][language])


def test_a_partial_date_and_a_hostile_text_are_shown_safely() -> None:
    """Text of a signer controls no screen, and is cut visibly: half a dosage is another one."""
    payload = with_line(m="\u202eABC", es="2026-02", ee=None, da="2026", d="1" * 200)
    entries = words.card(verdict_on(payload), language="vi").entries
    assert entries[0] == "· Thuốc “?ABC”, từ 02/2026, ghi nhận ngày 2026"
    assert entries[1].endswith("1…")
    assert len(entries[1]) == 200


def test_warnings_stand_below_their_line() -> None:
    """Those about the person below."""
    verdict = verdict_on({**with_line(ee="2025", d=None), "nt": "ZZ"})
    card = words.card(verdict, language="en")
    assert card.entries[1].endswith("[record.inconsistent_dates]")
    assert [line.rpartition("[")[2] for line in card.warnings] == ["record.null_member]", "record.unknown_code]"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([{**LINE, "da": "2026-06-02"}], []),
        ([{**LINE, "da": "2026-06"}], []),
        ([{**LINE, "da": "2026-06-03"}], ["entry.in_future", "record.nothing_counts"]),
        ([{**LINE, "da": "2027"}], ["entry.in_future", "record.nothing_counts"]),
        ([{**LINE, "da": "2026-06-03"}, {"m": "A"}], ["entry.in_future"]),
        ([{**LINE, "es": "2027-01-01", "ee": "2099"}], []),
    ],
    ids=["tomorrow", "this month", "in two days", "next year", "one of two", "a plan"],
)
def test_what_is_stated_later_than_now_does_not_count(lines: list[Any], expected: list[str]) -> None:
    """Tomorrow has begun somewhere. A treatment may begin in the future: that is a plan."""
    verdict = verdict_on({**OVERVIEW, "m": lines})
    assert sorted(codes(verdict)) == expected
    assert verdict.accepted == ("record.nothing_counts" not in expected)
    if expected:
        assert words.card(verdict, language="en").entries[0].startswith("✗ Medication")


def test_a_birth_in_the_future_is_a_warning() -> None:
    """As in every kind of record."""
    assert codes(verdict_on({**OVERVIEW, "dob": "2026-07-01", "m": []})) == ["record.birth_in_future"]


@pytest.mark.parametrize("number", [1, 2, 3], ids=["test", "vaccination", "recovery"])
def test_a_restricted_key_may_not_sign_it(number: int) -> None:
    """No usage is about medication."""
    signer = document_signer(p256(), usages=[f"1.3.6.1.4.1.1847.2021.1.{number}"])
    assert codes(verdict_on(OVERVIEW, signer=signer)) == ["usage.not_allowed"] * 2


def test_beside_an_event_the_event_is_read_and_judged() -> None:
    """An overview lends it nothing; what is wrong with the overview counts."""
    verdict = verdict_on({-7: OVERVIEW, 1: DCC}, policy=policy.CompletedSeries())
    assert isinstance(verdict.certificate and verdict.certificate.record, hcert.EuDcc)
    assert "claims.other_subclaims" in codes(verdict)
    broken = verdict_on({-7: {**OVERVIEW, "m": 5}, 1: DCC})
    assert [found.code for found in broken.errors] == ["record.schema"]


def test_it_is_revoked_by_its_signature() -> None:
    """The format has no identifier of the certificate."""
    message = Handmade(SIGNER, claims=claims_of() | {-260: {-7: OVERVIEW}}).message
    signed = cbor2.loads(message).value[3]
    revocations = hcert.RevocationList(signature_hashes=[lists.signature_hash(signed, hcert.Algorithm.ES256)])
    verifier = hcert.Verifier(hcert.TrustList([SIGNER.key]), revocations=revocations)
    verdict = verifier.check_cose(message, at=NOW)
    assert codes(verdict) == ["revocation.certificate"]


def test_it_is_never_issued() -> None:
    """A record that a verdict holds is refused by an issuer, with the reason."""
    record: Any = verdict_on(OVERVIEW).certificate.record  # type: ignore[union-attr]
    with pytest.raises(hcert.IssueError) as caught:
        hcert.Issuer(SIGNER.signer, country="VN").issue(record, issued_at=NOW, expires_at=NOW + DAY)
    assert caught.value.code == "record.schema"
    with pytest.raises(hcert.IssueError):
        hcert.fhir.to_bundle(record)


def test_the_command_inspect_names_the_kind(tmp_path: Path) -> None:
    """In both languages."""
    from support.command import run

    (tmp_path / "code.txt").write_text(Handmade(SIGNER, claims=claims_of() | {-260: {-7: OVERVIEW}}).text)
    assert "record   medication overview (subclaim -7)" in run(tmp_path, "inspect", "code.txt").lines
    assert any("tổng hợp thuốc" in line for line in run(tmp_path, "inspect", "--lang", "vi", "code.txt").lines)
