"""The JSON form of a citizen record: equal in and out, and strict about what it does not know."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import citizen
from hcert.fragments import Fragment, fragment
from hcert.keys.hpke import SealedBytes
from hcert.records.citizen import json_form
from hcert.records.citizen.sealed import Sealed, SealedPart
from support.case_ids import case_id
from support.citizen_records import (
    CERTIFICATE_ID,
    citizen_person,
    citizen_record,
    records,
    recovered,
    values,
)
from support.reasons import Reasons, codes_of_refusal, refusal
from support.sealing import POLICE, STRANGER, seal

if TYPE_CHECKING:
    from collections.abc import Callable


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
    ids=case_id,
)
def test_unknown_members_are_refused(change: dict[str, Any], code: str) -> None:
    """Nothing is dropped silently: an ID number in the open part least of all."""
    with pytest.raises(hcert.IssueError) as caught:
        citizen.from_dict(citizen.to_dict(citizen_record()) | change)
    assert caught.value.code == code


@given(values | st.dictionaries(st.sampled_from(["person", "tests", "revision", "x"]), values))
def test_any_json_is_a_record_or_refused(anything: Any) -> None:
    """Whatever is handed over."""
    for read in (citizen.from_dict, citizen.confidential_from_dict):
        try:
            read(anything)
        except hcert.IssueError as error:
            assert error.code in {"record.schema", "record.unknown_member"}


def test_new_entries_continue_the_numbers() -> None:
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
    ids=case_id,
)
def test_no_message_quotes_what_it_refuses(members: dict[str, Any]) -> None:
    """Neither values nor names of members that look like none."""
    with pytest.raises(hcert.IssueError) as caught:
        citizen.from_dict(members)
    assert "190000123" not in str(caught.value)


def test_confidential_from_dict() -> None:
    """Its members by their names."""
    members = {"id_number": "001190000001", "lot_numbers": [[1, "FF0123"]]}
    assert citizen.confidential_from_dict(members) == citizen.Confidential(
        id_number="001190000001", lot_numbers=((1, "FF0123"),)
    )


@pytest.mark.parametrize("member", ["unrecognised", "sealed"])
def test_display_only_members_are_refused(member: str) -> None:
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


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param(
            lambda: json_form.from_dict({"fax": 1}),
            [("record.unknown_member", None, {"field": "fax"})],
            id="unknown JSON member",
        ),
        pytest.param(
            lambda: json_form.from_dict({"person": {}, "tests": [{"sampled_at": 5}]}),
            [
                (
                    "record.schema",
                    None,
                    {
                        "path": "tests[0]",
                        "problem": fragment(
                            "schema.at",
                            reason=fragment(
                                "schema.expected_got", expected=fragment("type.date_time"), got=fragment("type.integer")
                            ),
                            path="$.sampled_at",
                        ),
                    },
                )
            ],
            id="JSON entry without number",
        ),
    ],
)
def test_an_error_names_place_and_reason(call: Callable[[], object], expected: Reasons) -> None:
    """Every reason, none twice, and never the text itself."""
    assert refusal(call) == expected


def test_json_form_shows_the_readers() -> None:
    """The JSON form names the readers' keys, and holds nothing else of it."""
    shown = json_form.to_dict(citizen_record().with_sealed(seal(POLICE.key, STRANGER.key)))
    assert shown["sealed_for"] == [b"police".hex(), b"stranger".hex()]
    assert json_form.from_dict({"person": {}}).revision == 1


def test_unknown_birth_date_is_omitted() -> None:
    """Neither as an empty text nor as null."""
    record = citizen_record(1, 0).revise(person=citizen_person(birth_date=citizen.PartialDate()))
    assert "birth_date" not in citizen.to_dict(record)["person"]


def test_a_sample_time_without_an_offset_is_refused() -> None:
    """It could mean any hour of a day."""
    members = citizen.to_dict(citizen_record(0, 1))
    members["tests"][0]["sampled_at"] = "2026-05-30T08:15:00"
    assert codes_of_refusal(lambda: citizen.from_dict(members)) == ["record.schema"]


RECORD = citizen_record(2, 1, recoveries=(recovered(9),))


@pytest.mark.parametrize(
    ("given", "path", "problem"),
    [
        ([], fragment("place.record"), fragment("schema.object")),
        ({"tests": {}}, "tests", fragment("schema.array")),
        (
            {"person": 5},
            "person",
            fragment("schema.expected_got", expected=fragment("type.object"), got=fragment("type.integer")),
        ),
        (
            {"revision": "x", "person": {}},
            "revision",
            fragment("schema.expected_got", expected=fragment("type.integer"), got=fragment("type.text")),
        ),
        (
            {"last_number": "x", "person": {}},
            "last_number",
            fragment("schema.expected_got", expected=fragment("type.integer"), got=fragment("type.text")),
        ),
        ({"certificate_id": "xy", "person": {}}, "certificate_id", fragment("schema.hexadecimal")),
        ({"certificate_id": 5, "person": {}}, "certificate_id", fragment("schema.hexadecimal")),
        (
            {"certificate_id": "00", "vaccinations": [{}]},
            fragment("place.record"),
            fragment("schema.numbers_given"),
        ),
        (
            {"vaccinations": [5]},
            "vaccinations[0]",
            fragment("schema.expected_got", expected=fragment("type.object"), got=fragment("type.integer")),
        ),
        ({"person": {"birth_date": 5}}, "person", fragment("schema.any_text")),
        ({"person": {"sex": 7}}, "person", fragment("schema.value")),
    ],
    ids=case_id,
)
def test_malformed_json_form_has_a_reason(given: Any, path: str, problem: Fragment) -> None:
    """By path, without the value."""
    with pytest.raises(hcert.IssueError) as caught:
        json_form.from_dict(given)
    (one,) = caught.value.findings
    details = dict(one.details)
    assert (one.code, details["path"]) == ("record.schema", path)
    found = details["problem"]  # with the path inside the member, for those of a deeper one
    assert (dict(found.details)["reason"] if found.code == "schema.at" else found) == problem


def test_confidential_errors_are_named() -> None:
    """What is to be sealed is told apart from the record."""
    with pytest.raises(hcert.IssueError) as caught:
        json_form.confidential_from_dict({"phone": 5})
    assert dict(caught.value.findings[0].details)["path"] == "confidential"
    with pytest.raises(hcert.IssueError) as caught:
        json_form.confidential_from_dict({"fax": "5"})
    assert dict(caught.value.findings[0].details) == {"field": "confidential.fax"}


def test_certificate_id_round_trips() -> None:
    """And the numbers with it."""
    made = json_form.from_dict(json_form.to_dict(RECORD))
    assert made == RECORD
    assert made.certificate_id == CERTIFICATE_ID
