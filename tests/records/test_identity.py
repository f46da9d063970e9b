"""Identity codes: read strictly, every wrong field named, nothing of the person told. All people here are invented."""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcert.errors import MalformedError
from hcert.fragments import fragment
from hcert.records.citizen.person import Confidential, Person, Sex
from hcert.records.identity import Identity, number_findings, parse_citizen_card, parse_personal_code
from hcert.records.partial_date import PartialDate
from support.case_ids import case_id
from support.reasons import Reasons, refusal

if TYPE_CHECKING:
    from collections.abc import Callable


CODE = "079188004217|LUONG THI BICH KHUE|1988-03-09|0|700000000000000042|<2<HS4790000000017<0900000017"


CARD = "079188004217|020000017|Lương Thị Bích Khuê|09031988|Nữ|Số 7, đường Không Tên, phường Mới|15042021"


BORN = PartialDate(1988, 3, 9)


CODE_FIELDS = {"number": 0, "name": 1, "birth": 2, "declared": 3, "user": 4, "ext": 5}


CARD_FIELDS = {"number": 0, "old": 1, "name": 2, "birth": 3, "sex": 4, "residence": 5, "issued": 6}


def code(**fields: str) -> str:
    """Return the personal code with some fields replaced."""
    return replaced(CODE, CODE_FIELDS, fields)


def card(**fields: str) -> str:
    """Return the code of the card with some fields replaced."""
    return replaced(CARD, CARD_FIELDS, fields)


def replaced(text: str, places: dict[str, int], fields: dict[str, str]) -> str:
    """Replace fields by name."""
    parts = text.split("|")
    for name, value in fields.items():
        parts[places[name]] = value
    return "|".join(parts)


def refused(parse: Callable[[str], Identity], text: str) -> MalformedError:
    """Return the error of a code that must be refused, after a look at what it tells."""
    with pytest.raises(MalformedError) as caught:
        parse(text)
    error = caught.value
    assert all(found.severity == "error" for found in error.findings)
    for part in text.replace("<", "|").split("|"):
        if len(part) > 4:
            assert part not in str(error) + repr(error) + repr(error.findings)
    assert error.__cause__ is None
    assert error.__context__ is None
    return error


def fact(identity: Identity, name: str) -> object:
    """Return an attribute of an identity or of its confidential part."""
    return getattr(identity if hasattr(identity, name) else identity.confidential, name)


def test_a_personal_code_is_read() -> None:
    """Every field has its place."""
    assert parse_personal_code(CODE) == Identity(
        full_name="LUONG THI BICH KHUE",
        birth_date=BORN,
        sex=Sex.FEMALE,
        confidential=Confidential(id_number="079188004217", insurance_number="HS4790000000017", phone="0900000017"),
        declared_by_other=False,
        user_code="700000000000000042",
    )


def test_a_citizen_card_is_read() -> None:
    """Every field has its place."""
    assert parse_citizen_card(CARD) == Identity(
        full_name="Lương Thị Bích Khuê",
        birth_date=BORN,
        sex=Sex.FEMALE,
        confidential=Confidential(id_number="079188004217", former_id_number="020000017"),
        residence="Số 7, đường Không Tên, phường Mới",
        card_issued=dt.date(2021, 4, 15),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (code(ext=""), {"sex": None, "insurance_number": None, "phone": None, "declarer_code": None, "further": ()}),
        (code(ext="<<<"), {"sex": None, "insurance_number": None, "phone": None, "declarer_code": None, "further": ()}),
        (code(ext="<<<<"), {"further": ("",)}),
        (code(ext="<0"), {"sex": None}),
        (code(ext="<2"), {"sex": Sex.FEMALE, "phone": None}),
        (code(number="079088004217", ext="<1"), {"sex": Sex.MALE}),
        (code(ext="<<0100000017"), {"sex": None, "insurance_number": "0100000017"}),
        (code(ext="<<<0900000018"), {"insurance_number": None, "phone": "0900000018"}),
        (code(declared="1"), {"declared_by_other": True, "declarer_code": None}),
        (code(declared="1", ext="700000000000000099<2"), {"declarer_code": "700000000000000099", "sex": Sex.FEMALE}),
        (code(ext="<2<<<c2ln bmF0dXJl==<more"), {"further": ("c2ln bmF0dXJl==", "more"), "findings": ()}),
        (code(number="020000017"), {"id_number": "020000017", "findings": ()}),
        (code(number="C0000017"), {"id_number": "C0000017", "findings": ()}),
        (code(number="AB000017"), {"id_number": "AB000017"}),
        (code(number="B000017"), {"id_number": "B000017"}),
        (code(number="079304004217", birth="2004-02-29"), {"birth_date": PartialDate(2004, 2, 29)}),
        (code(name="KHUE"), {"full_name": "KHUE"}),
        (code(user="7"), {"user_code": "7"}),
    ],
    ids=case_id,
)
def test_good_personal_codes(text: str, expected: dict[str, object]) -> None:
    """What may be absent may be absent, and is not there then."""
    identity = parse_personal_code(text)
    assert {name: fact(identity, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (unicodedata.normalize("NFD", CARD), {"full_name": "Lương Thị Bích Khuê", "sex": Sex.FEMALE}),
        (unicodedata.normalize("NFD", CARD), {"residence": "Số 7, đường Không Tên, phường Mới", "findings": ()}),
        (card(sex="Nư\u0303"), {"sex": Sex.FEMALE}),
        (card(old=""), {"former_id_number": None, "id_number": "079188004217"}),
        (card(residence=""), {"residence": None}),
        (card(residence="Tổ  3\u00a0, ấp Mới "), {"residence": "Tổ 3 , ấp Mới"}),
        (card(number="079088004217", sex="Nam"), {"sex": Sex.MALE}),
        (card(number="001304004217", birth="29022004"), {"birth_date": PartialDate(2004, 2, 29)}),
        (card(number="096199004217", birth="31121999"), {"birth_date": PartialDate(1999, 12, 31)}),
        (card(number="096300004217", birth="01012000"), {"birth_date": PartialDate(2000, 1, 1)}),
        (card(name="H'Lam Êban"), {"full_name": "H'Lam Êban"}),
        (card(name="Khuê"), {"full_name": "Khuê"}),
        (card(name="LƯƠNG THỊ BÍCH KHUÊ"), {"full_name": "LƯƠNG THỊ BÍCH KHUÊ"}),
        (card(issued="29022024"), {"card_issued": dt.date(2024, 2, 29)}),
        (CARD, {"declared_by_other": None, "user_code": None, "declarer_code": None, "phone": None, "further": ()}),
    ],
    ids=case_id,
)
def test_good_citizen_cards(text: str, expected: dict[str, object]) -> None:
    """Both normalisation forms, and what may be absent."""
    identity = parse_citizen_card(text)
    assert {name: fact(identity, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["identity.format"]),
        ("|", ["identity.format"]),
        (CODE.rpartition("|")[0], ["identity.format"]),
        (f"{CODE}|", ["identity.format"]),
        (CARD, ["identity.format"]),
        (f"{CODE}\n", ["identity.format"]),
        (f" {CODE}", ["identity.format"]),
        (f"{CODE}\u00a0", ["identity.format"]),
        (code(ext="<2<<<" + "x" * 1000), ["identity.format"]),
        (code(number=""), ["identity.number"]),
        (code(number="07918800421"), ["identity.number"]),
        (code(number="0791880042170"), ["identity.number"]),
        (code(number="079188 04217"), ["identity.number"]),
        (code(number="٠٧٩١٨٨٠٠٤٢١٧"), ["identity.number"]),
        (code(number="c0000017"), ["identity.number"]),
        (code(number="ABC000017"), ["identity.number"]),
        (code(number="C00017"), ["identity.number"]),
        (code(number="C000000017"), ["identity.number"]),
        (code(number="079******217"), ["identity.number"]),
        (code(name=""), ["identity.name"]),
        (code(name="Luong Thi Bich Khue"), ["identity.name"]),
        (code(name="LƯƠNG THỊ BÍCH KHUÊ"), ["identity.name"]),
        (code(name="LUONG  KHUE"), ["identity.name"]),
        (code(name="LUONG KHUE "), ["identity.name"]),
        (code(name="LUONG-KHUE"), ["identity.name"]),
        (code(name="LUONG KHUE\n"), ["identity.name"]),
        (code(birth=""), ["identity.birth_date"]),
        (code(birth="1988"), ["identity.birth_date"]),
        (code(birth="1988-03"), ["identity.birth_date"]),
        (code(birth="09031988"), ["identity.birth_date"]),
        (code(birth="1988-02-30"), ["identity.birth_date"]),
        (code(birth="1888-03-09"), ["identity.birth_date"]),
        (code(birth="1988-3-9"), ["identity.birth_date"]),
        (code(birth="1988-03-09T00:00"), ["identity.birth_date"]),
        (code(declared=""), ["identity.declaration"]),
        (code(declared="2"), ["identity.declaration"]),
        (code(declared="01"), ["identity.declaration"]),
        (code(user=""), ["identity.user_code"]),
        (code(user="7A"), ["identity.user_code"]),
        (code(ext="7A<2"), ["identity.user_code"]),
        (code(ext="<3"), ["identity.sex"]),
        (code(ext="<F"), ["identity.sex"]),
        (code(ext="<2<HS479000000001"), ["identity.insurance_number"]),
        (code(ext="<2<hs4790000000017"), ["identity.insurance_number"]),
        (code(ext="<2<HS47900000000170"), ["identity.insurance_number"]),
        (code(ext="<2<<900000017"), ["identity.phone"]),
        (code(ext="<2<<+84900000017"), ["identity.phone"]),
        (code(ext="<2<<1900000017"), ["identity.phone"]),
        (code(ext="<1"), ["identity.number_sex"]),
        (code(birth="1989-03-09"), ["identity.number_birth_date"]),
        (code(number="079388004217"), ["identity.number_birth_date"]),
        (code(number="005088004217", birth="1989-03-09"), ["identity.number_birth_date", "identity.number_sex"]),
        (
            "1|a|b|c|d|e<f<g<h",
            [
                "identity.number",
                "identity.name",
                "identity.declaration",
                "identity.user_code",
                "identity.user_code",
                "identity.sex",
                "identity.insurance_number",
                "identity.phone",
                "identity.birth_date",
            ],
        ),
    ],
    ids=case_id,
)
def test_bad_personal_codes(text: str, codes: list[str]) -> None:
    """Every field that is wrong is named, all in one error."""
    assert [found.code for found in refused(parse_personal_code, text).findings] == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["identity.format"]),
        (CODE, ["identity.format"]),
        (CARD.rpartition("|")[0], ["identity.format"]),
        (f"{CARD}|", ["identity.format"]),
        (f"{CARD}|||079188004218", ["identity.format"]),
        (f"{CARD}\r\n", ["identity.format"]),
        (f"\t{CARD}", ["identity.format"]),
        (CARD.replace("|", "||"), ["identity.format"]),
        (CARD.replace("|", ";"), ["identity.format"]),
        (card(residence="x" * 1000), ["identity.format"]),
        (card(number=""), ["identity.number"]),
        (card(number="020000017"), ["identity.number"]),
        (card(number="C0000017"), ["identity.number"]),
        (card(number="CCCD: 079188004217"), ["identity.number"]),
        (card(number="079188004217 "), ["identity.number"]),
        (card(old="02000001"), ["identity.old_number"]),
        (card(old="020000017000"), ["identity.old_number"]),
        (card(old="null"), ["identity.old_number"]),
        (card(name=""), ["names.empty"]),
        (card(name=" "), ["names.empty"]),
        (card(name="Lương\nKhuê"), ["record.forbidden_character"]),
        (card(name="Lương \u202eKhuê"), ["record.forbidden_character"]),
        (card(name="Khue\u0303\u0302"), ["record.forbidden_character"]),
        (card(name="Lương Khuê 7!"), ["names.no_letter", "names.no_letter"]),
        (card(birth=""), ["identity.birth_date"]),
        (card(birth="09/03/1988"), ["identity.birth_date"]),
        (card(birth="1988-03-09"), ["identity.birth_date"]),
        (card(birth="19880309"), ["identity.birth_date"]),
        (card(birth="31021988"), ["identity.birth_date"]),
        (card(birth="9031988"), ["identity.birth_date"]),
        (card(birth="00001988"), ["identity.birth_date"]),
        (card(sex=""), ["identity.sex"]),
        (card(sex="Nu"), ["identity.sex"]),
        (card(sex="NỮ"), ["identity.sex"]),
        (card(sex="2"), ["identity.sex"]),
        (card(sex="Giới tính: Nữ"), ["identity.sex"]),
        (card(residence=" "), ["names.empty"]),
        (card(residence="Số 7\u0000, phường Mới"), ["record.forbidden_character"]),
        (card(issued=""), ["identity.issue_date"]),
        (card(issued="15/04/2021"), ["identity.issue_date"]),
        (card(issued="31042021"), ["identity.issue_date"]),
        (card(issued="15042121"), ["identity.issue_date"]),
        (card(sex="Nam"), ["identity.number_sex"]),
        (card(birth="09031998"), ["identity.number_birth_date"]),
        (card(number="079188004217", birth="09032088"), ["identity.number_birth_date"]),
        (
            "1|2|3|4|5|\t|7",
            [
                "identity.number",
                "identity.old_number",
                "identity.birth_date",
                "identity.sex",
                "identity.issue_date",
                "names.no_letter",
                "record.forbidden_character",
            ],
        ),
    ],
    ids=case_id,
)
def test_bad_citizen_cards(text: str, codes: list[str]) -> None:
    """Other forms of dates, labels, other counts of fields; every field that is wrong is named."""
    assert [found.code for found in refused(parse_citizen_card, text).findings] == codes


@pytest.mark.parametrize(
    ("parse", "text", "reason"),
    [
        (parse_personal_code, CODE.rpartition("|")[0], "expected 6 fields separated by |, found 5"),
        (parse_personal_code, CARD, "expected 6 fields separated by |, found 7"),
        (parse_citizen_card, CARD.rpartition("|")[0], "expected 7 fields separated by |, found 6"),
        (parse_citizen_card, f"{CARD}|||", "expected 7 fields separated by |, found 10"),
        (parse_personal_code, "", "expected 6 fields separated by |, found 1"),
        (parse_citizen_card, "\n", "whitespace"),
        (parse_citizen_card, "|" * 1025, "more than 1024 characters"),
    ],
    ids=case_id,
)
def test_the_reason_says_what_was_found(parse: Callable[[str], Identity], text: str, reason: str) -> None:
    """Counts and limits, so that the form in use can be told without the code."""
    assert reason in str(refused(parse, text))


def test_the_longest_code_is_read() -> None:
    """1024 characters pass."""
    text = code(ext="<2<<<" + "x" * (1024 - len(code(ext="<2<<<"))))
    assert len(text) == 1024
    assert parse_personal_code(text).further


@pytest.mark.parametrize("parse", [parse_personal_code, parse_citizen_card])
def test_an_unknown_province_is_a_warning(parse: Callable[[str], Identity]) -> None:
    """Births registered abroad have such numbers."""
    text = (CODE if parse is parse_personal_code else CARD).replace("079188004217", "005188004217")
    identity = parse(text)
    assert [(found.code, found.severity) for found in identity.findings] == [("identity.number_prefix", "warning")]
    assert "005" not in repr(identity.findings)


def test_look_alikes_on_a_card_are_warned_of() -> None:
    """In the name and in the residence, each by its field."""
    identity = parse_citizen_card(card(name="\u00d0oàn Khuê", residence="\u00d0ồng Mới"))
    assert identity.full_name == "Đoàn Khuê"
    assert identity.residence == "Đồng Mới"
    assert [(found.code, dict(found.details)["field"]) for found in identity.findings] == [
        ("names.look_alike", "full_name"),
        ("names.look_alike", "residence"),
    ]


@pytest.mark.parametrize(
    ("number", "birth_date", "sex", "codes"),
    [
        ("079188004217", BORN, Sex.FEMALE, []),
        ("079188004217", BORN, None, []),
        ("079188004217", BORN, Sex.NOT_APPLICABLE, []),
        ("079188004217", BORN, Sex.MALE, ["number_sex"]),
        ("079088004217", BORN, Sex.FEMALE, ["number_sex"]),
        ("079188004217", PartialDate(1988), Sex.FEMALE, []),
        ("079188004217", PartialDate(1987), Sex.FEMALE, ["number_birth_date"]),
        ("079188004217", PartialDate(), Sex.FEMALE, []),
        ("079188004217", PartialDate(2088), Sex.FEMALE, ["number_birth_date"]),
        ("079288004217", PartialDate(2088), Sex.MALE, []),
        ("079588004217", PartialDate(2188), Sex.FEMALE, []),
        ("079688004217", PartialDate(2288), Sex.MALE, []),
        ("079988004217", PartialDate(2388), Sex.FEMALE, []),
        ("003188004217", BORN, Sex.FEMALE, ["number_prefix"]),
        ("000188004217", PartialDate(1900), Sex.MALE, ["number_prefix", "number_birth_date", "number_sex"]),
        ("020000017", BORN, Sex.MALE, []),
        ("C0000017", BORN, Sex.MALE, []),
        ("", BORN, Sex.MALE, []),
    ],
    ids=case_id,
)
def test_numbers_are_compared_with_what_is_known(
    number: str, birth_date: PartialDate, sex: Sex | None, codes: list[str]
) -> None:
    """Century, year and sex; other documents' numbers say nothing."""
    found = number_findings(number, birth_date=birth_date, sex=sex)
    assert [fault.code.removeprefix("identity.") for fault in found] == codes


def test_there_are_63_provinces() -> None:
    """All others are foreign or unknown."""
    known = [at for at in range(1000) if not number_findings(f"{at:03}188004217", birth_date=BORN, sex=None)]
    assert len(known) == 63
    assert (known[0], known[-1]) == (1, 96)


@pytest.mark.parametrize(
    ("text", "family_name", "given_name"),
    [
        (CODE, "Lương", "Thị Bích Khuê"),
        (CODE, "LUONG THI", "BICH KHUE"),
        (CODE, "Lương", "Thị  Bích-Khuê "),
        (CODE, unicodedata.normalize("NFD", "Lương"), "Thị Bích Khuê"),
        (CODE, None, "Lương Thị Bích Khuê"),
        (CODE, "Lương Thị Bích Khuê", None),
        (CARD, "Lương", "Thị Bích Khuê"),
        (card(name="\u00d0oàn Khuê"), "\u0189oàn", "Khuê"),
    ],
)
def test_person_takes_the_given_split(text: str, family_name: str | None, given_name: str | None) -> None:
    """With marks where the caller gives them, in one form."""
    identity = (parse_personal_code if text == CODE else parse_citizen_card)(text)
    person = identity.person(family_name=family_name, given_name=given_name, nationality="VN")

    def form(name: str | None) -> str | None:
        return name and unicodedata.normalize("NFC", name).replace("  ", " ").strip().replace("\u0189", "Đ")

    assert person == Person(
        family_name=form(family_name),
        given_name=form(given_name),
        birth_date=BORN,
        sex=Sex.FEMALE,
        nationality="VN",
    )


@pytest.mark.parametrize(
    ("family_name", "given_name", "codes"),
    [
        (None, None, ["identity.name_mismatch"]),
        ("Lương", None, ["identity.name_mismatch"]),
        ("Lương", "Thị Bích", ["identity.name_mismatch"]),
        ("Thị Bích Khuê", "Lương", ["identity.name_mismatch"]),
        ("Lượng", "Thị Bích Khoa", ["identity.name_mismatch"]),
        ("LươngThị", "Bích Khuê", ["identity.name_mismatch"]),
        ("", "Lương Thị Bích Khuê", ["names.empty"]),
        ("Lương\n", "Thị Bích Khuê", ["record.forbidden_character"]),
        ("Lương7", "", ["names.no_letter", "names.empty"]),
    ],
    ids=case_id,
)
def test_a_person_of_another_name_is_refused(family_name: str | None, given_name: str | None, codes: list[str]) -> None:
    """Letters missing, other letters, another order, and what is no name; the names are not told."""
    with pytest.raises(MalformedError) as caught:
        parse_personal_code(CODE).person(family_name=family_name, given_name=given_name)
    assert [found.code for found in caught.value.findings] == codes
    told = str(caught.value) + repr(caught.value) + repr(caught.value.findings)
    assert not any(word.lower() in told.lower() for word in ("Lương", "Lượng", "LUONG", "Khuê", "Bích"))


def test_marks_count_for_cards_only() -> None:
    """Khuê of the card is not Khuệ; of capitals without marks either may be meant."""
    names = {"family_name": "Lương", "given_name": "Thị Bích Khuệ"}
    assert parse_personal_code(CODE).person(**names).given_name == "Thị Bích Khuệ"
    with pytest.raises(MalformedError) as caught:
        parse_citizen_card(CARD).person(**names)
    assert caught.value.code == "identity.name_mismatch"


def test_a_name_with_an_apostrophe_is_read() -> None:
    """As those of ethnic minorities have it."""
    code = CODE.replace("LUONG THI BICH KHUE", "H'HEN NIE")
    person = parse_personal_code(code).person(family_name="H'Hen", given_name="Niê")
    assert (person.family_name, person.given_name) == ("H'Hen", "Niê")


def test_the_repr_of_an_identity_shows_no_personal_data() -> None:
    """Identities end up in logs, people must not."""
    for identity in (parse_personal_code(CODE), parse_citizen_card(CARD)):
        assert repr(identity) == "<Identity>"
        assert repr(identity.confidential) == "<Confidential>"


ANY_TEXT = st.text(st.characters()) | st.text("|<-0123456789ANamữ ", max_size=60)


@pytest.mark.parametrize("parse", [parse_personal_code, parse_citizen_card])
@given(text=ANY_TEXT)
def test_any_text_is_read_or_refused(parse: Callable[[str], Identity], text: str) -> None:
    """Nothing but a MalformedError is raised."""
    try:
        assert parse(text).full_name
    except MalformedError as error:
        assert error.findings


@pytest.mark.parametrize("parse", [parse_personal_code, parse_citizen_card])
@given(place=st.integers(0, 6), text=ANY_TEXT)
def test_any_text_in_any_field_is_read_or_refused(parse: Callable[[str], Identity], place: int, text: str) -> None:
    """One field is broken at a time; what is read then is in its one form, and what is refused has its reasons."""
    parts = (CODE if parse is parse_personal_code else CARD).split("|")
    parts[place % len(parts)] = text
    try:
        identity = parse("|".join(parts))
    except MalformedError as error:
        assert error.findings
        return
    assert unicodedata.is_normalized("NFC", identity.full_name)
    assert all(found.severity == "warning" for found in identity.findings)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param(
            lambda: parse_personal_code("a|b"),
            [
                (
                    "identity.format",
                    None,
                    {"kind": fragment("thing.personal_code"), "reason": fragment("identity.fields", due=6, count=2)},
                )
            ],
            id="personal code fields",
        ),
        pytest.param(
            lambda: parse_personal_code(CODE + "\n"),
            [
                (
                    "identity.format",
                    None,
                    {"kind": fragment("thing.personal_code"), "reason": fragment("identity.blanks")},
                )
            ],
            id="personal code blanks",
        ),
        pytest.param(
            lambda: parse_personal_code("x" * 5000),
            [
                (
                    "identity.format",
                    None,
                    {"kind": fragment("thing.personal_code"), "reason": fragment("size.characters", most=1024)},
                )
            ],
            id="personal code long",
        ),
        pytest.param(
            lambda: parse_personal_code("1|a|9.3.1988|5|x|y<5<z<u"),
            [
                ("identity.number", None, {"reason": fragment("identity.number_form")}),
                ("identity.name", None, {"reason": fragment("identity.name_form")}),
                ("identity.declaration", None, {}),
                ("identity.user_code", None, {}),
                ("identity.user_code", None, {}),
                ("identity.sex", None, {"allowed": "0, 1, 2"}),
                ("identity.insurance_number", None, {}),
                ("identity.phone", None, {}),
                ("identity.birth_date", None, {"form": "YYYY-MM-DD"}),
            ],
            id="personal code content",
        ),
        pytest.param(
            lambda: parse_citizen_card("a|b"),
            [
                (
                    "identity.format",
                    None,
                    {"kind": fragment("thing.card_code"), "reason": fragment("identity.fields", due=7, count=2)},
                )
            ],
            id="card fields",
        ),
        pytest.param(
            lambda: parse_citizen_card("1|2|5|1988-03-09|F|\u202e|x"),
            [
                ("identity.number", None, {"reason": fragment("identity.card_digits")}),
                ("identity.old_number", None, {}),
                ("identity.birth_date", None, {"form": "DDMMYYYY"}),
                ("identity.sex", None, {"allowed": "Nam, Nữ"}),
                ("identity.issue_date", None, {"form": "DDMMYYYY"}),
                ("names.no_letter", None, {"field": "full_name", "position": 1}),
                ("record.forbidden_character", None, {"field": "residence"}),
            ],
            id="card content",
        ),
        pytest.param(
            lambda: parse_citizen_card(CARD[:-8] + "15132021"),
            [("identity.issue_date", None, {"form": "DDMMYYYY"})],
            id="card issue date alone",
        ),
        pytest.param(
            lambda: parse_citizen_card(CARD).person(family_name="5", given_name="Khuê"),
            [("names.no_letter", None, {"field": "family_name", "position": 1})],
            id="identity name",
        ),
    ],
)
def test_an_error_names_place_and_reason(call: Callable[[], object], expected: Reasons) -> None:
    """Every reason, none twice, and never the text itself."""
    assert refusal(call) == expected
