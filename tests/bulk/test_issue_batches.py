"""Bulk issuing: a row in, a row out, and nothing of a row in what is said about it."""

from __future__ import annotations

import datetime as dt
import gc
import weakref
from typing import TYPE_CHECKING, Any

import duckdb
import msgspec
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import bulk, citizen
from hcert.bulk.columns import read_rows
from support.bulk_rows import SIGNER, batch_of, codes_of, issue, make_rows, plan_in, row_of, verify
from support.citizen_records import citizen_record, timely_records
from support.sealing import POLICE, STRANGER
from support.signers import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECRET = citizen.Confidential(id_number="001190000123", lot_numbers=((1, "FF0123"), (2, "FF0456")), notes="x\ny")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> bulk.IssuePlan:
    """Return a plan for texts."""
    return plan_in(tmp_path_factory.mktemp("key"))


def test_each_row_becomes_a_code_in_order(plan: bulk.IssuePlan) -> None:
    """Over several batches, with the ids of the rows, and a verifier accepts every one."""
    rows = make_rows(50)
    out = issue(plan, [batch_of(rows[:20]), batch_of([]), batch_of(rows[20:])])
    for row, made in zip(rows, out, strict=True):
        assert (made["row_id"], made["certificate_id"], made["revision"]) == (row["row_id"], row["certificate_id"], 1)
        assert (made["kid"], made["findings"], made["picture"]) == (SIGNER.key.kid, [], None)
    verdicts = verify(out)
    assert all(verdict["accepted"] for verdict in verdicts)
    assert [verdict["certificate_id"] for verdict in verdicts] == [row["certificate_id"] for row in rows]


@given(st.lists(timely_records, min_size=1, max_size=4))
def test_what_a_row_says_is_what_is_certified(plan: bulk.IssuePlan, records: list[hcert.CitizenRecord]) -> None:
    """Member for member, and refused for the same reasons as the record itself."""
    issuer = hcert.Issuer(SIGNER.signer, country="VN")
    alone = issuer.issue_many(records, issued_at=plan.issued_at, expires_at=plan.expires_at)
    for record, made, row in zip(records, alone, issue(plan, [batch_of(map(row_of, records))]), strict=True):
        if isinstance(made, hcert.IssueError):
            assert row["text"] is None
            assert codes_of(row) == [found.code for found in made.findings]
        else:
            assert SIGNER.verifier.verify(row["text"], at=NOW).record == record
            assert codes_of(row) == [found.code for found in made.findings]


def nothing_said(members: dict[str, Any]) -> dict[str, Any]:
    """Return members with every empty list as null."""
    return {name: None if value == [] else value for name, value in members.items()}


def test_a_null_is_an_absent_member(plan: bulk.IssuePlan) -> None:
    """At every depth, and so is a column that is not there."""
    record = msgspec.structs.replace(citizen_record(1, 0), person=citizen.Person(family_name="Nguyễn"))
    row = nothing_said(row_of(record))
    row |= {"revision": None, "last_number": None, "person": nothing_said(row["person"]), "confidential": None}
    (out,) = issue(plan, [batch_of([row])])
    assert SIGNER.verifier.verify(out["text"], at=NOW).record == record
    columns = ["row_id", "certificate_id", "person", "vaccinations"]
    (out,) = issue(plan, [batch_of([row]).select(columns)])
    assert SIGNER.verifier.verify(out["text"], at=NOW).record == record


@pytest.mark.parametrize("picture", ["svg", "png"])
def test_a_picture_is_drawn_where_the_plan_says_so(tmp_path: Path, picture: Any) -> None:
    """At the level of the plan; a refused row has none."""
    rows = make_rows(2)
    rows[1]["certificate_id"] = None
    good, bad = issue(plan_in(tmp_path, picture=picture, error="M"), [batch_of(rows)])
    assert good["picture"].startswith(b"<?xml" if picture == "svg" else b"\x89PNG")
    symbol = hcert.QrCode.of(good["text"], error="M")
    assert good["picture"] == (symbol.svg().encode() if picture == "svg" else symbol.png())
    assert (bad["text"], bad["picture"]) == (None, None)
    if picture == "png":
        assert hcert.read_picture(good["picture"]) == good["text"]


def test_confidential_members_are_sealed_for_the_readers_of_the_plan(tmp_path: Path) -> None:
    """For all of them; a row without any has no sealed part."""
    plan = plan_in(tmp_path, readers=(POLICE.key, STRANGER.key), error="M")
    record = citizen_record(2, 0)
    empty: dict[str, Any] = dict.fromkeys(members := row_of(record, confidential=SECRET)["confidential"])
    assert members.keys() == empty.keys()
    rows = [
        row_of(record, confidential=SECRET),
        row_of(record),
        row_of(record) | {"confidential": empty},
        row_of(record) | {"confidential": empty | {"lot_numbers": [{"number": None, "lot": "FF0123"}]}},
    ]
    *out, refused = issue(plan, [batch_of(rows)])
    sealed, *plain = (SIGNER.verifier.verify(row["text"], at=NOW).record for row in out)
    assert isinstance(sealed, hcert.CitizenRecord)
    assert sealed.sealed is not None
    assert sealed.sealed.open(POLICE) == sealed.sealed.open(STRANGER) == SECRET
    assert plain == [record, record]
    assert [(found["code"], found["path"]) for found in refused["findings"]] == [
        ("record.schema", "confidential.lot_numbers[0][0]")
    ]


def test_content_without_readers_stops_the_job(plan: bulk.IssuePlan) -> None:
    """Or it would be lost in silence."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        issue(plan, [batch_of([row_of(citizen_record(2, 0), confidential=SECRET)])])
    assert caught.value.code == "bulk.no_readers"


# Ten kinds of bad rows. Every value that stands in one of them holds the mark, or is searched for itself.
MARK = "Bímật"
BAD: dict[str, tuple[Callable[[dict[str, Any]], Any], str, str | None]] = {
    "no certificate id": (lambda row: row.update(certificate_id=None), "bulk.no_certificate_id", "certificate_id"),
    "empty certificate id": (lambda row: row.update(certificate_id=b""), "bulk.no_certificate_id", "certificate_id"),
    "short certificate id": (lambda row: row.update(certificate_id=MARK.encode()), "record.schema", "certificate_id"),
    "nobody": (lambda row: row.update(person=None), "record.schema", "person"),
    "unknown sex": (lambda row: row["person"].update(sex=77123), "record.schema", "person.sex"),
    "impossible birth date": (
        lambda row: row["person"].update(birth_date="31/02/1977"),
        "record.schema",
        "person.birth_date",
    ),
    "long name": (lambda row: row["person"].update(family_name=MARK * 20), "record.schema", "person.family_name"),
    "padded name": (lambda row: row["person"].update(given_name=f" {MARK}"), "record.padded_text", "person.given_name"),
    "unknown product": (
        lambda row: row["vaccinations"][0].update(product=MARK),
        "record.unknown_code",
        "vaccinations[0].product",
    ),
    "country in words": (
        lambda row: row["vaccinations"][0].update(country=MARK),
        "record.schema",
        "vaccinations[0].country",
    ),
    "no day": (lambda row: row["vaccinations"][0].update(date=None), "record.schema", "vaccinations[0].date"),
    "no dose": (lambda row: row["vaccinations"].insert(0, None), "record.schema", "vaccinations[0]"),
    "parts of a second": (
        lambda row: row["tests"][0].update(sampled_at=dt.datetime(2026, 5, 1, 8, 0, 0, 771_230, dt.UTC)),
        "record.schema",
        "tests[0].sampled_at",
    ),
    "no events": (lambda row: row.update(vaccinations=None, tests=[]), "record.schema", None),
    "revision": (lambda row: row.update(revision=-77123), "record.schema", "revision"),
}


def bad_row(kind: str, number: int = 0) -> dict[str, Any]:
    """Return a row with a fault."""
    (row,) = [row_of(citizen_record(1, 1), row_id=f"bad-{number}")]
    row["person"]["family_name"] = MARK
    BAD[kind][0](row)
    return row


def assert_private(text: str) -> None:
    """Assert that nothing of a bad row stands in a text."""
    for value in (MARK, "77123", "771_230", "771230", "31/02", "1977", "1990", "Nguyễn"):
        assert value not in text, value


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_row_says_where_and_why_and_shows_nothing(plan: bulk.IssuePlan, kind: str) -> None:
    """Its neighbours are issued."""
    _, code, path = BAD[kind]
    first, bad, last = issue(plan, [batch_of([*make_rows(1), bad_row(kind), *make_rows(1)])])
    assert first["text"] is not None
    assert last["text"] is not None
    assert bad["text"] is None
    assert bad["row_id"] == "bad-0"
    assert (bad["findings"][0]["code"], bad["findings"][0]["path"]) == (code, path)
    assert_private(str(bad["findings"]))
    entry = bad["findings"][0]["entry"]
    assert entry == (path.partition("]")[0] + "]" if path and "[" in path else None)


@pytest.mark.slow
def test_half_a_percent_of_bad_rows_are_rejects_and_nothing_else(plan: bulk.IssuePlan) -> None:
    """Ten kinds among two thousand; no value of them in any output."""
    rows = make_rows(2000)
    kinds = list(BAD)[:10]
    for number, kind in enumerate(kinds):
        rows[number * 200 + 7] = bad_row(kind, number)
    out = issue(plan, [batch_of(rows)])
    rejects = [row for row in out if row["text"] is None]
    assert [row["row_id"] for row in rejects] == [f"bad-{number}" for number in range(10)]
    assert [codes_of(row)[0] for row in rejects] == [BAD[kind][1] for kind in kinds]
    assert_private(str([row["findings"] for row in out]))


def test_values_that_python_cannot_represent_refuse_their_row_alone(plan: bulk.IssuePlan) -> None:
    """Days outside the calendar, and text that is not UTF-8: Arrow would stop the whole batch and quote it."""
    batch = batch_of(make_rows(4))
    vaccinations = batch.column("vaccinations")
    days = pa.array([2**30, *range(20_000, 20_009)], pa.int32()).cast(pa.date32())
    doses = vaccinations.flatten()
    fields = [days if field.name == "date" else doses.field(field.name) for field in doses.type]
    offsets = vaccinations.offsets
    changed = pa.ListArray.from_arrays(offsets, pa.StructArray.from_arrays(fields, fields=list(doses.type)))
    ids = pa.StringArray.from_buffers(
        4, pa.py_buffer(bytes.fromhex("0000000001000000020000000300000004000000")), pa.py_buffer(b"ab\xffd")
    )
    columns = {name: batch.column(name) for name in batch.schema.names} | {"vaccinations": changed, "row_id": ids}
    out = issue(plan, [pa.RecordBatch.from_pydict(columns)])
    assert [row["row_id"] for row in out] == ["a", "b", None, "d"]
    assert [found["path"] for found in out[0]["findings"]] == ["vaccinations[0].date"]
    assert [found["path"] for found in out[2]["findings"]] == ["row_id"]
    assert out[0]["findings"][0]["entry"] == "vaccinations[0]"
    assert [row["text"] is None for row in out] == [True, False, True, False]


def test_polars_hands_over_its_frames_unchanged(plan: bulk.IssuePlan) -> None:
    """As a frame, as batches, and in pieces; and takes the output back."""
    rows = make_rows(30)
    rows[3]["certificate_id"] = None
    frame = pl.from_arrow(batch_of(rows))
    assert isinstance(frame, pl.DataFrame)
    expected = [(row["row_id"], row["text"] is None) for row in issue(plan, [batch_of(rows)])]
    pieces = (piece for part in frame.iter_slices(7) for piece in part.to_arrow().to_batches())
    for source in (frame, frame.to_arrow(), frame.to_arrow().to_batches(7), pieces):
        assert [(row["row_id"], row["text"] is None) for row in issue(plan, source)] == expected
    back = pl.from_arrow(pa.Table.from_batches(bulk.issue_batches(plan, frame)))
    assert isinstance(back, pl.DataFrame)
    assert back.filter(pl.col("text").is_null()).get_column("row_id").to_list() == ["row-3"]


def test_duckdb_hands_over_its_relations_unchanged(plan: bulk.IssuePlan) -> None:
    """As a reader, and takes the output back."""
    people = batch_of(make_rows(30))
    with duckdb.connect() as database:
        database.register("people", people)
        relation = database.sql("SELECT * FROM people ORDER BY length(row_id), row_id")
        out = pa.Table.from_batches(bulk.issue_batches(plan, relation.to_arrow_reader(8)))
        assert out.num_rows == 30
        assert out.column("row_id").to_pylist() == people.column("row_id").to_pylist()
        (counted,) = database.sql("SELECT count(text) FROM out").fetchall()
    assert counted == (30,)


TEXT_TYPES = [pa.string(), pa.large_string(), pa.string_view()]


@pytest.mark.parametrize(
    ("column", "change"),
    [
        *(
            pytest.param("row_id", lambda array, kind=kind: array.cast(kind), id=f"row id as {kind}")
            for kind in TEXT_TYPES
        ),
        pytest.param("row_id", lambda array: array.dictionary_encode(), id="row id as dictionary"),
        *(
            pytest.param("certificate_id", lambda array, kind=kind: array.cast(kind), id=f"certificate id as {kind}")
            for kind in (pa.large_binary(), pa.binary(16))
        ),
        pytest.param("revision", lambda array: array.cast(pa.uint8()), id="revision as uint8"),
        pytest.param("last_number", lambda array: pa.nulls(len(array)), id="nothing but nulls"),
        pytest.param("vaccinations", lambda array: array.cast(pa.large_list(array.type.value_type)), id="large list"),
        *(
            pytest.param(
                "tests", lambda array, moment=moment: array.cast(with_moment(array.type, moment)), id=str(moment)
            )
            for moment in (
                pa.timestamp("s", "UTC"),
                pa.timestamp("ms", "Etc/UTC"),
                pa.timestamp("us", "Asia/Ho_Chi_Minh"),
                pa.timestamp("ns", "+07:00"),
            )
        ),
    ],
)
def test_variants_of_a_type_are_the_same(plan: bulk.IssuePlan, column: str, change: Callable[[Any], Any]) -> None:
    """As engines prefer them."""
    rows = make_rows(6)
    batch = batch_of(rows)
    columns = {name: batch.column(name) for name in batch.schema.names}
    out = issue(plan, [pa.RecordBatch.from_pydict(columns | {column: change(batch.column(column))})])
    for row, made in zip(rows, out, strict=True):
        assert made["row_id"] == row["row_id"]
        certified = SIGNER.verifier.verify(made["text"], at=NOW).record
        assert row_of(certified, row_id=row["row_id"]) == row  # type: ignore[arg-type]


def with_moment(tests: Any, moment: Any) -> Any:
    """Return the type of the column `tests` with another type of time."""
    fields = [field.with_type(moment) if pa.types.is_timestamp(field.type) else field for field in tests.value_type]
    return pa.list_(pa.struct(fields))


@pytest.mark.parametrize(
    ("change", "column", "expected"),
    [
        pytest.param(lambda columns: columns.pop("person"), "person", "struct<", id="no person"),
        pytest.param(lambda columns: columns.pop("certificate_id"), "certificate_id", "binary", id="no certificate id"),
        pytest.param(lambda columns: columns.update(row_id=pa.array([1])), "row_id", "string", id="number as row id"),
        pytest.param(
            lambda columns: columns.update(certificate_id=pa.array(["ab"])), "certificate_id", "binary", id="text as id"
        ),
        pytest.param(lambda columns: columns.update(tests=pa.array(["x"])), "tests", "list<", id="text as tests"),
        pytest.param(
            lambda columns: columns.update(recoveries=pa.array([["x"]])),
            "recoveries",
            "struct<",
            id="texts as recoveries",
        ),
        pytest.param(
            lambda columns: columns.update(person=pa.array([{"birth_date": dt.date(1990, 5, 17)}])),
            "person.birth_date",
            "string",
            id="a birth date that cannot be partial",
        ),
        pytest.param(
            lambda columns: columns.update(tests=pa.array([[{"sampled_at": dt.datetime(2026, 1, 1)}]])),  # noqa: DTZ001
            "tests.sampled_at",
            "timestamp[us, tz=UTC]",
            id="a time without a zone",
        ),
        pytest.param(
            lambda columns: columns.update(revision=pa.array([1.0])), "revision", "int64", id="a float as revision"
        ),
        pytest.param(
            lambda columns: columns.update(vaccinatons=pa.array(["x"])),
            "vaccinatons",
            "no column",
            id="misspelled column",
        ),
        pytest.param(
            lambda columns: columns.update(person=pa.array([{"famly_name": "x"}])),
            "person.famly_name",
            "no column",
            id="misspelled member",
        ),
        pytest.param(
            lambda columns: columns.update({"Nguyễn Thị": pa.array(["x"])}),
            "a member",
            "no column",
            id="a name as name",
        ),
    ],
)
def test_a_wrong_schema_names_the_column_and_what_is_expected(
    plan: bulk.IssuePlan, change: Callable[[dict[str, Any]], Any], column: str, expected: str
) -> None:
    """Before a row is read."""
    batch = batch_of(make_rows(1))
    columns = {name: batch.column(name) for name in batch.schema.names}
    change(columns)
    with pytest.raises(hcert.ConfigurationError) as caught:
        issue(plan, [pa.RecordBatch.from_pydict(columns)])
    assert caught.value.code == "bulk.schema"
    details = dict(caught.value.findings[0].details)
    assert str(details["column"]) == column
    assert str(details["expected"]).startswith(expected)
    assert "Nguyễn" not in str(caught.value)


def test_a_column_that_is_there_twice_is_refused(plan: bulk.IssuePlan) -> None:
    """Which of them counts would be a guess."""
    batch = batch_of(make_rows(1))
    twice = batch.append_column("row_id", batch.column("row_id"))
    with pytest.raises(hcert.ConfigurationError) as caught:
        issue(plan, [twice])
    assert caught.value.code == "bulk.schema"


def failing_source() -> Iterator[Any]:
    """Yield a batch, then fail as Arrow does while it reads."""
    yield batch_of(make_rows(1))
    pa.array([MARK]).cast(pa.int64())


def test_what_arrow_says_of_rows_is_not_passed_on(plan: bulk.IssuePlan) -> None:
    """It quotes them, and drivers log what is raised."""
    with pytest.raises(pa.ArrowInvalid, match=MARK):
        list(failing_source())
    with pytest.raises(hcert.ConfigurationError) as caught:
        issue(plan, failing_source())
    assert caught.value.code == "bulk.source"
    error: BaseException | None = caught.value
    while error is not None:
        assert MARK not in str(error)
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("source", [None, 5, "people.parquet", [None], [{"row_id": "1"}], [5]], ids=repr)
def test_anything_but_batches_is_the_callers_mistake(plan: bulk.IssuePlan, source: Any) -> None:
    """Told as such."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        issue(plan, source)
    assert caught.value.code == "bulk.batches"


@pytest.mark.parametrize("wrong", [None, {}, "plan"], ids=repr)
def test_anything_but_a_plan_is_the_callers_mistake(wrong: Any) -> None:
    """For both ways."""
    for call in (bulk.issue_batches, bulk.verify_batches):
        with pytest.raises(hcert.ConfigurationError) as caught:
            call(wrong, [])
        assert caught.value.code == "bulk.plan"


def test_batches_are_taken_one_at_a_time_and_let_go(plan: bulk.IssuePlan) -> None:
    """So memory does not grow with the number of rows, and a large batch leaves in pieces."""
    taken: list[weakref.ref[Any]] = []

    def source() -> Iterator[Any]:
        for _ in range(6):
            batch = batch_of(make_rows(3))
            taken.append(weakref.ref(batch))
            yield batch

    out = bulk.issue_batches(plan, source())
    for number in range(1, 7):
        next(out)
        gc.collect()
        assert len(taken) == number
        assert sum(one() is not None for one in taken) <= 1
    pieces = list(read_rows([batch_of(make_rows(5))], bulk.ISSUE_INPUT, (), size=2))
    assert [[row.members["row_id"] for row in rows] for rows in pieces] == [
        ["row-0", "row-1"],
        ["row-2", "row-3"],
        ["row-4"],
    ]


def test_the_published_schemas_hold_what_engines_have_in_common() -> None:
    """No unsigned numbers and no fixed sizes, which Spark refuses. All columns may be null, so frames can be cast."""

    def kinds(kind: Any) -> Iterator[Any]:
        if pa.types.is_struct(kind):
            for field in kind:
                yield from kinds(field.type)
        elif pa.types.is_list(kind):
            yield from kinds(kind.value_type)
        else:
            yield kind

    common = {pa.string(), pa.binary(), pa.int64(), pa.date32(), pa.timestamp("us", "UTC"), pa.bool_()}
    for schema in (bulk.ISSUE_INPUT, bulk.ISSUE_OUTPUT, bulk.VERIFY_INPUT, bulk.VERIFY_OUTPUT):
        assert {kind for field in schema for kind in kinds(field.type)} <= common
        assert all(field.nullable for field in schema)


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("person", citizen.Person),
        ("vaccinations", citizen.Vaccination),
        ("tests", citizen.Test),
        ("recoveries", citizen.Recovery),
        ("confidential", citizen.Confidential),
    ],
)
def test_members_are_named_as_the_attributes_of_records(column: str, kind: Any) -> None:
    """All of them, so that nothing has to be looked up twice."""
    found = bulk.ISSUE_INPUT.field(column).type
    members = found if pa.types.is_struct(found) else found.value_type
    assert {field.name for field in members} == {*kind.__struct_fields__} - {"unrecognised"}
