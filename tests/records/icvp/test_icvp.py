"""The ICVP in its three generations: read as what it is, issued in the newest, never mixed."""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import icvp
from hcert.codec.cbor import DateTimeText
from hcert.errors import IssueError
from hcert.records.icvp.decode import decode
from hcert.records.icvp.encode import encode
from hcert.records.partial_date import PartialDate
from hcert.records.value_sets import COUNTRY_3, value_set
from support.raw_messages import Handmade, claims_of, signed_anyway
from support.signers import EXPIRY, NOW, DocumentSigner, document_signer, p256

if TYPE_CHECKING:
    from pathlib import Path

YELLOW_FEVER = "YellowFeverProductd8a09f80301dc05e124f99ffe7711fc0"
C: dict[str, Any] = {
    "n": "Nguyễn Thị Ánh",
    "dob": "1990-05-17",
    "s": "female",
    "nt": "VNM",
    "id": "C0000001",
    "dt": "PPN",
    "vx": {"vp": YELLOW_FEVER, "dv": "2026-05-07", "cn": "Bs. Trần", "is": "VNM", "bo": "LOT-1"},
    "v": "1.0.0",
    "d": "2026-05-08",
}
B: dict[str, Any] = {
    "n": "Nguyễn Thị Ánh",
    "dob": "1990-05-17",
    "s": "female",
    "ntl": "VNM",
    "nid": "C0000001",
    "ndt": "PPN",
    "gn": "Nguyễn Văn Bình",
    "v": [
        {"vp": YELLOW_FEVER, "dt": "2025-05-07", "bo": "LOT-1", "cn": "Bs. Trần", "vls": "2025-05-17"},
        {"vp": "PolioVaccine", "dt": "2025-06-07", "bo": "LOT-2", "is": "VNM", "vle": "2035-06-07"},
    ],
}
A: dict[str, Any] = {
    "n": "Nguyễn Thị Ánh",
    "dob": "1990-05-17",
    "s": "F",
    "ntl": "VNM",
    "nid": "C0000001",
    "v": {"dn": "Primary", "tg": "1D47", "vp": "XM0N24", "mp": "1", "ma": "HIPRA", "dt": "2024-05-07", "bo": "LOT-1"},
}


def codes(payload: Any) -> list[str]:
    """Return the codes of what is said of a payload."""
    return [found.code for found in decode(payload)[1]]


def changed(payload: dict[str, Any], path: str, value: Any = ...) -> dict[str, Any]:
    """Return a payload with one member put, or left out."""
    first, _, rest = path.partition(".")
    copy = dict(payload)
    if rest:
        inner = copy[first]
        copy[first] = (
            [changed(inner[0], rest, value), *inner[1:]] if isinstance(inner, list) else changed(inner, rest, value)
        )
    elif value is ...:
        del copy[first]
    else:
        copy[first] = value
    return copy


def test_reads_the_newest_generation() -> None:
    """Every member under its own name."""
    record, found = decode(C)
    assert found == []
    assert record == hcert.Icvp(
        name="Nguyễn Thị Ánh",
        birth_date=PartialDate(1990, 5, 17),
        sex="female",
        nationality="VNM",
        document_number="C0000001",
        document_type="PPN",
        doses=(
            icvp.Dose(
                product=YELLOW_FEVER,
                date=dt.date(2026, 5, 7),
                clinician="Bs. Trần",
                issuer="VNM",
                batch="LOT-1",
            ),
        ),
        template_version="1.0.0",
        issued_on=dt.date(2026, 5, 8),
        generation=icvp.Generation.C,
    )


def test_reads_several_doses_of_generation_b() -> None:
    """The only generation with a list."""
    record, found = decode(B)
    assert found == []
    assert record is not None
    assert record.generation is icvp.Generation.B
    assert [dose.batch for dose in record.doses] == ["LOT-1", "LOT-2"]
    assert record.doses[0].valid_from == dt.date(2025, 5, 17)
    assert record.doses[1].valid_until == dt.date(2035, 6, 7)
    assert record.guardian == "Nguyễn Văn Bình"


def test_reads_the_published_pilot(shared: Path) -> None:
    """The one real code there is, of generation A, with a country of two letters and odd dates."""
    text = (shared / "testdata" / "icvp" / "pilot-1.txt").read_text("utf-8").strip()
    payload = hcert.read_unverified(text).subclaims[-6]
    record, found = decode(payload)
    assert record == hcert.Icvp(
        name="Aulo Agerio",
        birth_date=PartialDate(1905, 8, 23),
        sex="male",
        nationality="CL",
        document_number="16337361-9",
        guardian="Parent/Juan Medina",
        doses=(
            icvp.Dose(
                label="Primary",
                disease="1D47",
                product="XM0N24",
                brand="1",
                manufacturer="HIPRA",
                manufacturer_id="25",
                date=dt.date(1904, 8, 23),
                batch="123123123",
                valid_from=dt.date(2015, 2, 7),
                valid_until=dt.date(2015, 2, 7),
                clinician="Vacunador",
                issuer="reference to organzation",
            ),
        ),
        generation=icvp.Generation.A,
    )
    assert [(one.code, one.severity) for one in found] == [
        ("record.unknown_code", "warning"),
        ("record.inconsistent_dates", "warning"),
    ]


def test_reads_the_other_published_samples() -> None:
    """A second pilot and the example of the guide, whose resource type is no member."""
    pilot = {
        "n": "A B", "dob": "1999-05-05", "s": "female", "nid": "27253137",
        "v": {"dn": "secondDose", "tg": "RA01", "vp": "871772009", "ma": "Banco", "dt": "2023-07-04", "bo": "d23456",
              "mp": "1", "mid": "2.16.858.0.0.1.6", "vls": "2023-07-04"},
    }  # fmt: skip
    guide = {
        "resourceType": "http://smart.who.int/icvp/StructureDefinition/DVCPayload", "n": "Test Patient",
        "dob": "2023-02-04", "s": "female", "ntl": "IND",
        "v": {"dn": "FirstDose", "tg": "1F03", "vp": "XM28X5", "dt": "2024-01-23", "cn": "Dr. A", "ma": "PFIZER",
              "bo": "12345", "vls": "2024-01-31", "vle": "2028-01-31"},
    }  # fmt: skip
    for payload in (pilot, guide):
        record, found = decode(payload)
        assert found == []
        assert record is not None
        assert record.generation is icvp.Generation.A


@pytest.mark.parametrize(
    ("payload", "place"),
    [
        (changed(C, "v", {"dn": "Primary"}), None),
        (changed(C, "v", []), None),
        (changed(C, "v"), None),
        (changed(C, "ntl", "VNM"), "ntl"),
        (changed(C, "nid", "C1"), "nid"),
        (changed(C, "ndt", "PPN"), "ndt"),
        (changed(C, "vx.tg", "1D47"), "vx.tg"),
        (changed(C, "vx.ma", "HIPRA"), "vx.ma"),
        (changed(C, "vx.vls", "2026-05-17"), "vx.vls"),
        (changed(C, "vx.dt", "2026-05-07"), "vx.dt"),
        (changed(B, "nt", "VNM"), "nt"),
        (changed(B, "id", "C1"), "id"),
        (changed(B, "dt", "PPN"), "dt"),
        (changed(B, "d", "2026-05-08"), "d"),
        (changed(B, "v.tg", "1D47"), "v[0].tg"),
        (changed(B, "v.dn", "Primary"), "v[0].dn"),
        (changed(B, "v.dv", "2025-05-07"), "v[0].dv"),
        (changed(A, "nt", "VNM"), "nt"),
        (changed(A, "ndt", "PPN"), "ndt"),
        (changed(A, "v.dv", "2024-05-07"), "v.dv"),
    ],
    ids=str,
)
def test_a_mixture_of_generations_is_reported_and_not_guessed(payload: dict[str, Any], place: str | None) -> None:
    """Names mean different things in different generations, so nothing is made of a mixture."""
    record, found = decode(payload)
    assert record is None
    errors = [one for one in found if one.severity == "error"]
    if place is None:
        assert {one.code for one in errors} == {"record.schema"}
    else:
        assert [(one.code, dict(one.details)["field"]) for one in errors] == [("record.mixed_generations", place)]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ([C], ["record.listed_payload"]),
        (changed(B, "v", B["v"][0]), ["record.dose_not_in_list"]),
        (changed(changed(C, "vx.dv"), "vx.dt", "2026-05-07"), ["record.former_member"]),
        (changed(C, "id", None), ["record.null_member"]),
        (changed(C, "dob", "1990-05-17T00:00:00Z"), ["record.date_with_time"]),
        (changed(C, "vx.dv", DateTimeText("2026-05-07T10:00:00Z")), ["record.tagged_time", "record.date_with_time"]),
        (changed(C, "dob", "2026-05-08"), ["record.inconsistent_dates"]),
        (changed(C, "d", "2026-05-06"), ["record.inconsistent_dates"]),
        (changed(B, "v.vle", "2025-05-16"), ["record.inconsistent_dates"]),
        (changed(C, "dob", "1990-05"), []),
        (changed(C, "dob", "2026-05"), []),
        (changed(C, "more", 1), []),
        (changed(C, "s", "M"), []),
        (changed(C, "s", "X"), []),
    ],
    ids=str,
)
def test_what_pilots_and_drafts_do_is_read_with_a_warning(payload: Any, expected: list[str]) -> None:
    """Each deviation has a name, and the record is there."""
    record, found = decode(payload)
    assert record is not None
    assert [one.code for one in found] == expected
    assert all(one.severity == "warning" for one in found)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        [C, C],
        [[C]],
        {},
        {"n": "x"},
        changed(C, "n"),
        changed(C, "dob"),
        changed(C, "s"),
        changed(C, "nt"),
        changed(C, "vx"),
        changed(C, "vx", [C["vx"]]),
        changed(C, "vx.vp"),
        changed(C, "vx.dv"),
        changed(C, "vx.bo"),
        changed(changed(C, "vx.cn"), "vx.is"),
        changed(changed(B, "v.cn"), "v.dt", "2025-05-07"),
        changed(B, "v", []),
        changed(B, "v", [5]),
        changed(B, "v", [B["v"][0]] * 17),
        changed(A, "v.dt"),
        changed(C, "n", ""),
        changed(C, "n", "x" * 201),
        changed(C, "n", 5),
        changed(C, "n", DateTimeText("2026-01-01T00:00:00Z")),
        changed(C, "dob", "17.05.1990"),
        changed(C, "dob", "1890-05-17"),
        changed(C, "vx.dv", "2026-5-7"),
        changed(C, "vx.dv", "2026-02-30"),
        changed(C, "vx.dv", "2026-05"),
        changed(C, "vx.dv", 20),
    ],
    ids=str,
)
def test_what_breaks_its_generation_is_refused_without_showing_values(payload: Any) -> None:
    """The path and the rule are said, the person's data are not."""
    record, found = decode(payload)
    assert record is None
    assert {one.code for one in found if one.severity == "error"} == {"record.schema"}
    for one in found:
        for value in ("Nguyễn", "1990", "C0000001", "LOT"):
            assert value not in one.message


names = st.text(st.characters(codec="utf-8", categories=["Lu", "Ll", "Nd"]), min_size=1, max_size=30).filter(
    lambda text: unicodedata.is_normalized("NFC", text)
)
countries = st.sampled_from(sorted(value_set(COUNTRY_3).codes))
days = st.dates(dt.date(2024, 1, 1), dt.date(2026, 12, 31))


@st.composite
def certificates(draw: st.DrawFn) -> hcert.Icvp:
    """Any certificate of generation B or C."""
    newest = draw(st.booleans())

    def dose() -> icvp.Dose:
        start = draw(st.none() | days) if not newest else None
        return icvp.Dose(
            product=draw(names),
            date=draw(days),
            batch=draw(names),
            clinician=draw(names),
            issuer=draw(st.none() | names),
            valid_from=start,
            valid_until=start and draw(st.none() | st.just(start + dt.timedelta(days=3650))),
        )

    doses = tuple(dict.fromkeys(dose() for _ in range(1 if newest else draw(st.integers(1, 3)))))
    return hcert.Icvp(
        name=draw(names),
        birth_date=PartialDate(draw(st.integers(1900, 2023)), draw(st.integers(1, 12)), draw(st.integers(1, 28))),
        sex=draw(st.sampled_from(["male", "female", "other", "unknown"]) if newest else st.none() | st.just("female")),
        nationality=draw(countries if newest else st.none() | countries),
        document_number=draw(st.none() | names),
        document_type=draw(st.none() | names),
        guardian=draw(st.none() | names),
        template_version=draw(names) if newest else None,
        issued_on=draw(st.none() | st.just(dt.date(2027, 1, 1))) if newest else None,
        doses=doses,
        generation=icvp.Generation.C if newest else icvp.Generation.B,
    )


@given(certificates())
def test_what_is_written_is_read(record: hcert.Icvp) -> None:
    """Round trip of both generations that are issued."""
    payload = encode(record)
    assert decode(payload) == (record, [])
    assert icvp.from_payload(payload) == record


RECORD = icvp.from_payload(C)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"generation": icvp.Generation.A}, "record.superseded_generation"),
        ({"generation": icvp.Generation.B}, "record.unknown_member"),
        ({"doses": ()}, "record.schema"),
        ({"doses": RECORD.doses * 2}, "record.schema"),
        ({"sex": None}, "record.schema"),
        ({"sex": "F"}, "record.schema"),
        ({"birth_date": PartialDate(1990, 5)}, "record.schema"),
        ({"birth_date": PartialDate()}, "record.schema"),
        ({"name": "Nguyễn Thi\u0323 Ánh"}, "record.not_nfc"),
        ({"name": "A\u202eB"}, "record.forbidden_character"),
        ({"issued_on": dt.date(2026, 5, 1)}, "record.inconsistent_dates"),
        ({"doses": (msgspec.structs.replace(RECORD.doses[0], disease="1D47"),)}, "record.unknown_member"),
        ({"doses": (msgspec.structs.replace(RECORD.doses[0], issuer=None, clinician=None),)}, "record.schema"),
    ],
    ids=str,
)
def test_issuing_refuses_what_would_be_read_with_a_warning_or_lose_something(change: dict[str, Any], code: str) -> None:
    """Strict where reading is lenient."""
    with pytest.raises(IssueError) as caught:
        encode(msgspec.structs.replace(RECORD, **change))
    assert caught.value.code == code


@pytest.mark.parametrize("payload", [changed(C, "vx.dv", "2026-05-07T00:00:00Z"), A, None, {}], ids=str)
def test_issuing_from_json_is_as_strict(payload: Any) -> None:
    """Nothing is mended on the way in, and nothing of a generation that is no longer written."""
    with pytest.raises(IssueError):
        icvp.from_payload(payload)


def test_a_code_is_issued_and_verified(either: DocumentSigner) -> None:
    """The whole way, under both algorithms."""
    code = hcert.Issuer(either.signer, country="VN").issue(RECORD, issued_at=NOW, expires_at=EXPIRY)
    verdict = either.verifier.check(code.text, at=NOW)
    assert verdict.findings == ()
    assert verdict.certificate is not None
    assert verdict.certificate.record == RECORD
    assert verdict.certificate.payload == C


@pytest.mark.parametrize(
    ("number", "allowed"), [(1, False), (2, True), (3, False)], ids=["test", "vaccination", "recovery"]
)
def test_a_restricted_key_signs_an_icvp_only_if_it_may_certify_vaccinations(number: int, *, allowed: bool) -> None:
    """Whoever may sign tests alone signs no yellow fever certificates, neither as issuer nor before a verifier."""
    signer = document_signer(p256(), usages=[f"1.3.6.1.4.1.1847.2021.1.{number}"])
    found = [reason.code for reason in signer.verifier.check(signed_anyway(signer, RECORD), at=NOW).findings]
    assert found == ([] if allowed else ["usage.not_allowed"])
    issuer = hcert.Issuer(signer.signer, country="VN")
    if allowed:
        issuer.issue(RECORD, issued_at=NOW, expires_at=EXPIRY)
        return
    with pytest.raises(hcert.IssueError) as caught:
        issuer.issue(RECORD, issued_at=NOW, expires_at=EXPIRY)
    assert caught.value.code == "usage.not_allowed"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (changed(changed(C, "vx.dv", "2026-06-09"), "d"), ["entry.in_future", "record.nothing_counts"]),
        (changed(B, "v.dt", "2026-06-09"), ["entry.in_future"]),
        ({"n": "x"}, ["record.schema"]),
    ],
    ids=["only dose", "one of two", "broken"],
)
def test_doses_of_tomorrow_do_not_count(es256: DocumentSigner, payload: Any, expected: list[str]) -> None:
    """As with any record; where none is left, the certificate is refused."""
    text = Handmade(es256, claims=claims_of() | {-260: {-6: payload}}).text
    assert [one.code for one in es256.verifier.check(text, at=NOW).findings] == expected


TABLE = icvp.ProductTable(
    {YELLOW_FEVER: icvp.Product("1D47", "YellowFever"), "PolioVaccine": icvp.Product("1C81")},
    template_versions=frozenset({"1.0.0"}),
)
GIVEN = dt.datetime(2026, 5, 7, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("payload", "days", "expected"),
    [
        (C, 10, []),
        (C, 9, ["policy.not_yet_protected"]),
        (C, 3650, []),
        (changed(C, "vx.vp", "PolioVaccine"), 0, []),
        (changed(C, "vx.vp", "unheard of"), 10, ["policy.product_not_listed"]),
        (changed(C, "v", "9.9"), 10, ["policy.unknown_template"]),
    ],
)
def test_the_decision_tables_of_who_hold(payload: dict[str, Any], days: int, expected: list[str]) -> None:
    """Yellow fever from the tenth day on and for life, polio at once, products of the list only."""
    record, _ = decode(payload)
    assert record is not None
    found = icvp.judge(record, TABLE, at=GIVEN + dt.timedelta(days=days))
    assert [one.code for one in found] == expected
    open_table = icvp.ProductTable(TABLE.products)
    assert "policy.unknown_template" not in [one.code for one in icvp.judge(record, open_table, at=GIVEN)]


@pytest.mark.usefixtures("device_zone")
def test_the_zone_of_a_device_is_no_matter_to_the_tenth_day() -> None:
    """Days are those of UTC."""
    record, _ = decode(C)
    assert record is not None
    tenth = GIVEN + dt.timedelta(days=10)
    assert not icvp.judge(record, TABLE, at=tenth)
    assert icvp.judge(record, TABLE, at=tenth - dt.timedelta(hours=1))


def test_its_repr_shows_nobody() -> None:
    """Records end up in logs."""
    assert repr(RECORD) == "<Icvp>"
    assert repr(RECORD.doses[0]) == "<Dose>"


payloads = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*C, *B, *A, *C["vx"], "x", 5]), inner, max_size=6)
    ),
    max_leaves=20,
)


@given(payloads)
def test_any_payload_is_read_or_refused(payload: Any) -> None:
    """No exception, and never a record beside an error."""
    record, found = decode(payload)
    assert (record is None) == any(one.severity == "error" for one in found)


@given(st.sampled_from([A, B, C]), st.sampled_from([*C, *B, "vx.dv", "v.dt"]), payloads)
def test_any_single_change_is_read_or_refused(base: dict[str, Any], path: str, value: Any) -> None:
    """Close to the real ones."""
    try:
        payload = changed(base, path, value)
    except (KeyError, TypeError, ValueError):  # the one chosen has no such place
        return
    record, found = decode(payload)
    assert (record is None) == any(one.severity == "error" for one in found)
