"""What stands on a page, and what never does."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

import hcert
from hcert import citizen, icvp, paper
from support import pages
from support.citizen_records import citizen_person, citizen_record, dose, readable_records, recovered, sampled
from support.icvp_payloads import C
from support.printing import FORMS, HOSTILE, PDF, SIGNER, TRUST, code_of, on, printed
from support.raw_messages import DCC, Handmade, claims_of, sign_unchecked
from support.sealing import make_reader
from support.signers import (
    NOW,
    person,
    recovery_record,
    sample_test_record,
    vaccination,
    vaccination_record,
)

if TYPE_CHECKING:
    from collections.abc import Callable

DASH = "\N{EN DASH}"
RAPID = "12/01/2026 10:06 UTC+7 COVID-19 Xét nghiệm nhanh kháng nguyên / Rapid antigen test Âm tính / Negative"
CERTIFIED = [
    pytest.param(
        citizen_record(2, 1, recoveries=(recovered(9),)),
        (
            *("Nguyễn Thị Ngọc Ánh", "17/05/1990", "nữ / female", "VN / Viet Nam", "Phiên bản / Revision 1"),
            *("13/10/2025 COVID-19 Vaxzevria 2/2 VN Bộ Y tế", "01/08/2025 COVID-19 Vaxzevria 1/2 VN Bộ Y tế"),
            *(RAPID, f"01/02/2026 COVID-19 12/02/2026 {DASH} 01/08/2026 VN Bộ Y tế"),
            *("01/06/2026 19:00 UTC+7", "01/06/2027 19:00 UTC+7", citizen_record().certificate_id.hex().upper()),
        ),
        id="citizen",
    ),
    pytest.param(
        vaccination_record(),
        ("Nguyễn Thị Ngọc Ánh", "01/04/2026 COVID-19 Comirnaty 2/2 VN Cục Y tế dự phòng", "URN:UVCI:01:VN:5B1CF2A0"),
        id="EU DCC of a dose",
    ),
    pytest.param(
        sample_test_record(),
        ("30/05/2026 08:15 UTC+7 COVID-19 Xét nghiệm PCR", "Âm tính / Negative VN Bệnh viện Bạch Mai"),
        id="EU DCC of a test",
    ),
    pytest.param(
        recovery_record(), (f"01/02/2026 COVID-19 12/02/2026 {DASH} 01/08/2026 VN Bộ Y tế",), id="EU DCC of a recovery"
    ),
    pytest.param(
        icvp.from_payload(C), ("Nguyễn Thị Ánh", "07/05/2026", "YellowFeverProduct", "VNM", "nữ / female"), id="ICVP"
    ),
]


@pytest.mark.parametrize(("record", "parts"), CERTIFIED)
def test_a_sheet_says_what_the_code_certifies(record: Any, parts: tuple[str, ...]) -> None:
    """For every kind of record; the text can be copied with its diacritics."""
    text = on(paper.sheet, code_of(record))
    kid = SIGNER.key.kid.hex().upper()
    for part in (*parts, kid, "Chỉ có giá trị khi đọc được mã", "Hãy đối chiếu với giấy tờ tùy thân"):
        assert part in text


@pytest.mark.parametrize("draw", PDF)
def test_an_english_page_is_in_english(draw: Callable[..., bytes]) -> None:
    """Days are written as ISO 8601 does, and names stay as they were signed."""
    text = on(draw, code_of(citizen_record(1, 1)), language="en")
    for part in ("Health certificate", "1990-05-17", "2027-06-01 19:00 UTC+7", "Negative", "Viet Nam (VN)", "Ngọc Ánh"):
        assert part in text
    for part in ("Chứng nhận", "Âm tính", "day/month"):
        assert part not in text


@pytest.mark.parametrize("draw", PDF)
def test_entries_are_shown_newest_first(draw: Callable[..., bytes]) -> None:
    """In each group."""
    text = on(draw, code_of(citizen_record(3, 2)))
    places = [text.index(day) for day in ("25/12/2025", "13/10/2025", "01/08/2025", "18/01/2026", "15/01/2026")]
    assert places == sorted(places)


@pytest.mark.parametrize("draw", PDF)
def test_no_sealed_content_is_printed(draw: Callable[..., bytes]) -> None:
    """Of an ID number, a lot, an insurance number, a phone and notes nothing is on paper."""
    secret = citizen.Confidential(
        id_number="001090012345",
        insurance_number="GD4010123456789",
        phone="0912345678",
        lot_numbers=((1, "LOT-77"),),
        notes="Allergy",
    )
    text = on(draw, code_of(citizen_record(2, 1), confidential={make_reader(kid=b"clinic").key: secret}))
    for part in ("001090012345", "GD4010123456789", "0912345678", "LOT-77", "Allergy"):
        assert part not in text


@pytest.mark.parametrize("draw", PDF)
def test_no_batch_or_document_number_of_an_icvp_is_printed(draw: Callable[..., bytes]) -> None:
    """Nor who gave the dose: the open part of an ICVP has more than a sheet should show."""
    text = on(draw, code_of(icvp.from_payload(C)))
    for part in (C["id"], C["vx"]["bo"], C["vx"]["cn"]):
        assert part not in text


@pytest.mark.parametrize("draw", PDF)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_page_gives_no_verdict(draw: Callable[..., bytes], language: str) -> None:
    """There is no tick, and it is valid only under a condition."""
    text = on(draw, code_of(citizen_record(2, 2, recoveries=(recovered(9),))), language=language)
    assert not set("✓✔☑✅") & set(text)
    assert len(re.findall("valid", text, re.IGNORECASE)) == text.count("Valid only if the code reads") == 1
    assert text.count("giá trị") == text.count("Chỉ có giá trị khi đọc được mã")


@pytest.mark.parametrize("draw", PDF)
def test_an_issuer_of_another_country_than_the_key_is_shown_with_the_key(draw: Callable[..., bytes]) -> None:
    """A signer writes the issuer claim; the country of the key is what was trusted."""
    text = on(draw, Handmade(SIGNER, claims=claims_of() | {1: "FR"}).text)
    assert "FR (khóa: VN) / FR (key: VN)" in text


def test_absent_parts_leave_no_empty_label() -> None:
    """A person of whom only the family name is known, and entries with nothing but what they need."""
    record = citizen_record(
        0,
        0,
        person=citizen.Person(family_name="Nguyễn"),
    ).revise(
        vaccinations=(dose(1, issuer=None, product=None, dose_number=None, series_doses=None),),
        tests=(sampled(2, issuer=None, centre=None),),
        recoveries=(recovered(3, issuer=None, valid_from=None, valid_until=None),),
    )
    text = on(paper.sheet, code_of(record))
    assert "Sex" not in text
    assert "Ngày sinh / Birth date không rõ / unknown" in text
    assert "01/08/2025 COVID-19 VN" in text
    assert "01/02/2026 COVID-19 VN" in text


def test_texts_are_printed_in_nfc() -> None:
    """An EU DCC may hold decomposed letters, which many fonts cannot put together."""
    names = {"fn": unicodedata.normalize("NFD", "Nguyễn"), "fnt": "NGUYEN", "gn": "A\n  B\u00a0C", "gnt": "A<B<C"}
    text = on(paper.sheet, Handmade(SIGNER, claims=claims_of(DCC | {"nam": names})).text)
    assert "Nguyễn A B C" in text
    assert unicodedata.is_normalized("NFC", text)


@pytest.mark.parametrize("draw", FORMS)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_of_a_code_is_markup(draw: Callable[..., bytes], hostile: str) -> None:
    """Whatever stands in a name, an issuer or a centre is shown letter by letter."""
    record = citizen_record(
        person=citizen_person(family_name=hostile, given_name=hostile, standardised_family_name="HOSTILE")
    ).revise(
        vaccinations=(dose(1, issuer=hostile),),
        tests=(sampled(2, issuer=hostile, centre=hostile),),
        recoveries=(recovered(3, issuer=hostile),),
    )
    data = printed(draw, code_of(record))
    if draw is not paper.picture:
        found = pages.text_of(data).replace(" ", "")
        assert found.count(hostile.replace(" ", "")) >= 4


@pytest.mark.parametrize("draw", FORMS)
def test_every_text_of_an_eu_dcc_may_be_hostile(draw: Callable[..., bytes]) -> None:
    """Its codes too, which nobody knows: they are shown in quotation marks."""
    mark = '#x "*'
    event = DCC["v"][0] | dict.fromkeys(("tg", "vp", "mp", "ma", "is"), mark)
    payload = DCC | {"nam": {"fn": mark, "gn": mark, "fnt": "X", "gnt": "Y"}, "v": [event]}
    data = printed(draw, Handmade(SIGNER, claims=claims_of(payload)).text)
    if draw is not paper.picture:
        assert f"“{mark}”" in pages.text_of(data)


@pytest.mark.parametrize("given", ["阮文安", "محمد علي", "דוד", "ສົມສີ", "A\u202eB", "e\u0301\u0302\u0303" * 20, "☺"])
@pytest.mark.parametrize("draw", PDF)
def test_a_name_that_the_font_lacks_is_written_in_latin_letters(draw: Callable[..., bytes], given: str) -> None:
    """As travel documents have it, and the page says so."""
    names = {"fn": given, "gn": "Minh", "fnt": "LATIN", "gnt": "MINH<AN"}
    text = on(draw, Handmade(SIGNER, claims=claims_of(DCC | {"nam": names})).text)
    assert "LATIN MINH AN" in text
    assert "ICAO 9303" in text
    assert given not in text


@pytest.mark.parametrize("draw", FORMS)
def test_a_name_without_latin_letters_is_an_error_that_says_what_to_do(draw: Callable[..., bytes]) -> None:
    """A sheet without the name is worth nothing."""
    text = code_of(citizen_record(person=citizen_person(family_name="阮", given_name=None)))
    with pytest.raises(hcert.IssueError, match="ICAO 9303") as caught:
        printed(draw, text)
    assert caught.value.code == "paper.letters"
    assert "阮" not in str(caught.value)


def test_other_texts_that_the_font_lacks_refer_to_the_code() -> None:
    """A centre, an issuer, a code that nobody knows."""
    record = citizen_record(0, 1).revise(tests=(sampled(1, centre="ໂຮງໝໍ"),), vaccinations=(dose(2, issuer="卫生部"),))
    text = on(paper.sheet, code_of(record))
    assert text.count("(xem trong mã) / (see the code)") == 2
    event = DCC["v"][0] | {"mp": "疫苗"}
    assert "(see the code)" in on(paper.sheet, Handmade(SIGNER, claims=claims_of(DCC | {"v": [event]})).text)


LONG = "Trung tâm Kiểm soát bệnh tật tỉnh Thừa Thiên Huế, cơ sở hai phường Vĩnh Ninh, HU"


@pytest.mark.parametrize(("draw", "low"), [(paper.sheet, 6), (paper.card, 1)])
def test_entries_without_room_are_counted(draw: Callable[..., bytes], low: int) -> None:
    """Of 48 long ones the newest are shown, and those shown and those counted are all."""
    assert len(LONG) == 80
    tests = tuple(sampled(number, centre=LONG, issuer=None) for number in range(25, 49))
    doses = tuple(dose(number, issuer=LONG) for number in range(1, 25))
    text = on(draw, code_of(citizen_record(1, 0).revise(vaccinations=doses, tests=tests)))
    (hidden,) = re.findall(r"và (\d+) mục khác trong mã", text)
    shown = len(re.findall(r"/\d{4} (?:\d\d:\d\d UTC\+7 )?(?:· )?COVID", text))
    assert shown + int(hidden) == 48
    assert shown >= low
    assert f"… and {hidden} more in the code" in text


@pytest.mark.parametrize("draw", PDF)
def test_many_tests_do_not_hide_every_dose(draw: Callable[..., bytes]) -> None:
    """The newest of each group have room before all others."""
    text = on(draw, code_of(citizen_record(4, 60)))
    assert "mục khác trong mã" in text
    assert "08/03/2026" in text


@pytest.mark.parametrize("count", [1, 5, 9, 14, 18, 19, 20, 21, 22, 30, 40, 60])
def test_nothing_runs_over_a_fold_or_over_another_text(count: int) -> None:
    """However many entries there are; the symbol's panel keeps its distance too."""
    record = citizen_record(count // 2, count - count // 2, recoveries=(recovered(count + 1),))
    data = printed(paper.sheet, code_of(record))
    check_sheet(data)
    assert pages.overlaps_of(data) == []


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(("W" * 80, "M" * 80), id="no space"),
        pytest.param((LONG, LONG[::-1].strip()), id="words"),
        pytest.param(("Ế" * 80, "Ậ" * 80), id="diacritics"),
        pytest.param(("W" * 80, ""), id="one name"),
    ],
)
def test_the_longest_texts_have_room(names: tuple[str, str]) -> None:
    """Names, identifier and issuer of 80 letters, on the sheet and on both sides of a card."""
    family, given = names
    holder = person(family_name=family, given_name=given or None, standardised_given_name="A")
    shot = vaccination(certificate_id="URN:UVCI:01:VN:" + "W" * 65, issuer="W" * 80)
    text = sign_unchecked(SIGNER, vaccination_record(person=holder, vaccinations=(shot,)))
    data = printed(paper.sheet, text)
    check_sheet(data)
    assert pages.overlaps_of(data) == []
    card = printed(paper.card, text)
    for page in (0, 1):
        assert pages.overlaps_of(card, page=page) == []
        for letter, box in pages.letters_of(card, page=page):
            assert 1.5 < box.left < box.right < 85.6 - 1.5, letter
            assert 1.5 < box.top < box.bottom < 53.98 - 1.5, letter
            assert page == 1 or box.left > 2.6 + 46.9, letter  # beside the code and its quiet zone


def check_sheet(data: bytes) -> None:
    """Assert that every letter of a sheet is in one panel and off its edges."""
    for letter, box in pages.letters_of(data):
        for low, high, size in ((box.left, box.right, 105), (box.top, box.bottom, 148.5)):
            assert low // size == high // size, letter
            assert low % size > 5, letter
            assert high % size < size - 5, letter


@given(readable_records)
@pytest.mark.slow
def test_every_record_that_is_accepted_has_a_sheet_or_a_coded_reason(record: hcert.CitizenRecord) -> None:
    """Codes that nobody knows, dates at the ends of the calendar, letters of all scripts."""
    text = sign_unchecked(SIGNER, record)
    for draw in PDF:
        try:
            data = draw(text, trust=TRUST, at=NOW)
        except hcert.VerificationError:
            return
        except hcert.IssueError as error:
            assert error.code in {"paper.letters", "paper.too_dense"}
        else:
            assert data.startswith(b"%PDF")
