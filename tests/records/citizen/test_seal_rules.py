"""The rules of sealing: no sealed number in the open part, and no lot number without its dose."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import Any

import msgspec
import pytest

import hcert
from hcert import citizen, uvci
from hcert.codec import cbor
from hcert.fragments import fragment
from hcert.records.citizen import seal_rules
from support.case_ids import case_id
from support.citizen_records import (
    citizen_person,
    citizen_record,
    dose,
    recovered,
    sampled,
)
from support.sealing import issue_sealed, make_reader

POLICE, CLINIC = make_reader(), make_reader()


@pytest.mark.parametrize("written", ["001190000123", "001 190 000 123", "CCCD:001190000123/1"])
def test_sealed_number_in_the_open_part_is_refused(written: str) -> None:
    """However it is written there; the message names the place and not the number."""
    record = citizen_record(1, 0).revise(vaccinations=(dose(1, centre=written),))
    with pytest.raises(hcert.IssueError) as caught:
        issue_sealed(record, {POLICE.key: citizen.Confidential(id_number="001190000123")})
    assert caught.value.code == "sealed.in_open_part"
    assert "vaccinations[0].centre" in str(caught.value)
    assert "190" not in str(caught.value)


NUMBER = "001190000123"


@pytest.mark.parametrize(
    "changes",
    [
        {"certificate_id": NUMBER.encode() + b"abcd"},
        {"certificate_id": bytes.fromhex(NUMBER) + bytes(10)},
        {"certificate_id": hashlib.md5(NUMBER.encode()).digest()},  # noqa: S324 - what somebody might do
        {"certificate_id": hashlib.sha256(NUMBER.encode()).digest()[:16]},
        {"vaccinations": (dose(1, number=1190000123),)},
        {"vaccinations": (dose(1, uvci=f"URN:UVCI:01:VN:{NUMBER.encode().hex()}"),)},
        {"vaccinations": (dose(1, uvci=f"urn:uvci:01:vn:{hashlib.sha256(NUMBER.encode()).hexdigest()}"),)},
        {"vaccinations": (dose(1, uvci=uvci.make_opaque("VN", hashlib.sha1(NUMBER.encode()).hexdigest().upper())),)},  # noqa: S324
        {"vaccinations": (dose(1, issuer=b64encode(hashlib.sha256(NUMBER.encode()).digest()).decode()),)},
        {"version": (1, 1), "unrecognised": ((99, cbor.encode(NUMBER)),)},
        {"vaccinations": (dose(1, centre="+84 900 000 123"),)},
    ],
    ids=case_id,
)
def test_encoded_or_hashed_number_in_the_open_part_is_refused(changes: dict[str, Any]) -> None:
    """Neither as text, bytes, integer or another spelling, nor as a digest, which could be guessed."""
    secret = citizen.Confidential(id_number=NUMBER, phone="0900000123")
    with pytest.raises(hcert.IssueError) as caught:
        issue_sealed(citizen_record(1, 0).revise(**changes), {POLICE.key: secret})
    assert {reason.code for reason in caught.value.findings} == {"sealed.in_open_part"}
    fields = {dict(reason.details)["field"].partition(".")[0] for reason in caught.value.findings}
    assert fields <= {"record", "vaccinations[0]"}


def test_hexadecimal_passport_number_is_found() -> None:
    """Letters of a number give hexadecimal digits beyond 9."""
    record = citizen_record(1, 0).revise(vaccinations=(dose(1, uvci=f"URN:UVCI:01:VN:{b'K1234567'.hex()}"),))
    with pytest.raises(hcert.IssueError) as caught:
        issue_sealed(record, {POLICE.key: citizen.Confidential(id_number="K1234567")})
    assert caught.value.code == "sealed.in_open_part"


def test_short_numbers_are_not_searched_for() -> None:
    """Five digits without leading zeros; and eight in random bytes."""
    record = citizen_record(1, 0).revise(
        certificate_id=bytes.fromhex("12345678" * 4), vaccinations=(dose(1, centre="Số 12345"),)
    )
    assert issue_sealed(record, {POLICE.key: citizen.Confidential(id_number="0012345", phone="12345678")})


RECORD = citizen_record(2, 1, recoveries=(recovered(9),))


def record_with(**changes: Any) -> hcert.CitizenRecord:
    """Return the record with some members replaced."""
    return msgspec.structs.replace(RECORD, **changes)


@pytest.mark.parametrize(
    ("confidential", "expected"),
    [
        (
            citizen.Confidential(lot_numbers=((1, "A"), (9, "B"), (999, "C"))),
            [("sealed.no_dose", {"number": 9}), ("sealed.no_dose", {"number": 999})],
        ),
        (citizen.Confidential(lot_numbers=((1000, "A"),)), [
            ("sealed.no_dose", {"number": fragment("place.other_number")})]),
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
 ids=case_id)  # fmt: skip
def test_seal_findings(confidential: Any, expected: list[tuple[str, dict[str, Any]]]) -> None:
    """Numbers of six characters and more that stand in the open part, whatever their case and marks."""
    record = record_with(
        person=citizen_person(given_name="x 5ab cd 1"),
        tests=(sampled(3, centre="bv1234"),),
        recoveries=(recovered(9, issuer="số BV 12.34"),),
    )
    found = list(seal_rules.seal_findings(record, [confidential]))
    by_number = sorted(((one.code, dict(one.details)) for one in found), key=str)
    assert by_number == sorted(expected, key=str)
