"""Words for people: complete in both languages, and a card that says first what matters first."""

from __future__ import annotations

import datetime as dt
import json
import pkgutil
import re
import string
import unicodedata
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given

import hcert
from conftest import ROOT
from hcert import citizen, lists, words
from hcert.findings import catalog
from hcert.policy import (
    AllOf,
    AnyOf,
    AuthenticOnly,
    CompletedSeries,
    Outcome,
    RecentNegativeTest,
    Recovered,
    YoungerThan,
)
from hcert.records.citizen.code_registry import registry
from support.citizen_records import citizen_person, citizen_record, dose, records, recovered, sampled, value_sets
from support.raw_messages import DCC, Handmade, claims_of, sign_unchecked
from support.signers import (
    EXPIRY,
    NOW,
    DocumentSigner,
    document_signer,
    p256,
    person,
    recovery_record,
    vaccination_record,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

LANGUAGES = get_args(words.Language)
SIGNER = document_signer(p256())
HANOI = dt.timezone(dt.timedelta(hours=7))


def all_words() -> Iterator[tuple[str, dict[str, str]]]:
    """Yield every row of the data files: name, and words by language."""
    yield from catalog().items()
    yield from json.loads(pkgutil.get_data("hcert", "data/words.json") or b"").items()
    known = registry()
    for table in ("diseases", "vaccines", "products", "manufacturers", "test_types", "test_results"):
        yield from ((row.code, {"en": row.en, "vi": row.vi}) for row in getattr(known, table))


def places(text: str) -> list[str]:
    """Return the placeholders of a text."""
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def test_both_languages_say_everything_with_the_same_details() -> None:
    """No word is missing, each is in Unicode form NFC, and the details filled in are the same."""
    for name, row in all_words():
        for language in LANGUAGES:
            assert row[language], name
            assert unicodedata.is_normalized("NFC", row[language]), name
        assert places(row["en"]) == places(row["vi"]), name


def test_every_word_is_used() -> None:
    """A word that nothing says is dead."""
    files = ("cards.py", "writer.py", "paper/content.py", "gate/assets.py")
    used = "".join((ROOT / "src" / "hcert" / name).read_text(encoding="utf-8") for name in files)
    labels = {name for kind in _labelled() for name in kind.__struct_fields__}
    for name in json.loads(pkgutil.get_data("hcert", "data/words.json") or b""):
        assert re.search(f"[\"']{name}[\"']", used) or name in labels, name


def _labelled() -> tuple[Any, ...]:
    from hcert import citizen

    return (citizen.Person, citizen.Vaccination, citizen.Test, citizen.Recovery, citizen.Confidential)


def test_every_member_of_a_record_has_a_label() -> None:
    """In both languages, but for what no person reads."""
    for kind in _labelled():
        for name in kind.__struct_fields__:
            if name != "unrecognised" and not name.startswith("standardised"):
                assert all(words.label(name, language=language) for language in LANGUAGES)


def test_a_finding_has_a_message_in_both_languages() -> None:
    """English is the message it carries."""
    verdict = SIGNER.verifier.check("HC1:", at=NOW)
    (found,) = verdict.findings
    assert words.message(found, language="en") == found.message
    assert words.message(found, language="vi") != found.message
    verdict = SIGNER.verifier.check(SIGNER.issue().text, at=EXPIRY + dt.timedelta(1))
    assert "2027-06-01T12:00:00Z" in words.message(verdict.findings[0], language="vi")


def test_a_finding_of_a_custom_policy_keeps_its_own_message() -> None:
    """It is in no catalog, and a card shows it in any language."""
    own = hcert.Finding("gate.nationality", "error", "Not a citizen.")
    assert words.message(own, language="vi") == "Not a citizen."
    verdict = hcert.Verdict((own,), None, NOW)
    assert "Not a citizen. [gate.nationality]" in str(words.card(verdict, language="vi"))


def test_a_finding_with_a_catalog_code_but_other_details_keeps_its_own_message() -> None:
    """A policy of somebody's own may borrow a code."""
    found = hcert.Finding("policy.test_too_old", "error", "The test is too old here.")
    assert words.message(found, language="vi") == "The test is too old here."


def test_a_member_without_a_label_is_called_by_its_name() -> None:
    """Members of newer versions have none here."""
    assert words.label("blood_group", language="vi") == "blood_group"


def test_codes_have_names() -> None:
    """Where the registry knows them; else the code stands for itself."""
    assert words.code_name("16541001", language="vi") == "Sốt vàng"
    assert words.code_name("EU/1/20/1528", language="en") == "Comirnaty"
    assert words.code_name("Unheard-Of", language="en") == "Unheard-Of"


@pytest.mark.parametrize("language", ["de", "EN", "", None])
def test_an_unknown_language_is_refused(language: Any) -> None:
    """With the languages there are."""
    verdict = SIGNER.verifier.check("", at=NOW)
    for say in (
        lambda: words.card(verdict, language=language),
        lambda: words.message(verdict.findings[0], language=language),
        lambda: words.short(verdict.findings[0], language=language),
        lambda: words.label("sex", language=language),
        lambda: words.code_name("1", language=language),
    ):
        with pytest.raises(hcert.ConfigurationError) as caught:
            say()
        assert caught.value.code == "words.language"
        assert "en, vi" in str(caught.value)


def publish_lists(
    signer: DocumentSigner, *, issued_at: dt.datetime | None = None
) -> tuple[hcert.TrustList, hcert.RevocationList]:
    """Return a key list and a revocation list as a device opens them."""
    anchors = lists.Anchors((signer.key,), threshold=1)
    day = dt.timedelta(days=1)
    keys = hcert.TrustList([signer.key]).seal([signer.signer], version=1, issued_at=NOW - day, expires_at=NOW + 7 * day)
    begin = issued_at or NOW - dt.timedelta(hours=1)
    revoked = hcert.RevocationList().seal([signer.signer], version=1, issued_at=begin, expires_at=NOW + day)
    return (
        hcert.TrustList.open(keys, anchors=anchors, at=NOW),
        hcert.RevocationList.open(revoked, anchors=anchors, at=NOW),
    )


def checked(record: hcert.CitizenRecord, *, policy: Any = None, at: dt.datetime = NOW) -> hcert.Verdict:
    """Sign and check a record, whatever it holds."""
    return hcert.Verifier(hcert.TrustList([SIGNER.key]), policy=policy).check(sign_unchecked(SIGNER, record), at=at)


def test_a_card_says_who_and_what_counts_first() -> None:
    """Verdict, person, counting entries, then the rest, each in one line."""
    record = citizen_record(2, 0).revise(
        tests=(sampled(3, sampled_at=NOW - dt.timedelta(hours=3)), sampled(4, sampled_at=NOW + dt.timedelta(days=1)))
    )
    card = words.card(checked(record, policy=RecentNegativeTest()), language="vi", zone=HANOI)
    assert card.accepted
    assert str(card) == (
        "✓ CHẤP NHẬN\n"
        "  Nguyễn Thị Ngọc Ánh, sinh 17/05/1990, nữ\n"
        "  ✓ Xét nghiệm COVID-19: Âm tính, Xét nghiệm nhanh kháng nguyên, 01/06/2026 16:00 UTC+7, VN\n"
        "  ✗ Xét nghiệm COVID-19: Âm tính, Xét nghiệm PCR, 02/06/2026 19:00 UTC+7, VN\n"
        "      Mục này đề ngày ở tương lai nên không được tính. [entry.in_future]\n"
        "  · Tiêm chủng COVID-19: mũi 2/2, Vaxzevria, 13/10/2025, VN\n"
        "  · Tiêm chủng COVID-19: mũi 1/2, Vaxzevria, 01/08/2025, VN\n"
        "  Cấp bởi VN (khóa: VN), hết hạn 01/06/2027 19:00 UTC+7\n"
        "  Quy định: xét nghiệm âm tính trong 72 giờ\n"
        "  ! Chưa kiểm tra thu hồi"
    )


def test_a_card_says_why_not_right_after_the_person() -> None:
    """A refused holder is told the reason before anything else."""
    policy = AnyOf(CompletedSeries(maximum_age=30), RecentNegativeTest())
    card = words.card(checked(citizen_record(2, 1), policy=policy), language="en")
    assert not card.accepted
    assert card.lines[:4] == (
        "✗ REFUSED",
        "  Nguyễn Thị Ngọc Ánh, born 1990-05-17, female",
        "  ✗ Last dose over 30 days",
        "  ✗ Test over 72 hours",
    )


def test_a_card_without_a_certificate_has_only_reasons() -> None:
    """Nothing is known about a code that no trusted key signed."""
    card = words.card(SIGNER.verifier.check("HC2:", at=NOW), language="en")
    assert (card.person, card.entries, card.issuer, card.revocation_unchecked) == (None, (), None, None)
    assert card.reasons == ("Not a health certificate",)
    assert card.details[0].endswith("[text.prefix]")


@pytest.mark.parametrize(
    ("record", "line"),
    [
        (vaccination_record(), "  · Vaccination COVID-19: dose 2 of 2, Comirnaty, 2026-04-01, VN"),
        (
            recovery_record(),
            "  · Recovery COVID-19: positive on 2026-02-01, counts 2026-02-12 to 2026-08-01, VN",
        ),
        (
            citizen_record(0, 0).revise(
                vaccinations=(dose(1, diseases=("14189004", "36653000"), product=None, series_doses=None),)
            ),
            "  · Vaccination Measles, Rubella: dose 1, 2025-08-01, VN",
        ),
        (
            citizen_record(0, 0).revise(vaccinations=(dose(1, product=None, vaccine="J07BL01", dose_number=None),)),
            "  · Vaccination COVID-19: Yellow fever vaccine, 2025-08-01, VN",
        ),
        (
            citizen_record(0, 0, recoveries=(recovered(1, valid_until=None),)),
            "  · Recovery COVID-19: positive on 2026-02-01, VN",
        ),
        (citizen_record(4, 3), "    and 2 further entries"),
        (
            citizen_record(1, 0).revise(person=citizen_person(birth_date=hcert.citizen.PartialDate(), sex=None)),
            "  Nguyễn Thị Ngọc Ánh, birth date unknown",
        ),
        (
            vaccination_record(person=person(family_name=None, given_name=None)),
            "  NGUYEN THI<NGOC<ANH, born 1990-05-17",
        ),
    ],
    ids=[
        "dose",
        "recovery",
        "two diseases",
        "vaccine",
        "recovery without end",
        "too many",
        "no birth date",
        "ICAO name",
    ],
)
def test_each_kind_of_entry_and_person_has_its_line(record: Any, line: str) -> None:
    """EU DCCs and citizen records alike."""
    code = hcert.Issuer(SIGNER.signer, country="VN").issue(record, issued_at=NOW, expires_at=EXPIRY)
    assert line in words.card(SIGNER.verifier.check(code.text, at=NOW), language="en").lines


ICVP = hcert.Icvp(
    name="Nguyễn Thị Ánh",
    birth_date=hcert.citizen.PartialDate(1990, 5, 17),
    sex="female",
    nationality="VNM",
    template_version="1.0.0",
    doses=(hcert.icvp.Dose(product="YellowFeverProduct1", date=dt.date(2026, 5, 7), batch="LOT-1", issuer="VNM"),),
)


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "en",
            (
                "✓ ACCEPTED",
                "  Nguyễn Thị Ánh, born 1990-05-17, female",
                "  · Vaccination “YellowFeverProduct1”: 2026-05-07",
            ),
        ),
        (
            "vi",
            (
                "✓ CHẤP NHẬN",
                "  Nguyễn Thị Ánh, sinh 17/05/1990, nữ",
                "  · Tiêm chủng “YellowFeverProduct1”: 07/05/2026",
            ),
        ),
    ],
)
def test_a_card_of_an_icvp_names_the_person_and_the_dose(language: Any, lines: tuple[str, ...]) -> None:
    """Its purpose is to be compared with a travel document."""
    verdict = SIGNER.verifier.check(sign_unchecked(SIGNER, ICVP), at=NOW)
    assert words.card(verdict, language=language).lines[:3] == lines


def test_a_card_of_an_eu_dcc_shows_names_as_they_were_signed() -> None:
    """Nothing is transliterated to be shown."""
    payload = DCC | {"nam": {"fn": "Παπαδόπουλος", "gn": "Γιώργος", "fnt": "PAPADOPOULOS", "gnt": "GEORGIOS"}}
    card = words.card(SIGNER.verifier.check(Handmade(SIGNER, claims=claims_of(payload)).text, at=NOW), language="en")
    assert card.lines[1] == "  Παπαδόπουλος Γιώργος, born 1998-02-26"


def test_a_card_of_an_unknown_record_shows_its_issuer() -> None:
    """Authentic, not understood; an expiry is not invented."""
    text = Handmade(SIGNER, claims=claims_of(c4=None) | {-260: {5: "x"}}).text
    lines = words.card(SIGNER.verifier.check(text, at=NOW), language="en").lines
    assert "  Issued by VN (key: VN), expires never" in lines


def test_a_refused_card_marks_no_entry_as_good_and_shows_the_newest() -> None:
    """An expired certificate has no ✓; a fresh positive test is not pushed off by older doses that count."""
    record = citizen_record(6, 0).revise(
        tests=(sampled(20, result="260373001", sampled_at=NOW - dt.timedelta(hours=3)),)
    )
    policy = CompletedSeries(maximum_age=None)
    accepted = str(words.card(checked(record, policy=policy), language="en"))
    assert accepted.count("\n  ✓") == 4
    assert "Positive" in accepted
    assert "and 2 further entries" in accepted
    assert "✓" not in str(words.card(checked(record, policy=policy, at=EXPIRY + dt.timedelta(1)), language="en"))


def test_a_card_names_the_newest_of_each_group() -> None:
    """However many newer entries of another group there are; what is dated in the future is left out."""
    record = citizen_record(2, 20, recoveries=(recovered(40),))
    ahead = sampled(41, sampled_at=NOW + dt.timedelta(days=9))
    card = words.card(checked(record.revise(tests=(*record.tests, ahead))), language="en")
    last = max(test.sampled_at for test in record.tests)
    assert [line.split(" ", 1)[0] for line in card.newest] == ["Vaccination", "Test", "Recovery"]
    assert "dose 2 of 2" in card.newest[0]
    assert f"{last:%F %R} UTC" in card.newest[1]
    assert words.card(SIGNER.verifier.check("HC2:", at=NOW), language="en").newest == ()


def test_an_unknown_code_is_quoted() -> None:
    """Whoever signs could write `Negative` where a code should stand."""
    record = citizen_record(0, 0).revise(tests=(sampled(1, result="Negative"),))
    own = value_sets(test_results={"Negative": {"name": "no virus found", "vi": "không thấy vi rút"}})
    code = hcert.Issuer(SIGNER.signer, country="VN", value_sets=own).issue(record, issued_at=NOW, expires_at=EXPIRY)
    verdict = SIGNER.verifier.check(code.text, at=NOW)
    assert "“Negative”" in str(words.card(verdict, language="en"))
    meanings: tuple[tuple[words.Language, str], ...] = (("en", "no virus found"), ("vi", "không thấy vi rút"))
    for language, meaning in meanings:
        assert f"{meaning}," in str(words.card(verdict, language=language, value_sets=own))
        assert words.code_name("Negative", language=language, value_sets=own) == meaning


@pytest.mark.parametrize("moment", [dt.datetime.max, dt.datetime(1970, 1, 1)])  # noqa: DTZ001, DTZ901
def test_the_ends_of_the_calendar_have_a_card(moment: dt.datetime) -> None:
    """Where a zone has no day any more, the time stays as it was."""
    at = moment.replace(tzinfo=dt.UTC, microsecond=0)
    unknown = citizen_person(birth_date=citizen.PartialDate())
    record = citizen_record(0, 0, person=unknown).revise(tests=(sampled(1, sampled_at=at),))
    for offset in (-12, 14):
        assert words.card(checked(record), language="vi", zone=dt.timezone(dt.timedelta(hours=offset))).lines
    sample = {"tg": "840539006", "tt": "LP6464-4", "sc": "0001-01-01T00:00:00+14:00", "tr": "260415000", "co": "VN"}
    dcc = {name: DCC[name] for name in DCC if name != "v"} | {"t": [sample | {"is": "x", "ci": "y"}]}
    verdict = SIGNER.verifier.check(Handmade(SIGNER, claims=claims_of(dcc)).text, at=NOW)
    assert words.card(verdict, language="en").lines


def test_signed_text_does_nothing_to_a_screen() -> None:
    """A line feed or an escape sequence in a name is shown as a question mark."""
    payload = DCC | {"nam": {"fn": "A\x1b[2J\nB", "fnt": "A"}}
    card = words.card(SIGNER.verifier.check(Handmade(SIGNER, claims=claims_of(payload)).text, at=NOW), language="en")
    assert card.lines[1] == "  A?[2J?B, born 1998-02-26"


PUBLISHED = publish_lists(SIGNER)


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        pytest.param(
            "en",
            (
                "Key list of 2026-05-31 19:00 UTC+7, valid until 2026-06-08 19:00 UTC+7",
                "Revocation list of 2026-06-01 18:00 UTC+7, valid until 2026-06-02 19:00 UTC+7",
            ),
            id="English",
        ),
        pytest.param(
            "vi",
            (
                "Danh sách khóa lập 31/05/2026 19:00 UTC+7, hiệu lực đến 08/06/2026 19:00 UTC+7",
                "Danh sách thu hồi lập 01/06/2026 18:00 UTC+7, hiệu lực đến 02/06/2026 19:00 UTC+7",
            ),
            id="Vietnamese",
        ),
    ],
)
def test_a_card_says_how_old_the_lists_are_while_they_are_fresh(language: Any, lines: tuple[str, ...]) -> None:
    """With the zone, in both languages."""
    trust, revocations = PUBLISHED
    verdict = hcert.Verifier(trust, revocations=revocations).check(SIGNER.issue().text, at=NOW)
    card = words.card(verdict, language=language, zone=HANOI)
    assert card.lists == lines
    assert card.revocation_unchecked is None
    assert all(f"  {line}" in card.lines for line in lines)
    assert verdict.as_dict()["lists"]["keys"]["issued_at"] == "2026-05-31T12:00:00+00:00"


def test_a_card_marks_a_list_that_has_expired() -> None:
    """Within its grace too, where a warning says so."""
    trust, revocations = PUBLISHED
    tolerances = hcert.Tolerances(list_grace=dt.timedelta(days=30))
    verifier = hcert.Verifier(trust, revocations=revocations, tolerances=tolerances)
    verdict = verifier.check(SIGNER.issue().text, at=NOW + dt.timedelta(days=2))
    card = words.card(verdict, language="en")
    assert card.accepted
    assert [("EXPIRED" in line) for line in card.lists] == [False, True]
    assert [found.code for found in verdict.warnings] == ["revocation.list_stale"]
    assert card.warnings[0].endswith("[revocation.list_stale]")


def test_lists_of_several_are_as_old_as_the_oldest() -> None:
    """A merged revocation list has the earliest times of all."""
    trust, revocations = PUBLISHED
    older = publish_lists(SIGNER, issued_at=NOW - dt.timedelta(days=9))[1]
    verdict = hcert.Verifier(trust, revocations=revocations.merge(older)).check(SIGNER.issue().text, at=NOW)
    assert verdict.lists.revocations is not None
    assert verdict.lists.revocations.issued_at == NOW - dt.timedelta(days=9)


def test_a_missing_revocation_list_is_said_once() -> None:
    """As the reason of the refusal, not as a note beside it."""
    trust, _ = PUBLISHED
    card = words.card(hcert.Verifier(trust).check(SIGNER.issue().text, at=NOW), language="en")
    assert card.reasons == ("No revocation list",)
    assert card.revocation_unchecked is None
    assert len(card.lists) == 1
    assert not any("revocation.list_missing" in text for text in card.warnings)


def test_local_pins_have_no_age() -> None:
    """Nobody published them."""
    card = words.card(SIGNER.verifier.check(SIGNER.issue().text, at=NOW), language="en")
    assert card.lists == ()
    assert card.revocation_unchecked


class Quiet:
    """A policy of somebody's own, without a name for cards."""

    def judge(self, record: Any, *, at: dt.datetime, without: Any = ()) -> Outcome:  # noqa: ARG002
        """Accept all."""
        return Outcome(satisfied=True)


class Named(Quiet):
    """One with a name."""

    rule = "Ward 3\x1b: staff"


@pytest.mark.parametrize(
    ("policy", "english", "vietnamese"),
    [
        pytest.param(None, None, None, id="none"),
        pytest.param(AuthenticOnly(), "any authentic certificate", "mọi chứng nhận xác thực", id="authentic"),
        pytest.param(
            RecentNegativeTest(within=dt.timedelta(hours=36)),
            "negative test within 36 hours",
            "xét nghiệm âm tính trong 36 giờ",
            id="test",
        ),
        pytest.param(
            CompletedSeries(),
            "full vaccination 14 to 270 days ago",
            "đã tiêm đủ liều từ 14 đến 270 ngày",
            id="series",
        ),
        pytest.param(
            CompletedSeries(minimum_age=7, maximum_age=None),
            "full vaccination at least 7 days ago",
            "đã tiêm đủ liều ít nhất 7 ngày",
            id="series without end",
        ),
        pytest.param(
            AnyOf(Recovered(), AllOf(YoungerThan(12), Named())),
            "one of (recovery that still counts, all of (under 12 years of age, Ward 3?: staff))",
            "một trong (khỏi bệnh còn giá trị, tất cả (dưới 12 tuổi, Ward 3?: staff))",
            id="combined",
        ),
        pytest.param(Named(), "Ward 3?: staff", "Ward 3?: staff", id="own with a name"),
        pytest.param(Quiet(), "Quiet", "Quiet", id="own without"),
    ],
)
def test_a_card_names_the_rule_that_judged(policy: Any, english: str | None, vietnamese: str | None) -> None:
    """In both languages; one of somebody's own by its text, or its type."""
    verdict = checked(citizen_record(2, 1), policy=policy)
    assert words.card(verdict, language="en").rule == (english and f"Rule: {english}")
    assert words.card(verdict, language="vi").rule == (vietnamese and f"Quy định: {vietnamese}")
    assert (verdict.as_dict()["rule"] is None) is (policy is None)


@given(records)
def test_every_record_has_a_card(record: hcert.CitizenRecord) -> None:
    """Whatever it holds, in both languages, in one screen of lines."""
    verdict = checked(record)
    for language in LANGUAGES:
        card = words.card(verdict, language=language)
        assert all(line.isprintable() for line in card.lines)


def test_a_card_shows_what_was_revoked_before_what_is_newer() -> None:
    """The oldest of eight doses was revoked; of more revoked ones than have room the reason is told."""
    record = citizen_record(8, 0)
    code = hcert.Issuer(SIGNER.signer, country="VN").issue(record, issued_at=NOW, expires_at=EXPIRY)
    trust = hcert.TrustList([SIGNER.key])
    for numbers in ({1}, set(range(1, 8))):
        revoked = hcert.RevocationList(entries=[record.entry_id(number) for number in numbers])
        card = words.card(hcert.Verifier(trust, revocations=revoked).check(code.text, at=EXPIRY), language="en")
        shown = [line for line in card.lines if line.startswith("  ✗ Vaccination")]
        assert len(shown) == min(len(numbers), 5)
        told = [line for line in card.lines if "revocation.entry" in line]
        assert len(told) == len(shown) + (len(numbers) > 5)


def test_a_card_shows_the_newest_samples_of_a_day() -> None:
    """Seven samples of one day: the last five, the latest first."""
    tests = tuple(sampled(number, sampled_at=NOW - dt.timedelta(hours=number)) for number in range(7, 0, -1))
    record = citizen_record(1, 0).revise(vaccinations=(), tests=tests)
    code = hcert.Issuer(SIGNER.signer, country="VN").issue(record, issued_at=NOW, expires_at=EXPIRY)
    card = words.card(SIGNER.verifier.check(code.text, at=NOW), language="en")
    assert re.findall("([0-9]{2}):00 UTC,", str(card)) == ["11", "10", "09", "08", "07"]
