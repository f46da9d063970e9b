"""What is wrong with a citizen record, and where: each reason in its words, each bound on both sides."""

from __future__ import annotations

import datetime as dt
from typing import Any

import cbor2
import msgspec
import pytest

import hcert
from hcert import citizen
from hcert.codec.cbor import DateTimeText
from hcert.codec.limits import MAX_INTEGER, MAX_REVISION, MAX_SECONDS
from hcert.fragments import in_language
from hcert.records import life
from hcert.records.citizen import code_registry, decode, encode, json_form, rules, seal_rules
from hcert.records.record_struct import Origin
from hcert.records.value_sets import value_set
from support.citizen_records import CERTIFICATE_ID, citizen_person, citizen_record, dose, recovered, sampled
from support.signers import NOW

RECORD = citizen_record(2, 1, recoveries=(recovered(9),))
PERSON, VACCINATIONS, TESTS, RECOVERIES, SEALED, LAST_NUMBER = 3, 4, 5, 6, 7, 8
LINE = "expected text of 1 to 80 characters"
CODE = "expected a number of the code registry, or text of 1 to 80 characters"
DAY = "expected a number of days since 1970-01-01"
MOMENT = "expected a number of seconds since 1970-01-01T00:00Z"
BIRTH = "expected days since 1970-01-01, or an array of year and month"
COUNT = "expected an integer from 1"
CODES = "expected an array of 1 to 16 codes"
REVISION = f"expected an integer from 1 to {MAX_REVISION}"
REGISTERED, COUNTRIES = code_registry.registry().date, value_set("country-2-codes").date
_FAR = 10**7  # days


def record_with(**changes: Any) -> hcert.CitizenRecord:
    """Return the record with some members replaced."""
    return msgspec.structs.replace(RECORD, **changes)


def changed(path: tuple[Any, ...], value: Any, *, version: tuple[int, int] = (1, 0)) -> dict[Any, Any]:
    """Return the payload of the record with one member replaced, or added."""
    payload: dict[Any, Any] = cbor2.loads(cbor2.dumps(encode.to_wire(RECORD)))
    payload[0] = list(version)
    holder: Any = payload
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return payload


def said(payload: Any) -> list[tuple[str, str | None, dict[str, Any]]]:
    """Read a payload; return code, place and details of each finding."""
    _, found = decode.decode(payload, Origin("VN", b"k"))
    return [(one.code, one.record, in_language(one.details, "en")) for one in found]


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
        ((PERSON, 2), [1899], "person.birth_date", "expected a year of the 20th or 21st century"),
        ((PERSON, 2), [2100, 1], "person.birth_date", "expected a year of the 20th or 21st century"),
        ((PERSON, 2), [1990, 13], "person.birth_date", "the month does not exist"),
        ((PERSON, 2), [1990, 0], "person.birth_date", "the month does not exist"),
        ((PERSON, 3), 3, "person.sex", "expected 1, 2 or 9 (ISO/IEC 5218)"),
        ((PERSON, 3), True, "person.sex", "expected 1, 2 or 9 (ISO/IEC 5218)"),
        ((PERSON, 4), "vn", "person.nationality", "expected 1 to 10 capital letters"),
        ((PERSON, 4), 84, "person.nationality", "expected 1 to 10 capital letters"),
        ((VACCINATIONS, 1, 0), 1.5, "vaccinations[1].date", DAY),
        ((VACCINATIONS, 1, 0), "2026-01-01", "vaccinations[1].date", DAY),
        ((VACCINATIONS, 1, 0), _FAR, "vaccinations[1].date", "the day lies outside the years 1 to 9999"),
        ((VACCINATIONS, 1, 0), -_FAR, "vaccinations[1].date", "the day lies outside the years 1 to 9999"),
        ((VACCINATIONS, 1, 0), 2**62, "vaccinations[1].date", "the day lies outside the years 1 to 9999"),
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
        ((VACCINATIONS, 1, 7), [0, 0], "vaccinations[1].diseases", "a code occurs twice"),
        ((VACCINATIONS, 1, 7), [0, ""], "vaccinations[1].diseases", CODE),
        ((VACCINATIONS, 1), 5, "vaccinations[1]", "expected a map"),
        ((TESTS, 0, 0), -1, "tests[0].sampled_at", MOMENT),
        ((TESTS, 0, 0), MAX_SECONDS + 1, "tests[0].sampled_at", MOMENT),
        ((TESTS, 0, 0), "now", "tests[0].sampled_at", MOMENT),
        ((TESTS, 0, 0), 1.5, "tests[0].sampled_at", MOMENT),
    ],
)
def test_a_member_that_breaks_the_format_is_named_with_its_reason(
    path: tuple[Any, ...], value: Any, where: str, problem: str
) -> None:
    """And with the entry that it stands in."""
    place = where.partition(".")[0] if "[" in where else None
    assert said(changed(path, value)) == [("record.schema", place, {"path": where, "problem": problem})]


@pytest.mark.parametrize(
    ("path", "value", "where", "problem"),
    [
        ((VACCINATIONS,), [], "vaccinations", "expected an array of 1 to 100 entries"),
        ((VACCINATIONS,), [{}] * 101, "vaccinations", "expected an array of 1 to 100 entries"),
        ((TESTS,), {}, "tests", "expected an array of 1 to 100 entries"),
        ((RECOVERIES, 0, 1), 1, "the record", "two entries have the same number"),
        ((LAST_NUMBER,), 9, "last_number", "expected an integer above the numbers of all entries"),
        ((LAST_NUMBER,), True, "last_number", "expected an integer above the numbers of all entries"),
        ((LAST_NUMBER,), MAX_INTEGER + 1, "last_number", "expected an integer above the numbers of all entries"),
        ((1,), bytes(15), "certificate_id", "expected 16 bytes"),
        ((1,), "x" * 16, "certificate_id", "expected 16 bytes"),
        ((2,), 0, "revision", REVISION),
        ((2,), MAX_REVISION + 1, "revision", REVISION),
        ((PERSON, 9), 1, "person", "it holds members that version 1.0 does not have"),
        ((9,), 1, "the record", "it holds members that version 1.0 does not have"),
    ],
)
def test_what_is_wrong_with_the_whole_is_named(path: tuple[Any, ...], value: Any, where: str, problem: str) -> None:
    """No single entry is to blame."""
    assert said(changed(path, value)) == [("record.schema", None, {"path": where, "problem": problem})]


def test_an_entry_with_members_beyond_its_version_is_named() -> None:
    """With its place."""
    words = {"path": "tests[0]", "problem": "it holds members that version 1.0 does not have"}
    assert said(changed((TESTS, 0, 99), 1)) == [("record.schema", "tests[0]", words)]


def test_more_entries_than_allowed_in_all_are_refused() -> None:
    """Though each group alone would be allowed."""
    many = record_with(
        recoveries=(), vaccinations=tuple(map(dose, range(1, 61))), tests=tuple(map(sampled, range(61, 102)))
    )
    assert said(encode.to_wire(many)) == [
        ("record.schema", None, {"path": "the record", "problem": "expected 1 to 100 entries in all"})
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
)
def test_the_bounds_of_the_format_are_within(path: tuple[Any, ...], value: Any) -> None:
    """What just fits is read without a word, and written again as it was."""
    payload = changed(path, value)
    read, found = decode.from_wire(payload)
    assert found == []
    assert read is not None
    assert encode.to_wire(read) == payload


@pytest.mark.parametrize(
    ("value", "shown", "code"),
    [
        (65535, "#65535", ("record.unregistered_code", {"number": "65535", "version": 1})),
        (0, "EU/1/20/1528", None),
        ("x" * 80, "x" * 80, ("record.unknown_code", {"value_set": "products", "date": REGISTERED})),
        ("y", "y", ("record.unknown_code", {"value_set": "products", "date": REGISTERED})),
    ],
)
def test_a_code_is_read_as_what_it_stands_for(value: Any, shown: str, code: tuple[str, dict[str, Any]] | None) -> None:
    """A number of the registry, or text; what the registry does not have keeps its number."""
    payload = changed((VACCINATIONS, 0, 4), value)
    record, found = decode.decode(payload, Origin("VN", b"k"))
    assert record is not None
    assert record.vaccinations[0].product == shown
    place = {"field": "vaccinations[0].product"}
    expected = [] if code is None else [(code[0], "vaccinations[0]", place | code[1])]
    assert [(one.code, one.record, in_language(one.details, "en")) for one in found] == expected


@pytest.mark.parametrize("value", [1.5, DateTimeText("2026-01-01"), [1.5], {1: [{2: 1.5}]}])
@pytest.mark.parametrize(
    ("path", "where", "place"),
    [
        ((VACCINATIONS, 0, 40), "vaccinations[0].a member of a newer version", "vaccinations[0]"),
        ((PERSON, 40), "person.a member of a newer version", None),
        ((40,), "a member of a newer version", None),
    ],
)
def test_a_member_of_a_newer_version_must_be_such_that_it_can_be_kept(
    path: tuple[Any, ...], where: str, place: str | None, value: Any
) -> None:
    """No tags and no floating-point numbers: those could not be written again as they were."""
    problem = "it holds a tag or floating-point number, which is not allowed"
    payload = changed(path, 0, version=(1, 1))
    holder: Any = payload
    for step in path[:-1]:
        holder = holder[step]
    holder[40] = value
    assert said(payload) == [("record.schema", place, {"path": where, "problem": problem})]


def test_members_of_a_newer_version_stand_in_the_order_of_their_keys() -> None:
    """Whatever their values are, and in which order they came."""
    payload = changed((40,), 1, version=(1, 1)) | {24: 2, -1: 3, "a": 0}
    record, found = decode.from_wire(payload)
    assert record is not None
    assert [key for key, _ in record.unrecognised] == [24, 40, -1, "a"]
    assert [(one.code, in_language(one.details, "en")) for one in found] == [
        ("record.unrecognised_members", {"field": "the record", "keys": "24, 40, -1, other"})
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"person": citizen_person(standardised_family_name="NGUYỄN", standardised_given_name="ANH<")},
            [
                ("record.name_not_standardised", None, {"field": "person.standardised_family_name"}),
                ("record.name_not_standardised", None, {"field": "person.standardised_given_name"}),
            ],
        ),
        (
            {"person": citizen.Person()},
            [("record.schema", None, {"path": "person", "problem": "the name is missing"})],
        ),
        (
            {"recoveries": (recovered(9, disease="x", country="XQ"),)},
            [
                ("record.unknown_code", "recoveries[0]", {
                    "field": "recoveries[0].disease", "value_set": "diseases", "date": REGISTERED}),
                ("record.unknown_code", "recoveries[0]", {
                    "field": "recoveries[0].country", "value_set": "country-2-codes", "date": COUNTRIES}),
            ],
        ),
        (
            {"recoveries": (recovered(9, valid_until=dt.date(2026, 2, 11)),)},
            [("record.inconsistent_dates", "recoveries[0]", {
                "field": "recoveries[0].valid_until", "other": "valid_from"})],
        ),
        ({"recoveries": (recovered(9, valid_until=dt.date(2026, 2, 12)),)}, []),
        (
            {"tests": (sampled(3, disease="x", test_type="y", result="z", country="XQ"),)},
            [
                ("record.unknown_code", "tests[0]", {
                    "field": "tests[0].disease", "value_set": "diseases", "date": REGISTERED}),
                ("record.unknown_code", "tests[0]", {
                    "field": "tests[0].test_type", "value_set": "test_types", "date": REGISTERED}),
                ("record.unknown_code", "tests[0]", {
                    "field": "tests[0].result", "value_set": "test_results", "date": REGISTERED}),
                ("record.unknown_code", "tests[0]", {
                    "field": "tests[0].country", "value_set": "country-2-codes", "date": COUNTRIES}),
            ],
        ),
        (
            {"vaccinations": (dose(1, uvci="URN:UVCI:01:VN:ABC#0"),)},
            [("record.uvci_check_character", "vaccinations[0]", {"field": "vaccinations[0].uvci"})],
        ),
        (
            {"vaccinations": (dose(1, uvci="hello#0"),)},
            [("record.certificate_id", "vaccinations[0]", {"field": "vaccinations[0].uvci"})],
        ),
        (
            {
                "vaccinations": (dose(1, uvci="URN:UVCI:01:VN:A"), dose(2)),
                "tests": (sampled(3, uvci="URN:UVCI:01:VN:B"), sampled(4, uvci="urn:uvci:01:vn:a")),
            },
            [("record.repeated_uvci", "tests[1]", {"field": "tests[1].uvci", "other": "vaccinations[0]"})],
        ),
        ({"vaccinations": (dose(1, dose_number=8, series_doses=1),)}, []),
        (
            {"vaccinations": (dose(1, dose_number=9, series_doses=1),)},
            [("record.dose_beyond_series", "vaccinations[0]", {"field": "vaccinations[0].dose_number"})],
        ),
        ({"vaccinations": (dose(1, dose_number=9, series_doses=None),)}, []),
        (
            {"vaccinations": (dose(1), dose(2, vaccine="J07BX03", manufacturer="ORG-100001417"))},
            [
                ("record.retired_code", "vaccinations[1]", {
                    "field": "vaccinations[1].vaccine", "value_set": "vaccines", "date": REGISTERED}),
                ("record.inconsistent_codes", "vaccinations[1]", {"field": "vaccinations[1].manufacturer"}),
            ],
        ),
    ],
)  # fmt: skip
def test_what_can_be_said_against_a_record_names_entry_and_member(changes: dict[str, Any], expected: Any) -> None:
    """And the value set or the other member concerned."""
    assert said(encode.to_wire(record_with(**changes))) == expected


LATEST = dt.date(2026, 6, 2)  # at 12:00Z the second of June has begun in Kiritimati
SKEW = dt.timedelta(seconds=300)


@pytest.mark.parametrize(
    ("entry", "places"),
    [
        ({"vaccinations": (dose(1), dose(2, date=LATEST))}, []),
        ({"vaccinations": (dose(1), dose(2, date=LATEST + dt.timedelta(days=1)))}, ["vaccinations[1]"]),
        ({"tests": (sampled(3, sampled_at=NOW + SKEW),)}, []),
        ({"tests": (sampled(3), sampled(4, sampled_at=NOW + SKEW + dt.timedelta(seconds=1)))}, ["tests[1]"]),
        ({"recoveries": (recovered(9, first_positive=LATEST),)}, []),
        ({"recoveries": (recovered(9, first_positive=LATEST + dt.timedelta(days=1)),)}, ["recoveries[0]"]),
    ],
)
def test_entries_dated_ahead_are_named(entry: dict[str, Any], places: list[str]) -> None:
    """Days that have begun nowhere on earth, samples beyond the allowed skew."""
    found = list(life.future_findings(rules.life_of(record_with(**entry)), NOW, skew=SKEW))
    assert [(one.code, one.record) for one in found] == [("entry.in_future", place) for place in places]


@pytest.mark.usefixtures("device_zone")
def test_the_zone_of_a_device_is_no_matter_to_the_latest_day() -> None:
    """At 20:00Z the second of June has begun in Kiritimati, and the third nowhere."""
    at = NOW.replace(hour=20)
    assert life.ahead_by(LATEST, at, skew=SKEW) is None
    assert life.ahead_by(LATEST + dt.timedelta(days=1), at, skew=SKEW) == dt.timedelta(hours=14)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"person": citizen_person(family_name=" Nguyễn")}, ("record.padded_text", None, "person.family_name")),
        ({"person": citizen_person(given_name="A\u202e")}, ("record.forbidden_character", None, "person.given_name")),
        (
            {"tests": (sampled(3, centre="x "),)},
            ("record.padded_text", "tests[0]", "tests[0].centre"),
        ),
        (
            {"vaccinations": (dose(1), dose(2, issuer="Bo\u0323 Y te\u0302\u0301"))},
            ("record.not_nfc", "vaccinations[1]", "vaccinations[1].issuer"),
        ),
    ],
)
def test_text_that_may_not_be_signed_is_named(changes: dict[str, Any], expected: tuple[str, str | None, str]) -> None:
    """By entry and member, never by what it says."""
    with pytest.raises(hcert.IssueError) as caught:
        encode.encode(record_with(**changes), Origin("VN", b"k"))
    code, place, field = expected
    assert [(one.code, one.record, in_language(one.details, "en")["field"]) for one in caught.value.findings] == [
        (code, place, field)
    ]


def part(**changes: Any) -> list[Any]:
    """Return a sealed part, changed."""
    members: dict[str, Any] = {"protected": cbor2.dumps({1: 41, 4: b"kid"}), "key": bytes(32), "text": bytes(80)}
    members |= changes
    return [members["protected"], members.get("unprotected", {-4: members["key"]}), members["text"]]


PARTS = "expected an array of 1 to 16 parts"
WAY = "a part is not in deterministic encoding"
LENGTH = "the length of a part does not fit its algorithm"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ([], PARTS),
        ({}, PARTS),
        ([part(), part()], "two parts are for one reader"),
        ([5], "a part is not a COSE_Encrypt0 array"),
        ([[b"", {}]], "a part is not a COSE_Encrypt0 array"),
        ([part(text="x")], "a part is not a COSE_Encrypt0 array"),
        ([part(protected=b"\xff")], "the protected header of a part is malformed: it is not well-formed CBOR"),
        ([part(protected=b"\x80")], "the protected header of a part does not consist of algorithm and kid"),
        (
            [part(protected=cbor2.dumps({1: 41}))],
            "the protected header of a part does not consist of algorithm and kid",
        ),
        ([part(protected=cbor2.dumps({1: "41", 4: b"kid"}))], "a header of a part has the wrong type"),
        ([part(protected=cbor2.dumps({1: 41, 4: "kid"}))], "a header of a part has the wrong type"),
        ([part(unprotected={})], "a header of a part has the wrong type"),
        ([part(protected=cbor2.dumps({4: b"kid", 1: 41}))], WAY),
        ([part(unprotected={-4: bytes(32), 5: 0})], WAY),
        ([part(key=bytes(31))], LENGTH),
        ([part(text=bytes(16))], LENGTH),
        ([part(text=bytes(17))], LENGTH),
        ([part(text=bytes(143))], LENGTH),
    ],
)
def test_what_is_wrong_with_a_sealed_part_is_said(value: Any, problem: str) -> None:
    """In the words of the record's schema."""
    assert said(changed((SEALED,), value)) == [("record.schema", None, {"path": "sealed", "problem": problem})]
    assert said(changed((SEALED,), [part()])) == []


def test_a_part_for_a_suite_of_the_future_is_read() -> None:
    """Its lengths are its own affair."""
    later = part(protected=cbor2.dumps({1: 99, 4: b"kid"}), key=b"", text=b"")
    assert said(changed((SEALED,), [later])) == []


def test_the_sealed_part_is_the_random_end_of_what_is_signed() -> None:
    """It is not compressed, so where it begins must be known to the byte."""
    payload = changed((SEALED,), [part()])
    encoded = cbor2.dumps({-260: {-1405: payload}})
    tail = cbor2.dumps([part()])
    assert encoded.endswith(tail)
    assert encode.count_sealed_bytes(payload, encoded) == len(tail)
    assert encode.count_sealed_bytes(encode.to_wire(RECORD), encoded) == 0


@pytest.mark.parametrize(
    ("confidential", "expected"),
    [
        (
            citizen.Confidential(lot_numbers=((1, "A"), (9, "B"), (999, "C"))),
            [("sealed.no_dose", {"number": 9}), ("sealed.no_dose", {"number": 999})],
        ),
        (citizen.Confidential(lot_numbers=((1000, "A"),)), [("sealed.no_dose", {"number": "other"})]),
        (citizen.Confidential(phone="5AB-cd1"), [
            ("sealed.in_open_part", {"member": "phone", "field": "person.given_name"})]),
        (citizen.Confidential(phone="5AB-cd"), []),
        (citizen.Confidential(phone="+84 5AB-cd1"), [
            ("sealed.in_open_part", {"member": "phone", "field": "person.given_name"})]),
        (citizen.Confidential(insurance_number="84 5AB-cd1"), []),
        (citizen.Confidential(phone="5AB-cd184"), []),
        (citizen.Confidential(phone="000 5AB-cd1"), [
            ("sealed.in_open_part", {"member": "phone", "field": "person.given_name"})]),
        (citizen.Confidential(insurance_number="BV-12/34"), [
            ("sealed.in_open_part", {"member": "insurance_number", "field": "tests[0].centre"}),
            ("sealed.in_open_part", {"member": "insurance_number", "field": "recoveries[0].issuer"}),
        ]),
    ],
)  # fmt: skip
def test_what_speaks_against_sealing_is_named(confidential: Any, expected: list[tuple[str, dict[str, Any]]]) -> None:
    """Numbers of six characters and more that stand in the open part, whatever their case and marks."""
    record = record_with(
        person=citizen_person(given_name="x 5ab cd 1"),
        tests=(sampled(3, centre="bv1234"),),
        recoveries=(recovered(9, issuer="số BV 12.34"),),
    )
    found = list(seal_rules.seal_findings(record, [confidential]))
    by_number = sorted(((one.code, in_language(one.details, "en")) for one in found), key=str)
    assert by_number == sorted(expected, key=str)


@pytest.mark.parametrize(
    ("given", "path", "problem"),
    [
        ([], "the record", "expected an object"),
        ({"tests": {}}, "tests", "expected an array"),
        ({"person": 5}, "person", "expected `object`, got `int`"),
        ({"revision": "x", "person": {}}, "revision", "expected `int`, got `str`"),
        ({"last_number": "x", "person": {}}, "last_number", "expected `int`, got `str`"),
        ({"certificate_id": "xy", "person": {}}, "certificate_id", "expected hexadecimal text"),
        ({"certificate_id": 5, "person": {}}, "certificate_id", "expected hexadecimal text"),
        (
            {"certificate_id": "00", "vaccinations": [{}]},
            "the record",
            "with a certificate_id, every entry needs its number, which must not change",
        ),
        ({"vaccinations": [5]}, "vaccinations[0]", "expected `object`, got `int`"),
        ({"person": {"birth_date": 5}}, "person", "expected text"),
        ({"person": {"sex": 7}}, "person", "a member holds a value that is not allowed"),
    ],
)
def test_what_is_wrong_with_the_json_form_is_said(given: Any, path: str, problem: str) -> None:
    """By path, without the value."""
    with pytest.raises(hcert.IssueError) as caught:
        json_form.from_dict(given)
    (one,) = caught.value.findings
    said_path, said_problem = in_language(one.details, "en")["path"], str(in_language(one.details, "en")["problem"])
    assert (one.code, said_path) == ("record.schema", path)
    assert said_problem.partition(" at `")[0] == problem


def test_confidential_members_are_named_as_such() -> None:
    """What is to be sealed is told apart from the record."""
    with pytest.raises(hcert.IssueError) as caught:
        json_form.confidential_from_dict({"phone": 5})
    assert in_language(caught.value.findings[0].details, "en")["path"] == "confidential"
    with pytest.raises(hcert.IssueError) as caught:
        json_form.confidential_from_dict({"fax": "5"})
    assert in_language(caught.value.findings[0].details, "en") == {"field": "confidential.fax"}


def test_a_certificate_id_of_members_is_taken() -> None:
    """And the numbers with it."""
    made = json_form.from_dict(json_form.to_dict(RECORD))
    assert made == RECORD
    assert made.certificate_id == CERTIFICATE_ID
