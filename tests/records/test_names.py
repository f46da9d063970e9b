"""Names: one form, and the letters a machine reads, with no letter of Vietnamese lost."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert.errors import MalformedError
from hcert.records import names
from support.case_ids import case_id
from support.reasons import Reasons, refusal

if TYPE_CHECKING:
    from collections.abc import Callable


TONES = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]


VOWELS = "AĂÂEÊIOÔƠUƯY"


LETTERS = [unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in TONES]


MARKED = [letter for letter in LETTERS if not letter.isascii()] + ["Đ"]


BASES = dict(zip("ĂÂÊÔƠƯĐ", "AAEOOUD", strict=True))


NAMES = st.text(st.sampled_from([*LETTERS, *map(str.lower, LETTERS), *"Đđ -'<ÄßØ\u00a0\u2019"]), max_size=120)


ANY_TEXT = st.text(st.characters(), max_size=30)  # lone surrogates too


def base(letter: str) -> str:
    """Return a letter without its marks, by the alphabet and not by Unicode."""
    at = LETTERS.index(letter) if letter in LETTERS else None
    plain = letter if at is None else VOWELS[at // len(TONES)]
    return BASES.get(plain, plain)


def codes(error: MalformedError) -> list[str]:
    """Return the codes of an error."""
    return [found.code for found in error.findings]


def test_there_are_67_letters_with_marks() -> None:
    """The cases below are all of the alphabet."""
    assert len(set(MARKED)) == len(MARKED) == 67


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("letter", [*MARKED, *map(str.lower, MARKED)])
def test_every_vietnamese_letter_gives_its_base(letter: str, form: str) -> None:
    """In both cases and both normalisation forms."""
    text = unicodedata.normalize(form, letter)  # type: ignore[arg-type]
    assert names.transliterate(text) == base(letter.upper())


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Nguyễn", "NGUYEN"),
        ("Trương", "TRUONG"),
        ("Đặng", "DANG"),
        ("Đào Đình Đức", "DAO<DINH<DUC"),
        ("Thị Ngọc Ánh", "THI<NGOC<ANH"),
        ("Lê-Vân", "LE<VAN"),
        ("H'Hen", "HHEN"),
    ],
)
def test_transliterates_where_the_table_alone_fails(name: str, form: str, wanted: str) -> None:
    """The names that known implementations get wrong."""
    assert names.transliterate(unicodedata.normalize(form, name)) == wanted  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Müller", "MUELLER"),
        ("Mu\u0308ller", "MUELLER"),
        ("Weiß", "WEISS"),
        ("WEI\u1e9e", "WEISS"),
        ("Åse Ångström", "AASE<AANGSTROEM"),
        ("Øyvind Sæther", "OEYVIND<SAETHER"),
        ("Þór Guðrún", "THOR<GUDRUN"),
        ("Œuvrard", "OEUVRARD"),
        ("Muñoz Çelik", "MUNOZ<CELIK"),
        ("Łukasz", "LUKASZ"),
        ("Ĳsbrand ĳsbrand", "IJSBRAND<IJSBRAND"),
        ("ŋ Ħ \u0131 Ŧ ĸ Ŀ İ", "N<H<I<T<Q<L<I"),
        ("Ǿ Ǽ ŉ", "OE<AE<N"),
        ("\u00d0 \u0189 \u00f0 \u0256", "D<D<D<D"),
        ("Nguyê\u0303n", "NGUYEN"),
        ("e\u0323\u0302", "E"),
        ("O\u2019Neill O\u02bcNeill", "ONEILL<ONEILL"),
        ("St. John", "ST<JOHN"),
        ("Smith,John", "SMITH<JOHN"),
        ("A\u2010B\u2011C\u2013D-E", "A<B<C<D<E"),
        ("  Lê \u00a0 -  An ", "LE<AN"),
        ("LE<<AN<", "LE<AN"),
    ],
)
def test_transliterates_other_names(name: str, wanted: str) -> None:
    """Letters of two letters, letters without a decomposition, punctuation, blanks and mixed forms."""
    assert names.transliterate(name) == wanted


@pytest.mark.parametrize(
    ("name", "positions"),
    [
        ("An7", [3]),
        ("Иван", [1, 2, 3, 4]),
        ("A\tB\n", [2, 4]),
        ("A\u200bB", [2]),
        ("\u202eAn", [1]),
        ("A/B", [2]),
        ("A\u2003B", [2]),
        ("e\u0303\u0302", [2]),
        ("An\ud800", [3]),
        ("王An", [1]),
        ("'", [1]),
        ("\t", [1]),
        ("- <", [1]),
    ],
    ids=case_id,
)
def test_character_without_letter_is_an_error(name: str, positions: list[int]) -> None:
    """Nothing is dropped silently; every place is named, the character is not."""
    with pytest.raises(MalformedError) as caught:
        names.transliterate(name, field="given_name")
    assert set(codes(caught.value)) == {"names.no_letter"}
    assert [dict(found.details)["position"] for found in caught.value.findings] == positions
    assert {dict(found.details)["field"] for found in caught.value.findings} == {"given_name"}


@pytest.mark.parametrize("name", ["", " ", "\u00a0 \u00a0"])
def test_empty_names_are_refused(name: str) -> None:
    """Blanks are no name."""
    for function in (names.transliterate, names.clean):
        with pytest.raises(MalformedError) as caught:
            function(name)
        assert codes(caught.value) == ["names.empty"]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("A" * 80, "A" * 80),
        ("A" * 81, "A" * 80),
        ("A" * 79 + " B", "A" * 79),
        ("A" * 80 + " B", "A" * 80),
        ("A" * 81 + " B", "A" * 80),
        ("A" * 77 + " B C", "A" * 77 + "<B"),
        ("A" * 78 + " B C", "A" * 78 + "<B"),
        ("ß" * 41, "S" * 80),
    ],
    ids=case_id,
)
def test_long_names_are_cut_after_a_word(name: str, wanted: str) -> None:
    """80 characters are what the schema has room for."""
    assert names.transliterate(name) == wanted


@given(NAMES | ANY_TEXT)
def test_transliteration_is_idempotent(name: str) -> None:
    """For any text: words and fillers, or an error; forms do not matter and a second time changes nothing."""
    try:
        letters = names.transliterate(name)
    except MalformedError as error:
        assert set(codes(error)) <= {"names.empty", "names.no_letter"}
        for form in ("NFC", "NFD"):
            with pytest.raises(MalformedError) as caught:
                names.transliterate(unicodedata.normalize(form, name))
            assert caught.value.findings == error.findings
        return
    assert re.fullmatch("[A-Z]+(<[A-Z]+)*", letters)
    assert len(letters) <= 80
    assert names.transliterate(letters) == letters
    assert names.transliterate(unicodedata.normalize("NFC", name)) == letters
    assert names.transliterate(unicodedata.normalize("NFD", name)) == letters


@given(NAMES | ANY_TEXT)
def test_cleaning_gives_one_form_or_an_error(name: str) -> None:
    """For any text: NFC, no blanks too many, the same a second time, without warnings then."""
    try:
        cleaned, warnings = names.clean(name)
    except MalformedError as error:
        assert set(codes(error)) <= {"names.empty", "record.forbidden_character"}
        return
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not re.search("^ |  | $|\u00a0", cleaned)
    assert {found.code for found in warnings} <= {"names.look_alike"}
    assert names.clean(cleaned) == (cleaned, ())
    assert names.clean(unicodedata.normalize("NFD", name)) == (cleaned, warnings)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("  Nguyễn\u00a0  Văn  An ", "Nguyễn Văn An"),
        (unicodedata.normalize("NFD", "Phường Đậu"), "Phường Đậu"),
        ("Nguyê\u0303n", "Nguyễn"),
        ("H'Hen Niê", "H'Hen Niê"),
        (" Xuân X ", "Xuân X"),
        ("สมชาย ใจดี", "สมชาย ใจดี"),
    ],
)
def test_cleaning_changes_only_the_form(name: str, wanted: str) -> None:
    """Normalisation and blanks; apostrophes and other scripts stay."""
    assert names.clean(name) == (wanted, ())


def test_look_alikes_are_replaced_with_warnings() -> None:
    """Eth and African D become Đ, in both cases; the warning tells where and not who."""
    cleaned, warnings = names.clean("\u00d0ào \u0189ình \u00f0\u0256 Đạt", field="family_name")
    assert cleaned == "Đào Đình đđ Đạt"
    assert [(found.code, found.severity) for found in warnings] == [("names.look_alike", "warning")] * 4
    assert [dict(found.details)["position"] for found in warnings] == [1, 5, 10, 11]
    assert {dict(found.details)["field"] for found in warnings} == {"family_name"}


@pytest.mark.parametrize("name", ["An\n", "\tAn", "A\u202en", "A\u200bn", "e\u0303\u0302", "\u0301An", "A\ud800", "\n"])
def test_hidden_characters_and_stray_marks_are_refused(name: str) -> None:
    """Line ends and tabs are control characters, not blanks."""
    with pytest.raises(MalformedError) as caught:
        names.clean(name, field="given_name")
    assert codes(caught.value) == ["record.forbidden_character"]
    assert "given_name" in str(caught.value)


def test_a_name_of_foreign_blanks_is_empty() -> None:
    """An em space alone is no name either."""
    with pytest.raises(MalformedError) as caught:
        names.clean("\u2003")
    assert codes(caught.value) == ["names.empty"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Hoà", "Hòa", True),
        ("Đỗ Thị Hoa", "DO THI HOA", True),
        ("Lê-Vân", "lê vân", True),
        ("DO<THI<HOA", "Đỗ  Thị Hoa", True),
        ("Lê Vân", "Lêvân", False),
        ("Trần An", "An Trần", False),
        ("A" * 80 + " B", "A" * 80 + " C", False),
    ],
)
def test_names_are_compared_by_their_letters(one: str, other: str, *, same: bool) -> None:
    """Case, marks and the place of the tone do not count; words, their order and all their letters do."""
    assert names.same_name(one, other) is same


def test_names_without_letters_cannot_be_compared() -> None:
    """An error, since neither yes nor no would be true."""
    with pytest.raises(MalformedError):
        names.same_name("An", "安")


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("Lương Thị Bích Trâm", ("Lương", "Thị Bích Trâm", True)),
        ("LUONG THI BICH TRAM", ("LUONG", "THI BICH TRAM", True)),
        ("  Đỗ\u00a0 An ", ("Đỗ", "An", True)),
        ("Nguyễn Lê", ("Nguyễn", "Lê", True)),
        ("Phạm Văn Khuê", ("Phạm", "Văn Khuê", True)),
        ("Nguyễn Lê Khuê", ("Nguyễn", "Lê Khuê", False)),
        ("Nguyễn Phúc Khuê", ("Nguyễn", "Phúc Khuê", False)),
        ("Trần Phúc Khuê", ("Trần", "Phúc Khuê", True)),
        ("Tôn Thất Khuê", ("Tôn", "Thất Khuê", False)),
        ("Âu Dương Khuê", ("Âu", "Dương Khuê", False)),
        ("H'Lam Êban", ("H'Lam", "Êban", False)),
        ("Y Khuê Niê", ("Y", "Khuê Niê", False)),
        ("Lê H\u2019Lam", ("Lê", "H\u2019Lam", False)),
        ("Lê H\u02bcLam", ("Lê", "H\u02bcLam", False)),
        ("Lê-Trần Khuê", ("Lê-Trần", "Khuê", False)),
        ("Lê, Khuê", ("Lê,", "Khuê", False)),
        ("Leopold Khuê", ("Leopold", "Khuê", False)),
        ("Khuê", None),
        ("Lê", None),
        ("LE<KHUE", None),
    ],
    ids=case_id,
)
def test_a_split_is_proposed_and_says_whether_it_is_sure(name: str, split: tuple[str, str, bool] | None) -> None:
    """Family name first; sure only for a common family name with nothing against it; one word is not split."""
    assert names.propose_split(name) == split


def test_no_split_without_two_words() -> None:
    """Errors are those of cleaning and of transliteration."""
    for name, code in (("", "names.empty"), ("Lê\nAn", "record.forbidden_character"), ("Lê 7", "names.no_letter")):
        with pytest.raises(MalformedError) as caught:
            names.propose_split(name)
        assert codes(caught.value) == [code]


def test_the_repr_of_a_split_tells_no_name() -> None:
    """Proposals end up in logs, people must not."""
    assert repr(names.propose_split("Nguyễn Văn An")) == "<Split, sure=True>"


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("Hùng", "Hưng", True),
        ("Hùng", "HUNG", False),
        ("HOÀ", "hòa", False),
        ("Đức", "Dức", True),
        ("Nguyễn Văn", unicodedata.normalize("NFD", "nguyễn văn"), False),
        ("Nguyễn Văn", "Nguyễn Van", True),
    ],
)
def test_marks_differ_if_both_have_some(one: str, other: str, *, differ: bool) -> None:
    """Case, form and the place of a tone do not count; a name without marks may be any."""
    assert names.marks_differ(one, other) is names.marks_differ(other, one) is differ


@pytest.mark.parametrize("name", [". Ơ", "Nguyễn .", "' -", "- Nguyễn"])
def test_no_part_without_letters_is_proposed(name: str) -> None:
    """It could be no name of a person. Found by the fuzzer, in the code of a card."""
    try:
        assert names.propose_split(name) is None
    except MalformedError as error:  # nothing but marks
        assert codes(error) == ["names.no_letter"]


def test_split_ignores_marks_in_two_part_names() -> None:
    """The apostrophe of a minority's name."""
    assert names.propose_split("H'Hen Niê") == names.Split("H'Hen", "Niê", sure=False)


def test_overlong_names_are_not_compared() -> None:
    """Marks in a row take time with the square of their number."""
    for one, other in (("a" + "\u0323\u0301" * 10_000, "b\u0301"), ("b\u0301", "a" * 1001)):
        with pytest.raises(MalformedError) as caught:
            names.marks_differ(one, other)
        assert caught.value.code == "names.too_long"
    assert names.marks_differ("Hùng" + "a" * 996, "Hưng" + "a" * 996)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param(
            lambda: names.clean("A" * 1001, field="x"),
            [("names.too_long", None, {"field": "x", "length": 1001, "limit": 1000})],
            id="long name",
        ),
        pytest.param(
            lambda: names.transliterate("A" * 1001, field="x"),
            [("names.too_long", None, {"field": "x", "length": 1001, "limit": 1000})],
            id="long name to transliterate",
        ),
        pytest.param(lambda: names.clean(" \u00a0"), [("names.empty", None, {"field": "name"})], id="empty name"),
        pytest.param(
            lambda: names.clean("", field="x"), [("names.empty", None, {"field": "x"})], id="empty name of a field"
        ),
        pytest.param(
            lambda: names.transliterate("", field="x"), [("names.empty", None, {"field": "x"})], id="empty letters"
        ),
        pytest.param(
            lambda: names.transliterate("A5"),
            [("names.no_letter", None, {"field": "name", "position": 2})],
            id="no letter",
        ),
        pytest.param(
            lambda: names.transliterate("-"),
            [("names.no_letter", None, {"field": "name", "position": 1})],
            id="no letters",
        ),
        pytest.param(
            lambda: names.same_name("5", "A"),
            [("names.no_letter", None, {"field": "name", "position": 1})],
            id="one name",
        ),
        pytest.param(
            lambda: names.same_name("A", "5"),
            [("names.no_letter", None, {"field": "name", "position": 1})],
            id="other name",
        ),
        pytest.param(
            lambda: names.propose_split("5 A"),
            [("names.no_letter", None, {"field": "name", "position": 1})],
            id="name to split",
        ),
    ],
)
def test_an_error_names_place_and_reason(call: Callable[[], object], expected: Reasons) -> None:
    """Every reason, none twice, and never the text itself."""
    assert refusal(call) == expected


def test_overlong_names_are_refused() -> None:
    """Marks in a row would take time with their square."""
    assert names.transliterate("A" * 1000) == "A" * 80
    for text in ("A" * 1001, "a" + "\u0301\u0327" * 20_000):
        for call in (names.clean, names.transliterate, names.propose_split):
            with pytest.raises(hcert.MalformedError) as caught:
                call(text)
            assert dict(caught.value.findings[0].details)["limit"] == 1000
