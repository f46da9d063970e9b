"""Revocation lists: what is in them and nothing else, from bytes, files and deltas."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import lists
from hcert.codec import cose_sign
from hcert.codec.limits import Limits
from hcert.errors import ConfigurationError, MalformedError
from hcert.fragments import in_language
from hcert.trust import document_file, revocation_delta
from hcert.trust.revocation_kinds import RevocationKind, digest, signature_hash, uci_hash
from support.list_publisher import pins, publish, publish_delta, sealed_claims
from support.signers import EXPIRY, NOW, document_signer, p256

if TYPE_CHECKING:
    from pathlib import Path

KEYS = [document_signer(p256()).key for _ in range(2)]
IDS = [bytes([number]) * 16 for number in range(4)]
ENTRY = f"{IDS[0].hex().upper()}/2"
HASHES = [bytes([number]) * 16 for number in range(100, 106)]
ONE_OF_EACH: dict[str, Any] = {
    "certificates": [IDS[0]],
    "entries": [ENTRY],
    "keys": [KEYS[0]],
    "superseded": {IDS[1]: 3},
    "uci_hashes": [HASHES[0]],
    "country_uci_hashes": [HASHES[1]],
    "signature_hashes": [HASHES[2]],
}


def held(revocations: hcert.RevocationList) -> dict[RevocationKind, list[bytes]]:
    """Return everything in a list."""
    return {kind: list(revocations.records(kind)) for kind in RevocationKind}


def opened(revocations: hcert.RevocationList, **changes: Any) -> hcert.RevocationList:
    """Publish a list and open it."""
    return hcert.RevocationList.open(publish(revocations, **changes), **pins())


def test_holds_exactly_what_was_revoked() -> None:
    """In memory, and sealed and opened."""
    made = hcert.RevocationList(**ONE_OF_EACH)
    for revocations in (made, opened(made)):
        assert len(revocations) == 7
        assert revocations.holds(RevocationKind.CERTIFICATE, digest(IDS[0]))
        assert revocations.holds(RevocationKind.ENTRY, digest(ENTRY.encode()))
        assert revocations.holds(RevocationKind.KEY, digest(KEYS[0].spki))
        assert revocations.oldest_revision(digest(IDS[1])) == 3
        assert revocations.holds(RevocationKind.EU_UCI, HASHES[0])
        assert revocations.holds(RevocationKind.EU_COUNTRY_UCI, HASHES[1])
        assert revocations.holds(RevocationKind.EU_SIGNATURE, HASHES[2])
        for kind in RevocationKind:
            assert not revocations.holds(kind, HASHES[5])
        assert not revocations.holds(RevocationKind.CERTIFICATE, digest(IDS[1]))
        assert revocations.oldest_revision(digest(IDS[0])) == 0


def test_repr_shows_the_version() -> None:
    """Only an opened list has one."""
    made = hcert.RevocationList()
    assert made.envelope is None
    assert repr(made) == "<RevocationList>"
    assert repr(opened(made, version=4)) == "<RevocationList, version 4>"


contents = st.fixed_dictionaries(
    {
        "certificates": st.sets(st.sampled_from(IDS)),
        "superseded": st.dictionaries(st.sampled_from(IDS), st.integers(1, 2**32 - 1)),
        "uci_hashes": st.lists(st.binary(min_size=16, max_size=16) | st.sampled_from(HASHES), max_size=30),
        "signature_hashes": st.lists(st.sampled_from(HASHES)),
    }
)


@given(contents)
def test_seal_and_open_round_trip(content: dict[str, Any]) -> None:
    """Every item once, in ascending order."""
    made = hcert.RevocationList(**content)
    again = opened(made)
    assert held(again) == held(made)
    assert held(made)[RevocationKind.EU_UCI] == sorted(set(content["uci_hashes"]))
    assert opened(again).envelope == again.envelope


@given(contents, contents)
def test_seal_delta_and_apply_delta_round_trip(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Added, removed and changed items; and the result can be sealed as a full list."""
    base, goal = opened(hcert.RevocationList(**old)), hcert.RevocationList(**new)
    updated = base.apply_delta(publish_delta(goal, base), **pins())
    assert held(updated) == held(goal)
    assert len(updated) == len(goal)
    for kind in RevocationKind:
        for record in [*base.records(kind), *goal.records(kind)]:
            assert updated.holds(kind, record[:16]) == goal.holds(kind, record[:16])
            if kind is RevocationKind.SUPERSEDED:
                assert updated.oldest_revision(record[:16]) == goal.oldest_revision(record[:16])
    assert updated.envelope is not None
    assert updated.envelope.state.version == 2
    assert held(opened(updated, version=3)) == held(goal)


@given(contents, contents)
def test_merge_holds_the_items_of_both(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Nothing is lost, and of two revisions the higher counts."""
    first, second = hcert.RevocationList(**one), opened(hcert.RevocationList(**other))
    merged = first.merge(second)
    for kind in RevocationKind:
        names = {record[:16] for revocations in (first, second) for record in revocations.records(kind)}
        assert {record[:16] for record in merged.records(kind)} == names
    for name in IDS:
        assert merged.oldest_revision(digest(name)) == max(
            first.oldest_revision(digest(name)), second.oldest_revision(digest(name))
        )


@given(contents, contents)
def test_reinstate_removes_the_named_items_only(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Revisions are ignored; the list may have a delta applied."""
    first, second = opened(hcert.RevocationList(**one)), hcert.RevocationList(**other)
    updated = opened(hcert.RevocationList()).apply_delta(publish_delta(first, opened(hcert.RevocationList())), **pins())
    for kept in (lists.reinstate(first, second), lists.reinstate(updated, second)):
        for kind in RevocationKind:
            gone = {record[:16] for record in second.records(kind)}
            assert list(kept.records(kind)) == [record for record in first.records(kind) if record[:16] not in gone]


def test_reinstate_keeps_the_age_of_the_list() -> None:
    """A missing list stays missing."""
    nothing = hcert.RevocationList()
    held_list = opened(hcert.RevocationList(certificates=IDS[:1]))
    assert lists.reinstate(held_list, nothing).envelopes == held_list.envelopes
    assert lists.reinstate(hcert.RevocationList.missing(), nothing).is_missing


def test_later_deltas_replace_earlier_ones() -> None:
    """Each counts from the full list, so a device may miss any number."""
    base = opened(hcert.RevocationList(certificates=IDS[:1]))
    second = publish_delta(hcert.RevocationList(certificates=IDS[:2]), base, version=2)
    third = publish_delta(hcert.RevocationList(certificates=IDS[1:3]), base, version=3)
    goal = hcert.RevocationList(certificates=IDS[1:3])
    assert held(base.apply_delta(second, **pins()).apply_delta(third, **pins())) == held(goal)
    assert held(base.apply_delta(third, **pins())) == held(goal)


def test_an_earlier_delta_does_not_replace_a_later_one() -> None:
    """It would reinstate what was revoked in between."""
    base = opened(hcert.RevocationList(certificates=IDS[:1]))
    second = publish_delta(hcert.RevocationList(certificates=IDS[:2]), base, version=2)
    third = publish_delta(hcert.RevocationList(certificates=IDS[:3]), base, version=3)
    updated = base.apply_delta(third, **pins())
    with pytest.raises(MalformedError) as caught:
        updated.apply_delta(second, **pins())
    assert caught.value.code == "document.older"
    other = publish_delta(hcert.RevocationList(), base, version=3)
    with pytest.raises(MalformedError) as caught:
        updated.apply_delta(other, **pins())
    assert caught.value.code == "document.equivocation"


def test_a_delta_on_another_base_is_refused() -> None:
    """Another version, other content of the same version, or a list that was not opened."""
    base = opened(hcert.RevocationList(certificates=IDS[:1]), version=2)
    delta = publish_delta(hcert.RevocationList(certificates=IDS[:2]), base, version=4)
    for other in (
        opened(hcert.RevocationList(certificates=IDS[:1]), version=3),
        opened(hcert.RevocationList(certificates=IDS[:3]), version=2),
        hcert.RevocationList(certificates=IDS[:1]),
    ):
        with pytest.raises(MalformedError) as caught:
            other.apply_delta(delta, **pins())
        assert caught.value.code == "revocation.wrong_base"


def test_a_delta_is_made_from_full_lists_only() -> None:
    """A base must have been opened from a full list, and its version must be below that of the delta."""
    goal = hcert.RevocationList(certificates=IDS[:2])
    base = opened(hcert.RevocationList(certificates=IDS[:1]))
    updated = base.apply_delta(publish_delta(goal, base), **pins())
    for unfit, version in ((hcert.RevocationList(), 9), (updated, 9), (base, 1)):
        with pytest.raises(ConfigurationError) as caught:
            publish_delta(goal, unfit, version=version)
        assert caught.value.code == "revocation.base"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"certificates": [bytes(15)]}, "revocation.certificate_id"),
        ({"certificates": [IDS[0].hex().encode()]}, "revocation.certificate_id"),
        ({"certificates": [IDS[0].hex()]}, "revocation.certificate_id"),
        ({"certificates": IDS[0]}, "revocation.certificate_id"),
        ({"superseded": {bytes(17): 2}}, "revocation.certificate_id"),
        ({"entries": ENTRY}, "revocation.entry_id"),
        ({"entries": [ENTRY.encode()]}, "revocation.entry_id"),
        ({"entries": [ENTRY[1:]]}, "revocation.entry_id"),
        ({"entries": ["0" + ENTRY]}, "revocation.entry_id"),
        ({"entries": [ENTRY + " "]}, "revocation.entry_id"),
        ({"entries": [ENTRY + "\n"]}, "revocation.entry_id"),
        ({"entries": [ENTRY[:32]]}, "revocation.entry_id"),
        ({"entries": [ENTRY[:33]]}, "revocation.entry_id"),
        ({"entries": [ENTRY[:33] + "0"]}, "revocation.entry_id"),
        ({"entries": [ENTRY[:33] + "02"]}, "revocation.entry_id"),
        ({"entries": [ENTRY[:33] + "\u0662"]}, "revocation.entry_id"),
        ({"entries": ["G" + ENTRY[1:]]}, "revocation.entry_id"),
        ({"uci_hashes": [bytes(15)]}, "revocation.hash"),
        ({"country_uci_hashes": [bytes(17)]}, "revocation.hash"),
        ({"signature_hashes": [b""]}, "revocation.hash"),
        ({"superseded": {IDS[0]: 0}}, "revocation.revision"),
        ({"superseded": {IDS[0]: 2**32}}, "revocation.revision"),
        ({"superseded": {IDS[0]: True}}, "revocation.revision"),
    ],
    ids=str,
)
def test_malformed_items_are_refused(content: dict[str, Any], code: str) -> None:
    """When the list is made, not when it is sealed."""
    with pytest.raises(ConfigurationError) as caught:
        hcert.RevocationList(**content)
    assert caught.value.code == code


def test_a_wrong_hash_length_is_reported() -> None:
    """32 bytes, for example, are a whole SHA-256."""
    with pytest.raises(ConfigurationError) as caught:
        hcert.RevocationList(uci_hashes=[bytes(32)])
    assert in_language(caught.value.findings[0].details, "en") == {"length": 32}


def test_hashes_of_invalid_unicode_differ() -> None:
    """JSON can contain half of a surrogate pair; no two such texts have the same hash."""
    texts = ["\ud800", "\udfff", "?", ""]
    assert len({lists.uci_hash(text) for text in texts}) == len(texts)
    assert len({lists.country_uci_hash("VN", text) for text in texts}) == len(texts)


def test_a_raised_revision_is_not_a_removal_in_a_delta() -> None:
    """A signer who inspects the delta must not read that something was reinstated."""
    base = hcert.RevocationList.open(publish(hcert.RevocationList(superseded={IDS[0]: 2, IDS[1]: 2})), **pins())
    delta = publish_delta(hcert.RevocationList(superseded={IDS[0]: 3}), base)
    updated = base.apply_delta(delta, **pins())
    assert updated.delta is not None
    assert {kind: len(found) for kind, found in updated.delta.added.items()} == {RevocationKind.SUPERSEDED: 1}
    assert updated.delta.removed == {RevocationKind.SUPERSEDED: frozenset([digest(IDS[1])])}


def test_entry_ids_ignore_case() -> None:
    """Lower-case digits must not silently revoke nothing."""
    assert held(hcert.RevocationList(entries=[ENTRY.lower()])) == held(hcert.RevocationList(entries=[ENTRY]))


def test_eu_hashes_match_the_published_samples(shared: Path) -> None:
    """The published sample calculation, for both algorithms."""
    samples = json.loads((shared / "testdata" / "revocation" / "sample-hashes.json").read_text("utf-8"))
    assert len(samples) == 3
    algorithms = set()
    for sample in samples:
        code = hcert.read_unverified(sample["barcodeData"])
        payload = code.subclaims[1]
        (uci,) = (event["ci"] for group in "vtr" for event in payload.get(group) or ())
        assert lists.uci_hash(uci).hex() == sample["expUCI"]
        assert lists.country_uci_hash(code.claims.issuer or "", uci).hex() == sample["expCOUNTRYCODEUCI"]
        parts = hcert_parts(sample["barcodeData"])
        algorithms.add(parts.algorithm)
        assert signature_hash(parts.signature, hcert.Algorithm(parts.algorithm)).hex() == sample["expSIGNATURE"]
    assert algorithms == {-7, -37}


def test_the_hash_of_a_signature_is_that_of_r_under_es256_only() -> None:
    """Under PS256 it is that of the whole signature."""
    signature = bytes(range(64))
    for algorithm, hashed in ((hcert.Algorithm.ES256, signature[:32]), (hcert.Algorithm.PS256, signature)):
        assert signature_hash(signature, algorithm) == hashlib.sha256(hashed).digest()[:16]


def hcert_parts(text: str) -> Any:
    """Return the parts of a code."""
    from hcert.codec import code_text, cose_sign1

    return cose_sign1.decode(code_text.decode(text, limits=Limits()).message, limits=Limits())


def test_open_a_mapped_file(tmp_path: Path) -> None:
    """With the same answers as from memory, even after another file was renamed over it."""
    data = publish(hcert.RevocationList(uci_hashes=HASHES[:3]))
    path = tmp_path / "revocations.bin"
    path.write_bytes(data)
    revocations = hcert.RevocationList.open(path, **pins())
    other = tmp_path / "new"
    other.write_bytes(publish(hcert.RevocationList(), version=2))
    other.replace(path)
    assert [revocations.holds(RevocationKind.EU_UCI, name) for name in HASHES] == [True] * 3 + [False] * 3
    assert len(hcert.RevocationList.open(path, **pins())) == 0


def test_a_missing_or_empty_file_is_an_error(tmp_path: Path) -> None:
    """A list that cannot be read must not look like an empty one."""
    with pytest.raises(FileNotFoundError):
        hcert.RevocationList.open(tmp_path / "none", **pins())
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(MalformedError) as caught:
        hcert.RevocationList.open(tmp_path / "empty", **pins())
    (found,) = caught.value.findings
    assert (found.code, in_language(found.details, "en")) == ("document.malformed", {"reason": "it is empty"})


def test_a_truncated_or_extended_file_is_refused_when_opened() -> None:
    """Its length is signed."""
    data = publish(hcert.RevocationList(uci_hashes=HASHES))
    for changed in (data[:-1], data + b"\0", data[: len(data) // 2], data[:20]):
        with pytest.raises(MalformedError) as caught:
            hcert.RevocationList.open(changed, **pins())
        assert caught.value.code == "document.malformed"


def test_lookup_in_a_changed_table_is_refused() -> None:
    """The anchors signed the digests of its content."""
    data = bytearray(publish(hcert.RevocationList(uci_hashes=HASHES)))
    data[-1] ^= 1
    revocations = hcert.RevocationList.open(bytes(data), **pins())
    with pytest.raises(MalformedError) as caught:
        revocations.holds(RevocationKind.EU_UCI, HASHES[0])
    assert caught.value.code == "revocation.damaged"


START, END = int(NOW.timestamp()), int(EXPIRY.timestamp())
SOUND = [16, 1, 0, 0, bytes(32)]


def claims_of(kind: str, body: Any) -> dict[int, Any]:
    """Return the claims of a document with any body."""
    return {4: END, 6: START, -65537: {0: kind, 1: 2, 2: body}}


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {0: 56},
        {0: 56, 1: []},
        {0: 55, 1: {}},
        {1: {}},
        {0: 56, 1: {99: SOUND}},
        {0: 56, 1: {True: SOUND}},
        {0: 56, 1: {5: {}}},
        {0: 56, 1: {5: SOUND[:4]}},
        {0: 56, 1: {5: [*SOUND, 0]}},
        {0: 56, 1: {4: SOUND}},
        {0: 56, 1: {5: [16, 1, 0, 1, bytes(32)]}},
        {0: 56, 1: {5: [16, 2, 0, 0, bytes(32)]}},
        {0: 56, 1: {5: [16, 1, 0, 0, bytes(31)]}},
        {0: 56, 1: {5: [16, 1, 0, -1, bytes(32)]}},
    ],
    ids=str,
)
def test_malformed_body_is_refused(body: Any) -> None:
    """Missing tables, unknown kinds, and impossible numbers."""
    data = document_file.join(sealed_claims(claims_of("hcert-revocations", body)), bytes(56))
    with pytest.raises(MalformedError) as caught:
        hcert.RevocationList.open(data, **pins())
    assert caught.value.code == "document.malformed"


@pytest.mark.parametrize(
    "change",
    [
        {0: None},
        {0: "1"},
        {1: None},
        {1: bytes(31)},
        {2: []},
        {2: {99: b""}},
        {2: {5: bytes(15)}},
        {2: {5: "0" * 16}},
        {2: {4: bytes(16)}},
        {3: []},
        {3: {4: bytes(20)}},
        {3: {99: b""}},
    ],
    ids=str,
)
def test_malformed_delta_is_refused(change: dict[int, Any]) -> None:
    """Members that are missing, or of a wrong type or size."""
    base = opened(hcert.RevocationList())
    assert base.envelope is not None
    body: Any = {0: 1, 1: base.envelope.state.digest, 2: {}, 3: {}} | change
    body = {key: value for key, value in body.items() if value is not None}
    with pytest.raises(MalformedError) as caught:
        base.apply_delta(sealed_claims(claims_of("hcert-revocations-delta", body)), **pins())
    assert caught.value.code == "document.malformed"
    with pytest.raises(MalformedError):
        base.apply_delta(sealed_claims(claims_of("hcert-revocations-delta", [])), **pins())


def test_a_delta_needs_a_version_above_its_base() -> None:
    """Both are in one sequence of versions, so their order would be ambiguous."""
    base = opened(hcert.RevocationList(), version=2)
    assert base.envelope is not None
    body = {0: 2, 1: base.envelope.state.digest, 2: {}, 3: {}}
    delta = sealed_claims(claims_of("hcert-revocations-delta", body))
    with pytest.raises(MalformedError) as caught:
        base.apply_delta(delta, **pins(), newer_than=1)
    assert caught.value.code == "document.malformed"


def test_a_list_holds_no_identifier_in_the_clear() -> None:
    """A list reveals nothing about certificates that its reader has not seen."""
    data = publish(hcert.RevocationList(**ONE_OF_EACH))
    for clear in (IDS[0], IDS[0].hex().encode(), IDS[0].hex().upper().encode(), ENTRY.encode(), KEYS[0].spki):
        assert clear not in data
    payload = cbor2.loads(cose_sign.decode(document_file.split(data)[0]).payload)
    assert set(payload) == {4, 6, -65537}
    assert uci_hash("URN:UVCI:01:VN:1") != uci_hash("URN:UVCI:01:VN:2")


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda data: document_file.join(data, data)))
def test_arbitrary_bytes_never_raise_anything_else(data: bytes) -> None:
    """No other exception."""
    with pytest.raises(MalformedError) as caught:
        hcert.RevocationList.open(data, **pins())
    assert caught.value.code == "document.malformed"


def test_merge_keeps_all_envelopes() -> None:
    """A merged list is as old as its oldest part, even if merged again."""
    one, other = (
        hcert.RevocationList.open(publish(hcert.RevocationList(certificates=[bytes([n]) * 16]), version=n), **pins())
        for n in (1, 2)
    )
    made = hcert.RevocationList(certificates=[b"made in program!"])
    assert one.envelopes == (one.envelope,)
    assert made.envelopes == ()
    assert one.merge(made).envelopes == made.merge(one).envelopes == one.envelopes
    for merged in (one.merge(other), made.merge(one).merge(other.merge(made)), one.merge(other).merge(one)):
        assert set(merged.envelopes) == {one.envelope, other.envelope}
        assert len(merged.envelopes) == 2
        assert merged.envelope is None


def test_a_delta_replaces_the_envelope_of_its_base() -> None:
    """The base may have expired by then."""
    base = hcert.RevocationList.open(publish(hcert.RevocationList()), **pins())
    updated = base.apply_delta(publish_delta(hcert.RevocationList(certificates=[bytes(16)]), base), **pins())
    assert updated.envelopes == (updated.envelope,) != base.envelopes


def test_a_missing_list_cannot_be_sealed_or_merged_away() -> None:
    """Its content is unknown."""
    missing, other = hcert.RevocationList.missing(), hcert.RevocationList(certificates=[bytes(16)])
    base = hcert.RevocationList.open(publish(other), **pins())
    assert not other.is_missing
    assert not base.is_missing
    assert not base.merge(other).is_missing
    for one in (missing, missing.merge(other), base.merge(missing), missing.merge(missing)):
        assert one.is_missing
        assert repr(one) == "<RevocationList, missing>"
        with pytest.raises(hcert.ConfigurationError) as caught:
            publish(one)
        assert caught.value.code == "store.empty"
        with pytest.raises(hcert.ConfigurationError) as caught:
            publish_delta(one, base)
        assert caught.value.code == "store.empty"


def test_max_records_of_a_delta(monkeypatch: pytest.MonkeyPatch) -> None:
    """More are neither sealed nor opened."""
    names = [bytes([n]) * 16 for n in range(3)]
    base = hcert.RevocationList.open(publish(hcert.RevocationList()), **pins())
    delta = publish_delta(hcert.RevocationList(certificates=names), base)
    monkeypatch.setattr(revocation_delta, "MAX_RECORDS", 2)
    with pytest.raises(hcert.MalformedError) as refused:
        base.apply_delta(delta, **pins())
    assert refused.value.code == "document.malformed"
    with pytest.raises(hcert.ConfigurationError) as caught:
        publish_delta(hcert.RevocationList(certificates=names), base)
    assert caught.value.code == "revocation.delta_too_large"
    assert dict(caught.value.findings[0].details) == {"most": 2}
    publish_delta(hcert.RevocationList(certificates=names[:2]), base)
