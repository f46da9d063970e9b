"""Why entries of a key list are quarantined, and the last values that are not."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest

import hcert
from hcert import lists
from hcert.fragments import Fragment, fragment
from hcert.trust import key_entry
from support.list_publisher import pins, sealed_claims
from support.signers import NOW, document_signer, p256, pem_of, rsa_key, spki_of

SIGNER = document_signer(p256())
SPKI, CERTIFICATE = SIGNER.key.spki, SIGNER.certificate
LATEST = 253402300799  # 9999-12-31T23:59:59Z
DER = fragment("key_entry.der", most=16384)
USAGES = fragment("key_entry.usages", most=16)
PAIR, ONE_KEY, TEXT = fragment("key_entry.pair"), fragment("key_entry.one_key"), fragment("key_entry.text")
VALIDITY, STATUS, UNUSABLE = (
    fragment("key_entry.validity"),
    fragment("key_entry.status"),
    fragment("key_entry.unusable"),
)


def opened(body: list[Any]) -> hcert.TrustList:
    """Open a key list with this body."""
    start = int(NOW.timestamp())
    claims = {4: start + 10**6, 6: start, -65537: {0: "hcert-keys", 1: 1, 2: body}}
    return hcert.TrustList.open(sealed_claims(claims), **pins())


def reason_of(item: Any) -> Any:
    """Return why an item is quarantined; None if it is not."""
    found = opened([item]).quarantined
    return dict(found[0].details)["reason"] if found else None


BROKEN_PAIRS: dict[str, Any] = {
    "not an array": b"kid",
    "no entry": [b"kid"],
    "three members": [b"kid", b"", b""],
    "text as kid": ["kid", cbor2.dumps({1: SPKI})],
    "empty kid": [b"", cbor2.dumps({1: SPKI})],
    "long kid": [bytes(65), cbor2.dumps({1: SPKI})],
    "entry not encoded": [b"kid", {1: SPKI}],
}


@pytest.mark.parametrize("name", BROKEN_PAIRS)
def test_reasons_of_broken_pairs(name: str) -> None:
    """An item must be a kid and an encoded entry."""
    assert reason_of(BROKEN_PAIRS[name]) == PAIR


BROKEN_ENTRIES: dict[str, tuple[Any, Fragment]] = {
    "not a map": ([1], ONE_KEY),
    "no key": ({2: "VN"}, ONE_KEY),
    "two keys": ({0: CERTIFICATE, 1: SPKI}, ONE_KEY),
    "text as key": ({1: "0"}, DER),
    "text as certificate": ({0: "0"}, DER),
    "PEM": ({1: pem_of(SIGNER.private_key)}, DER),
    "large key": ({1: b"0" * 16385}, DER),
    "not a key": ({1: b"0" * 16384}, UNUSABLE),
    "not a certificate": ({0: b"0" * 16384}, UNUSABLE),
    "empty country": ({1: SPKI, 2: ""}, TEXT),
    "long country": ({1: SPKI, 2: "V" * 201}, TEXT),
    "country with line end": ({1: SPKI, 2: "V\n"}, TEXT),
    "country not text": ({1: SPKI, 2: b"VN"}, TEXT),
    "long origin": ({1: SPKI, 7: "V" * 201}, TEXT),
    "time before 1970": ({1: SPKI, 3: -1}, VALIDITY),
    "time after 9999": ({1: SPKI, 4: LATEST + 1}, VALIDITY),
    "time as float": ({1: SPKI, 3: 1.0}, VALIDITY),
    "time as boolean": ({1: SPKI, 4: True}, VALIDITY),
    "usages not an array": ({1: SPKI, 5: 1}, USAGES),
    "17 usages": ({1: SPKI, 5: [1] * 17}, USAGES),
    "usage not a number": ({1: SPKI, 5: [1, "2"]}, USAGES),
    "usage as boolean": ({1: SPKI, 5: [True]}, USAGES),
    "opening beside signing": ({1: SPKI, 5: [1, 4]}, fragment("key_entry.mixed_usages")),
    "unknown status": ({1: SPKI, 6: 2}, STATUS),
    "negative status": ({1: SPKI, 6: -1}, STATUS),
    "status as boolean": ({1: SPKI, 6: False}, STATUS),
    "algorithm not null": ({1: SPKI, 8: -7}, fragment("key_entry.algorithm")),
}


@pytest.mark.parametrize("name", BROKEN_ENTRIES)
def test_reasons_of_broken_entries(name: str) -> None:
    """Each names what is wrong."""
    entry, reason = BROKEN_ENTRIES[name]
    assert reason_of([b"kid", cbor2.dumps(entry)]) == reason


def test_a_truncated_entry_is_quarantined_with_the_reason_of_the_decoder() -> None:
    """And with its place."""
    trust = opened([[b"good", cbor2.dumps({1: SPKI})], [b"kid", cbor2.dumps({1: SPKI})[:-1]]])
    (found,) = trust.quarantined
    assert (found.record or "").endswith("2")
    assert dict(found.details)["reason"] == fragment("cbor.truncated")


GOOD_ENTRIES: dict[str, tuple[dict[int, Any], dict[str, Any]]] = {
    "longest text": ({1: SPKI, 2: "V" * 200, 7: "W" * 200}, {"country": "V" * 200, "origin": "W" * 200}),
    "shortest text": ({1: SPKI, 2: "V"}, {"country": "V"}),
    "no text": ({0: CERTIFICATE, 2: None}, {"country": None}),
    "16 usages": ({1: SPKI, 5: [1] * 15 + [2]}, {"usages": {hcert.Usage.TEST, hcert.Usage.VACCINATION}}),
    "reader": ({1: SPKI, 5: [4]}, {"usages": {hcert.Usage.OPEN}}),
    "recovery": ({1: SPKI, 5: [3]}, {"usages": {hcert.Usage.RECOVERY}}),
    "active": ({1: SPKI, 6: 0}, {"status": lists.Status.ACTIVE}),
    "for inspection": ({1: SPKI, 8: None}, {"algorithm": None}),
    "no validity": ({0: CERTIFICATE, 3: None, 4: None}, {"not_before": None, "not_after": None}),
}


@pytest.mark.parametrize("name", GOOD_ENTRIES)
def test_entries_at_their_bounds_are_read(name: str) -> None:
    """The last values that are not refused."""
    entry, expected = GOOD_ENTRIES[name]
    (key,) = opened([[b"kid", cbor2.dumps(entry)]])
    assert {member: getattr(key, member) for member in expected} == expected


def test_the_first_and_last_second_are_read() -> None:
    """From 1970 to the end of 9999."""
    (key,) = opened([[b"kid", cbor2.dumps({1: SPKI, 3: 0, 4: LATEST})]])
    assert key.not_before is not None
    assert key.not_after is not None
    assert (key.not_before.timestamp(), int(key.not_after.timestamp())) == (0, LATEST)


def test_a_broken_revoked_entry_is_listed_beside_the_others_of_its_kid() -> None:
    """Under that kid, as a revoked key; a key that cannot be used is not listed."""
    other = document_signer(p256()).key
    trust = opened(
        [
            [b"kid", cbor2.dumps({1: other.spki})],
            [b"kid", cbor2.dumps({1: SPKI, 6: 1, 8: 5})],
            [b"kid", cbor2.dumps({1: b"0", 6: 1})],
        ]
    )
    assert [(key.kid, key.spki, key.status) for key in trust.candidates(b"kid")] == [
        (b"kid", other.spki, lists.Status.ACTIVE),
        (b"kid", SPKI, lists.Status.REVOKED),
    ]
    assert len(trust.quarantined) == 2


@pytest.mark.parametrize("key", [SPKI, spki_of(rsa_key())], ids=["P-256", "RSA"])
def test_read_revoked_keys(key: bytes) -> None:
    """With kid and status, even if the entry cannot be decoded; an active entry revokes nothing."""
    (revoked,) = key_entry.read_revoked_keys(b"kid", cbor2.dumps({1: key, 6: 1, 8: 5}))
    assert (revoked.kid, revoked.spki, revoked.status) == (b"kid", key, lists.Status.REVOKED)
    for entry in ({1: key}, {1: key, 6: 0}, {6: 1}, {2: key, 6: 1}, {1: b"0", 6: 1}, {1: key + b"0", 6: 1}):
        assert list(key_entry.read_revoked_spkis(cbor2.dumps(entry))) == []
