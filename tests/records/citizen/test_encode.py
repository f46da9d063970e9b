"""Encoding a citizen record: equal in and out, in one encoding, and nothing that breaks a rule."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import cbor2
import msgspec
import pytest
from hypothesis import given

import hcert
from hcert import citizen
from hcert.codec import cbor
from hcert.records.citizen import decode, encode
from hcert.records.citizen.layout import SEALED
from hcert.records.record_struct import Origin
from support.case_ids import case_id
from support.citizen_records import (
    CERTIFICATE_ID,
    citizen_person,
    citizen_record,
    dose,
    encoded,
    readable_records,
    records,
    recovered,
    sampled,
)
from support.sealing import change_payload, sealed_part

if TYPE_CHECKING:
    from hcert.findings import Finding


ORIGIN = Origin("VN", b"kid")


def decoded(data: bytes) -> tuple[hcert.CitizenRecord | None, list[Finding]]:
    """Read a payload from its bytes."""
    return decode.decode(cbor.decode(data, depth=16, date_times=True), ORIGIN)


@given(records)
def test_encode_and_decode_round_trip(record: hcert.CitizenRecord) -> None:
    """Writing and reading give an equal record, whatever it holds, and the writer accepts it for issuing."""
    data = cbor.encode(encode.encode(record, ORIGIN))
    read, found = decoded(data)
    assert read == record
    assert all(reason.severity == "warning" for reason in found)


@given(readable_records)
def test_encoding_is_deterministic(record: hcert.CitizenRecord) -> None:
    """The encoding is deterministic CBOR: cbor2's canonical encoder has nothing to change, and reading is undone."""
    data = encoded(record)
    read, _ = decoded(data)
    assert read is not None
    assert encoded(read) == data
    assert cbor2.dumps(cbor2.loads(data), canonical=True) == data


@given(readable_records)
def test_unknown_codes_are_decoded_but_not_encoded(record: hcert.CitizenRecord) -> None:
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
    ids=case_id,
)
def test_encode_refuses(change: dict[str, Any]) -> None:
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


def test_fractions_of_a_second_are_refused() -> None:
    """A moment is signed to the second; more precision is no silent loss."""
    at = dt.datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=dt.UTC)
    record = hcert.CitizenRecord(
        certificate_id=CERTIFICATE_ID, person=citizen_person(), tests=(sampled(sampled_at=at),)
    )
    with pytest.raises(hcert.IssueError) as caught:
        encode.encode(record, ORIGIN)
    assert caught.value.code == "record.schema"


RECORD = citizen_record(2, 1, recoveries=(recovered(9),))


def record_with(**changes: Any) -> hcert.CitizenRecord:
    """Return the record with some members replaced."""
    return msgspec.structs.replace(RECORD, **changes)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"person": citizen_person(family_name=" Nguyễn")}, ("record.padded_text", None, "person.family_name")),
        ({"person": citizen_person(given_name="A\u202e")}, ("record.forbidden_character", None, "person.given_name")),
        ({"person": citizen_person(given_name="A\ufffd")}, ("record.replacement_character", None, "person.given_name")),
        (
            {"tests": (sampled(3, centre="B\ufffdnh"),)},
            ("record.replacement_character", "tests[0]", "tests[0].centre"),
        ),
        (
            {"tests": (sampled(3, centre="x "),)},
            ("record.padded_text", "tests[0]", "tests[0].centre"),
        ),
        (
            {"vaccinations": (dose(1), dose(2, issuer="Bo\u0323 Y te\u0302\u0301"))},
            ("record.not_nfc", "vaccinations[1]", "vaccinations[1].issuer"),
        ),
    ],
    ids=case_id,
)
def test_forbidden_text_is_named(changes: dict[str, Any], expected: tuple[str, str | None, str]) -> None:
    """By entry and member, never by what it says."""
    with pytest.raises(hcert.IssueError) as caught:
        encode.encode(record_with(**changes), Origin("VN", b"k"))
    code, place, field = expected
    assert [(one.code, one.record, dict(one.details)["field"]) for one in caught.value.findings] == [
        (code, place, field)
    ]


def test_sealed_bytes_are_counted_from_the_end() -> None:
    """It is not compressed, so where it begins must be known to the byte."""
    payload = change_payload(RECORD, (SEALED,), [sealed_part()])
    encoded = cbor2.dumps({-260: {-1405: payload}})
    tail = cbor2.dumps([sealed_part()])
    assert encoded.endswith(tail)
    assert encode.count_sealed_bytes(payload, encoded) == len(tail)
    assert encode.count_sealed_bytes(encode.to_wire(RECORD), encoded) == 0
