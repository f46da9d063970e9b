"""Decoding a citizen record: every problem with its place and reason, and what newer versions add."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import cbor2
import msgspec
import pycddl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from conftest import ROOT
from hcert.codec import cbor
from hcert.codec.cbor import DateTimeText
from hcert.codec.limits import MAX_INTEGER, MAX_REVISION, MAX_SECONDS
from hcert.fragments import Fragment, fragment
from hcert.records.citizen import code_registry, decode, encode
from hcert.records.record_struct import Origin
from hcert.records.value_sets import value_set
from support.case_ids import case_id
from support.citizen_records import (
    citizen_record,
    dose,
    encoded,
    newer_records,
    readable_records,
    recovered,
    sampled,
    values,
)
from support.sealing import change_payload, reasons_of_payload

if TYPE_CHECKING:
    from hcert.findings import Finding


ORIGIN = Origin("VN", b"kid")


SCHEMA = pycddl.Schema((ROOT / "docs" / "spec" / "citizen-record.cddl").read_text(encoding="utf-8"))


def decoded(data: bytes) -> tuple[hcert.CitizenRecord | None, list[Finding]]:
    """Read a payload from its bytes."""
    return decode.decode(cbor.decode(data, depth=16, date_times=True), ORIGIN)


def payload(**changes: Any) -> dict[Any, Any]:
    """Return the payload of the usual record; `k4` and so on replace its members, None drops one."""
    wired: dict[Any, Any] = encode.to_wire(citizen_record(1, 1, recoveries=(recovered(3),)))
    wired |= {int(name[1:]): value for name, value in changes.items()}
    return {key: value for key, value in wired.items() if value is not None}


@given(readable_records)
def test_encoded_records_match_the_cddl(record: hcert.CitizenRecord) -> None:
    """Whatever is written is valid by the CDDL of the specification."""
    SCHEMA.validate_cbor(encoded(record))


@given(newer_records)
def test_members_of_a_newer_minor_version_are_kept(record: hcert.CitizenRecord) -> None:
    """Unknown keys are kept in every map, reported, and written again byte for byte."""
    data = encoded(record)
    read, found = decoded(data)
    assert read == record
    assert encoded(read) == data
    holders = [record, record.person, *record.entries]
    reported = [reason for reason in found if reason.code == "record.unrecognised_members"]
    assert len(reported) == sum(bool(holder.unrecognised) for holder in holders)


def test_unknown_members_of_this_version_are_refused() -> None:
    """A record of version 1.0 with a member of its own is no record of version 1.0; nothing hides in it."""
    for wired, path in ((payload(k20=1), fragment("place.record")), (payload(k3={0: "Nguyễn", 20: 1}), "person")):
        read, found = decode.from_wire(wired)
        assert read is None
        assert [reason.code for reason in found] == ["record.schema"]
        assert found[0].message.startswith(f"The record breaks its schema at {path}: it holds members")


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), [1.5], {1: cbor2.CBORTag(0, "2026-01-01T00:00:00Z")}], ids=case_id
)
def test_newer_member_with_tag_or_float_is_refused(value: Any) -> None:
    """Tags and floating-point numbers are outside the format for all versions: their bytes would not come back."""
    for wired in (payload(k0=[1, 7]) | {20: value}, payload(k0=[1, 7], k3={0: "N", 20: value})):
        read, found = decoded(cbor2.dumps(wired))
        assert read is None
        assert [reason.code for reason in found] == ["record.schema"]


def test_large_keys_of_newer_members_are_not_shown() -> None:
    """An integer can be somebody's number."""
    _, found = decode.from_wire(payload(k0=[1, 7]) | {1190000123: 1})
    assert "1190000123" not in found[0].message


def test_text_keys_of_newer_members_are_not_shown() -> None:
    """Whoever signs can write anything as a key; the finding names numbers only."""
    _, found = decode.from_wire(payload(k0=[1, 7]) | {20: 1, "Nguyễn Thị": 2})
    assert [reason.message for reason in found] == [
        (
            "the record holds members of a newer version of the format (keys 20, other). "
            "They are kept, but not understood."
        )
    ]


@pytest.mark.parametrize(
    ("version", "code"),
    [
        ([2, 0], "record.newer_version"),
        ([0, 9], "record.newer_version"),
        ([1], "record.schema"),
        ([1, 0, 0], "record.schema"),
        ([1, -1], "record.schema"),
        ([1, 1190000123], "record.schema"),
        ([True, 0], "record.schema"),
        ("1.0", "record.schema"),
        (None, "record.schema"),
    ],
    ids=case_id,
)
def test_other_major_version_has_its_own_finding(version: Any, code: str) -> None:
    """What cannot be read for its version is told apart from what is broken."""
    read, found = decode.from_wire(payload(k0=version))
    assert read is None
    assert [reason.code for reason in found] == [code]


DOSE = encode.to_wire(citizen_record(1, 0))[4][0]


TEST = encode.to_wire(citizen_record(0, 1))[5][0]


PART: list[Any] = [cbor2.dumps({1: 41, 4: b"readers"}), {-4: bytes(32)}, bytes(20)]


BROKEN: dict[str, tuple[dict[str, Any], object]] = {
    "certificate id missing": ({"k1": None}, "certificate_id"),
    "certificate id short": ({"k1": bytes(15)}, "certificate_id"),
    "certificate id text": ({"k1": "x" * 16}, "certificate_id"),
    "revision zero": ({"k2": 0}, "revision"),
    "revision true": ({"k2": True}, "revision"),
    "revision beyond 64 bits": ({"k2": 2**63}, "revision"),
    "person missing": ({"k3": None}, "person"),
    "person an array": ({"k3": ["Nguyễn"]}, "person"),
    "family name empty": ({"k3": {0: ""}}, "person.family_name"),
    "family name long": ({"k3": {0: "x" * 81}}, "person.family_name"),
    "birth date a float": ({"k3": {0: "N", 2: 1.5}}, "person.birth_date"),
    "birth date beyond the calendar": ({"k3": {0: "N", 2: 10**9}}, "person.birth_date"),
    "birth date of three parts": ({"k3": {0: "N", 2: [1990, 1, 1]}}, "person.birth_date"),
    "birth date of no parts": ({"k3": {0: "N", 2: []}}, "person.birth_date"),
    "birth year 1899": ({"k3": {0: "N", 2: [1899]}}, "person.birth_date"),
    "birth date of 1899": ({"k3": {0: "N", 2: -25568}}, "person.birth_date"),
    "birth month 13": ({"k3": {0: "N", 2: [1990, 13]}}, "person.birth_date"),
    "sex 3": ({"k3": {0: "N", 3: 3}}, "person.sex"),
    "sex true": ({"k3": {0: "N", 3: True}}, "person.sex"),
    "nationality in small letters": ({"k3": {0: "N", 4: "vn"}}, "person.nationality"),
    "an empty group": ({"k4": []}, "vaccinations"),
    "a group that is a map": ({"k5": {}}, "tests"),
    "more entries than a record may hold": ({"k4": [DOSE] * 101}, "vaccinations"),
    "more entries in all": (
        {
            "k4": [DOSE | {1: number} for number in range(1, 61)],
            "k5": [TEST | {1: number} for number in range(61, 121)],
        },
        fragment("place.record"),
    ),
    "birth month beyond all calendars": ({"k3": {0: "N", 2: [2000, 2**62]}}, "person.birth_date"),
    "a last number of an entry that is there": ({"k8": 3}, "last_number"),
    "a last number of text": ({"k8": "4"}, "last_number"),
    "a code number beyond the registry": ({"k4": [DOSE | {4: 79190000123}]}, "vaccinations[0].product"),
    "no entry at all": ({"k4": None, "k5": None, "k6": None}, fragment("place.record")),
    "an entry that is text": ({"k4": ["x"]}, "vaccinations[0]"),
    "two entries with one number": ({"k5": [TEST | {1: 1}]}, fragment("place.record")),
    "a date missing": ({"k4": [{key: DOSE[key] for key in DOSE if key != 0}]}, "vaccinations[0].date"),
    "no disease": ({"k4": [DOSE | {7: []}]}, "vaccinations[0].diseases"),
    "a disease twice": ({"k4": [DOSE | {7: [0, "840539006"]}]}, "vaccinations[0].diseases"),
    "a negative code": ({"k4": [DOSE | {4: -1}]}, "vaccinations[0].product"),
    "a code that looks unregistered": ({"k4": [DOSE | {4: "#1"}]}, "vaccinations[0].product"),
    "dose zero": ({"k4": [DOSE | {2: 0}]}, "vaccinations[0].dose_number"),
    "a sample before 1970": ({"k5": [TEST | {0: -1}]}, "tests[0].sampled_at"),
    "a date-time tag": ({"k5": [TEST | {0: dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}]}, "tests[0].sampled_at"),
    "a tagged date-time as text": ({"k5": [TEST | {9: cbor2.CBORTag(0, "2026-01-01T00:00:00Z")}]}, "tests[0].issuer"),
    "sealed nothing": ({"k7": []}, "sealed"),
    "sealed text": ({"k7": "secret"}, "sealed"),
    "a sealed part of two": ({"k7": [PART[:2]]}, "sealed"),
    "a sealed part without kid": ({"k7": [[cbor2.dumps({1: 41}), *PART[1:]]]}, "sealed"),
    "a sealed part of no CBOR": ({"k7": [[b"\xff", *PART[1:]]]}, "sealed"),
    "a sealed part with a text for kid": ({"k7": [[cbor2.dumps({1: 41, 4: "k"}), *PART[1:]]]}, "sealed"),
    "a sealed part written another way": ({"k7": [[cbor2.dumps({4: b"readers", 1: 41}), *PART[1:]]]}, "sealed"),
    "a sealed part with a second header": ({"k7": [[PART[0], PART[1] | {5: b""}, PART[2]]]}, "sealed"),
    "a short encapsulated key": ({"k7": [[PART[0], {-4: bytes(31)}, PART[2]]]}, "sealed"),
    "a ciphertext that is only its tag": ({"k7": [[*PART[:2], bytes(16)]]}, "sealed"),
    "two sealed parts for one reader": ({"k7": [PART, PART]}, "sealed"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_malformed_member_is_named(case: str) -> None:
    """Each fault is a finding with the path of the member, and the entry it belongs to."""
    changes, path = BROKEN[case]
    read, found = decoded(cbor2.dumps(payload(**changes)))
    assert read is None
    assert {reason.code for reason in found} == {"record.schema"}
    assert any(f"at {path}:" in reason.message for reason in found), found
    entry = str(path).partition("]")[0] + "]" if "[" in str(path) else None
    assert any(reason.record == entry for reason in found)


# Faults that a schema language without sums, dates and nested encodings cannot express, and those which the validator,
# not the language, lets pass: pycddl 0.6 takes text for `bstr .size 16`, and more items for one of a choice of arrays.
BEYOND_CDDL = {
    "certificate id text",
    "birth date of three parts",
    "birth month 13",
    "birth month beyond all calendars",
    "a last number of an entry that is there",
    "a code number beyond the registry",
    "birth year 1899",
    "family name long",
    "more entries in all",
    "no entry at all",
    "two entries with one number",
    "a disease twice",
    "birth date beyond the calendar",
    "birth date of 1899",
    "a code that looks unregistered",
    "a sealed part written another way",
    "a short encapsulated key",
    "a ciphertext that is only its tag",
    "two sealed parts for one reader",
}


@pytest.mark.parametrize("case", sorted(BROKEN.keys() - BEYOND_CDDL))
def test_cddl_refuses_what_decode_refuses(case: str) -> None:
    """A mutation that breaks the record breaks the CDDL too."""
    with pytest.raises(pycddl.ValidationError):
        SCHEMA.validate_cbor(cbor2.dumps(payload(**BROKEN[case][0])))


def test_every_fault_is_reported() -> None:
    """An issuer that has to mend its records learns of everything in one go."""
    _, found = decode.from_wire(payload(k2=0, k3={0: ""}, k4=[{**DOSE, 2: 0, 8: 5}]))
    assert len(found) == 4


@given(values | st.dictionaries(st.integers(0, 8), values, max_size=9))
def test_any_payload_is_decoded_or_refused(anything: Any) -> None:
    """Whatever a trusted key signed, reading gives findings."""
    read, found = decode.decode(anything, ORIGIN)
    assert read is not None or found


@given(st.sampled_from([0, 1, 2, 3, 4, 5, 6]), values)
def test_any_member_value_is_decoded_or_refused(key: int, value: Any) -> None:
    """One member of any shape in an otherwise sound record gives findings or a record."""
    read, found = decoded(cbor2.dumps({**payload(), key: value}))
    assert read is not None or found


def test_unregistered_number_is_kept_and_reported() -> None:
    """A newer registry has codes that this one does not know; the number survives, and issuing anew is refused."""
    read, found = decode.from_wire(payload(k4=[DOSE | {4: 999}]))
    assert read is not None
    assert read.vaccinations[0].product == "#999"
    assert encode.to_wire(read)[4][0][4] == 999
    assert not found
    with pytest.raises(hcert.IssueError) as caught:
        encode.encode(read, ORIGIN)
    assert caught.value.code == "record.unregistered_code"


def test_registered_code_as_text_decodes_equal() -> None:
    """An issuer with an older registry writes the code itself; the record is equal."""
    read, _ = decode.from_wire(payload(k4=[DOSE | {4: "EU/1/21/1529"}]))
    assert read == decode.from_wire(payload())[0]


RECORD = citizen_record(2, 1, recoveries=(recovered(9),))


PERSON, VACCINATIONS, TESTS, RECOVERIES, SEALED, LAST_NUMBER = 3, 4, 5, 6, 7, 8


LINE = fragment("schema.text", most=80)


CODE = fragment("schema.code", most=80)


DAY = fragment("schema.days")


MOMENT = fragment("schema.seconds")


BIRTH = fragment("schema.birth_date")


COUNT = fragment("schema.positive_integer")


CODES = fragment("schema.codes", most=16)


REVISION = fragment("schema.integer", most=MAX_REVISION)


REGISTERED, COUNTRIES = code_registry.registry().date, value_set("country-2-codes").date


_FAR = 10**7  # days


def record_with(**changes: Any) -> hcert.CitizenRecord:
    """Return the record with some members replaced."""
    return msgspec.structs.replace(RECORD, **changes)


@pytest.mark.parametrize(
    ("path", "value", "where", "problem"),
    [
        ((PERSON, 0), "", "person.family_name", LINE),
        ((PERSON, 0), "x" * 81, "person.family_name", LINE),
        ((PERSON, 0), b"x", "person.family_name", LINE),
        ((PERSON, 0), ["x"], "person.family_name", LINE),
        ((PERSON, 2), "1990", "person.birth_date", BIRTH),
        ((PERSON, 2), [], "person.birth_date", BIRTH),
        ((PERSON, 2), [1990, 1, 1], "person.birth_date", BIRTH),
        ((PERSON, 2), [1990, True], "person.birth_date", BIRTH),
        ((PERSON, 2), [1899], "person.birth_date", fragment("schema.year")),
        ((PERSON, 2), [2100, 1], "person.birth_date", fragment("schema.year")),
        ((PERSON, 2), [1990, 13], "person.birth_date", fragment("schema.month")),
        ((PERSON, 2), [1990, 0], "person.birth_date", fragment("schema.month")),
        ((PERSON, 3), 3, "person.sex", fragment("schema.sex")),
        ((PERSON, 3), True, "person.sex", fragment("schema.sex")),
        ((PERSON, 4), "vn", "person.nationality", fragment("schema.capital_letters")),
        ((PERSON, 4), 84, "person.nationality", fragment("schema.capital_letters")),
        ((VACCINATIONS, 1, 0), 1.5, "vaccinations[1].date", DAY),
        ((VACCINATIONS, 1, 0), "2026-01-01", "vaccinations[1].date", DAY),
        ((VACCINATIONS, 1, 0), _FAR, "vaccinations[1].date", fragment("schema.day_range")),
        ((VACCINATIONS, 1, 0), -_FAR, "vaccinations[1].date", fragment("schema.day_range")),
        ((VACCINATIONS, 1, 0), 2**62, "vaccinations[1].date", fragment("schema.day_range")),
        ((VACCINATIONS, 1, 1), 0, "vaccinations[1].number", COUNT),
        ((VACCINATIONS, 1, 1), True, "vaccinations[1].number", COUNT),
        ((VACCINATIONS, 1, 2), MAX_INTEGER + 1, "vaccinations[1].dose_number", COUNT),
        ((VACCINATIONS, 1, 4), 65536, "vaccinations[1].product", CODE),
        ((VACCINATIONS, 1, 4), -1, "vaccinations[1].product", CODE),
        ((VACCINATIONS, 1, 4), "", "vaccinations[1].product", CODE),
        ((VACCINATIONS, 1, 4), "x" * 81, "vaccinations[1].product", CODE),
        ((VACCINATIONS, 1, 4), "#5", "vaccinations[1].product", CODE),
        ((VACCINATIONS, 1, 4), [1], "vaccinations[1].product", CODE),
        ((VACCINATIONS, 1, 7), [], "vaccinations[1].diseases", CODES),
        ((VACCINATIONS, 1, 7), 0, "vaccinations[1].diseases", CODES),
        ((VACCINATIONS, 1, 7), {0: 0}, "vaccinations[1].diseases", CODES),
        ((VACCINATIONS, 1, 7), [0, 0], "vaccinations[1].diseases", fragment("schema.code_twice")),
        ((VACCINATIONS, 1, 7), [0, ""], "vaccinations[1].diseases", CODE),
        ((VACCINATIONS, 1), 5, "vaccinations[1]", fragment("schema.map")),
        ((TESTS, 0, 0), -1, "tests[0].sampled_at", MOMENT),
        ((TESTS, 0, 0), MAX_SECONDS + 1, "tests[0].sampled_at", MOMENT),
        ((TESTS, 0, 0), "now", "tests[0].sampled_at", MOMENT),
        ((TESTS, 0, 0), 1.5, "tests[0].sampled_at", MOMENT),
    ],
    ids=case_id,
)
def test_malformed_member_is_named_with_reason(
    path: tuple[Any, ...], value: Any, where: str, problem: Fragment
) -> None:
    """And with the entry that it stands in."""
    place = where.partition(".")[0] if "[" in where else None
    assert reasons_of_payload(change_payload(RECORD, path, value)) == [
        ("record.schema", place, {"path": where, "problem": problem})
    ]


@pytest.mark.parametrize(
    ("path", "value", "where", "problem"),
    [
        ((VACCINATIONS,), [], "vaccinations", fragment("schema.entries", most=100)),
        ((VACCINATIONS,), [{}] * 101, "vaccinations", fragment("schema.entries", most=100)),
        ((TESTS,), {}, "tests", fragment("schema.entries", most=100)),
        ((RECOVERIES, 0, 1), 1, fragment("place.record"), fragment("schema.same_number")),
        ((LAST_NUMBER,), 9, "last_number", fragment("schema.last_number")),
        ((LAST_NUMBER,), True, "last_number", fragment("schema.last_number")),
        ((LAST_NUMBER,), MAX_INTEGER + 1, "last_number", fragment("schema.last_number")),
        ((1,), bytes(15), "certificate_id", fragment("schema.bytes", length=16)),
        ((1,), "x" * 16, "certificate_id", fragment("schema.bytes", length=16)),
        ((2,), 0, "revision", REVISION),
        ((2,), MAX_REVISION + 1, "revision", REVISION),
        ((PERSON, 9), 1, "person", fragment("schema.not_in_version", major=1, minor=0)),
        ((9,), 1, fragment("place.record"), fragment("schema.not_in_version", major=1, minor=0)),
    ],
    ids=case_id,
)
def test_malformed_record_is_named_with_reason(
    path: tuple[Any, ...], value: Any, where: str, problem: Fragment
) -> None:
    """No single entry is to blame."""
    assert reasons_of_payload(change_payload(RECORD, path, value)) == [
        ("record.schema", None, {"path": where, "problem": problem})
    ]


def test_unknown_member_of_an_entry_names_the_entry() -> None:
    """With its place."""
    words = {"path": "tests[0]", "problem": fragment("schema.not_in_version", major=1, minor=0)}
    assert reasons_of_payload(change_payload(RECORD, (TESTS, 0, 99), 1)) == [("record.schema", "tests[0]", words)]


def test_too_many_entries_in_total_are_refused() -> None:
    """Though each group alone would be allowed."""
    many = record_with(
        recoveries=(), vaccinations=tuple(map(dose, range(1, 61))), tests=tuple(map(sampled, range(61, 102)))
    )
    assert reasons_of_payload(encode.to_wire(many)) == [
        (
            "record.schema",
            None,
            {"path": fragment("place.record"), "problem": fragment("schema.entries_in_all", most=100)},
        )
    ]
    hundred = record_with(vaccinations=tuple(map(dose, range(1, 101))), tests=(), recoveries=())
    read, found = decode.from_wire(encode.to_wire(hundred))
    assert (read, found) == (hundred, [])
    hundred = record_with(vaccinations=many.vaccinations, tests=many.tests[:40], recoveries=())
    assert decode.from_wire(encode.to_wire(hundred)) == (hundred, [])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((PERSON, 0), "x"),
        ((PERSON, 0), "x" * 80),
        ((PERSON, 2), [1900]),
        ((PERSON, 2), [2099, 12]),
        ((PERSON, 4), "V"),
        ((PERSON, 4), "ABCDEFGHIJ"),
        ((VACCINATIONS, 0, 0), dt.date.min.toordinal() - dt.date(1970, 1, 1).toordinal()),
        ((VACCINATIONS, 0, 0), dt.date.max.toordinal() - dt.date(1970, 1, 1).toordinal()),
        ((VACCINATIONS, 0, 2), MAX_INTEGER),
        ((TESTS, 0, 0), 0),
        ((TESTS, 0, 0), MAX_SECONDS),
        ((LAST_NUMBER,), 10),
        ((LAST_NUMBER,), MAX_INTEGER),
        ((2,), MAX_REVISION),
    ],
    ids=case_id,
)
def test_values_at_the_bounds_are_decoded(path: tuple[Any, ...], value: Any) -> None:
    """What just fits is read without a word, and written again as it was."""
    payload = change_payload(RECORD, path, value)
    read, found = decode.from_wire(payload)
    assert found == []
    assert read is not None
    assert encode.to_wire(read) == payload


@pytest.mark.parametrize(
    ("value", "shown", "code"),
    [
        (65535, "#65535", ("record.unregistered_code", {"number": "65535", "version": 2})),
        (0, "EU/1/20/1528", None),
        ("x" * 80, "x" * 80, ("record.unknown_code", {"value_set": "products", "date": REGISTERED})),
        ("y", "y", ("record.unknown_code", {"value_set": "products", "date": REGISTERED})),
    ],
    ids=case_id,
)
def test_code_numbers_and_texts_are_decoded(value: Any, shown: str, code: tuple[str, dict[str, Any]] | None) -> None:
    """A number of the registry, or text; what the registry does not have keeps its number."""
    payload = change_payload(RECORD, (VACCINATIONS, 0, 4), value)
    record, found = decode.decode(payload, Origin("VN", b"k"))
    assert record is not None
    assert record.vaccinations[0].product == shown
    place = {"field": "vaccinations[0].product"}
    expected = [] if code is None else [(code[0], "vaccinations[0]", place | code[1])]
    assert [(one.code, one.record, dict(one.details)) for one in found] == expected


@pytest.mark.parametrize("value", [1.5, DateTimeText("2026-01-01"), [1.5], {1: [{2: 1.5}]}], ids=case_id)
@pytest.mark.parametrize(
    ("path", "where", "place"),
    [
        ((VACCINATIONS, 0, 40), fragment("place.newer_member_of", holder="vaccinations[0]"), "vaccinations[0]"),
        ((PERSON, 40), fragment("place.newer_member_of", holder="person"), None),
        ((40,), fragment("place.newer_member"), None),
    ],
    ids=case_id,
)
def test_newer_member_must_be_encodable(path: tuple[Any, ...], where: str, place: str | None, value: Any) -> None:
    """No tags and no floating-point numbers: those could not be written again as they were."""
    problem = fragment("schema.tag_or_float")
    payload = change_payload(RECORD, path, 0, version=(1, 1))
    holder: Any = payload
    for step in path[:-1]:
        holder = holder[step]
    holder[40] = value
    assert reasons_of_payload(payload) == [("record.schema", place, {"path": where, "problem": problem})]


def test_newer_members_are_sorted_by_key() -> None:
    """Whatever their values are, and in which order they came."""
    payload = change_payload(RECORD, (40,), 1, version=(1, 1)) | {24: 2, -1: 3, "a": 0}
    record, found = decode.from_wire(payload)
    assert record is not None
    assert [key for key, _ in record.unrecognised] == [24, 40, -1, "a"]
    assert [(one.code, dict(one.details)) for one in found] == [
        (
            "record.unrecognised_members",
            {"field": fragment("place.record"), "keys": (24, 40, -1, fragment("place.other_key"))},
        )
    ]
