"""Encoding an ICVP: the newest generations, and nothing that decoding only tolerates."""

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
from hcert.errors import IssueError
from hcert.fragments import fragment
from hcert.records.icvp.decode import decode
from hcert.records.icvp.encode import encode
from hcert.records.partial_date import PartialDate
from hcert.records.value_sets import COUNTRY_3, value_set
from support.case_ids import case_id
from support.citizen_records import value_sets
from support.icvp_payloads import EMITTED, RECORD, A, B, C, changed
from support.reasons import Reasons, codes_of_refusal, refusal
from support.signers import (
    EXPIRY,
    NOW,
    document_signer,
    p256,
)

if TYPE_CHECKING:
    from collections.abc import Callable


SIGNER = document_signer(p256())


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
def test_encode_and_decode_round_trip(record: hcert.Icvp) -> None:
    """Round trip of both generations that are issued."""
    payload = encode(record)
    assert decode(payload) == (record, [])
    assert icvp.from_payload(payload) == record


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"generation": icvp.Generation.A}, "record.superseded_generation"),
        ({"generation": icvp.Generation.B}, "record.unknown_member"),
        ({"doses": ()}, "record.schema"),
        ({"doses": RECORD.doses * 2}, "record.schema"),
        ({"sex": None}, "record.schema"),
        ({"nationality": "VN"}, "record.unknown_code"),
        ({"sex": "F"}, "record.schema"),
        ({"birth_date": PartialDate(1990, 5)}, "record.schema"),
        ({"birth_date": PartialDate()}, "record.schema"),
        ({"name": "Nguyễn Thi\u0323 Ánh"}, "record.not_nfc"),
        ({"name": "A\u202eB"}, "record.forbidden_character"),
        ({"issued_on": dt.date(2026, 5, 1)}, "record.inconsistent_dates"),
        ({"doses": (msgspec.structs.replace(RECORD.doses[0], disease="1D47"),)}, "record.unknown_member"),
        ({"doses": (msgspec.structs.replace(RECORD.doses[0], issuer=None, clinician=None),)}, "record.no_issuer"),
        ({"name": "Nguy\ufffdn"}, "record.replacement_character"),
        ({"document_number": "C\ufffd"}, "record.replacement_character"),
        ({"doses": (msgspec.structs.replace(RECORD.doses[0], batch="LOT\ufffd"),)}, "record.replacement_character"),
    ],
    ids=str,
)
def test_encode_refuses(change: dict[str, Any], code: str) -> None:
    """Strict where reading is lenient."""
    with pytest.raises(IssueError) as caught:
        encode(msgspec.structs.replace(RECORD, **change))
    assert caught.value.code == code


@pytest.mark.parametrize(
    "payload",
    [
        changed(C, "vx.dv", "2026-05-07T00:00:00Z"),
        changed(changed(C, "vx.cn"), "vx.is"),
        changed(B, "v", B["v"][0]),
        EMITTED,
        A,
        None,
        {},
    ],
    ids=str,
)
def test_from_payload_refuses_what_encode_refuses(payload: Any) -> None:
    """Nothing is mended on the way in, and nothing of a generation that is no longer written."""
    with pytest.raises(IssueError):
        icvp.from_payload(payload)


def test_added_nationality_is_issued() -> None:
    """ICAO's code for refugees, for example."""
    known = value_sets(country_3_codes={"XXB": {"name": "Refugee"}})
    record = msgspec.structs.replace(RECORD, nationality="XXB")
    payload = encode(record, value_sets=known)
    assert decode(payload, value_sets=known) == (record, [])
    assert icvp.from_payload(payload, value_sets=known) == record
    code = hcert.Issuer(SIGNER.signer, country="VN", value_sets=known).issue(record, issued_at=NOW, expires_at=EXPIRY)
    assert [found.code for found in SIGNER.verifier.check(code.text, at=NOW).findings] == ["record.unknown_code"]


ICVP_OF_TEXT: Any = hcert.Icvp(name="A", doses=(), generation="2026")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param(
            lambda: encode(ICVP_OF_TEXT),
            [
                (
                    "record.schema",
                    None,
                    {
                        "path": "generation",
                        "problem": fragment("schema.expected_got", expected="Generation", got="str"),
                    },
                )
            ],
            id="ICVP of other types",
        ),
    ],
)
def test_an_error_names_place_and_reason(call: Callable[[], object], expected: Reasons) -> None:
    """Every reason, none twice, and never the text itself."""
    assert refusal(call) == expected


def test_unknown_members_are_refused() -> None:
    """Nothing is lost in silence, in the certificate or in the dose."""
    sound = encode(RECORD)
    assert icvp.from_payload(sound) == RECORD
    odd = {**sound, "gnn": "x", "vx": {**sound["vx"], "foo": "x", "Ánh 1990": 1}}
    with pytest.raises(hcert.IssueError) as caught:
        icvp.from_payload(odd)
    told = {dict(found.details)["field"] for found in caught.value.findings}
    assert told == {"gnn", "vx.foo", fragment("place.member_of", holder="vx")}


@pytest.mark.parametrize("generation", ["2024", "2026", "2023", None, []], ids=case_id)
def test_generation_must_be_an_enumeration_member(generation: Any) -> None:
    """A text that spells one could slip past what its generation forbids."""
    assert codes_of_refusal(lambda: encode(msgspec.structs.replace(RECORD, generation=generation))) == ["record.schema"]


@pytest.mark.parametrize("changes", [{"name": "   "}, {"nationality": " VNM"}, {"document_number": ""}], ids=case_id)
def test_blank_texts_are_refused(changes: dict[str, str]) -> None:
    """Without blanks around them."""
    codes = codes_of_refusal(lambda: encode(msgspec.structs.replace(RECORD, **changes)))
    assert set(codes) & {"record.padded_text", "record.schema"}
