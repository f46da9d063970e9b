"""Trust lists: keys by kid, several under one; signed lists open at once and survive broken entries."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import lists
from hcert.codec import cbor, cbor_members
from hcert.trust import key_entry, trust_list
from support.list_publisher import DAY, anchors, pins, publish, sealed_claims
from support.signers import NOW, DocumentSigner, document_signer, p256, rsa_key, spki_of

SIGNERS = [
    document_signer(p256()),
    document_signer(rsa_key(), usages=["1.3.6.1.4.1.1847.2021.1.2"]),
    document_signer(p256(), country=None),
]
READER = hcert.TrustedKey.from_public_key(spki_of(p256()), usages=frozenset({hcert.Usage.OPEN}))


def test_finds_all_keys_under_a_kid(es256: DocumentSigner) -> None:
    """A kid is a label that unrelated keys may share."""
    first = hcert.TrustedKey.from_certificate(es256.certificate, kid=b"shared")
    second = hcert.TrustedKey.from_certificate(document_signer(p256()).certificate, kid=b"shared")
    trust = hcert.TrustList([first, es256.key, second])
    assert trust.candidates(b"shared") == (first, second)
    assert trust.candidates(es256.key.kid) == (es256.key,)
    assert trust.candidates(b"unknown") == ()


def test_equal_keys_are_kept_once(es256: DocumentSigner) -> None:
    """Published bundles repeat certificates."""
    trust = hcert.TrustList([es256.key, es256.key])
    assert list(trust) == [es256.key]
    assert len(trust) == 1


def test_an_empty_list_is_allowed() -> None:
    """It trusts nobody."""
    assert list(hcert.TrustList()) == []
    assert repr(hcert.TrustList()) == "<TrustList of 0 keys>"
    assert hcert.TrustList().envelope is None


moments = st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(9999, 12, 31)).map(  # noqa: DTZ001 - made aware below
    lambda moment: moment.replace(microsecond=0, tzinfo=dt.UTC)
)
texts = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=40)


@st.composite
def trusted_keys(draw: st.DrawFn) -> hcert.TrustedKey:
    """Any key: with or without certificate, with any member differing from it."""
    key = draw(st.sampled_from([signer.key for signer in SIGNERS]))
    changes: dict[str, Any] = {
        "kid": draw(st.binary(min_size=1, max_size=64)),
        "certificate": draw(st.sampled_from([key.certificate, None])),
        "country": draw(st.none() | texts),
        "not_before": draw(st.none() | moments | st.just(key.not_before)),
        "not_after": draw(st.none() | moments | st.just(key.not_after)),
        "usages": draw(
            st.just(key.usages)
            | st.frozensets(st.sampled_from([usage for usage in hcert.Usage if usage != "open"]))
            | st.just(frozenset({hcert.Usage.OPEN}))
        ),
        "status": draw(st.sampled_from(lists.Status)),
        "origin": draw(st.none() | texts),
        "algorithm": draw(st.sampled_from([key.algorithm, None])),
    }
    return replace(key, **changes)


@given(st.lists(trusted_keys(), max_size=5, unique_by=lambda key: key.spki))
def test_seal_and_open_round_trip(keys: list[hcert.TrustedKey]) -> None:
    """All members of a key, and sealing again gives the same content."""
    trust = hcert.TrustList.open(publish(hcert.TrustList(keys)), **pins())
    assert set(trust) == set(keys)
    assert len(trust) == len(set(keys))
    assert trust.quarantined == ()
    for key in keys:
        assert key in trust.candidates(key.kid)
    again = hcert.TrustList.open(publish(trust), **pins())
    assert again.envelope == trust.envelope


@given(st.lists(trusted_keys(), max_size=6))
def test_entries_of_a_key_are_intersected_in_any_order(keys: list[hcert.TrustedKey]) -> None:
    """Revoked in one entry is revoked in all. Under one kid only what all entries grant counts."""
    body = [[key.kid, key_entry.encode(key)] for key in keys]
    for made in (hcert.TrustList(keys), hcert.TrustList(keys[::-1]), opened(body), opened(body[::-1])):
        assert set(made) == {key for kid in {key.kid for key in keys} for key in made.candidates(kid)}
        for key in keys:
            same = [one for one in keys if one.spki == key.spki]
            revoked = any(one.status is lists.Status.REVOKED for one in same)
            beside = [one for one in same if one.kid == key.kid]
            found = [one for one in made.candidates(key.kid) if one.spki == key.spki]
            assert found
            for one in found:
                assert (one.status is lists.Status.REVOKED) is revoked
                assert one.usages == frozenset.intersection(*(other.usages for other in beside))
                for other in beside:
                    assert other.not_before is None or (
                        one.not_before is not None and one.not_before >= other.not_before
                    )
                    assert other.not_after is None or (one.not_after is not None and one.not_after <= other.not_after)
            assert set(made.candidates(key.kid)) == set(hcert.TrustList(keys).candidates(key.kid))


def test_the_entries_of_a_key_have_a_fixed_order() -> None:
    """Keys that verify first; then by certificate, country and origin, each missing one first."""
    key = replace(SIGNERS[0].key, certificate=None, country=None, origin=None)
    ordered = (
        replace(key, not_before=NOW, not_after=NOW + 3 * DAY),
        replace(key, origin="A"),
        replace(key, country="VN", not_before=NOW + DAY),
        replace(key, country="VN", origin="Y", not_after=NOW + 2 * DAY),
        replace(key, certificate=SIGNERS[0].certificate, country="AA"),
        replace(key, algorithm=None),
    )
    expected = tuple(replace(one, not_before=NOW + DAY, not_after=NOW + 2 * DAY) for one in ordered)
    for entries in itertools.permutations(ordered):
        assert hcert.TrustList(entries).candidates(key.kid) == expected


def test_kids_of_one_key_keep_their_own_usages_and_validity() -> None:
    """A renewed certificate for the same key has its own validity; a revocation applies to both."""
    key = SIGNERS[0].key
    renewed = replace(key, kid=b"renewed", not_after=NOW + 900 * DAY, usages=frozenset({hcert.Usage.TEST}))
    trust = hcert.TrustList([key, renewed])
    assert trust.candidates(key.kid) == (key,)
    assert trust.candidates(b"renewed") == (renewed,)
    trust = hcert.TrustList([key, replace(renewed, status=lists.Status.REVOKED)])
    assert trust.candidates(key.kid) == (replace(key, status=lists.Status.REVOKED),)


@pytest.mark.parametrize("form", ["kid", "entry"])
def test_seal_refuses_contradicting_entries(form: str) -> None:
    """Under one kid or two; nor can such a list be sealed again after it was opened."""
    key = SIGNERS[0].key
    revoked = replace(key, status=lists.Status.REVOKED, kid=b"other" if form == "kid" else key.kid)
    body = [[one.kid, key_entry.encode(one)] for one in (key, revoked)]
    for trust in (hcert.TrustList([key, revoked]), hcert.TrustList([revoked, key]), opened(body)):
        with pytest.raises(hcert.ConfigurationError) as caught:
            publish(trust)
        assert caught.value.code == "trust.contradiction"
    settled = hcert.TrustList(opened(body))
    assert {one.status for one in hcert.TrustList.open(publish(settled), **pins())} == {lists.Status.REVOKED}


REVOKED = {0: SIGNERS[0].certificate, 6: 1}


@pytest.mark.parametrize(
    "entry",
    [
        REVOKED,
        {1: SIGNERS[0].key.spki, 6: 1},
        {6: 1, 0: SIGNERS[0].certificate},
        REVOKED | {6: 2},
        REVOKED | {6: 2**63},
        REVOKED | {6: True},
        REVOKED | {6: None},
        REVOKED | {6: "revoked"},
        REVOKED | {5: [99]},
        REVOKED | {5: "tests"},
        REVOKED | {2: "V" * 201},
        REVOKED | {3: 1.5},
        REVOKED | {9: [[[[[[[[[[]]]]]]]]]]},
        REVOKED | {9: cbor2.CBORTag(4, [1, 2])},
        REVOKED | {"later": {"a": [1, {"b": 2}]}},
        REVOKED | {1: SIGNERS[0].key.spki},
    ],
    ids=lambda entry: (
        str(entry)
        .replace(str(SIGNERS[0].certificate), "cert")
        .replace(str(SIGNERS[0].key.spki), "spki")
        .replace("V" * 201, "long")
    ),
)
@pytest.mark.parametrize(
    "kid",
    [SIGNERS[0].key.kid, b"other", b"", bytes(65), "text"],
    ids=["its kid", "another kid", "empty kid", "long kid", "text as kid"],
)
def test_a_broken_entry_still_revokes_its_key(entry: Any, kid: Any) -> None:
    """Under every kid, before and after that entry."""
    trust = opened([GOOD, [kid, cbor2.dumps(entry)], [b"renewed", GOOD[1]]])
    for name in (SIGNERS[0].key.kid, b"renewed"):
        assert {key.status for key in trust.candidates(name)} == {lists.Status.REVOKED}
    assert {key.status for key in trust} == {lists.Status.REVOKED}
    assert {key.status for key in hcert.TrustList(list(trust)).candidates(b"renewed")} == {lists.Status.REVOKED}


@pytest.mark.parametrize(
    "data",
    [
        bytes.fromhex("bf") + cbor2.dumps(0) + cbor2.dumps(SIGNERS[0].certificate) + bytes.fromhex("0601ff"),
        bytes.fromhex("a2 1800") + cbor2.dumps(SIGNERS[0].certificate) + bytes.fromhex("180601"),
        bytes.fromhex("a2 00")
        + cbor2.dumps(SIGNERS[0].certificate)
        + bytes.fromhex("1b0000000000000006 1b0000000000000001"),
        bytes.fromhex("b90002 00 5a") + len(SIGNERS[0].certificate).to_bytes(4) + SIGNERS[0].certificate + b"\6\1",
        bytes.fromhex("a3 00") + cbor2.dumps(SIGNERS[0].certificate) + bytes.fromhex("0601 0601"),  # twice
        bytes.fromhex("a3 00") + cbor2.dumps(SIGNERS[0].certificate) + bytes.fromhex("0601"),  # cut off
        bytes.fromhex("a3 00")
        + cbor2.dumps(SIGNERS[0].certificate)
        + bytes.fromhex("0601 09")
        + b"\x81" * 2000
        + b"\0",
        bytes.fromhex("a3 09 9f82f600bf0001ffc2415f5f4100ff7f6161ffff 06 01 00") + cbor2.dumps(SIGNERS[0].certificate),
    ],
    ids=[
        "indefinite map",
        "one-byte integers",
        "eight-byte integers",
        "two-byte map head",
        "status twice",
        "cut off",
        "deep nesting",
        "other members first",
    ],
)
def test_revoked_status_is_read_in_any_encoding(data: bytes) -> None:
    """Whether the entry can be decoded or not."""
    trust = opened([[b"kid", data], GOOD])
    assert {key.status for key in trust.candidates(SIGNERS[0].key.kid)} == {lists.Status.REVOKED}


@given(st.binary(max_size=60), st.binary(max_size=20))
def test_scan_members_agrees_with_the_decoder(data: bytes, behind: bytes) -> None:
    """It finds the members of every map that the strict decoder accepts, and never raises."""
    for item in (data, b"\xa2\x01" + cbor2.dumps(data) + behind, cbor2.dumps({6: [data], 7: behind})):
        found = list(cbor_members.scan_members(item))
        try:
            whole = cbor.decode(item, depth=16)
        except cbor.CborError:
            continue
        if type(whole) is dict:
            scalars = {name: value if type(value) in {int, bytes} else None for name, value in whole.items()}
            assert {name for name, _ in found} == {name for name in scalars if type(name) is int and name >= 0}
            assert all(value is None or value == scalars[name] for name, value in found)


def compressed(key: hcert.TrustedKey) -> bytes:
    """Write a public key of P-256 with a compressed point."""
    loaded = load_der_public_key(key.spki)
    assert isinstance(loaded, ec.EllipticCurvePublicKey)
    point = loaded.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
    return bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + point


@pytest.mark.parametrize(
    ("key", "revoking"),
    [
        (SIGNERS[1].key, {0: SIGNERS[1].certificate}),
        (SIGNERS[1].key, {1: SIGNERS[1].key.spki}),
        (SIGNERS[0].key, {1: compressed(SIGNERS[0].key)}),
    ],
    ids=["certificate of RSA", "key of RSA", "compressed point"],
)
def test_revocation_reaches_every_form_of_a_key(key: hcert.TrustedKey, revoking: dict[int, bytes]) -> None:
    """Even if the entry cannot be decoded."""
    for more in ({}, {7: 5}):
        trust = opened([[key.kid, key_entry.encode(key)], [b"other", cbor2.dumps(revoking | {6: 1} | more)]])
        assert {one.status for one in trust.candidates(key.kid)} == {lists.Status.REVOKED}
        assert {one.status for one in trust.candidates(b"other")} == {lists.Status.REVOKED}


def test_unknown_usages_grant_nothing() -> None:
    """And restrict other entries of the key under that kid; so does an empty array."""
    for usages in ([99], []):
        barred = [GOOD[0], cbor2.dumps({0: SIGNERS[0].certificate, 5: usages})]
        for body in ([GOOD, barred], [barred, GOOD]):
            (key,) = opened(body)
            assert key.usages == frozenset()
        (key,) = hcert.TrustList.open(publish(opened([barred])), **pins())
        assert key.usages == frozenset()


def test_max_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """More are neither sealed nor opened."""
    data = publish(hcert.TrustList([signer.key for signer in SIGNERS]))
    monkeypatch.setattr(trust_list, "MAX_KEYS", 2)
    with pytest.raises(hcert.MalformedError) as refused:
        hcert.TrustList.open(data, **pins())
    assert refused.value.code == "document.malformed"
    with pytest.raises(hcert.ConfigurationError) as caught:
        publish(hcert.TrustList([signer.key for signer in SIGNERS]))
    assert caught.value.code == "trust.too_many_keys"
    assert dict(caught.value.findings[0].details) == {"most": 2}
    monkeypatch.setattr(trust_list, "MAX_KEYS", 3)
    assert len(hcert.TrustList.open(data, **pins())) == 3
    assert publish(hcert.TrustList([signer.key for signer in SIGNERS]))


def test_envelope_of_an_opened_list() -> None:
    """A scanner that slept for three weeks knows what it holds."""
    trust = hcert.TrustList.open(publish(hcert.TrustList([SIGNERS[0].key]), version=7), **pins())
    assert trust.envelope is not None
    assert trust.envelope.state.version == 7
    assert trust.envelope.issued_at == NOW
    assert trust.envelope.expires_at == NOW + 30 * DAY
    assert trust.envelope.next_anchors is None
    assert repr(trust) == "<TrustList of 1 keys, version 7>"


def opened(body: Any) -> hcert.TrustList:
    """Open a list with any body."""
    start = int(NOW.timestamp())
    claims = {4: start + 10**6, 6: start, -65537: {0: "hcert-keys", 1: 1, 2: body}}
    return hcert.TrustList.open(sealed_claims(claims), **pins())


GOOD = [SIGNERS[0].key.kid, key_entry.encode(SIGNERS[0].key)]


BROKEN: list[Any] = [
    b"",
    b"\xff",
    [],
    {},
    {2: "VN"},
    {0: SIGNERS[0].certificate, 1: SIGNERS[0].key.spki},
    {0: b"no certificate"},
    {0: b"\x30" + bytes(16_384)},
    {0: "text"},
    {1: b"no key"},
    {1: SIGNERS[0].key.spki, 2: ""},
    {1: SIGNERS[0].key.spki, 2: "V\x1b[2J"},
    {1: SIGNERS[0].key.spki, 2: "V" * 201},
    {1: SIGNERS[0].key.spki, 2: 84},
    {1: SIGNERS[0].key.spki, 3: -1},
    {1: SIGNERS[0].key.spki, 3: 2**60},
    {1: SIGNERS[0].key.spki, 4: "2026-06-01"},
    {1: SIGNERS[0].key.spki, 5: 1},
    {1: SIGNERS[0].key.spki, 5: ["test"]},
    {1: SIGNERS[0].key.spki, 5: [1] * 17},
    {1: SIGNERS[0].key.spki, 5: [1, 4]},
    {1: SIGNERS[0].key.spki, 7: 5},
    {1: SIGNERS[0].key.spki, 8: -7},
]


@pytest.mark.parametrize(
    "broken",
    [
        5,
        [],
        [b"kid"],
        ["kid", GOOD[1]],
        [b"kid", GOOD[1], 0],
        [b"kid", "entry"],
        [b"", GOOD[1]],
        [bytes(65), GOOD[1]],
        *([b"kid", entry if isinstance(entry, bytes) else cbor2.dumps(entry)] for entry in BROKEN),
    ],
)
def test_a_broken_entry_is_quarantined(broken: Any) -> None:
    """With its place and a reason; the entries before and after it are read."""
    other = [SIGNERS[1].key.kid, key_entry.encode(SIGNERS[1].key)]
    trust = opened([GOOD, broken, other])
    assert trust.candidates(b"kid") == ()
    assert trust.candidates(SIGNERS[0].key.kid) == (SIGNERS[0].key,)
    assert set(trust) == {SIGNERS[0].key, SIGNERS[1].key}
    (found,) = trust.quarantined
    assert (found.code, found.severity, found.record) == ("trust.entry", "warning", "#2")


def test_unknown_members_and_usages_are_ignored() -> None:
    """A list may have more than this version reads."""
    entry = {1: SIGNERS[0].key.spki, 5: [2, 99], 9: {"more": [1]}}
    (key,) = opened([[b"kid", cbor2.dumps(entry)]])
    assert key.usages == {hcert.Usage.VACCINATION}


def test_entries_are_read_lazily(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening reads none; a lookup reads those under its kid, once."""
    trust = opened([GOOD, [SIGNERS[1].key.kid, key_entry.encode(SIGNERS[1].key)]])
    read: list[bytes] = []
    decode = key_entry.decode

    def watched(kid: bytes, data: bytes) -> hcert.TrustedKey:
        read.append(kid)
        return decode(kid, data)

    monkeypatch.setattr(key_entry, "decode", watched)
    for _ in range(2):
        assert trust.candidates(SIGNERS[0].key.kid) == (SIGNERS[0].key,)
        assert trust.candidates(b"unknown") == ()
    assert read == [SIGNERS[0].key.kid]
    assert len(trust) == 2
    assert read == [SIGNERS[0].key.kid, SIGNERS[1].key.kid]


def test_equal_entries_are_one_key() -> None:
    """A list may repeat itself."""
    assert list(opened([GOOD, GOOD])) == [SIGNERS[0].key]


def test_readers_leave_out_revoked_keys() -> None:
    """Issuers seal for readers."""
    gone = hcert.TrustedKey.from_public_key(spki_of(p256()), usages=frozenset({hcert.Usage.OPEN}))
    trust = hcert.TrustList([SIGNERS[0].key, READER, replace(gone, status=lists.Status.REVOKED)])
    assert hcert.TrustList.open(publish(trust), **pins()).readers() == (READER,)


def test_diff_of_keys() -> None:
    """Added, removed and changed keys, identified by kid and public key."""
    one, two, three = (signer.key for signer in SIGNERS)
    revoked = replace(two, status=lists.Status.REVOKED)
    changes = lists.diff(hcert.TrustList([one, two]), hcert.TrustList([revoked, three]))
    assert changes == lists.TrustListDiff(added=(three,), removed=(one,), changed=((two, revoked),))
    assert lists.diff(hcert.TrustList([one]), hcert.TrustList([one])) == lists.TrustListDiff((), (), ())


def test_diff_of_anchors() -> None:
    """The next anchors that each list names; local pins name none."""
    trust = hcert.TrustList([SIGNERS[0].key])
    old, new = (hcert.TrustList.open(publish(trust, next_anchors=coming), **pins()) for coming in (None, anchors(1, 2)))
    changes, back = lists.diff(old, new), lists.diff(new, old)
    assert (changes.anchors_before, back.anchors_after) == (None, None)
    for coming in (changes.anchors_after, back.anchors_before):
        assert coming is not None
        assert ([key.spki for key in coming.keys], coming.threshold) == ([key.spki for key in anchors(1, 2).keys], 2)
    assert lists.diff(trust, new).anchors_before is None


def test_diff_of_several_entries_for_one_key() -> None:
    """Revoked in one of them is a change."""
    key = SIGNERS[0].key
    revoked, elsewhere = replace(key, status=lists.Status.REVOKED), replace(key, origin="elsewhere")
    both = hcert.TrustList([revoked, key])
    assert lists.diff(hcert.TrustList([key]), both) == lists.TrustListDiff((), (), ((key, revoked),))
    assert lists.diff(both, hcert.TrustList([key])) == lists.TrustListDiff((), (), ((revoked, key),))
    changes = lists.diff(hcert.TrustList([key]), hcert.TrustList([key, elsewhere]))
    assert changes == lists.TrustListDiff((elsewhere,), (), ())


@given(st.binary(max_size=200))
def test_arbitrary_bytes_as_an_entry_never_raise(data: bytes) -> None:
    """They are quarantined."""
    trust = opened([[b"kid", data]])
    assert len(trust) + len(trust.quarantined) >= 1
    assert len(trust.quarantined) <= 1


def test_diff_of_several_keys() -> None:
    """All of them are reported."""
    keys = [document_signer(p256()).key for _ in range(3)]
    changes = lists.diff(hcert.TrustList(), hcert.TrustList(keys))
    assert {key.kid for key in changes.added} == {key.kid for key in keys}
    assert len(lists.diff(hcert.TrustList(keys), hcert.TrustList()).removed) == 3
    revoked = [replace(key, status=lists.Status.REVOKED) for key in keys]
    assert set(lists.diff(hcert.TrustList(keys), hcert.TrustList(revoked)).changed) == set(
        zip(keys, revoked, strict=True)
    )
