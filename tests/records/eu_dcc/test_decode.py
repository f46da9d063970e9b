"""Decoding EU DCCs: the schema, and exactly the named leniencies beyond it."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcert.codec.cbor import DateTimeText
from hcert.codec.limits import MAX_EVENTS
from hcert.fragments import fragment
from hcert.keys.usage import Usage
from hcert.records.eu_dcc.decode import decode, usages
from hcert.records.eu_dcc.encode import encode
from hcert.records.eu_dcc.model import from_wire, to_wire
from hcert.records.partial_date import PartialDate
from hcert.records.value_sets import value_set
from support.case_ids import case_id
from support.raw_messages import DCC
from support.reasons import Reasons, reasons
from support.signers import (
    recovery,
    recovery_record,
    sample_test_record,
    vaccination,
    vaccination_record,
)

PAYLOADS = {
    "v": to_wire(vaccination_record()),
    "t": to_wire(sample_test_record()),
    "r": to_wire(recovery_record()),
}


def changed(group: str = "v", path: str = "", value: Any = None, *, drop: bool = False) -> dict[str, Any]:
    """Return a sound payload with the member at `path` (`nam.fn`, `v.0.dt`) replaced or dropped."""
    payload = copy.deepcopy(PAYLOADS[group])
    *parents, last = (int(part) if part.isdigit() else part for part in path.split("."))
    target: Any = payload
    for parent in parents:
        target = target[parent]
    if drop:
        del target[last]
    else:
        target[last] = value
    return payload


def codes(payload: Any) -> list[str]:
    """Return the codes of everything found."""
    return [found.code for found in decode(payload)[1]]


@pytest.mark.parametrize("record", [vaccination_record(), sample_test_record(), recovery_record()], ids=case_id)
def test_to_wire_and_decode_round_trip(record: Any) -> None:
    """Each kind of event comes back equal, with no finding."""
    assert decode(to_wire(record)) == (record, [])


def test_reads_a_published_shape_into_named_fields() -> None:
    """The short names of the wire become words."""
    record, found = decode(DCC)
    assert found == []
    assert record is not None
    assert record.person.standardised_family_name == "MUSTERFRAU<GOESSINGER"
    assert record.birth_date == PartialDate(1998, 2, 26)
    assert record.events[0].certificate_id == "URN:UVCI:01:AT:10807843F94AEE0EE5093FBC254BD813#B"
    assert record.vaccinations[0].date == dt.date(2026, 2, 18)


@pytest.mark.parametrize(
    ("group", "path", "value"),
    [
        ("v", "dr", "an additional member"),
        ("v", "v.0.dn", 3),
        ("v", "dob", ""),
        ("v", "dob", "1963"),
        ("v", "dob", "1963-02"),
        ("v", "ver", "1.0.0"),
        ("t", "t.0.sc", "2026-05-30T01:15:00Z"),
        ("t", "t.0.sc", "2026-05-30T08:15:00.123+07:00"),
    ],
)
def test_schema_allows_without_warning(group: str, path: str, value: Any) -> None:
    """Extra members, boosters beyond the series, partial birth dates and offsets need no leniency."""
    assert codes(changed(group, path, value)) == []


@pytest.mark.parametrize(
    ("group", "path", "value", "code"),
    [
        ("v", "t", None, "record.empty_group"),
        ("v", "r", [], "record.empty_group"),
        ("v", "v.0.dt", "2026-04-01T00:00:00", "record.date_with_time"),
        ("v", "v.0.dt", "2026-04-01T00:00:00+02:00", "record.date_with_time"),
        ("v", "v.0.dt", "2026-04-01T00:00+02", "record.date_with_time"),
        ("v", "v.0.dt", "2026-04-01T00:00:00-0230", "record.date_with_time"),
        ("r", "r.0.fr", "2026-02-01T10:00:00Z", "record.date_with_time"),
        ("r", "r.0.df", "2026-02-12T00:00:00.000Z", "record.date_with_time"),
        ("r", "r.0.du", "2026-08-01 00:00:00", "record.date_with_time"),
        ("v", "dob", "1990-05-17T00:00:00", "record.date_with_time"),
        ("v", "dob", "1990-00", "record.date_incomplete"),
        ("v", "dob", "1990-00-00", "record.date_incomplete"),
        ("v", "dob", "1990-00-20", "record.date_incomplete"),
        ("v", "dob", "1990-05-00", "record.date_incomplete"),
        ("v", "v.0.dt", DateTimeText("2026-04-01"), "record.tagged_time"),
        ("v", "v.0.dn", 2.0, "record.float_integer"),
        ("v", "v.0.sd", 2.0, "record.float_integer"),
        ("t", "t.0.sc", DateTimeText("2026-05-30T08:15:00Z"), "record.tagged_time"),
        ("t", "t.0.sc", "2026-05-30T08:15:00+07", "record.time_format"),
        ("t", "t.0.sc", "20260530T081500Z", "record.time_format"),
        ("t", "t.0.nm", None, "record.null_member"),
        ("v", "nam.gn", None, "record.null_member"),
        ("v", "nam.fn", " Nguyễn", "record.padded_text"),
        ("v", "nam.fnt", "NGUYEN ", "record.padded_text"),
        ("v", "nam.gnt", "THI-NGOC", "record.name_not_standardised"),
        ("v", "nam.fnt", "Nguyen", "record.name_not_standardised"),
    ],
    ids=case_id,
)
def test_leniency_decodes_with_a_warning(group: str, path: str, value: Any, code: str) -> None:
    """Each deviation of the published corpus is read under its own code, and only as a warning."""
    payload = changed(group, path, value)
    before = copy.deepcopy(payload)
    record, found = decode(payload)
    assert record is not None
    assert [(finding.code, finding.severity) for finding in found] == [(code, "warning")]
    assert payload == before


@pytest.mark.parametrize(("group", "path"), [("v", "dob"), ("v", "v.0.dt"), ("r", "r.0.fr")])
def test_a_tagged_date_with_a_time_has_both_warnings(group: str, path: str) -> None:
    """The birth date too: nothing odd about a member goes unnamed because something else about it is odd."""
    record, found = decode(changed(group, path, DateTimeText("2021-04-01T00:00:00Z")))
    assert record is not None
    assert [finding.code for finding in found] == ["record.tagged_time", "record.date_with_time"]


def test_only_a_test_has_members_that_may_be_null() -> None:
    """The manufacturer of a vaccine is required, so that a null in its place is not called absent."""
    assert codes(changed("v", "v.0.ma")) == ["record.schema"]
    assert codes(changed("t", "t.0.ma")) == ["record.null_member"]


def test_leniencies_correct_the_record_only() -> None:
    """What was read leniently is what the issuer meant."""
    record, _ = decode(changed("v", "dob", "1990-05-00"))
    assert record is not None
    assert record.birth_date == PartialDate(1990, 5)
    record, _ = decode(changed("t", "t.0.sc", "2026-05-30T08:15:00+07"))
    assert record is not None
    assert record == sample_test_record()
    record, _ = decode(changed("v", "nam.fn", " Nguyễn  "))
    assert record == vaccination_record()


def test_warnings_of_an_entry_name_the_entry() -> None:
    """A scanner can say which event a warning is about."""
    (found,) = decode(changed("v", "v.0.dn", 2.0))[1]
    assert (found.record, found.message.split(" ")[0]) == ("vaccinations[0]", "v[0].dn")


@pytest.mark.parametrize(
    ("group", "path", "value"),
    [
        ("v", "ver", 1),
        ("v", "ver", "1.3"),
        ("v", "dob", None),
        ("v", "dob", 1990),
        ("v", "dob", "1990-13"),
        ("v", "dob", "1990-02-30"),
        ("v", "dob", "1890-01-01"),
        ("v", "dob", "17/05/1990"),
        ("v", "nam", []),
        ("v", "nam.fn", "x" * 81),
        ("v", "nam.fn", 7),
        ("v", "v", {}),
        ("v", "v", "dose"),
        ("v", "v.0", "dose"),
        ("v", "v.0.dt", "2026-02-30"),
        ("v", "v.0.dt", "01.04.2026"),
        ("v", "v.0.dt", "2026-04-01 not a time"),
        ("v", "v.0.dt", "2026-04-01T"),
        ("v", "v.0.dt", "2026-04-01T00:00:00 or later"),
        ("v", "dob", "1990-05-17T?"),
        ("v", "v.0.dn", 0),
        ("v", "v.0.dn", 2.5),
        ("v", "v.0.dn", "2"),
        ("v", "v.0.dn", True),
        ("v", "v.0.dn", 2**63),
        ("v", "v.0.co", ""),
        ("v", "v.0.co", "vn"),
        ("v", "v.0.ci", "x" * 81),
        ("v", "v.0.is", b"bytes"),
        ("v", "v.0.tg", None),
        ("t", "t.0.sc", "2026-05-30T08:15:00"),
        ("t", "t.0.sc", "2026-05-30"),
        ("t", "t.0.sc", "yesterday"),
        ("t", "t.0.sc", 1780315200),
        ("v", "v.0", {1: 2}),
        ("v", "v", PAYLOADS["v"]["v"] * 17),
        ("v", "ver", DateTimeText("1.3.0")),
        ("v", "nam.fn", DateTimeText("Nguyễn")),
        ("v", "nam.fnt", DateTimeText(" NGUYEN")),
        ("v", "v.0.tg", DateTimeText("840539006")),
        ("v", "v.0.ci", DateTimeText("URN:UVCI:01:VN:1")),
        ("t", "t.0.tr", DateTimeText("260415000")),
    ],
    ids=case_id,
)
def test_other_deviations_are_malformed(group: str, path: str, value: Any) -> None:
    """The record is then not read at all, and the place is named."""
    record, found = decode(changed(group, path, value))
    assert record is None
    assert {finding.code for finding in found if finding.severity == "error"} == {"record.schema"}


@pytest.mark.parametrize("path", ["ver", "nam", "dob", *(f"v.0.{name}" for name in DCC["v"][0])])
def test_every_required_member_is_required(path: str) -> None:
    """A missing member is named by its path."""
    record, found = decode(changed("v", path, drop=True))
    assert record is None
    assert [finding.code for finding in found] == ["record.schema"]
    assert path.replace(".0", "[0]") in found[0].message


def test_every_schema_problem_is_reported() -> None:
    """An issuer who debugs sees the whole list."""
    payload = changed("v", "v.0.dt", "soon")
    payload["v"][0]["dn"] = 0
    del payload["ver"]
    assert len(decode(payload)[1]) == 3


@pytest.mark.parametrize("payload", [None, [], "text", 5, b"", {1: 2}, {}], ids=case_id)
def test_non_map_payload_is_malformed(payload: Any) -> None:
    """No type of payload raises."""
    record, found = decode(payload)
    assert record is None
    assert {finding.code for finding in found} == {"record.schema"}


def test_types_decide_if_the_walk_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Should the walk that names all breaks ever overlook one, the record is still refused and nothing raises."""
    monkeypatch.setattr("hcert.records.eu_dcc.model._problems", lambda *_: iter(()))
    record, found = decode(changed("v", "v.0.dn", 0))
    assert record is None
    assert [finding.code for finding in found] == ["record.schema"]


def test_names_need_one_standardised_form() -> None:
    """A family name or a given name alone is enough; neither is not."""
    payload = changed("v", "nam", {"fn": "Nguyễn", "fnt": "NGUYEN"})
    assert codes(payload) == []
    del payload["nam"]["fnt"]
    assert codes(payload) == ["record.schema"]


def test_no_event_is_malformed_and_several_warn() -> None:
    """EU law allows one event; a record with two is read and refused."""
    assert codes(changed("v", "v", drop=True)) == ["record.schema"]
    record, found = decode(changed("v", "v", PAYLOADS["v"]["v"] * 2))
    assert record is not None
    assert [finding.code for finding in found] == ["record.multiple_events", "record.repeated_entry"]
    assert codes({**PAYLOADS["v"], "t": PAYLOADS["t"]["t"]}) == ["record.multiple_events"]


def test_another_major_version_is_not_understood() -> None:
    """The rules of version 2 are not known today."""
    assert codes(changed("v", "ver", "2.0.0")) == ["record.unsupported_version"]


@pytest.mark.parametrize(
    ("group", "path", "value", "code"),
    [
        ("v", "v.0.tg", "00000", ["record.unknown_code"]),
        ("v", "v.0.vp", "J07BX03", ["record.retired_code"]),
        ("v", "v.0.vp", "1119305005", []),
        ("v", "v.0.vp", "29061000087103", ["record.inconsistent_codes"]),
        ("v", "v.0.vp", "28531000087107", []),
        (
            "v",
            "v.0.mp",
            "Inactivated-SARS-CoV-2-Vero-Cell",
            ["record.retired_code", *["record.inconsistent_codes"] * 2],
        ),
        ("v", "v.0.mp", "Nuvaxovid", ["record.unknown_code"]),
        ("v", "v.0.mp", "EU/1/21/1618", ["record.inconsistent_codes"] * 2),
        ("v", "v.0.vp", "1187593009", ["record.inconsistent_codes"]),
        ("v", "v.0.vp", "J07BN01", ["record.unknown_code"]),
        ("v", "v.0.mp", "Nanocovax", ["record.unknown_code"]),
        ("v", "v.0.ma", "ORG-1", ["record.unknown_code"]),
        ("v", "v.0.co", "XYZ", ["record.unknown_code"]),
        ("t", "t.0.tt", "a test", ["record.unknown_code"]),
        ("t", "t.0.tr", "", ["record.unknown_code"]),
        ("t", "t.0.ma", "1232", ["record.device_unexpected"]),
        ("t", "t.0.tt", "LP217198-3", ["record.device_missing"]),
        ("r", "r.0.co", "XX", ["record.unknown_code"]),
        ("r", "r.0.du", "2026-02-01", ["record.inconsistent_dates"]),
    ],
    ids=case_id,
)
def test_codes_and_combinations_warn(group: str, path: str, value: str, code: list[str]) -> None:
    """Codes may be newer than the value sets here, and issuers err: never a reason to refuse."""
    found = decode(changed(group, path, value))[1]
    assert [finding.code for finding in found] == code
    assert all(finding.severity == "warning" and finding.record for finding in found)


def test_usages_of_a_malformed_record() -> None:
    """The key usage is checked whether the schema holds or not."""
    assert usages(PAYLOADS["v"]) == [Usage.VACCINATION]
    assert usages({"v": [1], "t": "x", "r": None}) == [Usage.VACCINATION, Usage.TEST]
    assert usages(["v"]) == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*"vtr", "ver", "nam", "dob", "fn", "fnt", "sc", "dt", "ci", 1]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@given(VALUES, st.sampled_from(["", "nam", "dob", "v", "v.0", "v.0.dt", "v.0.dn", "t.0.sc", "t.0", "r.0.fr"]))
def test_no_payload_raises(value: Any, path: str) -> None:
    """Any plain value in any place is read or named."""
    payload = changed(path[0] if path[:1] in PAYLOADS else "v", path, value) if path else value
    record, found = decode(payload)
    assert record is not None or found


@pytest.mark.parametrize(
    ("identifier", "told"),
    [
        ("URN:UVCI:01:SE:EHM/V12907267LAJW#E", []),
        ("URN:UVCI:01:SE:EHM/V12907267LAJW", []),
        ("URN:UVCI:01:SE:EHM/V12907267LAJW#F", [("record.uvci_check_character", "vaccinations[0]", "v[0].ci")]),
        ("urn:uvci:01:se:ehm/v12907267lajw#E", [("record.uvci_check_character", "vaccinations[0]", "v[0].ci")]),
    ],
    ids=case_id,
)
def test_wrong_uvci_check_character_warns(identifier: str, told: list[tuple[str, str, str]]) -> None:
    """Half of those published are wrong; where there is none, none is missed."""
    record, found = decode(changed("v", "v.0.ci", identifier))
    assert record is not None
    assert [(reason.code, reason.record, dict(reason.details)["field"]) for reason in found] == told
    assert all(reason.severity == "warning" for reason in found)


@pytest.mark.parametrize(
    ("dose_number", "series_doses", "told"),
    [(3, 2, []), (8, 1, []), (9, 1, [("record.dose_beyond_series", "vaccinations[0]", "v[0].dn")])],
    ids=case_id,
)
def test_dose_far_beyond_series_warns_and_is_issued(
    dose_number: int, series_doses: int, told: list[tuple[str, str, str]]
) -> None:
    """A booster may exceed its series, and how far is a matter of opinion."""
    record = vaccination_record(vaccinations=(vaccination(dose_number=dose_number, series_doses=series_doses),))
    read_back, found = decode(encode(record))
    assert read_back == record
    assert [(reason.code, reason.record, dict(reason.details)["field"]) for reason in found] == told


def payload(**changes: Any) -> dict[str, Any]:
    """Return an EU DCC as JSON, changed."""
    return to_wire(vaccination_record()) | changes


def entry(**changes: Any) -> dict[str, Any]:
    """Return an EU DCC whose dose is changed."""
    sound = payload()
    return sound | {"v": [sound["v"][0] | changes]}


DATES = {name: value_set(name).date for name in ("sct-vaccines-covid-19", "country-2-codes")}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (payload(dob=DateTimeText("1990-05-17")), [
            ("record.tagged_time", None, {"field": "dob"})]),
        (payload(ver=DateTimeText("1.3.3")), [
            ("record.schema", None, {"path": "ver", "problem": fragment("schema.tagged_time")})]),
        (entry(dt=DateTimeText("2026-04-01")), [
            ("record.tagged_time", "vaccinations[0]", {"field": "v[0].dt"})]),
        (entry(vp="J07BX03"), [("record.retired_code", "vaccinations[0]", {
            "field": "v[0].vp", "value_set": "sct-vaccines-covid-19", "date": DATES["sct-vaccines-covid-19"]})]),
        (payload(nam={"fnt": "NGUYEN", "gnt": "Ánh"}), [("record.name_not_standardised", None, {"field": "nam.gnt"})]),
        (payload(nam=5), [("record.schema", None, {"path": "nam", "problem": fragment("schema.text_keys")})]),
        (payload(v=[{}] * 17), [("record.schema", None, {"path": "v", "problem": fragment("schema.events", most=16)})]),
        (to_wire(recovery_record(valid_until=recovery().valid_from)), []),
        (to_wire(vaccination_record(recoveries=(recovery(),))), [
            ("record.multiple_events", None, {"count": 2})]),
        ({**to_wire(vaccination_record()), "t": []}, [("record.empty_group", None, {"field": "t"})]),
        ({**to_wire(vaccination_record()), "t": None}, [("record.empty_group", None, {"field": "t"})]),
    ],
 ids=case_id)  # fmt: skip
def test_findings_name_member_and_value_set(given: Any, expected: Reasons) -> None:
    """Of the right member, with the right value set."""
    assert reasons(decode(given)[1])[: len(expected) or None] == expected


def test_leniencies_apply_to_every_event() -> None:
    """Each with a deviation."""
    sound = payload()
    read, found = decode(sound | {"v": [sound["v"][0] | {"dn": 1.0}] * MAX_EVENTS})
    assert read is not None
    assert [one.code for one in found].count("record.float_integer") == MAX_EVENTS


def test_from_wire_raises_for_missing_version() -> None:
    """The library names the type that is due."""
    with pytest.raises(msgspec.ValidationError, match=r"^Expected `object`$"):
        from_wire([])
    without = {name: value for name, value in payload().items() if name != "ver"}
    with pytest.raises(msgspec.ValidationError, match=r"^Object missing required field `ver`$"):
        from_wire(without)
