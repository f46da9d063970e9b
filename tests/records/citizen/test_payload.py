"""The wire form of the citizen record: equal in and out, one encoding, and as its specification has it."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING, Any

import cbor2
import pycddl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from conftest import ROOT
from hcert import citizen
from hcert.codec import cbor
from hcert.records.citizen import code_registry, decode, encode
from hcert.records.record_struct import Origin
from support.citizen_records import (
    CERTIFICATE_ID,
    citizen_person,
    citizen_record,
    dose,
    encoded,
    newer_records,
    readable_records,
    records,
    recovered,
    sampled,
    values,
)

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


@given(records)
def test_what_goes_in_comes_out_equal(record: hcert.CitizenRecord) -> None:
    """Writing and reading give an equal record, whatever it holds, and the writer accepts it for issuing."""
    data = cbor.encode(encode.encode(record, ORIGIN))
    read, found = decoded(data)
    assert read == record
    assert all(reason.severity == "warning" for reason in found)


@given(readable_records)
def test_the_same_record_gives_the_same_bytes(record: hcert.CitizenRecord) -> None:
    """The encoding is deterministic CBOR: cbor2's canonical encoder has nothing to change, and reading is undone."""
    data = encoded(record)
    read, _ = decoded(data)
    assert read is not None
    assert encoded(read) == data
    assert cbor2.dumps(cbor2.loads(data), canonical=True) == data


@given(readable_records)
def test_codes_that_nobody_knows_are_read_and_not_issued(record: hcert.CitizenRecord) -> None:
    """Reading warns of exactly what keeps a record from being issued."""
    read, found = decoded(encoded(record))
    assert read == record
    assert all(reason.severity == "warning" for reason in found)
    refusing = {
        "record.unknown_code",
        "record.device_missing",
        "record.device_unexpected",
        "record.certificate_id",
        "record.repeated_uvci",
    }
    expected = [reason for reason in found if reason.code in refusing]
    try:
        encode.encode(record, ORIGIN)
    except hcert.IssueError as error:
        assert list(error.findings) == expected != []
    else:
        assert expected == []


@given(readable_records)
def test_the_specification_agrees_with_the_writer(record: hcert.CitizenRecord) -> None:
    """Whatever is written is valid by the CDDL of the specification."""
    SCHEMA.validate_cbor(encoded(record))


@given(newer_records)
def test_members_of_a_newer_minor_version_survive(record: hcert.CitizenRecord) -> None:
    """Unknown keys are kept in every map, reported, and written again byte for byte."""
    data = encoded(record)
    read, found = decoded(data)
    assert read == record
    assert encoded(read) == data
    holders = [record, record.person, *record.entries]
    reported = [reason for reason in found if reason.code == "record.unrecognised_members"]
    assert len(reported) == sum(bool(holder.unrecognised) for holder in holders)


def test_members_that_the_present_version_does_not_have_are_refused() -> None:
    """A record of version 1.0 with a member of its own is no record of version 1.0; nothing hides in it."""
    for wired, path in ((payload(k20=1), "the record"), (payload(k3={0: "Nguyễn", 20: 1}), "person")):
        read, found = decode.from_wire(wired)
        assert read is None
        assert [reason.code for reason in found] == ["record.schema"]
        assert found[0].message.startswith(f"The record breaks its schema at {path}: it holds members")


@pytest.mark.parametrize("value", [1.5, float("nan"), [1.5], {1: cbor2.CBORTag(0, "2026-01-01T00:00:00Z")}])
def test_a_newer_member_that_could_not_be_kept_is_refused(value: Any) -> None:
    """Tags and floating-point numbers are outside the format for all versions: their bytes would not come back."""
    for wired in (payload(k0=[1, 7]) | {20: value}, payload(k0=[1, 7], k3={0: "N", 20: value})):
        read, found = decoded(cbor2.dumps(wired))
        assert read is None
        assert [reason.code for reason in found] == ["record.schema"]


def test_great_numbers_of_a_newer_version_are_not_quoted() -> None:
    """An integer can be somebody's number."""
    _, found = decode.from_wire(payload(k0=[1, 7]) | {1190000123: 1})
    assert "1190000123" not in found[0].message


def test_text_keys_of_a_newer_version_are_not_quoted() -> None:
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
)
def test_another_major_version_is_a_clear_finding(version: Any, code: str) -> None:
    """What cannot be read for its version is told apart from what is broken."""
    read, found = decode.from_wire(payload(k0=version))
    assert read is None
    assert [reason.code for reason in found] == [code]


DOSE = encode.to_wire(citizen_record(1, 0))[4][0]
TEST = encode.to_wire(citizen_record(0, 1))[5][0]
PART: list[Any] = [cbor2.dumps({1: 41, 4: b"readers"}), {-4: bytes(32)}, bytes(20)]
BROKEN: dict[str, tuple[dict[str, Any], str]] = {
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
        "the record",
    ),
    "birth month beyond all calendars": ({"k3": {0: "N", 2: [2000, 2**62]}}, "person.birth_date"),
    "a last number of an entry that is there": ({"k8": 3}, "last_number"),
    "a last number of text": ({"k8": "4"}, "last_number"),
    "a code number beyond the registry": ({"k4": [DOSE | {4: 79190000123}]}, "vaccinations[0].product"),
    "no entry at all": ({"k4": None, "k5": None, "k6": None}, "the record"),
    "an entry that is text": ({"k4": ["x"]}, "vaccinations[0]"),
    "two entries with one number": ({"k5": [TEST | {1: 1}]}, "the record"),
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
def test_a_broken_member_is_named(case: str) -> None:
    """Each fault is a finding with the path of the member, and the entry it belongs to."""
    changes, path = BROKEN[case]
    read, found = decoded(cbor2.dumps(payload(**changes)))
    assert read is None
    assert {reason.code for reason in found} == {"record.schema"}
    assert any(f"at {path}:" in reason.message for reason in found), found
    entry = path.partition("]")[0] + "]" if "[" in path else None
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
def test_the_specification_refuses_what_the_reader_refuses(case: str) -> None:
    """A mutation that breaks the record breaks the CDDL too."""
    with pytest.raises(pycddl.ValidationError):
        SCHEMA.validate_cbor(cbor2.dumps(payload(**BROKEN[case][0])))


def test_every_fault_is_found_at_once() -> None:
    """An issuer that has to mend its records learns of everything in one go."""
    _, found = decode.from_wire(payload(k2=0, k3={0: ""}, k4=[{**DOSE, 2: 0, 8: 5}]))
    assert len(found) == 4


@given(values | st.dictionaries(st.integers(0, 8), values, max_size=9))
def test_no_payload_raises(anything: Any) -> None:
    """Whatever a trusted key signed, reading gives findings."""
    read, found = decode.decode(anything, ORIGIN)
    assert read is not None or found


@given(st.sampled_from([0, 1, 2, 3, 4, 5, 6]), values)
def test_no_broken_member_raises(key: int, value: Any) -> None:
    """One member of any shape in an otherwise sound record gives findings or a record."""
    read, found = decoded(cbor2.dumps({**payload(), key: value}))
    assert read is not None or found


def test_an_unregistered_number_is_kept_and_reported() -> None:
    """A newer registry has codes that this one does not know; the number survives, and issuing anew is refused."""
    read, found = decode.from_wire(payload(k4=[DOSE | {4: 999}]))
    assert read is not None
    assert read.vaccinations[0].product == "#999"
    assert encode.to_wire(read)[4][0][4] == 999
    assert not found
    with pytest.raises(hcert.IssueError) as caught:
        encode.encode(read, ORIGIN)
    assert caught.value.code == "record.unregistered_code"


def test_a_registered_code_as_text_means_the_same() -> None:
    """An issuer with an older registry writes the code itself; the record is equal."""
    read, _ = decode.from_wire(payload(k4=[DOSE | {4: "EU/1/21/1529"}]))
    assert read == decode.from_wire(payload())[0]


@pytest.mark.parametrize(
    "change",
    [
        {"certificate_id": b"short"},
        {"vaccinations": ()},
        {"vaccinations": [dose()]},
        {"vaccinations": (dose(date="2026-01-01"),)},
        {"vaccinations": (dose(date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),)},
        {"vaccinations": (dose(country=None),)},
        {"vaccinations": (dose(diseases=()),)},
        {"vaccinations": (dose(dose_number="2"),)},
        {"vaccinations": (dose(product="#4"),)},
        {"revision": 0},
        {"person": citizen.Person()},
        {"person": citizen.Person(family_name="Nguye\u0302\u0303n")},
        {"person": citizen.Person(family_name="Nguyễn\u202e")},
        {"person": citizen.Person(family_name="N", standardised_family_name="Nguyễn")},
        {"person": None},
        {"unrecognised": ((20, b"\x01"),)},
        {"vaccinations": (dose(diseases=("a\u202eb",)),)},
        {"vaccinations": (dose(diseases=("a\ud800",)),)},
        {"vaccinations": (dose(centre=" "),)},
        {"person": citizen.Person(family_name=" ")},
        {"last_number": 1},
        {"recoveries": (recovered(9, valid_until=dt.date(2020, 1, 1)),)},
        {"version": (2, 0)},
    ],
)
def test_a_record_that_would_not_come_out_equal_is_not_written(change: dict[str, Any]) -> None:
    """Wrong types, lost precision and broken rules stop the issuing with a code of the record."""
    members: dict[str, Any] = {
        "certificate_id": CERTIFICATE_ID,
        "person": citizen.Person(family_name="N"),
        "vaccinations": (dose(),),
    }
    record = hcert.CitizenRecord(**(members | change))
    with pytest.raises(hcert.IssueError) as caught:
        encode.encode(record, ORIGIN)
    assert caught.value.code.startswith("record.")


def test_lost_fractions_of_a_second_are_refused() -> None:
    """A moment is signed to the second; more precision is no silent loss."""
    at = dt.datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=dt.UTC)
    record = hcert.CitizenRecord(
        certificate_id=CERTIFICATE_ID, person=citizen_person(), tests=(sampled(sampled_at=at),)
    )
    with pytest.raises(hcert.IssueError) as caught:
        encode.encode(record, ORIGIN)
    assert caught.value.code == "record.schema"


@pytest.mark.parametrize(
    ("table", "count", "digest"),
    [
        ("diseases", 28, "a7b4864b3933df9c05a04019820c6e30"),
        ("vaccines", 64, "a0139511e9c690f827ea513fe8a4cdd0"),
        ("products", 39, "650d1590db90e319ebd42ed2f4249b8b"),
        ("manufacturers", 31, "f449ddb558e9449f5d5ecc13d8ba01b6"),
        ("test_types", 2, "10d791e4916aa98a0ecdf9512af1fdff"),
        ("test_results", 2, "fe33087064f9ec063cb771a0072a3cd3"),
    ],
)
def test_the_registry_only_grows(table: code_registry.Table, count: int, digest: str) -> None:
    """The rows of version 1 keep number, code and what they imply: their numbers stand in signed records."""
    rows = getattr(code_registry.registry(), table)[:count]
    lines = [f"{number} {row.code} {row.vaccine} {row.manufacturer}\n" for number, row in enumerate(rows)]
    assert hashlib.sha256("".join(lines).encode()).hexdigest()[:32] == digest


def test_codes_of_a_product_are_registered_too() -> None:
    """What a product implies are codes of the other tables, and no code stands twice in a table."""
    known = code_registry.registry()
    for product in known.products:
        assert product.vaccine is None or code_registry.row_of("vaccines", product.vaccine)
        assert product.manufacturer is None or code_registry.row_of("manufacturers", product.manufacturer)
    for table in ("diseases", "vaccines", "products", "manufacturers", "test_types", "test_results"):
        codes = [row.code for row in getattr(known, table)]
        assert len(set(codes)) == len(codes)
