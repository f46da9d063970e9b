"""Decoding an ICVP: each generation as what it is, a mixture never."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import icvp
from hcert.codec.cbor import DateTimeText
from hcert.records.icvp.decode import decode
from hcert.records.partial_date import PartialDate
from support.icvp_payloads import EMITTED, YELLOW_FEVER, A, B, C, changed

if TYPE_CHECKING:
    from pathlib import Path


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
        (changed(EMITTED, "nt", "CHL"), "nt"),
        (changed(EMITTED, "id", "11111111-1"), "id"),
        (changed(EMITTED, "dt", "NI"), "dt"),
        (changed(EMITTED, "d", "2026-01-15"), "d"),
        (changed(EMITTED, "v.dv", "2026-01-15"), "v.dv"),
        (changed(EMITTED, "v.dn", "Primary"), "ndt"),
        (changed(A, "nt", "VNM"), "nt"),
        (changed(A, "ndt", "PPN"), "ndt"),
        (changed(A, "v.dv", "2024-05-07"), "v.dv"),
    ],
    ids=str,
)
def test_a_mixture_of_generations_is_refused(payload: dict[str, Any], place: str | None) -> None:
    """Names mean different things in different generations, so nothing is made of a mixture."""
    record, found = decode(payload)
    assert record is None
    errors = [one for one in found if one.severity == "error"]
    if place is None:
        assert {one.code for one in errors} == {"record.schema"}
    else:
        assert [(one.code, dict(one.details)["field"]) for one in errors] == [("record.ambiguous_generation", place)]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ([C], ["record.listed_payload"]),
        (changed(changed(B, "v", B["v"][0]), "ndt"), ["record.dose_not_in_list"]),
        (changed(B, "v", B["v"][0]), ["record.mixed_generation"]),
        (changed(changed(C, "vx.cn"), "vx.is"), ["record.no_issuer"]),
        (changed(B, "v.cn"), ["record.no_issuer"]),
        (changed(B, "v.cn", None), ["record.null_member", "record.no_issuer"]),
        (changed(C, "n", "Nguy\ufffdn"), ["record.replacement_character"]),
        (changed(C, "gn", "\ufffd"), ["record.replacement_character"]),
        (changed(A, "n", "Nguy\ufffdn"), ["record.replacement_character"]),
        (EMITTED, ["record.mixed_generation", "record.no_issuer", "record.replacement_character"]),
        (changed(changed(C, "vx.dv"), "vx.dt", "2026-05-07"), ["record.former_member"]),
        (changed(C, "id", None), ["record.null_member"]),
        (changed(C, "dob", "1990-05-17T00:00:00Z"), ["record.date_with_time"]),
        (changed(C, "vx.dv", DateTimeText("2026-05-07T10:00:00Z")), ["record.tagged_time", "record.date_with_time"]),
        (changed(C, "dob", "2026-05-08"), ["record.inconsistent_dates"]),
        (changed(C, "d", "2026-05-06"), ["record.inconsistent_dates"]),
        (changed(B, "v.vle", "2025-05-16"), ["record.inconsistent_dates"]),
        (changed(C, "dob", "1990-05"), []),
        (changed(C, "dob", "2026-05"), []),
        (changed(C, "nt", "VN"), ["record.unknown_code"]),
        (changed(B, "ntl", "vnm"), ["record.unknown_code"]),
        (changed(A, "ntl", "XXB"), ["record.unknown_code"]),
        (changed(C, "nt", "XKX"), []),
        (changed(C, "more", 1), []),
        (changed(C, "s", "M"), []),
        (changed(C, "s", "X"), []),
    ],
    ids=str,
)
def test_deviations_of_pilots_and_drafts_warn(payload: Any, expected: list[str]) -> None:
    """Each deviation has a name, and the record is there."""
    record, found = decode(payload)
    assert record is not None
    assert [one.code for one in found] == expected
    assert all(one.severity == "warning" for one in found)


def test_a_mixture_of_the_first_two_generations_keeps_every_member() -> None:
    """Of the one code that participants signed in 2026, with other values; the lost letter stays lost."""
    record, found = decode(EMITTED)
    assert record == hcert.Icvp(
        name="Mar\ufffda Pérez",
        birth_date=PartialDate(1971, 2, 3),
        sex="female",
        document_number="11111111-1",
        document_type="NI",
        doses=(
            icvp.Dose(product=YELLOW_FEVER, date=dt.date(2026, 1, 15), batch="LOT42", valid_from=dt.date(2026, 1, 25)),
        ),
        generation=icvp.Generation.B,
    )
    assert [dict(one.details)["field"] for one in found] == ["ndt", "v", "n"]


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
def test_malformed_payload_is_refused_without_values(payload: Any) -> None:
    """The path and the rule are said, the person's data are not."""
    record, found = decode(payload)
    assert record is None
    assert {one.code for one in found if one.severity == "error"} == {"record.schema"}
    for one in found:
        for value in ("Nguyễn", "1990", "C0000001", "LOT"):
            assert value not in one.message


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


@given(st.sampled_from([A, B, C, EMITTED]), st.sampled_from([*C, *B, "vx.dv", "v.dt"]), payloads)
def test_any_single_change_is_read_or_refused(base: dict[str, Any], path: str, value: Any) -> None:
    """Close to the real ones."""
    try:
        payload = changed(base, path, value)
    except (KeyError, TypeError, ValueError):  # the one chosen has no such place
        return
    record, found = decode(payload)
    assert (record is None) == any(one.severity == "error" for one in found)
