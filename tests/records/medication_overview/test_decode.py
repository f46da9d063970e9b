"""Decoding a medication overview: what the WHO's model allows, what deviates under a name, what is refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert.codec.cbor import DateTimeText
from hcert.medication_overview import TreatmentLine
from hcert.records.medication_overview.decode import decode
from hcert.records.partial_date import PartialDate
from support.medication_payloads import LINE, OVERVIEW, with_line


def test_every_member_is_read_under_its_own_name() -> None:
    """Those that signed codes have, and the two that they lack."""
    record, found = decode({**OVERVIEW, "nt": "CHL", "m": [{**LINE, "a": "taking"}]})
    assert found == []
    assert record == hcert.MedicationOverview(
        name="María Pérez",
        birth_date=PartialDate(1971, 2, 3),
        sex="female",
        nationality="CHL",
        identifier="11111111-1",
        identifier_type="NI",
        treatment_lines=(
            TreatmentLine(
                medication="L02BG03",
                effective_from=PartialDate(2026, 1, 1),
                effective_until=PartialDate(2026, 12, 31),
                asserted_on=PartialDate(2026, 1, 10),
                dosage="1 comp. por día",
                reason="text",
                adherence="taking",
            ),
        ),
    )


@pytest.mark.parametrize("lines", [0, 1, 2, 3])
def test_an_overview_has_up_to_three_lines(lines: int) -> None:
    """None is an overview as well: the person takes nothing that the issuer knows of."""
    record, found = decode({**OVERVIEW, "m": [{"m": str(number)} for number in range(lines)]})
    assert found == []
    assert record is not None
    assert record.treatment_lines == tuple(TreatmentLine(medication=str(number)) for number in range(lines))


def test_the_list_of_lines_may_be_absent() -> None:
    """By the model, which has 0..*."""
    record, found = decode({name: value for name, value in OVERVIEW.items() if name != "m"})
    assert (record and record.treatment_lines, found) == ((), [])


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2026", PartialDate(2026)),
        ("2026-02", PartialDate(2026, 2)),
        ("2024-02-29", PartialDate(2024, 2, 29)),
        ("9999-12-31", PartialDate(9999, 12, 31)),
    ],
)
def test_a_date_may_lack_day_and_month(text: str, date: PartialDate) -> None:
    """As the type of FHIR may; a treatment without an end may have the last day there is."""
    record, found = decode(with_line(es=None, ee=text, da=None))
    assert record is not None
    assert record.treatment_lines[0].effective_until == date
    assert {one.code for one in found} == {"record.null_member"}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({**OVERVIEW, "id": None}, [("record.null_member", None, "id")]),
        ({**OVERVIEW, "m": None}, [("record.null_member", None, "m")]),
        ({**OVERVIEW, "n": "Mar\ufffda"}, [("record.replacement_character", None, "n")]),
        ({**OVERVIEW, "nt": "CL"}, [("record.unknown_code", None, "nt")]),
        ({**OVERVIEW, "nt": "XKX"}, []),
        ({**OVERVIEW, "s": "M"}, []),
        ({**OVERVIEW, "s": "x"}, []),
        ({**OVERVIEW, "dob": "1971"}, []),
        ({**OVERVIEW, "dob": "1971-02-03T00:00:00Z"}, [("record.date_with_time", None, "dob")]),
        ({**OVERVIEW, "more": 1}, []),
        (with_line(d=None), [("record.null_member", None, "m[0].d")]),
        (with_line(da=DateTimeText("2026-01-10T10:00:00Z")), [
            ("record.tagged_time", None, "m[0].da"), ("record.date_with_time", None, "m[0].da"),
        ]),
        (with_line(d="1 comp. por d\ufffda"), [("record.replacement_character", "treatment_lines[0]", "m[0].d")]),
        (with_line(ee="2025-12-31"), [("record.inconsistent_dates", "treatment_lines[0]", "m[0].ee")]),
        (with_line(ee="2025"), [("record.inconsistent_dates", "treatment_lines[0]", "m[0].ee")]),
        (with_line(ee="2026"), []),
        (with_line(ee="2026-01-01"), []),
        (with_line(es="1971-02-02"), [("record.inconsistent_dates", "treatment_lines[0]", "m[0].es")]),
        (with_line(es="1971"), []),
        (with_line(da="1970-12"), [("record.inconsistent_dates", "treatment_lines[0]", "m[0].da")]),
        (with_line(more=1), []),
    ],
    ids=str,
)  # fmt: skip
def test_deviations_and_what_cannot_be_true_warn(payload: Any, expected: list[tuple[str, str | None, str]]) -> None:
    """Each has a name and a place, and the record is there."""
    record, found = decode(payload)
    assert record is not None
    assert [(one.code, one.record, dict(one.details)["field"]) for one in found] == expected
    assert all(one.severity == "warning" for one in found)


def test_a_line_that_is_there_twice_is_named() -> None:
    """With the one that it repeats."""
    found = decode({**OVERVIEW, "m": [LINE, {"m": "A"}, LINE]})[1]
    assert [(one.code, one.record, dict(one.details)) for one in found] == [
        ("record.repeated_entry", "treatment_lines[2]", {"other": "treatment_lines[0]"})
    ]


@pytest.mark.parametrize(
    ("payload", "place"),
    [
        ({name: value for name, value in OVERVIEW.items() if name != "n"}, "n"),
        ({name: value for name, value in OVERVIEW.items() if name != "dob"}, "dob"),
        ({name: value for name, value in OVERVIEW.items() if name != "s"}, "s"),
        ({**OVERVIEW, "n": None}, "n"),
        ({**OVERVIEW, "n": ""}, "n"),
        ({**OVERVIEW, "n": "x" * 201}, "n"),
        ({**OVERVIEW, "n": 5}, "n"),
        ({**OVERVIEW, "dob": "03.02.1971"}, "dob"),
        ({**OVERVIEW, "dob": "1871-02-03"}, "dob"),
        ({**OVERVIEW, "m": LINE}, "m"),
        ({**OVERVIEW, "m": "L02BG03"}, "m"),
        ({**OVERVIEW, "m": [LINE] * 4}, "m"),
        ({**OVERVIEW, "m": ["L02BG03"]}, "m[0]"),
        ({**OVERVIEW, "m": [LINE, None]}, "m[1]"),
        ({**OVERVIEW, "m": [{}]}, "m[0].m"),
        (with_line(m=387017005), "m[0].m"),
        (with_line(es="2026-1-1"), "m[0].es"),
        (with_line(es="2026-02-30"), "m[0].es"),
        (with_line(ee="2026-13"), "m[0].ee"),
        (with_line(ee="0000"), "m[0].ee"),
        (with_line(da="today"), "m[0].da"),
        (with_line(da="\u0662\u0660\u0662\u0666"), "m[0].da"),
        (with_line(da=""), "m[0].da"),
        (with_line(d=["1"]), "m[0].d"),
        (with_line(r="x" * 201), "m[0].r"),
        (with_line(a=DateTimeText("2026-01-01T00:00:00Z")), "m[0].a"),
    ],
    ids=str,
)
def test_a_malformed_payload_is_refused_at_its_place(payload: Any, place: str) -> None:
    """The place and the rule are said, the person's data are not."""
    record, found = decode(payload)
    assert record is None
    assert [(one.code, dict(one.details)["path"]) for one in found] == [("record.schema", place)]
    assert not any(value in found[0].message for value in ("Pérez", "1971", "11111111", "L02BG03"))


@pytest.mark.parametrize("payload", [None, [], [OVERVIEW], "x", 7, b"x"], ids=str)
def test_only_a_map_is_an_overview(payload: Any) -> None:
    """A list of one, which drafts of the ICVP have, was never an overview."""
    record, found = decode(payload)
    assert (record, [one.code for one in found]) == (None, ["record.schema"])


payloads = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*OVERVIEW, *LINE, 5]), inner, max_size=6)
    ),
    max_leaves=20,
)


@given(payloads)
def test_any_payload_is_read_or_refused(payload: Any) -> None:
    """No exception, and never a record beside an error."""
    record, found = decode(payload)
    assert (record is None) == any(one.severity == "error" for one in found)


@given(st.sampled_from([*OVERVIEW, *LINE, "a", "nt"]), payloads)
def test_any_single_change_is_read_or_refused(name: str, value: Any) -> None:
    """Close to the real ones, in the person and in a line."""
    for payload in ({**OVERVIEW, name: value}, with_line(**{name: value})):
        record, found = decode(payload)
        assert (record is None) == any(one.severity == "error" for one in found)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffd"), min_size=1, max_size=200)
dates = st.builds(
    lambda day, length: day.isoformat()[:length],
    st.dates(min_value=dt.date(1971, 2, 3)),
    st.sampled_from([4, 7, 10]),
)


@given(
    st.fixed_dictionaries({"n": texts, "dob": st.just("1971-02-03"), "s": texts}, optional={"id": texts, "dt": texts}),
    st.lists(
        st.fixed_dictionaries({"m": texts}, optional={"da": dates, "es": dates, "d": texts, "r": texts, "a": texts}),
        max_size=3,
        unique_by=lambda line: line["m"],
    ),
)
def test_what_the_model_allows_is_read_as_it_was_written(person: dict[str, Any], lines: list[dict[str, Any]]) -> None:
    """Every member, without a finding."""
    record, found = decode({**person, "m": lines})
    assert found == []
    assert record is not None
    assert (record.name, record.identifier, record.identifier_type) == (person["n"], person.get("id"), person.get("dt"))
    for line, written in zip(record.treatment_lines, lines, strict=True):
        read = {
            "m": line.medication, "d": line.dosage, "r": line.reason, "a": line.adherence,
            "da": line.asserted_on and str(line.asserted_on), "es": line.effective_from and str(line.effective_from),
        }  # fmt: skip
        assert {name: value for name, value in read.items() if value is not None} == written
