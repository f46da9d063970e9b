"""Vaccination cards from and to citizen records, each loss named, and the published rules for merging cards."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import citizen, clvr
from hcert.exchange.nuva import specialises
from hcert.records.citizen import code_registry
from support.citizen_records import citizen_record
from support.reasons import reasons
from support.signers import EXPIRY, NOW, DocumentSigner

BORN = dt.date(1990, 5, 17)
DAY = dt.date(2024, 3, 1)
OWN_ID = bytes(range(16))
REPEVAX, COMIRNATY, QDENGA = "VAC0029", "VAC0658", "VAC0644"
YELLOW_FEVER, STAMARIL = "VAC0111", "VAC0035"  # a class, and a brand of it
REGISTERED = [code for code in code_registry.codes("products") if code.startswith("VAC")]
KEEPER: Any = {"registry": "VNM", "repository": 36}


def dose(vaccine: str = STAMARIL, **changes: Any) -> clvr.Dose:
    """Return a dose."""
    members: dict[str, Any] = {"date": DAY, "registry": "VNM", "repository": 36, "index": 1}
    return clvr.Dose(vaccine=vaccine, **(members | changes))


def card(*doses: clvr.Dose, **changes: Any) -> hcert.VaccinationCard:
    """Return a card with these doses."""
    members: dict[str, Any] = {"family_name": "Nguyễn", "given_name": "Ánh", "birth_date": BORN}
    return hcert.VaccinationCard(**(members | {"doses": doses} | changes))


def codes(found: Any) -> list[str]:
    """Return the codes of findings."""
    return [one.code for one in found]


@given(st.lists(st.sampled_from([*REGISTERED, YELLOW_FEVER]), min_size=1, max_size=12))
def test_a_card_comes_back_equal(vaccines: list[str]) -> None:
    """From a citizen record that hcert would issue, given the same master records."""
    before = card(*(dose(one, index=number) for number, one in enumerate(vaccines, start=1)))
    record, _ = clvr.to_citizen(before, certificate_id=OWN_ID)
    indexes = {number: number for number in range(1, len(vaccines) + 1)}
    after, found = clvr.from_citizen(record, **KEEPER, indexes=indexes)
    assert after == before
    assert set(codes(found)) == {"clvr.members_lost"}


@pytest.mark.parametrize("vaccine", [*REGISTERED, YELLOW_FEVER])
def test_what_is_registered_is_issued_as_a_citizen_record(vaccine: str, es256: DocumentSigner) -> None:
    """With its diseases and the country of its registry."""
    record, found = clvr.to_citizen(card(dose(vaccine)), certificate_id=OWN_ID)
    assert codes(found) == ["clvr.members_lost"]
    code = hcert.Issuer(es256.signer, country="VN").issue(record, issued_at=NOW, expires_at=EXPIRY)
    assert es256.verifier.verify(code.text, at=NOW).record == record
    assert record.vaccinations[0].country == "VN"
    assert record.vaccinations[0].diseases


def test_what_a_citizen_record_does_not_hold_is_named() -> None:
    """The master records; an unknown vaccine; a registry that is no country."""
    _, found = clvr.to_citizen(card(dose("VAC9999", registry="BE-WAL")), certificate_id=OWN_ID)
    assert reasons(found) == [
        (
            "clvr.members_lost",
            "vaccinations[0]",
            {"place": "vaccinations[0]", "fields": ("registry", "repository", "index")},
        ),
        ("clvr.no_diseases", "vaccinations[0]", {"place": "vaccinations[0]"}),
        ("clvr.no_country", "vaccinations[0]", {"place": "vaccinations[0]"}),
    ]
    read = clvr.to_citizen(card(dose(registry="BE-WAL")), country="BE")
    assert read.record.vaccinations[0].country == "BE"
    assert codes(read.findings) == ["clvr.members_lost"]


def record_of(*doses: citizen.Vaccination, **person: Any) -> hcert.CitizenRecord:
    """Return a citizen record with these doses."""
    members: dict[str, Any] = {
        "family_name": "Nguyễn",
        "given_name": "Ánh",
        "birth_date": citizen.PartialDate(1990, 5, 17),
    }
    return hcert.CitizenRecord(certificate_id=OWN_ID, person=citizen.Person(**(members | person)), vaccinations=doses)


def shot(**changes: Any) -> citizen.Vaccination:
    """Return a dose of a citizen record."""
    members: dict[str, Any] = {
        "number": 1,
        "diseases": ("16541001",),
        "date": DAY,
        "country": "VN",
        "vaccine": "J07BL01",
    }
    return citizen.Vaccination(**(members | changes))


def test_a_class_is_led_to_its_nuva_code() -> None:
    """Exactly, so that nothing of the vaccine is lost."""
    written, found = clvr.from_citizen(record_of(shot()), **KEEPER, indexes={1: 5})
    assert written == card(dose(YELLOW_FEVER, index=5))
    assert [dict(one.details)["fields"] for one in found] == [("certificate_id", "revision")]


def test_a_code_of_several_vaccines_is_not_guessed() -> None:
    """EU/1/20/1528 is thirteen codes of NUVA; the caller may choose one."""
    ambiguous = record_of(shot(product="EU/1/20/1528", vaccine=None, diseases=("840539006",)))
    written, found = clvr.from_citizen(ambiguous, **KEEPER, indexes={1: 5})
    assert written.doses == ()
    assert codes(found) == ["clvr.members_lost", "clvr.no_nuva_code"]
    chosen = clvr.from_citizen(ambiguous, **KEEPER, indexes={1: 5}, vaccines={1: COMIRNATY})
    assert [one.vaccine for one in chosen.card.doses] == [COMIRNATY]
    assert ("product",) in [dict(one.details)["fields"] for one in chosen.findings]


def test_what_a_card_does_not_hold_is_named() -> None:
    """Of the person, the record, the doses, and whole entries."""
    full = shot(dose_number=1, series_doses=2, issuer="A", centre="B", uvci="C", manufacturer="D", country="FR")
    given_record = msgspec.structs.replace(
        record_of(full, sex=citizen.Sex.FEMALE, nationality="VN"), tests=citizen_record(0, 2).tests
    )
    _, found = clvr.from_citizen(given_record, **KEEPER, indexes={1: 5})
    fields = {dict(one.details)["place"]: dict(one.details).get("fields") for one in found}
    assert fields.pop("vaccinations[0]") == (
        "country", "dose_number", "series_doses", "manufacturer", "issuer", "centre", "uvci",
    )  # fmt: skip
    assert codes(found).count("clvr.entry_lost") == len(given_record.tests)
    assert ("sex", "nationality", "certificate_id", "revision") in fields.values()


@pytest.mark.parametrize(
    ("person", "indexes", "expected"),
    [
        ({"birth_date": citizen.PartialDate(1990, 5)}, {1: 1}, ["clvr.birth_date"]),
        ({"given_name": None}, {1: 1}, ["clvr.name"]),
        ({}, {2: 1}, ["clvr.no_index"]),
        (
            {"family_name": None, "birth_date": citizen.PartialDate()},
            {},
            ["clvr.birth_date", "clvr.name", "clvr.no_index"],
        ),
    ],
    ids=str,
)
def test_what_a_card_cannot_do_without_is_demanded(person: Any, indexes: Any, expected: list[str]) -> None:
    """All of it at once."""
    with pytest.raises(hcert.IssueError) as caught:
        clvr.from_citizen(record_of(shot(), **person), **KEEPER, indexes=indexes)
    assert codes(caught.value.findings) == expected


@pytest.mark.parametrize(
    ("code", "other", "expected"),
    [
        (STAMARIL, YELLOW_FEVER, True),
        (YELLOW_FEVER, STAMARIL, False),
        (STAMARIL, STAMARIL, False),
        (YELLOW_FEVER, YELLOW_FEVER, False),
        (COMIRNATY, "VAC0833", False),  # two strengths of one brand
        (STAMARIL, QDENGA, False),
        (STAMARIL, "VAC9999", False),
        ("VAC9999", YELLOW_FEVER, False),
        ("EU/1/20/1528", YELLOW_FEVER, False),
        (STAMARIL, "EU/1/20/1528", False),
    ],
)
def test_a_brand_specialises_its_class(code: str, other: str, *, expected: bool) -> None:
    """And nothing else does."""
    assert specialises(code, other) is expected


def test_equal_doses_are_one() -> None:
    """Without a finding; one of another repository is named, and the earlier master record stays."""
    merged = clvr.merge([card(dose()), card(dose()), card(dose(repository=2))])
    assert merged.card == card(dose())
    assert reasons(merged.findings) == [("clvr.same_dose", None, {"position": 3, "other": 1})]


def test_a_brand_beside_its_class_stays_for_a_person_to_decide() -> None:
    """In either order."""
    for first, second in ((STAMARIL, YELLOW_FEVER), (YELLOW_FEVER, STAMARIL)):
        merged = clvr.merge([card(dose(first)), card(dose(second, index=2))])
        assert len(merged.card.doses) == 2
        assert reasons(merged.findings) == [("clvr.likely_same_dose", None, {"position": 2, "other": 1})]


def test_other_doses_are_new() -> None:
    """Of another day, even with one code; of one day with unrelated codes. They stand by day."""
    later = dose(date=DAY + dt.timedelta(days=1))
    merged = clvr.merge([card(later, dose(QDENGA)), card(dose())])
    assert merged.card.doses == (dose(QDENGA), dose(), later)
    assert merged.findings == ()


@pytest.mark.parametrize(
    "change", [{"family_name": "Trần"}, {"given_name": "Anh"}, {"birth_date": dt.date(1990, 5, 18)}], ids=str
)
def test_two_people_are_not_merged(change: Any) -> None:
    """By name and birth date, as written."""
    with pytest.raises(hcert.MalformedError) as caught:
        clvr.merge([card(dose()), card(dose(), **change)])
    assert codes(caught.value.findings) == ["merge.other_person"]


@pytest.mark.parametrize(
    ("cards", "code"),
    [
        ([], "merge.nothing"),
        ([card(dose())] * 101, "merge.too_many"),
        (
            [card(*(dose(date=DAY + dt.timedelta(days=n)) for n in range(first, first + 60))) for first in (0, 60)],
            "merge.too_many",
        ),
    ],
    ids=["none", "cards", "doses"],
)
def test_merging_is_bounded(cards: Any, code: str) -> None:
    """A card holds at most a hundred doses."""
    with pytest.raises(hcert.MalformedError) as caught:
        clvr.merge(cards)
    assert caught.value.code == code
