"""Expressions of CertLogic: every operation, what it takes and gives, and what it refuses."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert.certlogic import evaluate
from hcert.certlogic.date_times import UNITS

DATA: dict[str, Any] = {"a": [1, [2, 3]], "b": {"0": "zero", "c": None}, "t": "2021-01-31", "s": "text", "n": -1}
DATE = {"plusTime": ["2021-01-31", 0, "day"]}


def utc(text: str) -> dt.datetime:
    """Return a date-time in UTC."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def refused(expression: Any, data: Any = None) -> str:
    """Return the code with which an expression is refused."""
    with pytest.raises(hcert.MalformedError) as caught:
        evaluate(expression, data)
    return caught.value.code


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("", DATA),
        ("a.0", 1),
        ("a.1.1", 3),
        ("a.2", None),
        ("a.-1", None),
        ("a.1a", [2, 3]),
        ("a.length", None),
        ("a..0", None),
        ("b.0x", "zero"),
        ("b.00", "zero"),
        ("b.c", None),
        ("b.c.d", None),
        ("s.0", None),
        ("n.0", None),
        ("missing", None),
        ("__class__", None),
    ],
)
def test_a_path_leads_to_a_value_or_to_null(path: str, value: Any) -> None:
    """A number at the start of a fragment is an index, as `parseInt` reads it; of a text nothing is taken."""
    assert evaluate({"var": path}, DATA) == value


@pytest.mark.parametrize("value", [True, "x", 1, -1, 0.5, [0], {"a": None}], ids=repr)
def test_what_is_truthy(value: Any) -> None:
    """The branch shows it."""
    assert evaluate({"if": [{"var": "v"}, "then", "else"]}, {"v": value}) == "then"
    assert evaluate({"!": [{"var": "v"}]}, {"v": value}) is False
    assert evaluate({"and": [{"var": "v"}, "last"]}, {"v": value}) == "last"


@pytest.mark.parametrize("value", [False, None, "", 0, 0.0, [], {}], ids=repr)
def test_what_is_falsy(value: Any) -> None:
    """And `and` returns it as it is."""
    assert evaluate({"if": [{"var": "v"}, "then", "else"]}, {"v": value}) == "else"
    assert evaluate({"!": [{"var": "v"}]}, {"v": value}) is True
    assert evaluate({"and": [{"var": "v"}, {"unknown": [1]}]}, {"v": value}) is value


@pytest.mark.parametrize("expression", [{"if": [DATE, 1, 2]}, {"!": [DATE]}, {"and": [1, DATE]}, {"and": [DATE, 1]}])
def test_a_date_time_is_neither_truthy_nor_falsy(expression: Any) -> None:
    """Also as the last operand."""
    assert refused(expression) == "certlogic.operand"


def test_only_the_branch_that_is_taken_is_evaluated() -> None:
    """The other may be anything."""
    assert evaluate({"if": [True, 1, {"unknown": []}]}, None) == 1
    assert evaluate({"if": [0, None, 2]}, None) == 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1, True),
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (1, "1", False),
        ("", None, False),
        (None, None, True),
        (True, True, True),
        ([], [], False),
        ({}, {}, False),
    ],
)
def test_equality_is_strict(one: Any, other: Any, same: object) -> None:
    """No type becomes another, and two arrays that look alike are two; `in` compares in the same way."""
    data = {"one": one, "other": other}
    assert evaluate({"===": [{"var": "one"}, {"var": "other"}]}, data) is same
    assert evaluate({"in": [{"var": "one"}, [{"var": "other"}]]}, data) is same


def test_a_value_is_the_same_as_itself() -> None:
    """An array, object or date-time that is reached twice is one, as in JavaScript; two equal date-times are two."""
    assert evaluate({"===": [{"var": "a"}, {"var": "a"}]}, DATA) is True
    assert evaluate({"===": [DATE, DATE]}, None) is False
    twice = {"reduce": [[1], {"===": [{"var": "accumulator"}, {"var": "accumulator"}]}, DATE]}
    assert evaluate(twice, None) is True


@pytest.mark.parametrize(
    ("operation", "result"),
    [
        ({"+": [1, 2.0]}, 3),
        ({">": [3, 2, 1]}, True),
        ({">": [3, 2, 2]}, False),
        ({">=": [3, 2, 2]}, True),
        ({"<": [1, 2]}, True),
        ({"<=": [2, 2, 1]}, False),
        ({"in": [{"var": "none"}, []]}, False),
        ({"!": [0, {"ignored": 1}]}, True),
        ([1, {"+": [1, 1]}, "x"], [1, 2, "x"]),
        ({"extractFromUVCI": ["URN:UVCI:01:NL:1/2#3", 4]}, "3"),
        ({"extractFromUVCI": ["urn:uvci:01", 0]}, "urn"),
        ({"extractFromUVCI": ["a::b", 1]}, ""),
        ({"extractFromUVCI": ["a", 1]}, None),
        ({"extractFromUVCI": ["a", -1]}, None),
        ({"extractFromUVCI": [{"var": "none"}, 0]}, None),
        ({"reduce": [[1, 2, 3], {"+": [{"var": "accumulator"}, {"var": "current"}]}, 4]}, 10),
        ({"reduce": [{"var": "none"}, 1, 7]}, 7),
        ({"reduce": [[1], {"var": "data"}, 7]}, None),
    ],
    ids=str,
)
def test_operations_give_what_the_specification_says(operation: Any, result: Any) -> None:
    """One case a line."""
    assert evaluate(operation, {}) == result


@pytest.mark.parametrize(
    "expression",
    [
        None,
        3.14,
        {},
        {"!": [1], "===": [1, 1]},
        {"unknown": [1]},
        {"!": []},
        {"!": True},
        {"if": [True, 1]},
        {"if": [True, 1, 2, 3]},
        {"and": [1]},
        {"===": [1]},
        {"+": [1, 2, 3]},
        {">": [1, 2, 3, 4]},
        {"after": [DATE]},
        {"var": ["a"]},
        {"var": 0},
        {"var": "x" * 251},
        {"plusTime": ["2021-01-31", "1", "day"]},
        {"plusTime": ["2021-01-31", True, "day"]},
        {"plusTime": ["2021-01-31", 1, "week"]},
        {"plusTime": ["2021-01-31", 1]},
        {"extractFromUVCI": ["a", "0"]},
        {"reduce": [[1], 1]},
        {1: [1]},
    ],
    ids=str,
)
def test_what_is_not_certlogic_is_refused(expression: Any) -> None:
    """By its form, before any operand is looked at."""
    assert refused(expression) == "certlogic.malformed"


@pytest.mark.parametrize(
    "expression",
    [
        {"+": [1, "2"]},
        {"+": [1, True]},
        {"+": [2**53 - 1, 1]},
        {">": [1, {"var": "none"}]},
        {"after": [DATE, "2021-01-01"]},
        {"in": ["a", "abc"]},
        {"reduce": ["abc", 1, 1]},
        {"extractFromUVCI": [1, 0]},
        {"dccDateOfBirth": ["2021-01-01T00:00:00Z"]},
        {"dccDateOfBirth": [1]},
        {"plusTime": [DATE, 1, "day"]},
        {"plusTime": [{"var": "none"}, 1, "day"]},
    ],
    ids=str,
)
def test_an_operand_of_the_wrong_type_is_refused(expression: Any) -> None:
    """Nothing is converted."""
    assert refused(expression, {}) == "certlogic.operand"


# Date-times


@pytest.mark.parametrize(
    ("text", "amount", "unit", "result"),
    [
        ("2021-01-31", 1, "month", "2021-03-03"),
        ("2021-03-31", -1, "month", "2021-03-03"),
        ("2021-08-31", 6, "month", "2022-03-03"),
        ("2024-01-30", 1, "month", "2024-03-01"),
        ("2020-02-29", 1, "month", "2020-03-29"),
        ("2020-02-29", 1, "year", "2021-03-01"),
        ("2020-02-29", -1, "year", "2019-03-01"),
        ("2020-02-29", 4, "year", "2024-02-29"),
        ("2021-12-15", -12, "month", "2020-12-15"),
        ("2021-03-01", -1, "day", "2021-02-28"),
        ("2021-03-01", 25, "hour", "2021-03-02T01:00"),
        ("2021", 0, "day", "2021-12-31"),
        ("2020-02", 0, "hour", "2020-02-29"),
        ("2021-12", 1, "day", "2022-01-01"),
        ("2021-05-01T01:00:00+02:00", 0, "day", "2021-04-30T23:00"),
        ("2021-05-01T01:00:00+02:00", 1, "month", "2021-05-30T23:00"),
        ("2021-05-01T01:00:00-3", 0, "day", "2021-05-01T04:00"),
        ("2021-05-01T01:00:00+0130", 0, "day", "2021-04-30T23:30"),
        ("2021-05-01T01:00:00-130", 0, "day", "2021-05-01T02:30"),
        ("2021-05-01T01:00:00+1:30", 0, "day", "2021-04-30T23:30"),
        ("2021-05-01T01:00:00", 0, "day", "2021-05-01T01:00"),
        ("2021-05-01T01:00:00.98765Z", 0, "day", "2021-05-01T01:00:00.987"),
        ("2021-05-01T01:00:00.5", 0, "day", "2021-05-01T01:00:00.500"),
    ],
)
def test_time_is_added_as_javascript_does(text: str, amount: int, unit: str, result: str) -> None:
    """Months and years keep the number of the day and carry what is over (decision 49)."""
    assert evaluate({"plusTime": [text, amount, unit]}, None) == utc(result)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2021-02-30",
        "2021-13",
        "2021-00-01",
        "0000-01-01",
        "21-01-01",
        "2021-1-1",
        "2021-01-01 ",
        "2021-01-01\n",
        "2021-01-01T00:00",
        "2021-01-01T24:00:00Z",
        "2021-01-01T00:00:60Z",
        "2021-01-01T00:00:00+24:00",
        "2021-01-01T00:00:00+00:60",
        "2021-01-01T00:00:00+01:",
        "2021-01-01T00:00:00z",
        "٢٠٢١-01-01",
        "0001-01-01T00:00:00+01:00",
        "2021-01-01T00:00:00." + "0" * 60,
    ],
)
def test_a_text_that_is_not_a_date_time_is_refused(text: str) -> None:
    """Also one that JavaScript would read as another day, or as an invalid date."""
    assert refused({"plusTime": [text, 0, "day"]}) == "certlogic.operand"


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("amount", [10**4 * 9000, -(10**4) * 9000, 2**53, 10**30, 1e300])
def test_a_date_beyond_the_calendar_is_refused(unit: str, amount: int) -> None:
    """However large the number is."""
    assert refused({"plusTime": ["2021-01-01", amount, unit]}) == "certlogic.operand"


@given(st.dates(), st.integers(-3000, 3000), st.sampled_from(UNITS))
def test_months_and_years_agree_with_a_calendar(day: dt.date, amount: int, unit: str) -> None:
    """Counted on from the first of the month, in days."""
    months = {"month": amount, "year": amount * 12}.get(unit, 0)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    days = {"day": amount, "hour": amount / 24}.get(unit, 0)
    try:
        first = dt.datetime(year, month + 1, 1, tzinfo=dt.UTC)
        expected = first + dt.timedelta(days=day.day - 1 + days)
    except (ValueError, OverflowError):
        assert refused({"plusTime": [day.isoformat(), amount, unit]}) == "certlogic.operand"
    else:
        assert evaluate({"plusTime": [day.isoformat(), amount, unit]}, None) == expected


@given(st.lists(st.datetimes(timezones=st.just(dt.UTC)), min_size=2, max_size=3))
def test_date_times_compare_as_moments(moments: list[dt.datetime]) -> None:
    """Two and three of them, in all four ways."""
    cut = [one.replace(microsecond=one.microsecond // 1000 * 1000) for one in moments]
    texts = [{"plusTime": [one.isoformat(timespec="milliseconds"), 0, "day"]} for one in cut]
    pairs = list(pairwise(cut))
    assert evaluate({"after": texts}, None) is all(one > other for one, other in pairs)
    assert evaluate({"before": texts}, None) is all(one < other for one, other in pairs)
    assert evaluate({"not-after": texts}, None) is all(one <= other for one, other in pairs)
    assert evaluate({"not-before": texts}, None) is all(one >= other for one, other in pairs)


# Hostile expressions


def nested(depth: int) -> Any:
    """Return an expression of so many levels."""
    expression: Any = 1
    for _ in range(depth):
        expression = {"!": [expression]}
    return expression


def test_depth_is_bounded() -> None:
    """Far below what the stack of Python takes, however deep the rest is."""
    assert evaluate(nested(64), None) is True
    assert refused(nested(65)) == "certlogic.too_large"
    assert refused(nested(50_000)) == "certlogic.too_large"


LAMBDA = {"+": [{"var": "accumulator"}, 1]}
TIMES = [0] * 90
HOSTILE = {
    "loops in loops": {"reduce": [TIMES, {"reduce": [TIMES, {"reduce": [TIMES, LAMBDA, 0]}, 0]}, 0]},
    "an array that doubles": {"reduce": [TIMES, [{"var": "accumulator"}, {"var": "accumulator"}], 1]},
    "an object that nests": {"reduce": [TIMES, {"var": ""}, 1]},
    "a long array, looked through again and again": {
        "reduce": [{"var": "long"}, {"in": [0, {"var": "current.long"}]}, 0]
    },
    "a long text, split again and again": {
        "reduce": [{"var": "texts"}, {"extractFromUVCI": [{"var": "current"}, 9]}, 0]
    },
    "many operands": {"and": [1] * 20_000},
    "a wide array": [[1] * 200] * 200,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_costs_too_much_is_stopped(name: str) -> None:
    """A bound on steps refuses it; without one, each of these would take minutes or gigabytes."""
    long: dict[str, Any] = {"long": [1] * 9000}
    data = {"long": [long] * 5000, "texts": [":" * 100_000] * 5000}
    assert refused(HOSTILE[name], data) == "certlogic.too_large"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)
NAMES = (
    "if and ! === in + > < >= <= after before not-after not-before plusTime dccDateOfBirth reduce extractFromUVCI var"
)
EXPRESSIONS = st.recursive(
    JSON | st.sampled_from([DATE, {"var": "a.0"}, "2021-01-31", "day", 1]),
    lambda inner: st.builds(
        lambda name, operands: {name: operands}, st.sampled_from(NAMES.split()), st.lists(inner, max_size=4)
    ),
)


@given(EXPRESSIONS, JSON)
def test_no_expression_does_anything_but_give_a_value_or_a_coded_error(expression: Any, data: Any) -> None:
    """And no error quotes what it was given."""
    try:
        value = evaluate(expression, data)
    except hcert.MalformedError as error:
        assert error.code.startswith("certlogic.")
        assert error.__cause__ is None
        assert error.__context__ is None
    else:
        assert value is None or isinstance(value, (bool, int, float, str, list, dict, dt.datetime))
