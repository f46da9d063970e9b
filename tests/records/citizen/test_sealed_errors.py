"""What is wrong with a sealed part, with its content, or with a reader."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cbor2
import pytest

from hcert import citizen
from hcert.codec import cbor
from hcert.fragments import Fragment, fragment
from hcert.keys import hpke
from hcert.records.citizen import sealed
from support.case_ids import case_id
from support.citizen_records import CERTIFICATE_ID, citizen_record, recovered
from support.reasons import Reasons, refusal
from support.sealing import (
    ORIGIN,
    POLICE,
    STRANGER,
    change_payload,
    reasons_of_payload,
    seal,
    sealed_part,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def opened(plaintext: bytes) -> citizen.Confidential:
    """Open what an issuer sealed without looking at it."""
    part = sealed.SealedPart(POLICE.key.kid, 41, hpke.SealedBytes(b"", b""))
    info = cbor.encode(["Encrypt0", part.protected, cbor.encode([CERTIFICATE_ID, "VN", b"k"])])
    whole = sealed.Sealed(
        (sealed.SealedPart(part.kid, 41, hpke.Recipient(POLICE.key).seal(sealed._pad(plaintext), info=info)),)
    )
    return whole.bind_to(CERTIFICATE_ID, ORIGIN).open(POLICE)


def lots(text: Any) -> citizen.Confidential:
    """Return lot numbers to be sealed."""
    return citizen.Confidential(lot_numbers=((1, text),))


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param(
            lambda: seal(POLICE.key).open(STRANGER),
            [("sealed.no_group", None, {"kid": b"stranger".hex()})],
            id="no group",
        ),
        pytest.param(
            lambda: seal(POLICE.key).bind_to(bytes(16), ORIGIN).open(POLICE),
            [("sealed.damaged", None, {"kid": b"police".hex()})],
            id="damaged",
        ),
        pytest.param(
            lambda: seal(POLICE.key, replace(STRANGER.key, kid=b"police")),
            [("sealed.same_reader", None, {"kid": b"police".hex()})],
            id="one reader twice",
        ),
        pytest.param(
            lambda: opened(b"\xff"),
            [
                (
                    "sealed.malformed",
                    None,
                    {"path": fragment("place.sealed_part"), "problem": fragment("cbor.malformed")},
                )
            ],
            id="sealed rubbish",
        ),
        pytest.param(
            lambda: opened(b"\xa0"),
            [("sealed.malformed", None, {"path": fragment("place.sealed_part"), "problem": fragment("sealed.empty")})],
            id="sealed nothing",
        ),
        pytest.param(
            lambda: opened(b"\x80"),
            [("sealed.malformed", None, {"path": fragment("place.sealed_part"), "problem": fragment("schema.map")})],
            id="sealed list",
        ),
        pytest.param(
            lambda: opened(cbor.encode({0: 5})),
            [("sealed.malformed", None, {"path": "id_number", "problem": fragment("schema.text", most=80)})],
            id="sealed number",
        ),
        pytest.param(
            lambda: seal(POLICE.key, content=lots(5)),
            [("sealed.malformed", None, {"path": "lot_numbers", "problem": fragment("schema.text", most=80)})],
            id="lots of other types",
        ),
        pytest.param(
            lambda: seal(POLICE.key, content=citizen.Confidential(lot_numbers=5)),  # type: ignore[arg-type]
            [
                (
                    "sealed.malformed",
                    None,
                    {"path": fragment("place.sealed_members"), "problem": fragment("schema.types")},
                )
            ],
            id="members of other types",
        ),
        pytest.param(
            lambda: seal(POLICE.key, content=citizen.Confidential(lot_numbers=((2, "b"), (1, "a")))),
            [("sealed.malformed", None, {"path": "lot_numbers", "problem": fragment("schema.entry_numbers_order")})],
            id="lots that do not rise",
        ),
        pytest.param(
            lambda: opened(cbor.encode({4: []})),
            [("sealed.malformed", None, {"path": "lot_numbers", "problem": fragment("schema.lots", most=100)})],
            id="lots that are none",
        ),
        pytest.param(
            lambda: seal(POLICE.key, content=lots("A\u202e")),
            [("record.forbidden_character", None, {"field": "lot_numbers"})],
            id="lot text",
        ),
        pytest.param(
            lambda: seal(POLICE.key, content=citizen.Confidential(phone="A\u202e")),
            [("record.forbidden_character", None, {"field": "phone"})],
            id="sealed text",
        ),
        pytest.param(
            lambda: seal(POLICE.key, content=citizen.Confidential(notes="Di \ufffdng\npenicillin")),
            [("record.replacement_character", None, {"field": "notes"})],
            id="sealed text that lost a letter",
        ),
    ],
)
def test_an_error_names_place_and_reason(call: Callable[[], object], expected: Reasons) -> None:
    """Every reason, none twice, and never the text itself."""
    assert refusal(call) == expected


def test_notes_may_have_several_lines() -> None:
    """And they come back as they were."""
    notes = citizen.Confidential(notes="A\nB\n\nC" + "x" * 1990)
    assert seal(POLICE.key, content=notes).open(POLICE) == notes


RECORD = citizen_record(2, 1, recoveries=(recovered(9),))


PERSON, VACCINATIONS, TESTS, RECOVERIES, SEALED, LAST_NUMBER = 3, 4, 5, 6, 7, 8


PARTS = fragment("sealed.parts", most=16)


WAY = fragment("sealed.form")


LENGTH = fragment("sealed.length")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ([], PARTS),
        ({}, PARTS),
        ([sealed_part(), sealed_part()], fragment("sealed.same_reader")),
        ([5], fragment("sealed.encrypt0")),
        ([[b"", {}]], fragment("sealed.encrypt0")),
        ([sealed_part(text="x")], fragment("sealed.encrypt0")),
        ([sealed_part(protected=b"\xff")], fragment("sealed.header", reason=fragment("cbor.malformed"))),
        ([sealed_part(protected=b"\x80")], fragment("sealed.header_members")),
        (
            [sealed_part(protected=cbor2.dumps({1: 41}))],
            fragment("sealed.header_members"),
        ),
        ([sealed_part(protected=cbor2.dumps({1: "41", 4: b"kid"}))], fragment("sealed.header_type")),
        ([sealed_part(protected=cbor2.dumps({1: 41, 4: "kid"}))], fragment("sealed.header_type")),
        ([sealed_part(unprotected={})], fragment("sealed.header_type")),
        ([sealed_part(protected=cbor2.dumps({4: b"kid", 1: 41}))], WAY),
        ([sealed_part(unprotected={-4: bytes(32), 5: 0})], WAY),
        ([sealed_part(key=bytes(31))], LENGTH),
        ([sealed_part(text=bytes(16))], LENGTH),
        ([sealed_part(text=bytes(17))], LENGTH),
        ([sealed_part(text=bytes(143))], LENGTH),
    ],
    ids=case_id,
)
def test_malformed_sealed_part_has_a_reason(value: Any, problem: Fragment) -> None:
    """In the words of the record's schema."""
    assert reasons_of_payload(change_payload(RECORD, (SEALED,), value)) == [
        ("record.schema", None, {"path": "sealed", "problem": problem})
    ]
    assert reasons_of_payload(change_payload(RECORD, (SEALED,), [sealed_part()])) == []


def test_part_of_an_unknown_suite_is_decoded() -> None:
    """Its lengths are its own affair."""
    later = sealed_part(protected=cbor2.dumps({1: 99, 4: b"kid"}), key=b"", text=b"")
    assert reasons_of_payload(change_payload(RECORD, (SEALED,), [later])) == []
