"""Trust lists: keys by kid, several under one; signed lists open at once and survive broken entries."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from authority import NOW, DocumentSigner, document_signer, p256, rsa_key, spki_of
from hcert import lists
from hcert.trust import key_entry
from publisher import DAY, anchors, pins, publish, sealed_claims

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


def test_equal_keys_count_once(es256: DocumentSigner) -> None:
    """Published bundles repeat certificates."""
    trust = hcert.TrustList([es256.key, es256.key])
    assert list(trust) == [es256.key]
    assert len(trust) == 1


def test_an_empty_list_trusts_nobody() -> None:
    """It is no error to trust nobody yet."""
    assert list(hcert.TrustList()) == []
    assert repr(hcert.TrustList()) == "<TrustList of 0 keys>"
    assert hcert.TrustList().envelope is None


moments = st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(9999, 12, 31)).map(  # noqa: DTZ001 - made aware below
    lambda moment: moment.replace(microsecond=0, tzinfo=dt.UTC)
)
texts = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=40)


@st.composite
def trusted_keys(draw: st.DrawFn) -> hcert.TrustedKey:
    """Any key: with or without certificate, and with whatever differs from it."""
    key = draw(st.sampled_from([signer.key for signer in SIGNERS]))
    changes: dict[str, Any] = {
        "kid": draw(st.binary(min_size=1, max_size=64)),
        "certificate": draw(st.sampled_from([key.certificate, None])),
        "country": draw(st.none() | texts),
        "not_before": draw(st.none() | moments | st.just(key.not_before)),
        "not_after": draw(st.none() | moments | st.just(key.not_after)),
        "usages": draw(
            st.just(key.usages)
            | st.frozensets(st.sampled_from([usage for usage in hcert.Usage if usage != "open"]), min_size=1)
            | st.just(frozenset({hcert.Usage.OPEN}))
        ),
        "status": draw(st.sampled_from(lists.Status)),
        "origin": draw(st.none() | texts),
        "algorithm": draw(st.sampled_from([key.algorithm, None])),
    }
    return replace(key, **changes)


@given(st.lists(trusted_keys(), max_size=5))
def test_a_sealed_list_opens_with_equal_keys(keys: list[hcert.TrustedKey]) -> None:
    """Whatever is known of a key goes in and comes out, and sealing again gives the same content."""
    trust = hcert.TrustList.open(publish(hcert.TrustList(keys)), **pins())
    assert set(trust) == set(keys)
    assert len(trust) == len(set(keys))
    assert trust.quarantined == ()
    for key in keys:
        assert key in trust.candidates(key.kid)
    again = hcert.TrustList.open(publish(trust), **pins())
    assert again.envelope == trust.envelope


def test_an_opened_list_says_its_version_and_times() -> None:
    """A scanner that slept for three weeks knows what it holds."""
    trust = hcert.TrustList.open(publish(hcert.TrustList([SIGNERS[0].key]), version=7), **pins())
    assert trust.envelope is not None
    assert trust.envelope.state.version == 7
    assert trust.envelope.issued_at == NOW
    assert trust.envelope.expires_at == NOW + 30 * DAY
    assert trust.envelope.next_anchors is None
    assert repr(trust) == "<TrustList of 1 keys, version 7>"


def opened(body: Any) -> hcert.TrustList:
    """Open a list with any body at all."""
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
    {0: "text"},
    {1: b"no key"},
    {1: SIGNERS[0].key.spki, 2: ""},
    {1: SIGNERS[0].key.spki, 2: "V\x1b[2J"},
    {1: SIGNERS[0].key.spki, 2: "V" * 201},
    {1: SIGNERS[0].key.spki, 2: 84},
    {1: SIGNERS[0].key.spki, 3: -1},
    {1: SIGNERS[0].key.spki, 3: 2**60},
    {1: SIGNERS[0].key.spki, 4: "2026-06-01"},
    {1: SIGNERS[0].key.spki, 5: []},
    {1: SIGNERS[0].key.spki, 5: 1},
    {1: SIGNERS[0].key.spki, 5: ["test"]},
    {1: SIGNERS[0].key.spki, 5: [99]},
    {1: SIGNERS[0].key.spki, 5: [1, 4]},
    {1: SIGNERS[0].key.spki, 6: 2},
    {1: SIGNERS[0].key.spki, 6: True},
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
    ids=str,
)
def test_a_broken_entry_is_quarantined_and_harms_nothing_else(broken: Any) -> None:
    """It is counted, with its place and a reason; the good ones before and after it are there."""
    other = [SIGNERS[1].key.kid, key_entry.encode(SIGNERS[1].key)]
    trust = opened([GOOD, broken, other])
    assert trust.candidates(b"kid") == ()
    assert trust.candidates(SIGNERS[0].key.kid) == (SIGNERS[0].key,)
    assert set(trust) == {SIGNERS[0].key, SIGNERS[1].key}
    (found,) = trust.quarantined
    assert (found.code, found.severity, found.record) == ("trust.entry", "warning", "entry 2")


def test_members_and_usages_of_later_versions_are_left_to_them() -> None:
    """A list may say more than this version reads, as long as what it reads stays true."""
    entry = {1: SIGNERS[0].key.spki, 5: [2, 99], 9: {"more": [1]}}
    (key,) = opened([[b"kid", cbor2.dumps(entry)]])
    assert key.usages == {hcert.Usage.VACCINATION}


def test_entries_are_read_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening reads none, a lookup reads those under its kid, once."""
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


def test_equal_entries_count_once() -> None:
    """A list may repeat itself."""
    assert list(opened([GOOD, GOOD])) == [SIGNERS[0].key]


def test_readers_are_found_unless_withdrawn() -> None:
    """Issuers seal for those who may open."""
    trust = hcert.TrustList([SIGNERS[0].key, READER, replace(READER, kid=b"gone", status=lists.Status.WITHDRAWN)])
    assert hcert.TrustList.open(publish(trust), **pins()).readers() == (READER,)


def test_operators_see_what_changed() -> None:
    """Added, removed and changed keys, told apart by kid and public key."""
    one, two, three = (signer.key for signer in SIGNERS)
    withdrawn = replace(two, status=lists.Status.WITHDRAWN)
    changes = lists.diff(hcert.TrustList([one, two]), hcert.TrustList([withdrawn, three]))
    assert changes == lists.Changes(added=(three,), removed=(one,), changed=((two, withdrawn),))
    assert lists.diff(hcert.TrustList([one]), hcert.TrustList([one])) == lists.Changes((), (), ())


def test_operators_see_who_signs_from_now_on() -> None:
    """As each of the two lists names the anchors to come; keys pinned by hand name none."""
    trust = hcert.TrustList([SIGNERS[0].key])
    old, new = (hcert.TrustList.open(publish(trust, next_anchors=coming), **pins()) for coming in (None, anchors(1, 2)))
    changes, back = lists.diff(old, new), lists.diff(new, old)
    assert (changes.anchors_before, back.anchors_after) == (None, None)
    for coming in (changes.anchors_after, back.anchors_before):
        assert coming is not None
        assert ([key.spki for key in coming.keys], coming.threshold) == ([key.spki for key in anchors(1, 2).keys], 2)
    assert lists.diff(trust, new).anchors_before is None


def test_no_entry_of_a_key_hides_another_from_operators() -> None:
    """A key may stand in several entries, and each of them counts for verifiers."""
    key = SIGNERS[0].key
    withdrawn, elsewhere = replace(key, status=lists.Status.WITHDRAWN), replace(key, origin="elsewhere")
    assert lists.diff(hcert.TrustList([key]), hcert.TrustList([withdrawn, key])) == lists.Changes((withdrawn,), (), ())
    assert lists.diff(hcert.TrustList([key, withdrawn]), hcert.TrustList([key])) == lists.Changes((), (withdrawn,), ())
    changes = lists.diff(hcert.TrustList([key, elsewhere]), hcert.TrustList([key, withdrawn]))
    assert changes == lists.Changes((), (), ((elsewhere, withdrawn),))


@given(st.binary(max_size=200))
def test_any_entry_is_read_or_quarantined(data: bytes) -> None:
    """No exception from whatever anchors signed."""
    trust = opened([[b"kid", data]])
    assert len(trust) + len(trust.quarantined) == 1


def test_every_key_that_came_or_went_is_told() -> None:
    """Each of several."""
    keys = [document_signer(p256()).key for _ in range(3)]
    changes = lists.diff(hcert.TrustList(), hcert.TrustList(keys))
    assert {key.kid for key in changes.added} == {key.kid for key in keys}
    assert len(lists.diff(hcert.TrustList(keys), hcert.TrustList()).removed) == 3
    withdrawn = [replace(key, status=lists.Status.WITHDRAWN) for key in keys]
    assert set(lists.diff(hcert.TrustList(keys), hcert.TrustList(withdrawn)).changed) == set(
        zip(keys, withdrawn, strict=True)
    )
