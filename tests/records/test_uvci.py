"""UVCI: identifiers that hold what the guidelines say, and a check character that finds slips of the pen."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import hcert
from hcert.errors import MalformedError
from hcert.fragments import Fragment, fragment
from hcert.records import uvci
from hcert.records.eu_dcc.encode import encode as encode_eu_dcc
from support.case_ids import case_id
from support.reasons import Reasons, refusal
from support.signers import (
    vaccination,
    vaccination_record,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/:"


TEXTS = st.text(ALPHABET, min_size=2, max_size=78)


VECTOR = "URN:UVCI:01:NL:187/37512422923"


def slow_check_character(text: str) -> str:
    """Compute the check character as the guidelines describe it, step by step."""
    factor, total = 2, 0
    for character in reversed(text):
        product = factor * ALPHABET.index(character)
        total += product // 38 + product % 38
        factor = 3 - factor
    return ALPHABET[(38 - total % 38) % 38]


def test_published_vector() -> None:
    """The example of the guidelines' questions and answers."""
    assert uvci.check_character(VECTOR) == uvci.check_character(f"{VECTOR}#") == "Z"
    assert uvci.with_check_character(VECTOR) == f"{VECTOR}#Z"
    assert uvci.check_character_holds(f"{VECTOR}#Z") is True
    assert uvci.check_character_holds(f"{VECTOR}#Y") is False


@given(TEXTS)
def test_check_character_is_the_one_described(text: str) -> None:
    """The tables give what the steps give, and it holds."""
    assert uvci.check_character(text) == slow_check_character(text)
    assert uvci.check_character_holds(uvci.with_check_character(text)) is True


@given(TEXTS, st.data())
def test_a_mistyped_character_is_found(text: str, data: st.DataObject) -> None:
    """Wherever it stands, the check character included."""
    right = uvci.with_check_character(text)
    at = data.draw(st.sampled_from([index for index in range(len(right)) if right[index] != "#"]))
    other = data.draw(st.sampled_from(ALPHABET).filter(lambda character: character != right[at]))
    assert uvci.check_character_holds(right[:at] + other + right[at + 1 :]) is False


@given(TEXTS, st.data())
def test_a_swap_of_neighbours_is_found(text: str, data: st.DataObject) -> None:
    """All but that of the first and the last character of the alphabet, as with 0 and 9 in Luhn's own."""
    right = uvci.with_check_character(text)
    at = data.draw(st.integers(0, len(text) - 2))
    one, other = right[at], right[at + 1]
    assume(one != other)
    swapped = right[:at] + other + one + right[at + 2 :]
    assert uvci.check_character_holds(swapped) is ({one, other} == {"A", ":"})


@given(st.text(st.characters(), max_size=60) | st.text(ALPHABET + "#", max_size=60))
def test_any_text_can_be_asked_about(text: str) -> None:
    """True, False or None; None exactly where there is no check character."""
    holds = uvci.check_character_holds(text)
    assert (holds is None) == ("#" not in text)
    if holds:
        assert uvci.with_check_character(text.partition("#")[0]) == text


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("", None),
        (VECTOR, None),
        (f"{VECTOR}#", False),
        (f"{VECTOR}#ZZ", False),
        (f"{VECTOR}##Z", False),
        (f"{VECTOR}#Z ", False),
        (f"{VECTOR}#z", False),
        (f"{VECTOR.lower()}#Z", False),
        ("ü#A", False),
        ("\ud800#A", False),
        ("#A", True),
    ],
)
def test_odd_texts(text: str, holds: bool | None) -> None:  # noqa: FBT001
    """What is no identifier at all gets an answer, too; whether it is one, this does not tell."""
    assert uvci.check_character_holds(text) is holds


def reasons_of(error: MalformedError) -> list[Any]:
    """Return the reasons of an error, all of which must be of the one code."""
    assert {found.code for found in error.findings} == {"uvci.malformed"}
    return [dict(found.details)["reason"] for found in error.findings]


@pytest.mark.parametrize("text", ["urn:uvci:01:nl:1", "URN UVCI", "ü", "A\n"])
def test_other_characters_have_no_check_character(text: str) -> None:
    """An error that does not quote them."""
    for function in (uvci.check_character, uvci.with_check_character):
        with pytest.raises(MalformedError, match="other characters") as caught:
            function(text)
        assert text not in str(caught.value)
        assert caught.value.__suppress_context__


def test_a_second_check_character_is_refused() -> None:
    """One is enough."""
    with pytest.raises(MalformedError) as caught:
        uvci.with_check_character(f"{VECTOR}#Z")
    assert reasons_of(caught.value) == [fragment("uvci.has_check")]


@pytest.mark.parametrize(
    ("made", "form"),
    [
        (uvci.make_opaque("VN"), "URN:UVCI:01:VN:[A-Z2-7]{26}#."),
        (uvci.make_opaque("VN", "X9"), "URN:UVCI:01:VN:X9#."),
        (uvci.make_opaque("INTERNATIO", "X9"), "URN:UVCI:01:INTERNATIO:X9#."),
        (uvci.make_structured("VN", entity="79", vaccine="J7"), "URN:UVCI:01:VN:79/J7/[A-Z2-7]{26}#."),
        (uvci.make_structured("VN", entity="79", vaccine="J7", opaque="A0"), "URN:UVCI:01:VN:79/J7/A0#."),
        (uvci.make_semi_structured("NL", "187", "37512422923"), re.escape(f"{VECTOR}#Z")),
        (uvci.make_semi_structured("VN", "A", "B", "C", "D"), "URN:UVCI:01:VN:A/B/C/D#."),
    ],
)
def test_make_functions_give_form_and_check_character(made: str, form: str) -> None:
    """Prefix, version, country, parts, check character."""
    assert re.fullmatch(form, made)
    assert uvci.check_character_holds(made) is True


def test_made_identifiers_are_issued() -> None:
    """Both keep to the same form."""
    longest = uvci.make_opaque("VN", "7" * 63)
    assert len(longest) == 80
    for made in (longest, uvci.make_opaque("VN"), uvci.make_semi_structured("INTERNATIO", "A", "B")):
        assert uvci.is_well_formed(made)
        assert encode_eu_dcc(vaccination_record(vaccinations=(vaccination(certificate_id=made),)))


@pytest.mark.parametrize(
    ("text", "recognisable"),
    [
        ("URN:UVCI:01:NL:187/37512422923", True),
        ("URN:UVCI:01:NL:187/37512422923#Z", True),
        ("urn:uvci:01:se:ehm/v12907267lajw#e", True),
        ("01:VN:5B1CF2A08E4D", True),
        ("01ES10V778A77BC630DCE6AD3EEA#5", True),
        ("URN:UVCI:01DE/IZ12345A/5CWLU12RNOB9RXSEOP6FG8#W", True),
        ("01/LU/162LOPKOKV5AO#49", True),
        ("URN:UVCI:01:VN:" + "A" * 65, True),
        ("URN:UVCI:01:VN:" + "A" * 66, False),
        ("hello", False),
        ("URN:UVCI:01", False),
        ("URN:UVCI:01:VN", False),
        ("URN:UVCI:01:7N:ABC", False),
        ("URN:UVCI:01:VN:A B", False),
        ("URN:UVCI:01:VN:ABC\n", False),
        ("001190000123", False),
        ("", False),
    ],
    ids=repr,
)
def test_a_uvci_is_recognised_in_every_published_form(text: str, *, recognisable: bool) -> None:
    """With or without prefix, in either case, with or without a colon before the country."""
    assert uvci.is_recognisable(text) is recognisable


def test_published_uvcis_are_recognised(shared: Path) -> None:
    """Those of the EU's test certificates, which follow annex 2 in less than half of all cases."""
    found = set()
    for line in (shared / "testdata" / "eu-dcc" / "cases.jsonl").read_text("utf-8").splitlines():
        try:
            payload = hcert.read_unverified(json.loads(line)["text"]).subclaims[1]
            found |= {event["ci"] for group in "vtr" for event in payload.get(group) or ()}
        except (hcert.HcertError, KeyError, TypeError):  # many of them are broken on purpose
            continue
    assert len(found) > 200
    assert [text for text in sorted(found) if not uvci.is_recognisable(text)] == []
    assert sum(map(uvci.is_well_formed, found)) < len(found) / 2


COUNTRY = fragment("uvci.country")


PARTS = [fragment("uvci.part", number=number) for number in range(4)]


@pytest.mark.parametrize(
    ("country", "parts", "expected"),
    [
        ("V", ["X"], [COUNTRY]),
        ("vn", ["X"], [COUNTRY]),
        ("", ["X"], [COUNTRY]),
        ("VNVNVNVNVNV", ["X"], [COUNTRY]),
        ("VN\n", ["X"], [COUNTRY]),
        ("VN", [], [fragment("uvci.nothing")]),
        ("VN", [""], [PARTS[1]]),
        ("VN", ["X", "a"], [PARTS[2]]),
        ("VN", ["X:Y"], [PARTS[1]]),
        ("VN", ["X/Y"], [PARTS[1]]),
        ("VN", ["X#"], [PARTS[1]]),
        ("VN", ["Ô"], [PARTS[1]]),
        ("VN", ["X\n"], [PARTS[1]]),
        ("VN", ["\u0667"], [PARTS[1]]),
        ("VN", ["7" * 64], [fragment("uvci.would_be_long", length=81, most=80)]),
        ("v", ["x", "Y", ""], [COUNTRY, PARTS[1], PARTS[3]]),
    ],
    ids=case_id,
)
def test_bad_parts_are_all_named(country: str, parts: list[str], expected: list[Fragment]) -> None:
    """Every reason in one error."""
    with pytest.raises(MalformedError) as caught:
        uvci.make_semi_structured(country, *parts)
    assert reasons_of(caught.value) == expected


def test_every_option_refuses_bad_parts() -> None:
    """An opaque string that was given is not replaced by a random one, even if empty."""
    with pytest.raises(MalformedError) as caught:
        uvci.make_opaque("VN", "")
    assert reasons_of(caught.value) == [PARTS[1]]
    with pytest.raises(MalformedError) as caught:
        uvci.make_structured("VN", entity="7 9", vaccine="", opaque="")
    assert reasons_of(caught.value) == PARTS[1:]


def test_random_opaque_has_128_bits() -> None:
    """26 characters; the last holds the three bits that remain, so it is one of eight; all others vary freely."""
    drawn = {uvci.random_opaque() for _ in range(2000)}
    assert len(drawn) == 2000
    assert all(re.fullmatch("[A-Z2-7]{25}[AEIMQUY4]", text) for text in drawn)
    assert all(len({text[place] for text in drawn}) == (32 if place < 25 else 8) for place in range(26))


def test_odds_of_a_collision_are_those_documented() -> None:
    """100 million identifiers of 128 bits."""
    odds = f"{(10**8) ** 2 / 2 / 2**128:.1e}"
    assert odds == "1.5e-23"
    assert odds in (uvci.random_opaque.__doc__ or "")


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("URN:UVCI:01:VN:ABC#D", "VN"),
        ("urn:uvci:01:se:ehm/v1", "SE"),
        ("URN:UVCI:01:EUROPE:X", "EUROPE"),
        ("01:DE:IZ12345A/ABC", None),
        ("URN:UVCI:01:V:X", None),
        ("URN:UVCI:1:VN:X", None),
        ("", None),
    ],
)
def test_an_identifier_names_its_country(text: str, country: str | None) -> None:
    """In either case; a text of another form names none."""
    assert uvci.country_of(text) == country


@pytest.mark.parametrize(
    ("text", "entry_id"),
    [
        (f"URN:UVCI:01:VN:{'0F' * 16}/12#K", f"{'0F' * 16}/12"),
        (f"URN:UVCI:01:VN:{'0F' * 16}/12", f"{'0F' * 16}/12"),
        (f"URN:UVCI:01:VN:{'0F' * 16}/012", None),
        (f"URN:UVCI:01:VN:{'0f' * 16}/12", None),
        (f"URN:UVCI:01:VN:{'0F' * 15}/12", None),
        (f"URN:UVCI:01:VN:{'0F' * 16}/12/3", None),
        (f"X URN:UVCI:01:VN:{'0F' * 16}/12", None),
    ],
)
def test_entry_id_round_trips(text: str, entry_id: str | None) -> None:
    """And no other does."""
    assert uvci.entry_id_of(text) == entry_id


@pytest.mark.parametrize(
    "made",
    [
        uvci.make_opaque("VN"),
        uvci.make_structured("VN", entity="A1", vaccine="B2"),
        uvci.make_semi_structured("WHO", "A", "B"),
        "URN:UVCI:01:VN:7ABC",
    ],
    ids=case_id,
)
def test_good_identifiers_pass_the_check(made: str) -> None:
    """With a check character and without one, which is allowed."""
    uvci.check(made)


@given(st.text(max_size=90) | st.from_regex("URN:UVCI:0[01]:[A-Za-z]{1,11}:[A-Za-z0-9/:#]{0,70}", fullmatch=True))
def test_check_accepts_form_and_check_character(text: str) -> None:
    """And all else is refused by one error."""
    try:
        uvci.check(text)
    except MalformedError as error:
        assert error.code == "uvci.malformed"
    else:
        assert re.fullmatch("URN:UVCI:01:[A-Z]{2,10}:[A-Z0-9/:]+(#.)?", text)
        assert len(text) <= 80
        assert uvci.check_character_holds(text) is not False


@pytest.mark.parametrize("place", range(12, 20))
def test_the_check_finds_a_mistyped_character(place: int) -> None:
    """Wherever it stands."""
    good = uvci.with_check_character("URN:UVCI:01:VN:5B1CF2A08E4D")
    with pytest.raises(MalformedError):
        uvci.check(good[:place] + ("X" if good[place] != "X" else "Y") + good[place + 1 :])


def test_no_identifier_is_longer_than_80_characters() -> None:
    """None longer is given a check character, and none longer has a right one."""
    longest = "URN:UVCI:01:VN:" + "A" * 63
    whole = uvci.with_check_character(longest)
    assert len(whole) == 80
    assert uvci.check_character_holds(whole) is True
    assert uvci.check_character_holds("A" * 60_000 + "#A") is False
    for make, text in ((uvci.with_check_character, longest + "A"), (uvci.check_character, "A" * 81)):
        with pytest.raises(MalformedError) as caught:
            make(text)
        assert caught.value.code == "uvci.malformed"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param(
            lambda: uvci.check_character("URN:UVCI:01:VN:é"),
            [("uvci.malformed", None, {"reason": fragment("uvci.characters")})],
            id="UVCI",
        ),
    ],
)
def test_an_error_names_place_and_reason(call: Callable[[], object], expected: Reasons) -> None:
    """Every reason, none twice, and never the text itself."""
    assert refusal(call) == expected


def test_check_character_follows_one_mark() -> None:
    """A check character stands behind the one mark; random parts are without padding."""
    assert "=" not in uvci.random_opaque()
    sound = uvci.with_check_character("URN:UVCI:01:VN:A")
    assert uvci.check_character_holds(sound)
    assert uvci.check_character_holds(f"{sound}#{sound[-1]}") is False
    made = uvci.make_structured("VN", entity="MOH", vaccine="VACC", opaque="X1")
    assert "/X1#" in made
