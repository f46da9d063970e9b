"""What is wrong with a sealed part, with its content, or with a reader."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import x25519

import hcert
from hcert import citizen
from hcert.codec import cbor
from hcert.fragments import Fragment, fragment
from hcert.keys import hpke
from hcert.keys.usage import OPEN_ONLY
from hcert.records.citizen import decode, encode, sealed
from hcert.records.record_struct import Origin
from support.case_ids import case_id
from support.citizen_records import CERTIFICATE_ID, citizen_record, recovered
from support.reasons import Reasons, refusal
from support.signers import (
    pem_of,
    spki_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable


ORIGIN = Origin("VN", b"k")


def reader(private_key: Any, **options: Any) -> hcert.ReaderKey:
    """Make a group of readers."""
    key = hcert.TrustedKey.from_public_key(spki_of(private_key), usages=OPEN_ONLY, **options)
    return hcert.ReaderKey.from_pem(pem_of(private_key), key=key)


POLICE = reader(x25519.X25519PrivateKey.generate(), kid=b"police")


STRANGER = reader(x25519.X25519PrivateKey.generate(), kid=b"stranger")


PHONE = citizen.Confidential(phone="0900000001")


def seal(*readers: hcert.TrustedKey, content: citizen.Confidential = PHONE) -> sealed.Sealed:
    """Seal for readers."""
    return sealed.seal_for(dict.fromkeys(readers, content), certificate_id=CERTIFICATE_ID, origin=ORIGIN)


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


def changed(path: tuple[Any, ...], value: Any, *, version: tuple[int, int] = (1, 0)) -> dict[Any, Any]:
    """Return the payload of the record with one member replaced, or added."""
    payload: dict[Any, Any] = cbor2.loads(cbor2.dumps(encode.to_wire(RECORD)))
    payload[0] = list(version)
    holder: Any = payload
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return payload


def said(payload: Any) -> list[tuple[str, str | None, dict[str, Any]]]:
    """Read a payload; return code, place and details of each finding."""
    _, found = decode.decode(payload, Origin("VN", b"k"))
    return [(one.code, one.record, dict(one.details)) for one in found]


def part(**changes: Any) -> list[Any]:
    """Return a sealed part, changed."""
    members: dict[str, Any] = {"protected": cbor2.dumps({1: 41, 4: b"kid"}), "key": bytes(32), "text": bytes(80)}
    members |= changes
    return [members["protected"], members.get("unprotected", {-4: members["key"]}), members["text"]]


PARTS = fragment("sealed.parts", most=16)


WAY = fragment("sealed.form")


LENGTH = fragment("sealed.length")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ([], PARTS),
        ({}, PARTS),
        ([part(), part()], fragment("sealed.same_reader")),
        ([5], fragment("sealed.encrypt0")),
        ([[b"", {}]], fragment("sealed.encrypt0")),
        ([part(text="x")], fragment("sealed.encrypt0")),
        ([part(protected=b"\xff")], fragment("sealed.header", reason=fragment("cbor.malformed"))),
        ([part(protected=b"\x80")], fragment("sealed.header_members")),
        (
            [part(protected=cbor2.dumps({1: 41}))],
            fragment("sealed.header_members"),
        ),
        ([part(protected=cbor2.dumps({1: "41", 4: b"kid"}))], fragment("sealed.header_type")),
        ([part(protected=cbor2.dumps({1: 41, 4: "kid"}))], fragment("sealed.header_type")),
        ([part(unprotected={})], fragment("sealed.header_type")),
        ([part(protected=cbor2.dumps({4: b"kid", 1: 41}))], WAY),
        ([part(unprotected={-4: bytes(32), 5: 0})], WAY),
        ([part(key=bytes(31))], LENGTH),
        ([part(text=bytes(16))], LENGTH),
        ([part(text=bytes(17))], LENGTH),
        ([part(text=bytes(143))], LENGTH),
    ],
    ids=case_id,
)
def test_malformed_sealed_part_has_a_reason(value: Any, problem: Fragment) -> None:
    """In the words of the record's schema."""
    assert said(changed((SEALED,), value)) == [("record.schema", None, {"path": "sealed", "problem": problem})]
    assert said(changed((SEALED,), [part()])) == []


def test_part_of_an_unknown_suite_is_decoded() -> None:
    """Its lengths are its own affair."""
    later = part(protected=cbor2.dumps({1: 99, 4: b"kid"}), key=b"", text=b"")
    assert said(changed((SEALED,), [later])) == []
