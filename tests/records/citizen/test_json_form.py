"""The JSON form of a citizen record: equal in and out, and strict about what it does not know."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import citizen
from hcert.keys.hpke import SealedBytes
from hcert.records.citizen.sealed import Sealed, SealedPart
from support.citizen_records import citizen_record, records, recovered, values


@given(records)
def test_the_json_form_comes_back_equal(record: hcert.CitizenRecord) -> None:
    """Through JSON text and back."""
    assert citizen.from_dict(json.loads(json.dumps(citizen.to_dict(record)))) == record


def test_ids_and_numbers_may_be_left_out() -> None:
    """A new certificate id is drawn, and entries are numbered as they stand."""
    members = citizen.to_dict(citizen_record(2, 1, recoveries=(recovered(9),)))
    del members["certificate_id"]
    for group in ("vaccinations", "tests", "recoveries"):
        for entry in members[group]:
            del entry["number"]
    record = citizen.from_dict(members)
    assert [entry.number for entry in record.entries] == [1, 2, 3, 4]
    assert len(record.certificate_id) == 16
    assert record.certificate_id != citizen.from_dict(members).certificate_id


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"perso": {}}, "record.unknown_member"),
        ({"unrecognised": []}, "record.unknown_member"),
        ({"person": {"family_name": "N", "id_number": "001190000001"}}, "record.unknown_member"),
        ({"vaccinations": [{"number": 1, "date": "2026-01-01", "lot": "FF0123"}]}, "record.unknown_member"),
        ({"vaccinations": [{"number": 1, "date": "2026-01-01"}]}, "record.schema"),
        ({"vaccinations": [{"date": "2026-01-01"}]}, "record.schema"),
        ({"vaccinations": {}}, "record.schema"),
        ({"vaccinations": ["x"]}, "record.schema"),
        ({"person": None}, "record.schema"),
        ({"person": {"birth_date": "17/05/1990"}}, "record.schema"),
        ({"person": {"birth_date": 1990}}, "record.schema"),
        ({"person": {"sex": 3}}, "record.schema"),
        ({"certificate_id": "xyz"}, "record.schema"),
        ({"certificate_id": 5}, "record.schema"),
        ({"revision": "1"}, "record.schema"),
    ],
)
def test_what_has_no_place_is_refused(change: dict[str, Any], code: str) -> None:
    """Nothing is dropped silently: an ID number in the open part least of all."""
    with pytest.raises(hcert.IssueError) as caught:
        citizen.from_dict(citizen.to_dict(citizen_record()) | change)
    assert caught.value.code == code


@given(values | st.dictionaries(st.sampled_from(["person", "tests", "revision", "x"]), values))
def test_no_json_raises_anything_else(anything: Any) -> None:
    """Whatever is handed over."""
    for read in (citizen.from_dict, citizen.confidential_from_dict):
        try:
            read(anything)
        except hcert.IssueError as error:
            assert error.code in {"record.schema", "record.unknown_member"}


def test_numbers_that_are_given_are_not_given_again() -> None:
    """An entry without a number gets one that no other has; with a certificate id it must say its own."""
    members = citizen.to_dict(citizen_record(2, 1))
    del members["vaccinations"][1]["number"], members["certificate_id"]
    members["vaccinations"][0]["number"] = 2
    assert [entry.number for entry in citizen.from_dict(members).entries] == [2, 4, 3]
    with pytest.raises(hcert.IssueError) as caught:
        citizen.from_dict(members | {"certificate_id": "00" * 16})
    assert "every entry needs its number" in str(caught.value)


@pytest.mark.parametrize(
    "members",
    [
        {"person": {"family_name": "A", "sex": 79190000123}},
        {"person": {"001190000123": 1}},
        {"001190000123": 1},
        {"person": {"family_name": "A"}, "tests": [{"number": "001190000123"}]},
    ],
)
def test_no_message_quotes_what_it_refuses(members: dict[str, Any]) -> None:
    """Neither values nor names of members that look like none."""
    with pytest.raises(hcert.IssueError) as caught:
        citizen.from_dict(members)
    assert "190000123" not in str(caught.value)


def test_confidential_content_has_a_json_form_too() -> None:
    """Its members by their names."""
    members = {"id_number": "001190000001", "lot_numbers": [[1, "FF0123"]]}
    assert citizen.confidential_from_dict(members) == citizen.Confidential(
        id_number="001190000001", lot_numbers=((1, "FF0123"),)
    )


@pytest.mark.parametrize("member", ["unrecognised", "sealed"])
def test_what_the_json_form_only_shows_is_not_taken_back(member: str) -> None:
    """A newer version and the readers of a sealed part are there to be looked at; nothing is lost silently."""
    record = citizen_record(1, 0)
    newer = record.revise(version=(1, 1), unrecognised=((99, b"\x63top"),))
    sealed = record.with_sealed(Sealed((SealedPart(b"kid", 41, SealedBytes(b"", b"")),)))
    members = citizen.to_dict(newer if member == "unrecognised" else sealed)
    assert members.get("version") == ([1, 1] if member == "unrecognised" else None)
    assert (members["unrecognised"] if member == "unrecognised" else members["sealed_for"]) in (
        [[99, "Y3RvcA=="]],
        [b"kid".hex()],
    )
    with pytest.raises(hcert.IssueError) as caught:
        citizen.from_dict(members)
    assert caught.value.code == "record.unknown_member"
