"""Where the life of a person can have an event: what no record may say, whichever kind it is of, and what every may."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import hcert
from hcert import citizen, eu_dcc, icvp
from hcert.findings import catalog
from hcert.records import life
from hcert.records.citizen import decode, encode, rules
from hcert.records.eu_dcc import rules as eu_dcc_rules
from hcert.records.eu_dcc.decode import decode as read_eu_dcc
from hcert.records.eu_dcc.model import to_wire
from hcert.records.icvp import rules as icvp_rules
from hcert.records.icvp.decode import decode as read_icvp
from hcert.records.kinds import issuable_kind
from hcert.records.record_struct import Origin
from hcert.records.signable import ISSUABLE_WARNINGS, refusals
from support.case_ids import case_id
from support.citizen_records import citizen_person, citizen_record, dose, records, recovered, sampled
from support.signers import (
    EXPIRY,
    NOW,
    document_signer,
    p256,
    recovery_record,
    sample_test_record,
    vaccination,
    vaccination_record,
)

ORIGIN = Origin("VN", b"k")
SIGNER = document_signer(p256())
DAY, SKEW = dt.timedelta(days=1), dt.timedelta(minutes=5)
LATEST = dt.date(2026, 6, 2)  # at NOW, 12:00Z, the second of June has begun in Kiritimati
DATES = "record.inconsistent_dates"


def born(*parts: int) -> dict[str, Any]:
    """Return a holder with a birth date."""
    return {"person": citizen_person(birth_date=citizen.PartialDate(*parts))}


def holding(**changes: Any) -> hcert.CitizenRecord:
    """Return a citizen with these members and no other entries."""
    return msgspec.structs.replace(citizen_record(0, 0), **changes)


def certificate(**changes: Any) -> hcert.Icvp:
    """Return an ICVP, its dose or itself changed."""
    own: dict[str, Any] = {
        "product": "YellowFeverProduct",
        "date": dt.date(2026, 1, 12),
        "batch": "AB123",
        "issuer": "VNM",
    }
    members: dict[str, Any] = {
        "name": "Nguyễn Thị Ánh",
        "birth_date": eu_dcc.PartialDate(1990, 5, 17),
        "sex": "female",
        "nationality": "VNM",
        "document_number": "C0000001",
        "document_type": "PPN",
        "template_version": "1.0.0",
        "doses": (icvp.Dose(**(own | {name: changes.pop(name) for name in own if name in changes})),),
    }
    return hcert.Icvp(**(members | changes))


def dcc(**changes: Any) -> hcert.EuDcc:
    """Return an EU DCC whose dose is changed."""
    return vaccination_record(vaccinations=(vaccination(**changes),))


NONSENSE: dict[str, tuple[Any, list[tuple[str, str | None]]]] = {
    "a dose before the birth": (
        citizen_record(1, 0, **born(2026, 5, 1)), [(DATES, "vaccinations[0]")]),
    "a dose before the earliest day of a month": (
        holding(vaccinations=(dose(1, date=dt.date(2025, 7, 31)),), **born(2025, 8)),
        [(DATES, "vaccinations[0]")]),
    "a sample before the birth": (
        holding(tests=(sampled(1),), **born(2026, 5, 1)), [(DATES, "tests[0]")]),
    "a recovery before the birth": (
        holding(recoveries=(recovered(1),), **born(2026, 2, 2)), [(DATES, "recoveries[0]")]),
    "a holder born after doses": (
        citizen_record(2, 0, **born(2030, 1, 1)), [(DATES, "vaccinations[0]"), (DATES, "vaccinations[1]")]),
    "a dose of the year 1": (
        holding(vaccinations=(dose(1, date=dt.date.min),), **born()), [(DATES, "vaccinations[0]")]),
    "a dose of 1899": (
        holding(vaccinations=(dose(1, date=dt.date(1899, 12, 31)),), **born()),
        [(DATES, "vaccinations[0]")]),
    "a recovery valid before its first positive test": (
        holding(recoveries=(
            recovered(1, first_positive=dt.date(2026, 5, 1), valid_from=dt.date(2020, 1, 1), valid_until=None),)),
        [(DATES, "recoveries[0]")]),
    "a recovery that ends before its first positive test": (
        holding(recoveries=(recovered(1, valid_from=None, valid_until=dt.date(2026, 1, 31)),)),
        [(DATES, "recoveries[0]")]),
    "a recovery that ends before it is valid": (
        holding(recoveries=(recovered(1, valid_until=dt.date(2026, 2, 11)),)),
        [(DATES, "recoveries[0]")]),
    "the same dose twice": (
        holding(vaccinations=(dose(1), dose(1, number=7))), [("record.repeated_entry", "vaccinations[1]")]),
    "ninety copies of one test": (
        holding(tests=tuple(msgspec.structs.replace(sampled(1), number=number) for number in range(1, 91))),
        [("record.repeated_entry", f"tests[{index}]") for index in range(1, 90)]),
    "dose 2 before dose 1": (
        holding(vaccinations=(dose(1), dose(2, date=dt.date(2020, 1, 1)))),
        [("record.dose_order", "vaccinations[1]")]),
    "dose 3 before doses 1 and 2 of an unknown series": (
        holding(vaccinations=tuple(
            dose(order, series_doses=None, date=dt.date(2026, 1, 4 - order)) for order in (1, 3))),
        [("record.dose_order", "vaccinations[1]")]),
    "a dose of an EU DCC before the birth": (
        dcc(date=dt.date(1990, 5, 16)), [(DATES, "vaccinations[0]")]),
    "a recovery of an EU DCC valid before its first positive test": (
        recovery_record(valid_from=dt.date(2026, 1, 31)), [(DATES, "recoveries[0]")]),
    "a dose of an ICVP before the birth": (
        certificate(birth_date=eu_dcc.PartialDate(2026, 1, 13)), [(DATES, "doses[0]")]),
    "a dose of an ICVP of 1899": (
        certificate(date=dt.date(1899, 1, 1)), [(DATES, "doses[0]")]),
    "an ICVP issued before its dose": (
        certificate(issued_on=dt.date(2026, 1, 11)), [(DATES, None)]),
    "the same dose twice in an ICVP": (
        certificate(generation=icvp.Generation.B, template_version=None, doses=certificate().doses * 2),
        [("record.repeated_entry", "doses[1]")]),
}  # fmt: skip


@pytest.mark.parametrize("name", NONSENSE, ids=case_id)
def test_impossible_dates_are_refused_at_issuing(name: str) -> None:
    """All of it is named, and nothing else."""
    record, expected = NONSENSE[name]
    with pytest.raises(hcert.IssueError) as caught:
        hcert.Issuer(SIGNER.signer, country="VN").issue(record, issued_at=NOW, expires_at=EXPIRY)
    assert [(found.code, found.record) for found in caught.value.findings] == expected


@pytest.mark.parametrize("name", NONSENSE, ids=case_id)
def test_impossible_dates_warn_at_decoding(name: str) -> None:
    """A gate that meets what others signed decides by its policy."""
    record, expected = NONSENSE[name]
    found = life.findings(record, layout_of(record))
    assert [(reason.code, reason.record, reason.severity) for reason in found] == [
        (code, place, "warning") for code, place in expected
    ]


def written(record: Any) -> Any:
    """Write a record as an issuer does."""
    encode = issuable_kind(record).encode
    assert encode is not None
    return encode(record, ORIGIN, None)


def layout_of(record: Any) -> life.Layout:
    """Return where a record holds what."""
    if isinstance(record, hcert.EuDcc):
        return eu_dcc_rules.LIFE
    return icvp_rules.LIVES[record.generation] if isinstance(record, hcert.Icvp) else rules.LIFE


SENSE: dict[str, Any] = {
    "a dose on the day of the birth": holding(vaccinations=(dose(1),), **born(2025, 8, 1)),
    "a dose in the month of the birth": holding(vaccinations=(dose(1),), **born(2025, 8)),
    "a sample where the day of the birth has begun": holding(
        tests=(sampled(1, sampled_at=dt.datetime(2026, 4, 30, 10, tzinfo=dt.UTC)),), **born(2026, 5, 1)
    ),
    "nothing known of the birth": citizen_record(2, 2, **born()),
    "a booster beyond its series": holding(vaccinations=(dose(1), dose(3, series_doses=2))),
    "a series that was begun again": holding(
        vaccinations=(
            dose(1, date=dt.date(2021, 1, 1)),
            dose(2, date=dt.date(2021, 2, 1)),
            dose(1, number=3, date=dt.date(2024, 1, 1)),
            dose(2, number=4, date=dt.date(2024, 2, 1)),
        ),
    ),
    "a series of which only the second half was carried over": holding(vaccinations=(dose(2), dose(3))),
    "dose 2 of another series": holding(vaccinations=(dose(1), dose(2, series_doses=3, date=dt.date(2020, 1, 1)))),
    "dose 2 against another disease": holding(
        vaccinations=(dose(1), dose(2, diseases=("14189004",), date=dt.date(2020, 1, 1)))
    ),
    "two doses on one day": holding(vaccinations=(dose(1), dose(2, date=dose(1).date))),
    "two doses of one day that differ": holding(vaccinations=(dose(1), dose(1, number=2, centre="B"))),
    "doses without numbers": holding(
        vaccinations=(dose(1, dose_number=None), dose(2, dose_number=None, date=dt.date(2020, 1, 1)))
    ),
    "a recovery valid at once": holding(
        recoveries=(recovered(1, valid_from=dt.date(2026, 2, 1), valid_until=dt.date(2026, 2, 1)),)
    ),
    "an EU DCC": vaccination_record(),
    "an ICVP issued on the day of its dose": certificate(issued_on=dt.date(2026, 1, 12)),
}


@pytest.mark.parametrize("name", SENSE, ids=case_id)
def test_possible_dates_are_issued_without_findings(name: str) -> None:
    """Nobody is refused a certificate for an unusual life."""
    code = hcert.Issuer(SIGNER.signer, country="VN").issue(SENSE[name], issued_at=NOW, expires_at=EXPIRY)
    verdict = SIGNER.verifier.check(code.text, at=NOW)
    assert verdict.accepted
    assert verdict.findings == ()


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (citizen_record(1, 0, **born(2026, 6, 3)), [("record.birth_in_future", None)]),
        (citizen_record(1, 0, **born(2026, 6, 2)), []),
        (citizen_record(1, 0, **born(2026, 6)), []),
        (citizen_record(1, 0, **born(2026, 7)), [("record.birth_in_future", None)]),
        (citizen_record(1, 0, **born(2027)), [("record.birth_in_future", None)]),
        (citizen_record(1, 0, **born()), []),
        (holding(vaccinations=(dose(1), dose(2, date=LATEST))), []),
        (
            holding(vaccinations=(dose(1), dose(2, date=dt.date(2031, 1, 1)))),
            [("entry.in_future", "vaccinations[1]")],
        ),
        (holding(tests=(sampled(1, sampled_at=NOW + SKEW),)), []),
        (
            holding(tests=(sampled(1, sampled_at=NOW + SKEW + dt.timedelta(seconds=1)),)),
            [("entry.in_future", "tests[0]")],
        ),
        (
            holding(recoveries=(recovered(1, first_positive=LATEST + DAY),)),
            [("entry.in_future", "recoveries[0]")],
        ),
        (dcc(date=LATEST + DAY), [("entry.in_future", "vaccinations[0]")]),
        (dcc(date=LATEST), []),
        (sample_test_record(sampled_at=NOW + 2 * SKEW), [("entry.in_future", "tests[0]")]),
        (vaccination_record(birth_date=eu_dcc.PartialDate(2030)), [("record.birth_in_future", None)]),
        (certificate(date=LATEST + DAY), [("entry.in_future", "doses[0]")]),
        (certificate(birth_date=eu_dcc.PartialDate(2030, 1, 1)), [("record.birth_in_future", None)]),
        (certificate(issued_on=LATEST + DAY), [("record.issued_in_future", None)]),
        (certificate(issued_on=LATEST), []),
    ],
    ids=case_id,
)
def test_dates_in_the_future_are_named(record: Any, expected: list[tuple[str, str | None]]) -> None:
    """For every kind of record, by the same bounds; and issuing refuses it."""
    found = life.future_findings(record, layout_of(record), NOW, skew=SKEW)
    assert [(reason.code, reason.record) for reason in found] == expected
    assert refusals(found) == found


@pytest.mark.parametrize(
    ("when", "ahead"),
    [
        (LATEST, None),
        (LATEST + DAY, dt.timedelta(hours=22)),  # it begins at 10:00Z of the day before
        (NOW, None),
        (NOW + SKEW, None),
        (NOW + 2 * SKEW, 2 * SKEW),
        ((NOW + 2 * SKEW).astimezone(dt.timezone(dt.timedelta(hours=7))), 2 * SKEW),
        (dt.date.max, dt.datetime(9999, 12, 30, 10, tzinfo=dt.UTC) - NOW),
        (dt.date.min, None),
    ],
    ids=case_id,
)
def test_ahead_by_counts_from_utc_plus_14(when: dt.date, ahead: dt.timedelta | None) -> None:
    """So that nothing is taken for later than it may be."""
    assert life.ahead_by(when, NOW, skew=SKEW) == ahead


@pytest.mark.parametrize("order", [1, -1])
def test_repeated_hour_is_compared_in_utc(order: int) -> None:
    """In Berlin 02:30 of the second round comes after 02:45 of the first; compared by the clock it would not."""
    berlin = ZoneInfo("Europe/Berlin")
    first = dt.datetime(2025, 10, 26, 2, 45, tzinfo=berlin)
    second = dt.datetime(2025, 10, 26, 2, 30, tzinfo=berlin, fold=1)
    tests = (sampled(1, sampled_at=first), sampled(2, sampled_at=second))[::order]
    found = life.future_findings(holding(tests=tests), rules.LIFE, first, skew=SKEW)
    assert [reason.record for reason in found] == [f"tests[{1 if order == 1 else 0}]"]


@pytest.mark.parametrize("at", [dt.datetime.min, dt.datetime.max], ids=case_id)  # noqa: DTZ901
@pytest.mark.parametrize("hours", [-14, 0, 14])
def test_ends_of_the_calendar_do_not_raise(at: dt.datetime, hours: int) -> None:
    """Where a zone has no day any more."""
    moment = at.replace(tzinfo=dt.timezone(dt.timedelta(hours=hours)))
    for record in (citizen_record(2, 2, **born(1900)), vaccination_record(), certificate()):
        assert all(
            reason.severity == "warning"
            for reason in life.future_findings(record, layout_of(record), moment, skew=SKEW)
        )


def test_warnings_refuse_at_issuing_unless_listed() -> None:
    """One rule for all kinds, and a new code refuses until somebody decides otherwise."""
    warnings = [hcert.Finding(code, row["severity"], "") for code, row in catalog().items() if code[:7] == "record."]
    passed = {found.code for found in warnings} - {found.code for found in refusals(warnings)}
    assert passed == ISSUABLE_WARNINGS
    assert all(row["severity"] == "warning" for code, row in catalog().items() if code in ISSUABLE_WARNINGS)


def test_issuing_messages_do_not_describe_repairs() -> None:
    """The words are those of reading too, and at issuing nothing was dropped, read or ignored."""
    for code, row in catalog().items():
        reading_only = code in ISSUABLE_WARNINGS or code.startswith("record.link_")  # links are never issued
        if row["severity"] == "warning" and code.startswith("record.") and not reading_only:
            assert not {"was", "were"} & set(row["en"].replace(",", " ").split()), code
            assert "đã được" not in row["vi"], code


# Nonsense put into records that make sense, for every kind of record.
def injected(record: hcert.CitizenRecord, draw: Any) -> tuple[hcert.CitizenRecord, str]:
    """Return a record with one thing that cannot be true, and its code."""
    entry = draw(st.sampled_from(record.entries))
    group = next(name for name in ("vaccinations", "tests", "recoveries") if entry in getattr(record, name))
    number = max(record.next_number, 1)
    assume(number < 2**62)
    choices = ["repeat", "birth"]
    if group == "recoveries" and entry.first_positive > dt.date(1901, 1, 1):
        choices.append("valid_from")
    if group == "vaccinations" and entry.date < dt.date(9000, 1, 1):
        choices.append("dose")
    choice = draw(st.sampled_from(choices))
    changed: dict[str, Any]
    if choice == "repeat":
        changed = {group: (*getattr(record, group), msgspec.structs.replace(entry, number=number))}
    elif choice == "birth":
        day = min(entry.day for entry in record.entries) + 2 * DAY
        assume(1900 <= day.year < 2100)
        person = msgspec.structs.replace(record.person, birth_date=citizen.PartialDate(day.year, day.month, day.day))
        return msgspec.structs.replace(record, person=person), DATES
    elif choice == "valid_from":
        broken = msgspec.structs.replace(entry, valid_from=entry.first_positive - DAY)
        changed = {group: tuple(broken if one is entry else one for one in record.recoveries)}
    else:  # dose 1 of a series of its own after dose 2
        series = {"dose_number": 2, "series_doses": 2**61, "number": number}
        second = msgspec.structs.replace(entry, **series)
        first = msgspec.structs.replace(second, dose_number=1, number=number + 1, date=entry.date + DAY)
        changed = {group: (*record.vaccinations, second, first)}
    codes = {"repeat": "record.repeated_entry", "valid_from": DATES, "dose": "record.dose_order"}
    return msgspec.structs.replace(record, last_number=0, **changed), codes[choice]


@given(records, st.data())
def test_one_impossible_date_refuses_a_citizen_record(record: hcert.CitizenRecord, data: st.DataObject) -> None:
    """By its code, and reading warns with the same one."""
    assert not {found.code for found in rules.findings(record, hcert.ValueSets.packaged())} & {
        DATES,
        "record.repeated_entry",
        "record.dose_order",
    }
    encode.encode(record, ORIGIN)
    broken, code = injected(record, data.draw)
    with pytest.raises(hcert.IssueError) as caught:
        encode.encode(broken, ORIGIN)
    assert code in {found.code for found in caught.value.findings}
    read, found = decode.decode(encode.to_wire(broken), ORIGIN)
    assert read == broken
    assert code in {reason.code for reason in found}


DAYS = st.dates(dt.date(1990, 5, 17), dt.date(2090, 1, 1))


@given(st.lists(DAYS, min_size=3, max_size=3), st.permutations(range(3)))
def test_eu_recovery_days_must_be_in_order(days: list[dt.date], order: list[int]) -> None:
    """First positive test, begin and end, none before the one in front of it."""
    given_days = [sorted(days)[index] for index in order]
    record = recovery_record(**dict(zip(("first_positive", "valid_from", "valid_until"), given_days, strict=True)))
    fine = given_days == sorted(given_days)
    _, found = read_eu_dcc(to_wire(record))
    assert (DATES not in {reason.code for reason in found}) is fine
    try:
        written(record)
    except hcert.IssueError as error:
        assert not fine
        assert {reason.code for reason in error.findings} == {DATES}
    else:
        assert fine


@given(DAYS, st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31)))
def test_icvp_dose_must_follow_birth(day: dt.date, birth: dt.date) -> None:
    """On the day itself at the earliest."""
    record = certificate(date=day, birth_date=eu_dcc.PartialDate(birth.year, birth.month, birth.day))
    try:
        payload = written(record)
    except hcert.IssueError as error:
        assert day < birth
        assert [reason.code for reason in error.findings] == [DATES]
    else:
        assert day >= birth
        assert read_icvp(payload) == (record, [])


DOSES = st.lists(
    st.builds(
        lambda number, series, day, disease: dose(
            1, dose_number=number, series_doses=series, date=dt.date(2024, 1, day), diseases=disease
        ),
        st.none() | st.integers(1, 3),
        st.none() | st.integers(2, 3),
        st.integers(1, 4),
        st.sampled_from([(citizen.COVID_19,), (citizen.COVID_19, "6142004"), ("6142004", citizen.COVID_19)]),
    ),
    min_size=1,
    max_size=6,
).map(lambda doses: tuple(msgspec.structs.replace(one, number=place) for place, one in enumerate(doses, start=1)))


@given(DOSES)
def test_dose_order_agrees_with_its_definition(doses: tuple[citizen.Vaccination, ...]) -> None:
    """Each dose compared with every other, as the specification has it."""
    expected = set()
    for index, one in enumerate(doses):
        lower = [
            other.date
            for other in doses
            if one.dose_number is not None
            and other.dose_number is not None
            and other.dose_number < one.dose_number
            and (set(other.diseases), other.series_doses) == (set(one.diseases), one.series_doses)
        ]
        if lower and all(day > one.date for day in lower):
            expected.add(("record.dose_order", f"vaccinations[{index}]"))
        if any(msgspec.structs.replace(other, number=one.number) == one for other in doses[:index]):
            expected.add(("record.repeated_entry", f"vaccinations[{index}]"))
    found = [(reason.code, reason.record) for reason in life.findings(holding(vaccinations=doses), rules.LIFE)]
    assert sorted(found) == sorted(expected)
