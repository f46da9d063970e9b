"""Encoding EU DCCs: strict, so that no verifier needs a leniency for what is issued."""

from __future__ import annotations

import datetime as dt
import decimal
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import eu_dcc
from hcert.fragments import fragment
from hcert.records.citizen.code_registry import row_of
from hcert.records.eu_dcc.decode import decode
from hcert.records.eu_dcc.encode import encode
from hcert.records.eu_dcc.model import to_wire
from hcert.records.value_sets import MANUFACTURER, PRODUCT, VACCINE, value_set
from support.case_ids import case_id
from support.raw_messages import DCC
from support.reasons import Reasons, codes_of_refusal, refusal
from support.signers import (
    NOW,
    person,
    recovery,
    sample_test,
    sample_test_record,
    vaccination,
    vaccination_record,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def codes_of(record: hcert.EuDcc) -> list[str]:
    """Return the codes with which a record is refused."""
    with pytest.raises(hcert.IssueError) as caught:
        encode(record)
    return [found.code for found in caught.value.findings]


TEXT = st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1, max_size=80).map(
    lambda text: unicodedata.normalize("NFC", text.strip() or "x")[:80],
)


NAMES = st.from_regex(r"[A-Z]+(<[A-Z]+)*", fullmatch=True).map(lambda name: name[:80].rstrip("<"))


BIRTH_DATES = st.sampled_from(["", "1963", "1963-02", "2001-12-31"]).map(eu_dcc.PartialDate.parse)


DAYS = st.dates(min_value=dt.date(2002, 1, 1))  # after the latest birth date


MOMENTS = st.datetimes(
    min_value=dt.datetime(2002, 1, 3),  # noqa: DTZ001
    max_value=dt.datetime(9999, 12, 29),  # noqa: DTZ001
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes))),
)


COUNTS = st.integers(1, 2**63 - 1)


IDENTIFIERS = st.from_regex(r"URN:UVCI:01:[A-Z]{2}:[A-Z0-9/:]{1,40}(#[A-Z0-9])?", fullmatch=True)


EVENTS = st.one_of(
    st.builds(vaccination, date=DAYS, dose_number=COUNTS, series_doses=COUNTS, issuer=TEXT, certificate_id=IDENTIFIERS),
    st.builds(
        lambda **changes: sample_test_record(**changes).tests[0],
        sampled_at=MOMENTS,
        name=st.none() | TEXT,
        centre=st.none() | TEXT,
        issuer=TEXT,
    ),
    st.builds(lambda day: recovery(first_positive=day, valid_from=day, valid_until=day), DAYS),
)


@st.composite
def records(draw: st.DrawFn) -> hcert.EuDcc:
    """Draw any record that may be issued."""
    event = draw(EVENTS)
    group = {eu_dcc.Vaccination: "vaccinations", eu_dcc.Test: "tests", eu_dcc.Recovery: "recoveries"}[type(event)]
    names = person(
        family_name=draw(st.none() | TEXT),
        standardised_family_name=draw(NAMES),
        standardised_given_name=draw(st.none() | NAMES),
    )
    return vaccination_record(person=names, birth_date=draw(BIRTH_DATES), **({"vaccinations": ()} | {group: (event,)}))


@given(records())
def test_encode_and_decode_round_trip(record: hcert.EuDcc) -> None:
    """What goes in comes out, and needs no leniency."""
    try:
        payload = encode(record)
    except hcert.IssueError as error:  # text may hold letters that NFC leaves with stray marks
        assert {found.code for found in error.findings} <= {"record.forbidden_character", "record.padded_text"}
        return
    read_back, found = decode(payload)
    assert read_back == record
    assert {reason.code for reason in found} <= {"record.uvci_check_character", "record.dose_beyond_series"}
    assert eu_dcc.from_payload(payload) == record


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"family_name": unicodedata.normalize("NFD", "Nguyễn")}, "record.not_nfc"),
        ({"family_name": "Nguye\u0303\u0302n"}, "record.not_nfc"),
        ({"family_name": "X\u0323\u0302"}, "record.forbidden_character"),
        ({"family_name": "Nguyễn\u202e"}, "record.forbidden_character"),
        ({"family_name": "Nguyen\n"}, "record.padded_text"),
        ({"family_name": "Ngu\x00yen"}, "record.forbidden_character"),
        ({"family_name": "Nguyễn "}, "record.padded_text"),
        ({"family_name": "Nguy\ufffdn"}, "record.replacement_character"),
        ({"given_name": "\ufffd"}, "record.replacement_character"),
        ({"family_name": "N" * 81}, "record.schema"),
        ({"standardised_family_name": "NGUYỄN"}, "record.name_not_standardised"),
        ({"standardised_family_name": "Nguyen"}, "record.name_not_standardised"),
        ({"standardised_family_name": "NGUYEN\n"}, "record.name_not_standardised"),
        ({"standardised_family_name": ""}, "record.name_not_standardised"),
        ({"standardised_family_name": "NGUYEN<"}, "record.name_not_standardised"),
        ({"standardised_family_name": "NGUYEN<<VAN"}, "record.name_not_standardised"),
    ],
    ids=case_id,
)
def test_names_are_checked(changes: dict[str, str], code: str) -> None:
    """Only normalised, printable text is signed, and only A-Z and < in standardised names."""
    assert code in codes_of(vaccination_record(person=person(**changes)))


@pytest.mark.parametrize("name", ["ก้อย ศรีสุข", "प्रिया", "Đặng Thị Ưng", "Ó Súilleabháin", "H'Hen Niê"])
def test_names_of_any_script_are_issued(name: str) -> None:
    """Marks that belong to a script of their own are no stray marks."""
    assert encode(vaccination_record(person=person(family_name=name)))["nam"]["fn"] == name


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"vaccine": "J07BX03"}, "record.retired_code"),
        ({"product": "NVX-CoV2373"}, "record.retired_code"),
        ({"product": "Nanocovax"}, "record.unknown_code"),
        ({"manufacturer": "ORG-100001699"}, "record.inconsistent_codes"),
        ({"country": "XY"}, "record.unknown_code"),
        ({"dose_number": 0}, "record.schema"),
        ({"dose_number": 2.0}, "record.schema"),
        ({"date": "2026-04-01T00:00:00"}, "record.schema"),
        ({"certificate_id": "urn:uvci:01:vn:lower"}, "record.certificate_id"),
        ({"certificate_id": "01:VN:NOPREFIX"}, "record.certificate_id"),
        ({"certificate_id": "URN:UVCI:01:VN:" + "A" * 66}, "record.schema"),
        ({"issuer": "Bộ\tY tế"}, "record.forbidden_character"),
        ({"issuer": "B\ufffd Y tế"}, "record.replacement_character"),
        ({"issuer": " Bộ Y tế"}, "record.padded_text"),
        ({"issuer": ""}, "record.schema"),
        ({"date": dt.date(1899, 12, 31)}, "record.inconsistent_dates"),
        ({"date": dt.date(1990, 5, 16)}, "record.inconsistent_dates"),
        ({"product": "Covaxin"}, "record.inconsistent_codes"),
        ({"product": "WIBP-CorV", "vaccine": "1157024006"}, "record.inconsistent_codes"),
        ({"product": "CVnCoV", "manufacturer": "ORG-100006270", "vaccine": "1157024006"}, "record.inconsistent_codes"),
    ],
    ids=case_id,
)
def test_events_are_checked(changes: dict[str, Any], code: str) -> None:
    """Retired, unknown and inconsistent codes, and everything the schema forbids, are refused."""
    assert code in codes_of(vaccination_record(vaccinations=(vaccination(**changes),)))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"centre": "Bạch Mai "}, "record.padded_text"),
        ({"centre": ""}, "record.schema"),
        ({"name": "\u00a0RT-PCR"}, "record.padded_text"),
        ({"name": ""}, "record.schema"),
        ({"sampled_at": dt.datetime(1899, 12, 31, 23, tzinfo=dt.UTC)}, "record.inconsistent_dates"),
        ({"sampled_at": dt.datetime(1990, 5, 16, 9, 59, 59, tzinfo=dt.UTC)}, "record.inconsistent_dates"),
    ],
    ids=case_id,
)
def test_test_results_are_checked(changes: dict[str, Any], code: str) -> None:
    """Texts that hold something, and a sample that was taken after the birth."""
    assert codes_of(sample_test_record(**changes)) == [code]


@pytest.mark.parametrize(
    ("birth", "good"),
    [("1990-05-18", False), ("1990-06", False), ("1991", False), ("1990-05", True), ("1990", True), ("", True)],
)
def test_an_event_follows_the_birth(birth: str, good: bool) -> None:  # noqa: FBT001
    """On the day itself at the earliest, and as far as that day is known."""
    day, birth_date = dt.date(1990, 5, 17), eu_dcc.PartialDate.parse(birth)
    for event in (
        {"vaccinations": (vaccination(date=day),)},
        {"vaccinations": (), "recoveries": (recovery(first_positive=day),)},
        {"vaccinations": (), "tests": (sample_test(sampled_at=dt.datetime(1990, 5, 16, 10, tzinfo=dt.UTC)),)},
    ):
        record = vaccination_record(birth_date=birth_date, **event)
        if good:
            encode(record)
        else:
            assert codes_of(record) == ["record.inconsistent_dates"]


@pytest.mark.parametrize(
    ("birth", "day"),
    [
        ("1990-05-17", dt.date(1990, 5, 17)),
        ("1990-05", dt.date(1990, 5, 1)),
        ("1990", dt.date(1990, 1, 1)),
        ("1900", dt.date(1900, 1, 1)),
        ("", dt.date(1900, 1, 1)),
    ],
    ids=case_id,
)
def test_event_on_the_birth_date_is_allowed(birth: str, day: dt.date) -> None:
    """Births have events too; where the month or day is unknown it is the first, and a day begins at +14:00."""
    born = dt.datetime(day.year, day.month, day.day, tzinfo=dt.timezone(dt.timedelta(hours=14)))
    birth_date = eu_dcc.PartialDate.parse(birth)
    for event in (
        {"vaccinations": (vaccination(date=day),)},
        {"vaccinations": (), "recoveries": (recovery(first_positive=day),)},
        {"vaccinations": (), "tests": (sample_test(sampled_at=born),)},
    ):
        assert encode(vaccination_record(birth_date=birth_date, **event))


def test_product_implies_codes_of_the_value_sets() -> None:
    """Manufacturers and vaccines are codes in use, and what the citizen record's registry implies is among them."""
    for product, meaning in value_set(PRODUCT).codes.items():
        vaccines = value_set(VACCINE).codes
        assert meaning.manufacturers <= value_set(MANUFACTURER).codes.keys(), product
        assert meaning.vaccines <= {code for code, vaccine in vaccines.items() if not vaccine.retired}, product
        implied = row_of("products", product)
        assert implied is not None
        assert implied.manufacturer in {None, *meaning.manufacturers}, product
        assert implied.vaccine in {None, *meaning.vaccines}, product
    assert all(meaning.manufacturers for meaning in value_set(PRODUCT).codes.values())


@pytest.mark.parametrize(
    "record",
    [
        vaccination_record(vaccinations=()),
        vaccination_record(vaccinations=(vaccination(), vaccination())),
        vaccination_record(tests=sample_test_record().tests),
    ],
    ids=case_id,
)
def test_exactly_one_event_is_issued(record: hcert.EuDcc) -> None:
    """None and two are refused."""
    assert codes_of(record)[0] in {"record.schema", "record.multiple_events"}


@pytest.mark.parametrize(
    "record",
    [
        vaccination_record(person=person(given_name=b"bytes")),
        vaccination_record(person={"fn": "x", "fnt": "X", "lot": "lost"}),
        vaccination_record(birth_date=dt.date(1990, 5, 17)),
        vaccination_record(vaccinations=[vaccination()]),
        sample_test_record(sampled_at=dt.datetime(2026, 5, 30, tzinfo=dt.timezone(dt.timedelta(seconds=25_590)))),
    ],
    ids=case_id,
)
def test_lossy_values_are_refused(record: hcert.EuDcc) -> None:
    """Wrong types and offsets that the wire cannot hold are refused, not bent."""
    assert codes_of(record) == ["record.schema"]


@pytest.mark.parametrize("version", ["1.2.1", "1.9x9", "1.3.\u0663", "2.0.0"])
def test_only_versions_of_the_schema_are_issued(version: str) -> None:
    """Records say which schema they follow, and it is 1.3."""
    assert set(codes_of(vaccination_record(schema_version=version))) <= {"record.unsupported_version", "record.schema"}


@pytest.mark.parametrize("place", ["key", "dt"])
def test_lone_surrogate_is_refused(place: str) -> None:
    """JSON can spell half a character."""
    payload = encode(vaccination_record())
    if place == "key":
        payload["ver\ud800"] = 1
    else:
        payload["v"][0]["dt"] += "\ud800"
    with pytest.raises(hcert.IssueError) as caught:
        eu_dcc.from_payload(payload)
    assert caught.value.code == "record.forbidden_character"


def test_lone_surrogate_in_a_date_is_refused() -> None:
    """Where a day is due; no exception but ours."""
    assert codes_of(vaccination_record(vaccinations=(vaccination(date="\ud800"),))) == ["record.schema"]


def test_a_test_needs_a_time_zone() -> None:
    """A sample time without a zone could mean any of a day's hours."""
    assert codes_of(sample_test_record(sampled_at=dt.datetime(2026, 5, 30, 8))) == ["record.schema"]  # noqa: DTZ001


def test_every_reason_is_reported() -> None:
    """One attempt shows everything to mend."""
    record = vaccination_record(
        person=person(family_name="Nguyễn ", standardised_given_name="thi"),
        vaccinations=(vaccination(vaccine="J07BX03", certificate_id="x"),),
    )
    assert set(codes_of(record)) >= {
        "record.padded_text",
        "record.name_not_standardised",
        "record.retired_code",
        "record.certificate_id",
    }


@pytest.mark.parametrize("payload", [None, [], {}, {"ver": "1.3.3"}, "text"], ids=case_id)
def test_malformed_payload_is_refused(payload: Any) -> None:
    """JSON from anywhere becomes a record or a list of reasons."""
    with pytest.raises(hcert.IssueError) as caught:
        eu_dcc.from_payload(payload)
    assert caught.value.code == "record.schema"


@pytest.mark.parametrize("place", ["", "nam", "v"])
def test_unknown_members_are_refused(place: str) -> None:
    """A typed record has no place for them, and nothing is lost silently."""
    payload = encode(vaccination_record())
    container = {"": payload, "nam": payload["nam"], "v": payload["v"][0]}[place]
    container["lot"] = ["A123"]
    with pytest.raises(hcert.IssueError) as caught:
        eu_dcc.from_payload(payload)
    assert caught.value.code == "record.unknown_member"


def test_payload_starts_with_version_and_omits_absent_members() -> None:
    """Absent members and empty groups are not written."""
    payload = encode(vaccination_record(person=person(given_name=None, standardised_given_name=None)))
    assert list(payload) == ["ver", "nam", "dob", "v"]
    assert set(payload["nam"]) == {"fn", "fnt"}


@pytest.mark.parametrize("value", ["e\u0301", "a\u202e", 5, {"x": "e\u0301"}, [{"x": "a\u202e"}]], ids=case_id)
def test_unknown_member_name_is_shown_only_if_plain(value: object) -> None:
    """Somebody may have put a name or a number in its place."""
    name = "Nguyễn Văn An 001190000123"
    with pytest.raises(hcert.IssueError) as caught:
        eu_dcc.from_payload({**DCC, name: value})
    assert "001190000123" not in str(caught.value)
    assert any("a member" in found.message for found in caught.value.findings)


def test_number_of_findings_is_bounded() -> None:
    """However many members nobody knows."""
    with pytest.raises(hcert.IssueError) as caught:
        eu_dcc.from_payload({**DCC, **{f"m{'x' * (number % 30)}{chr(97 + number % 26)}": 1 for number in range(5000)}})
    assert len(caught.value.findings) <= 200


SURROGATE = "\ud800"


def payload(**changes: Any) -> dict[str, Any]:
    """Return an EU DCC as JSON, changed."""
    return to_wire(vaccination_record()) | changes


def entry(**changes: Any) -> dict[str, Any]:
    """Return an EU DCC whose dose is changed."""
    sound = payload()
    return sound | {"v": [sound["v"][0] | changes]}


def dcc(**changes: Any) -> Callable[[], object]:
    """Write an EU DCC to sign."""
    return lambda: encode(vaccination_record(**changes))


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param(
            dcc(birth_date="1990"),
            [
                (
                    "record.schema",
                    None,
                    {
                        "path": "birth_date",
                        "problem": fragment("schema.expected_got", expected="PartialDate", got="str"),
                    },
                )
            ],
            id="DCC of other types",
        ),
        pytest.param(
            lambda: eu_dcc.from_payload(entry(dt=SURROGATE)),
            [("record.forbidden_character", None, {"field": fragment("place.payload")})],
            id="DCC with a surrogate",
        ),
        pytest.param(
            lambda: eu_dcc.from_payload(payload(more=1)),
            [("record.unknown_member", None, {"field": "more"})],
            id="DCC with more",
        ),
        pytest.param(
            lambda: eu_dcc.from_payload(payload(**{"Anh 1990": 1})),
            [("record.unknown_member", None, {"field": fragment("place.member")})],
            id="DCC with a name that tells",
        ),
        pytest.param(
            lambda: eu_dcc.from_payload(entry(More=1)),
            [("record.unknown_member", None, {"field": "v[0].More"})],
            id="dose with more",
        ),
        pytest.param(
            lambda: eu_dcc.from_payload({k: v for k, v in payload().items() if k != "nam"}),
            [("record.schema", None, {"path": "nam", "problem": fragment("schema.missing")})],
            id="DCC without names",
        ),
        pytest.param(
            lambda: eu_dcc.from_payload({**payload(), "v": ()}),
            [
                (
                    "record.schema",
                    None,
                    {"path": fragment("place.payload"), "problem": fragment("schema.not_json", most=16)},
                )
            ],
            id="DCC of no JSON",
        ),
        pytest.param(
            lambda: eu_dcc.from_payload(entry(dt=SURROGATE, dn=0)),
            [
                (
                    "record.schema",
                    None,
                    {
                        "path": "v[0].dn",
                        "problem": fragment(
                            "schema.expected",
                            expected=fragment("type.in_range", type=fragment("type.integer"), range=">= 1"),
                        ),
                    },
                ),
                ("record.schema", None, {"path": "v[0].dt", "problem": fragment("schema.unicode")}),
            ],
            id="DCC with two faults and a surrogate",
        ),
        pytest.param(
            lambda: eu_dcc.from_payload([]),
            [("record.schema", None, {"path": fragment("place.payload"), "problem": fragment("schema.text_keys")})],
            id="DCC that is none",
        ),
        pytest.param(
            dcc(schema_version="1.0.0"),
            [("record.unsupported_version", None, {"version": "1.0.0", "known": "1.3.x"})],
            id="version to issue",
        ),
        pytest.param(
            dcc(person=person(standardised_given_name="A<")),
            [("record.name_not_standardised", None, {"field": "nam.gnt"})],
            id="given name to issue",
        ),
        pytest.param(
            dcc(vaccinations=(vaccination(certificate_id="x"),)),
            [("record.certificate_id", "vaccinations[0]", {"field": "v[0].ci"})],
            id="UVCI to issue",
        ),
        pytest.param(
            dcc(person=person(family_name="A\u202e")),
            [("record.forbidden_character", None, {"field": "nam.fn"})],
            id="text to issue",
        ),
        pytest.param(
            dcc(person=person(family_name="", given_name="")),
            [
                ("record.schema", None, {"path": f"nam.{name}", "problem": fragment("content.empty")})
                for name in ("fn", "gn")
            ],
            id="empty names to issue",
        ),
        pytest.param(
            dcc(vaccinations=(vaccination(issuer="A\u202e"),)),
            [("record.forbidden_character", None, {"field": "v[0].is"})],
            id="dose text to issue",
        ),
        pytest.param(
            dcc(vaccinations=(vaccination(issuer=""),)),
            [("record.schema", "vaccinations[0]", {"path": "v[0].is", "problem": fragment("content.empty")})],
            id="empty text to issue",
        ),
        pytest.param(
            dcc(vaccinations=(vaccination(issuer=" A"),)),
            [("record.padded_text", "vaccinations[0]", {"field": "v[0].is"})],
            id="padded text to issue",
        ),
        pytest.param(
            dcc(vaccinations=(vaccination(date=dt.date(1899, 12, 31)),)),
            [("record.inconsistent_dates", "vaccinations[0]", {"field": "v[0].dt", "other": "dob"})],
            id="dose of another age",
        ),
        pytest.param(
            dcc(vaccinations=(vaccination(date=dt.date(1990, 5, 16)),)),
            [("record.inconsistent_dates", "vaccinations[0]", {"field": "v[0].dt", "other": "dob"})],
            id="dose before birth",
        ),
        pytest.param(
            dcc(vaccinations=(), tests=(sample_test(sampled_at=dt.datetime(1990, 5, 15, tzinfo=dt.UTC)),)),
            [("record.inconsistent_dates", "tests[0]", {"field": "t[0].sc", "other": "dob"})],
            id="sample before birth",
        ),
        pytest.param(
            dcc(vaccinations=(), recoveries=(recovery(first_positive=dt.date(1990, 5, 16)),)),
            [("record.inconsistent_dates", "recoveries[0]", {"field": "r[0].fr", "other": "dob"})],
            id="recovery before birth",
        ),
    ],
)
def test_an_error_names_place_and_reason(call: Callable[[], object], expected: Reasons) -> None:
    """Every reason, none twice, and never the text itself."""
    assert refusal(call) == expected


def test_lone_surrogate_beside_another_fault() -> None:
    """Both are told."""
    assert codes_of_refusal(lambda: eu_dcc.from_payload(entry(dt="2026-04-\ud800", dn=0))) == ["record.schema"] * 2
    assert codes_of_refusal(lambda: eu_dcc.from_payload(entry(dt="2026-04-\ud800"))) == ["record.forbidden_character"]


@pytest.mark.parametrize("value", [NOW, NOW.date(), decimal.Decimal(1), (1,), {1: 2}, {"a": (1,)}, [b"x"]], ids=case_id)
def test_values_outside_json_are_refused(value: Any) -> None:
    """Other formats give dates and tuples, which would be read as text."""
    assert codes_of_refusal(lambda: eu_dcc.from_payload(entry(dt=value))) == ["record.schema"]


@pytest.mark.parametrize("version", ["001190000123.0.1990", "2." + "1" * 100 + ".0", "1x9.0", "٢.0.0", "1.3.0\n", "2"])
def test_malformed_version_is_refused_and_not_shown(version: str) -> None:
    """A signer could put anything there."""
    with pytest.raises(hcert.IssueError) as caught:
        eu_dcc.from_payload({**DCC, "ver": version})
    assert caught.value.code == "record.schema"
    assert version not in str(caught.value)
