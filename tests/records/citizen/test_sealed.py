"""The sealed part: for its readers, in its certificate, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cbor2
import pycddl
import pytest
from cryptography.hazmat.primitives.asymmetric import x25519
from hypothesis import given
from hypothesis import strategies as st

import hcert
from conftest import ROOT
from hcert import citizen
from hcert.codec import cbor
from hcert.keys import hpke
from hcert.keys.usage import OPEN_ONLY
from hcert.records.citizen import sealed as sealing
from hcert.records.record_struct import Origin
from support.citizen_records import citizen_record, counts, lines
from support.raw_messages import Handmade, claims_of
from support.reasons import codes_of_refusal
from support.sealing import SIGNER, issue_sealed, make_reader
from support.signers import (
    EXPIRY,
    NOW,
    document_signer,
    p256,
    pem_of,
    spki_of,
    vaccination_record,
)

SECRET = citizen.Confidential(id_number="001190000001", phone="0900000001", lot_numbers=((1, "FF0123"),))


CONTENT = pycddl.Schema((ROOT / "docs" / "spec" / "sealed-content.cddl").read_text(encoding="utf-8"))


POLICE, CLINIC = make_reader(), make_reader()


def verified(text: str) -> hcert.CitizenRecord:
    """Verify a code and return its record."""
    record = SIGNER.verifier.verify(text, at=NOW).record
    assert isinstance(record, hcert.CitizenRecord)
    return record


def sealed_of(record: hcert.CitizenRecord) -> sealing.Sealed:
    """Return the sealed part that a record has."""
    assert record.sealed is not None
    return record.sealed


confidentials = st.builds(
    citizen.Confidential,
    id_number=lines,
    former_id_number=st.none() | lines,
    insurance_number=st.none() | lines,
    phone=st.none() | lines,
    lot_numbers=st.dictionaries(counts, lines, max_size=4).map(lambda lots: tuple(sorted(lots.items()))),
    notes=st.none() | st.lists(lines, min_size=1, max_size=20).map("\n".join),
)


@given(confidentials)
def test_a_reader_opens_what_was_sealed_for_it(confidential: citizen.Confidential) -> None:
    """Whatever is sealed comes out equal, in a form that its specification agrees with."""
    CONTENT.validate_cbor(cbor.encode(sealing.CONFIDENTIAL.to_wire(confidential)))
    part = sealing.seal_for({POLICE.key: confidential}, certificate_id=b"c", origin=Origin("VN", b"k"))
    assert part.open(POLICE) == confidential


def test_each_group_reads_its_own_part() -> None:
    """Two groups are sealed for with different content; a third is told that there is nothing for it."""
    notes = citizen.Confidential(notes="Dị ứng nhẹ sau mũi 1")
    record = verified(issue_sealed(citizen_record(), {POLICE.key: SECRET, CLINIC.key: notes}))
    assert sealed_of(record).open(POLICE) == SECRET
    assert sealed_of(record).open(CLINIC) == notes
    with pytest.raises(hcert.MalformedError) as caught:
        sealed_of(record).open(make_reader())
    assert caught.value.code == "sealed.no_group"


def test_only_a_verified_certificate_is_opened() -> None:
    """A payload that nobody verified does not open, even with the right key."""
    unverified = hcert.read_unverified(issue_sealed(citizen_record(), {POLICE.key: SECRET})).subclaims[-1405]
    with pytest.raises(hcert.MalformedError) as caught:
        sealing.from_wire(unverified[7]).open(POLICE)
    assert caught.value.code == "sealed.unverified"


def test_sealed_part_moved_to_another_certificate_is_refused() -> None:
    """A sealed part belongs to certificate id, issuer and kid; a signer that pastes it elsewhere gains nothing."""
    genuine = hcert.read_unverified(issue_sealed(citizen_record(), {POLICE.key: SECRET})).subclaims[-1405]
    stranger = document_signer(p256())
    pastes = [
        (SIGNER, "VN", genuine | {1: b"another citizen!"}),
        (SIGNER, "LA", genuine),
        (stranger, "VN", genuine),
    ]
    for signer, country, payload in pastes:
        text = Handmade(signer, claims=claims_of(c1=country) | {-260: {-1405: payload}}).text
        record = signer.verifier.verify(text, at=NOW).record
        assert isinstance(record, hcert.CitizenRecord)
        with pytest.raises(hcert.MalformedError) as caught:
            sealed_of(record).open(POLICE)
        assert caught.value.code == "sealed.damaged"
    text = Handmade(SIGNER, claims=claims_of(c1="VN") | {-260: {-1405: genuine}}).text
    assert sealed_of(verified(text)).open(POLICE) == SECRET


def test_a_swapped_reader_group_is_refused() -> None:
    """The kid of the group is bound too: a part relabelled for another group opens for neither."""
    part = sealing.seal_for({POLICE.key: SECRET}, certificate_id=b"c", origin=Origin("VN", b"k")).parts[0]
    relabelled = sealing.SealedPart(CLINIC.key.kid, part.algorithm, part.content)
    swapped = sealing.Sealed((relabelled,)).bind_to(b"c", Origin("VN", b"k"))
    for key, code in ((CLINIC, "sealed.damaged"), (POLICE, "sealed.no_group")):
        with pytest.raises(hcert.MalformedError) as caught:
            swapped.open(key)
        assert caught.value.code == code


def test_wrong_key_with_the_same_kid_is_refused() -> None:
    """Whoever only pretends to be the group opens nothing; neither does a key of another suite."""
    part = sealing.seal_for({POLICE.key: SECRET}, certificate_id=b"c", origin=Origin("VN", b"k"))
    for private_key in (x25519.X25519PrivateKey.generate(), p256()):
        key = hcert.TrustedKey.from_public_key(spki_of(private_key), kid=POLICE.key.kid, usages=OPEN_ONLY)
        with pytest.raises(hcert.MalformedError) as caught:
            part.open(hcert.ReaderKey.from_pem(pem_of(private_key), key=key))
        assert caught.value.code == "sealed.damaged"


def test_empty_content_is_not_sealed() -> None:
    """The format asks for at least one member, whoever sealed it."""
    protected = cbor.encode({1: 41, 4: POLICE.key.kid})
    binding = cbor.encode([b"c", "VN", b"k"])
    content = hpke.Recipient(POLICE.key).seal(sealing._pad(b"\xa0"), info=cbor.encode(["Encrypt0", protected, binding]))
    part = sealing.Sealed((sealing.SealedPart(POLICE.key.kid, 41, content),)).bind_to(b"c", Origin("VN", b"k"))
    with pytest.raises(hcert.MalformedError) as caught:
        part.open(POLICE)
    assert caught.value.code == "sealed.malformed"


def test_every_flipped_bit_is_refused() -> None:
    """Header, encapsulated key and ciphertext: nothing changed opens, should even the signer have changed it."""
    genuine = hcert.read_unverified(issue_sealed(citizen_record(), {POLICE.key: SECRET})).subclaims[-1405]
    written = cbor2.dumps(genuine[7])
    refused = 0
    for bit in range(len(written) * 8):
        changed = bytearray(written)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            part = sealing.from_wire(cbor.decode(bytes(changed), depth=16))
            opened = part.bind_to(genuine[1], Origin("VN", SIGNER.key.kid)).open(POLICE)
        except (ValueError, hcert.MalformedError):
            refused += 1
        else:
            assert opened == SECRET
    assert refused == len(written) * 8


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (b"\xff", "the sealed part"),
        (cbor2.dumps([1]), "the sealed part"),
        (cbor2.dumps({0: 5}), "id_number"),
        (cbor2.dumps({4: {}}), "lot_numbers"),
        (cbor2.dumps({4: {"a": "b"}}), "lot_numbers"),
        (cbor2.dumps({4: {2: "b", 1: "a"}}), "lot_numbers"),
        (cbor2.dumps({5: "x" * 2001}), "notes"),
    ],
)
def test_content_that_breaks_its_schema_is_named(content: bytes, path: str) -> None:
    """An issuer that seals nonsense is told apart from a damaged part."""
    part = sealing.SealedPart(POLICE.key.kid, 41, hpke.SealedBytes(b"", b""))
    binding = cbor.encode([b"c", "VN", b"k"])
    content_sealed = hpke.Recipient(POLICE.key).seal(
        sealing._pad(content), info=cbor.encode(["Encrypt0", part.protected, binding])
    )
    whole = sealing.Sealed((sealing.SealedPart(part.kid, part.algorithm, content_sealed),))
    with pytest.raises(hcert.MalformedError) as caught:
        whole.bind_to(b"c", Origin("VN", b"k")).open(POLICE)
    assert caught.value.code == "sealed.malformed"
    assert f"at {path}:" in str(caught.value)


def test_members_of_a_newer_version_are_kept() -> None:
    """A reader of today opens what a newer issuer sealed."""
    newer = citizen.Confidential(id_number="1", unrecognised=((9, b"\x63new"),))
    part = sealing.seal_for({POLICE.key: newer}, certificate_id=b"c", origin=Origin("VN", b"k"))
    assert part.open(POLICE) == newer


@pytest.mark.parametrize(
    ("confidential", "code"),
    [
        ({POLICE.key: citizen.Confidential()}, "sealed.nothing"),
        ({}, "sealed.nothing"),
        ({SIGNER.key: SECRET}, "sealed.reader_key"),
        ({POLICE.key: citizen.Confidential(lot_numbers=((2, "b"), (1, "a")))}, "sealed.malformed"),
        ({POLICE.key: citizen.Confidential(id_number=5)}, "sealed.malformed"),  # type: ignore[arg-type]
        ({POLICE.key: citizen.Confidential(id_number=object())}, "sealed.malformed"),  # type: ignore[arg-type]
        ({POLICE.key: citizen.Confidential(lot_numbers=5)}, "sealed.malformed"),  # type: ignore[arg-type]
        ({POLICE.key: citizen.Confidential(lot_numbers=((1,),))}, "sealed.malformed"),  # type: ignore[arg-type]
        ({POLICE.key: citizen.Confidential(unrecognised=((9, b"\xff"),))}, "sealed.malformed"),
        ({POLICE.key: citizen.Confidential(lot_numbers=((1, "a\u202e"),))}, "record.forbidden_character"),
        ({POLICE.key: citizen.Confidential(lot_numbers=((99, "FF0123"),))}, "sealed.no_dose"),
        ({POLICE.key: citizen.Confidential(lot_numbers=((1190000123, "FF0123"),))}, "sealed.no_dose"),
        ({POLICE.key: citizen.Confidential(id_number="1\n")}, "record.forbidden_character"),
        ({POLICE.key: citizen.Confidential(notes="\u202e")}, "record.forbidden_character"),
    ],
)
def test_invalid_content_is_refused(confidential: dict[hcert.TrustedKey, Any], code: str) -> None:
    """Nothing is issued without the part that was asked for."""
    with pytest.raises(hcert.HcertError) as caught:
        issue_sealed(citizen_record(), confidential)
    assert caught.value.code == code


def test_two_readers_with_one_kid_are_refused() -> None:
    """Which of them could open would be a guess."""
    twin = hcert.TrustedKey.from_public_key(CLINIC.key.spki, kid=POLICE.key.kid, usages=OPEN_ONLY)
    with pytest.raises(hcert.IssueError) as caught:
        issue_sealed(citizen_record(), {POLICE.key: SECRET, twin: SECRET})
    assert caught.value.code == "sealed.same_reader"


def test_new_revision_keeps_the_sealed_part() -> None:
    """Re-issued under the same id, issuer and key the part still opens; under others it must be sealed anew."""
    record = verified(issue_sealed(citizen_record(), {POLICE.key: SECRET}))
    again = verified(issue_sealed(record.revise()))
    assert sealed_of(again).open(POLICE) == SECRET
    assert again.revision == 2
    for changed, country in ((record.revise(certificate_id=bytes(16)), "VN"), (record, "LA")):
        with pytest.raises(hcert.IssueError) as caught:
            issue_sealed(changed, country=country)
        assert caught.value.code == "sealed.moved"


def test_eu_dcc_cannot_be_sealed() -> None:
    """Confidential content is not dropped silently."""
    with pytest.raises(hcert.IssueError) as caught:
        hcert.Issuer(SIGNER.signer, country="VN").issue(
            vaccination_record(), issued_at=NOW, expires_at=EXPIRY, confidential={POLICE.key: SECRET}
        )
    assert caught.value.code == "sealed.no_place"


def test_lengths_are_padded_to_64_bytes() -> None:
    """An ID number alone is as long as one with an insurance number and a phone; all lengths lie 64 bytes apart."""
    alone = citizen.Confidential(id_number="001190000001")
    more = citizen.Confidential(id_number="001190000001", insurance_number="0123456789", phone="0900000001")
    for content in (alone, more):
        (part,) = sealing.seal_for({POLICE.key: content}, certificate_id=b"c", origin=Origin("VN", b"k")).parts
        assert len(part.content.ciphertext) == 64 + hpke.TAG_BYTES


@given(st.binary(max_size=300))
def test_every_content_has_one_padding(content: bytes) -> None:
    """What is padded comes back, and no other padding of it is taken."""
    padded = sealing._pad(content)
    assert len(padded) % 64 == 0
    assert 0 < len(padded) - len(content) <= 64
    assert sealing._strip_padding(padded) == content
    for other in (content, padded + bytes(64), padded + b"\x80" + bytes(63), padded[:-1], padded[:-1] + b"\x01"):
        if other != padded and not other.startswith(padded):
            with pytest.raises(hcert.MalformedError) as caught:
                sealing._strip_padding(other)
            assert caught.value.code == "sealed.malformed"
    with pytest.raises(hcert.MalformedError):
        sealing._strip_padding(padded + bytes(64))


def test_too_many_reader_groups_are_refused() -> None:
    """Sixteen have room."""
    for count in (16, 17):
        content = {make_reader().key: SECRET for _ in range(count)}
        if count == 16:
            assert len(sealing.seal_for(content, certificate_id=b"c", origin=Origin("VN", b"k")).parts) == count
        else:
            with pytest.raises(hcert.MalformedError) as caught:
                sealing.seal_for(content, certificate_id=b"c", origin=Origin("VN", b"k"))
            assert caught.value.code == "sealed.too_many"


def test_large_sealed_content_does_not_fit() -> None:
    """More than one stored block of a zlib stream can hold; its size can be predicted all the same."""
    keys = [
        hcert.TrustedKey.from_public_key(
            spki_of(x25519.X25519PrivateKey.generate()), usages=frozenset({hcert.Usage.OPEN})
        )
        for _ in range(16)
    ]
    content = dict.fromkeys(keys, citizen.Confidential(notes="Ắ" * 2000))
    size = hcert.Issuer(SIGNER.signer, country="VN").predict(
        citizen_record(), issued_at=NOW, expires_at=EXPIRY, confidential=content
    )
    assert size.characters > 120_000
    with pytest.raises(hcert.IssueError) as caught:
        issue_sealed(citizen_record(), content)
    assert caught.value.code == "issue.nothing_fits"


def test_record_is_refused_before_anything_is_sealed() -> None:
    """What cannot be issued is refused before anything is sealed."""
    odd = citizen_record().revise(certificate_id=b"short")
    reader = replace(POLICE.key, kid=SIGNER.key.kid)
    assert codes_of_refusal(lambda: issue_sealed(odd, {reader: SECRET})) == ["record.schema"]
