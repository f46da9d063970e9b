"""Signed documents: what attackers try with published lists, and what publishers may do with them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from pycose.keys.ec2 import EC2Key
from pycose.messages.signmessage import SignMessage

import hcert
from hcert import lists
from hcert.codec import cose_sign
from hcert.codec.cose_sign import CoseSign, Signature
from hcert.errors import ConfigurationError, MalformedError
from hcert.fragments import fragment
from hcert.trust import document_file
from support.list_publisher import (
    DAY,
    LIST_EXPIRY,
    anchor,
    anchors,
    keys_of,
    pins,
    publish,
    publish_delta,
    sealed_claims,
)
from support.signers import NOW, document_signer, p256, rsa_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEYS = [document_signer(p256()).key for _ in range(2)]
LIST = hcert.TrustList(KEYS)
OTHER = hcert.TrustList(KEYS[:1])
REVOKED = hcert.RevocationList(keys=KEYS[:1])


def opened(data: bytes, **changes: Any) -> hcert.TrustList:
    """Open a key list with three pinned anchors and a threshold of two."""
    return hcert.TrustList.open(data, **(pins() | changes))


def refused(data: bytes, **changes: Any) -> str:
    """Return the code of the error that refuses a key list."""
    with pytest.raises(MalformedError) as caught:
        opened(data, **changes)
    return caught.value.code


def resigned(data: bytes, change: Callable[[dict[Any, Any]], object]) -> bytes:
    """Change the claims, and keep the signatures."""
    signed = cose_sign.decode(data)
    claims = cbor2.loads(signed.payload)
    change(claims)
    return cose_sign.encode(CoseSign(cbor2.dumps(claims), signed.signatures))


def swap_entries(claims: dict[Any, Any]) -> None:
    """Put each entry under the kid of the other."""
    first, second = claims[-65537][2]
    first[1], second[1] = second[1], first[1]


def inject_anchors(claims: dict[Any, Any]) -> None:
    """Name an attacker's key as next anchor."""
    claims[-65537][3] = [[b"attacker", anchor(9).key.spki]]
    claims[-65537][4] = 1


def collide(data: bytes) -> bytes:
    """Sign with a foreign key under the kid of an anchor."""
    payload = cose_sign.decode(data).payload
    parts = []
    for number in (0, 1):
        unsigned = Signature(-7, anchor(number).key.kid, b"")
        parts.append(unsigned._replace(signature=anchor(9).signer.sign(unsigned.encode_sig_structure(payload))))
    return cose_sign.encode(CoseSign(payload, tuple(parts)))


def stripped(data: bytes, count: int) -> bytes:
    """Keep the first signatures only."""
    signed = cose_sign.decode(data)
    return cose_sign.encode(signed._replace(signatures=signed.signatures[:count]))


def repeated(data: bytes) -> bytes:
    """Repeat the first signature until there are as many as before."""
    signed = cose_sign.decode(data)
    return cose_sign.encode(signed._replace(signatures=signed.signatures[:1] * len(signed.signatures)))


def twice_by(number: int) -> bytes:
    """Sign twice with one key, whose signatures differ."""
    once = publish(LIST, by=[number])
    again = publish(LIST, by=[number])
    signed, more = cose_sign.decode(once), cose_sign.decode(again)
    assert signed.signatures != more.signatures
    return cose_sign.encode(signed._replace(signatures=signed.signatures + more.signatures))


def lists_document(data: bytes) -> bytes:
    """Return a revocation list without its attachment."""
    return document_file.split(data)[0]


def a_delta() -> bytes:
    """Return a delta."""
    base = hcert.RevocationList.open(publish(REVOKED), **pins())
    return publish_delta(hcert.RevocationList(), base)


HELD = lists.State(5, b"\0" * 32)
ATTACKS: dict[str, tuple[Callable[[], bytes], dict[str, Any], str]] = {
    "rollback": (lambda: publish(LIST, version=4), {"newer_than": HELD}, "document.older"),
    "rollback, version known alone": (lambda: publish(LIST, version=4), {"newer_than": 5}, "document.older"),
    "freeze: old and expired": (lambda: publish(LIST), {"at": LIST_EXPIRY + DAY}, "document.expired"),
    "equivocation": (lambda: publish(LIST, version=5), {"newer_than": HELD}, "document.equivocation"),
    "one signature less": (lambda: publish(LIST, by=[0]), {}, "document.too_few_signatures"),
    "one key signing twice": (lambda: twice_by(0), {}, "document.too_few_signatures"),
    "one signature repeated": (lambda: repeated(publish(LIST)), {}, "document.too_few_signatures"),
    "unknown signers": (lambda: publish(LIST, by=[7, 8]), {}, "document.too_few_signatures"),
    "one known, one unknown": (lambda: publish(LIST, by=[0, 8]), {}, "document.too_few_signatures"),
    "kind confusion: revocation list as key list": (lambda: publish(REVOKED), {}, "document.kind"),
    "kind confusion: its document without the attachment": (
        lambda: lists_document(publish(REVOKED)),
        {},
        "document.kind",
    ),
    "kind confusion: delta as key list": (a_delta, {}, "document.kind"),
    "key list with an attachment": (lambda: document_file.join(publish(LIST), b"more"), {}, "document.malformed"),
    "stripped signature": (lambda: stripped(publish(LIST), 1), {}, "document.too_few_signatures"),
    "no signature at all": (lambda: stripped(publish(LIST), 0), {}, "document.malformed"),
    "next anchors injected": (
        lambda: resigned(publish(LIST), inject_anchors),
        {},
        "document.too_few_signatures",
    ),
    "next anchors under too few": (
        lambda: publish(LIST, by=[0], next_anchors=anchors(9, threshold=1)),
        {},
        "document.too_few_signatures",
    ),
    "entries swapped between kids": (
        lambda: resigned(publish(LIST), swap_entries),
        {},
        "document.too_few_signatures",
    ),
    "kid collision": (lambda: collide(publish(LIST)), {}, "document.too_few_signatures"),
    "truncated": (lambda: publish(LIST)[:-1], {}, "document.malformed"),
    "extended": (lambda: publish(LIST) + b"\0", {}, "document.malformed"),
    "clock before issue": (lambda: publish(LIST), {"at": NOW - DAY}, "document.not_yet_valid"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused(attack: str) -> None:
    """Each row is something that somebody between publisher and verifier could do."""
    make, changes, code = ATTACKS[attack]
    assert refused(make(), **changes) == code


def test_kinds_are_not_interchangeable(tmp_path: Path) -> None:
    """Key lists, revocation lists and deltas, in every combination."""
    base = hcert.RevocationList.open(publish(REVOKED), **pins())
    path = tmp_path / "keys.cose"
    path.write_bytes(publish(LIST))
    for data in (publish(LIST), a_delta(), path):
        with pytest.raises(MalformedError) as caught:
            hcert.RevocationList.open(data, **pins())
        assert caught.value.code == "document.kind"
    for data in (publish(REVOKED, version=3), publish(LIST, version=3)):
        with pytest.raises(MalformedError) as caught:
            base.apply_delta(data, **pins())
        assert caught.value.code == "document.kind"


def test_a_revocation_list_without_its_attachment_is_refused() -> None:
    """Even an empty one: each kind has exactly one form."""
    for content in (REVOKED, hcert.RevocationList()):
        with pytest.raises(MalformedError) as caught:
            hcert.RevocationList.open(lists_document(publish(content)), **pins())
        assert caught.value.code == "document.malformed"


def test_a_list_opens_until_its_expiry_and_grace() -> None:
    """Both inclusive, to the second."""
    data = publish(LIST)
    assert opened(data, at=LIST_EXPIRY).envelope == opened(data).envelope
    assert refused(data, at=LIST_EXPIRY + dt.timedelta(microseconds=1)) == "document.expired"
    assert len(opened(data, at=LIST_EXPIRY + DAY, grace=DAY)) == len(KEYS)
    assert refused(data, at=LIST_EXPIRY + DAY + dt.timedelta(microseconds=1), grace=DAY) == "document.expired"


def test_the_same_list_opens_again() -> None:
    """Even with other signatures."""
    held = opened(publish(LIST, by=[0, 1]))
    assert held.envelope is not None
    again = opened(publish(LIST, by=[1, 2]), newer_than=held.envelope.state)
    assert again.envelope == held.envelope
    assert opened(publish(LIST, version=1), newer_than=1).envelope == held.envelope


def test_equivocation_is_refused() -> None:
    """Different content under the version held."""
    held = opened(publish(LIST))
    assert held.envelope is not None
    assert refused(publish(OTHER), newer_than=held.envelope.state) == "document.equivocation"


def test_all_anchors_must_sign_by_default() -> None:
    """Without a threshold, all pinned anchors must sign."""
    data = publish(LIST, by=[0, 1])
    assert len(hcert.TrustList.open(data, anchors=keys_of(0, 1), at=NOW)) == len(KEYS)
    assert refused(data, threshold=None) == "document.too_few_signatures"


@pytest.mark.parametrize("threshold", [0, -1, 3, True, 1.0])
def test_an_impossible_threshold_is_refused(threshold: Any) -> None:
    """A mistake must not accept everything or nothing."""
    with pytest.raises(ConfigurationError) as caught:
        opened(publish(LIST), anchors=keys_of(0, 1), threshold=threshold)
    assert caught.value.code == "document.threshold"


def test_a_repeated_anchor_is_refused() -> None:
    """With a threshold of all, one signature would count as two. Another kid does not make it another key."""
    twin = replace(anchor(0).key, kid=b"twin")
    data = publish(LIST, by=[0])
    for named in ([anchor(0).key] * 2, [anchor(0).key, twin]):
        for threshold in (None, 1, 2):
            with pytest.raises(ConfigurationError) as caught:
                opened(data, anchors=named, threshold=threshold)
            assert caught.value.code == "document.repeated_anchor"
        with pytest.raises(ConfigurationError) as caught:
            lists.Anchors(tuple(named), 1)
        assert caught.value.code == "document.repeated_anchor"
    next_anchors = {3: [[key.kid, key.spki] for key in (anchor(0).key, twin)], 4: 1}
    assert refused(sealed_claims(claims_with(next_anchors))) == "document.malformed"


def test_max_anchors() -> None:
    """As many as a document has signatures; for next anchors too."""
    key = anchor(0).key
    made = [document_signer(p256()).key for _ in range(65)]
    assert len(lists.Anchors(tuple(made[:64]), 1).keys) == 64
    with pytest.raises(ConfigurationError) as caught:
        lists.Anchors(tuple(made), 1)
    assert caught.value.code == "document.too_many_anchors"
    assert key not in made
    next_anchors = [[one.kid, one.spki] for one in made]
    assert refused(sealed_claims(claims_with({3: next_anchors, 4: 1}))) == "document.malformed"
    envelope = opened(sealed_claims(claims_with({3: next_anchors[:64], 4: 1}))).envelope
    assert envelope is not None
    assert envelope.next_anchors is not None
    assert len(envelope.next_anchors.keys) == 64


def test_next_anchors_need_a_threshold() -> None:
    """And a reason is given."""
    claims = claims_with({3: [[anchor(0).key.kid, anchor(0).key.spki]]})
    with pytest.raises(MalformedError) as caught:
        opened(sealed_claims(claims))
    assert dict(caught.value.findings[0].details) == {"reason": fragment("document.next_anchors")}


def claims_with(members: dict[int, Any]) -> dict[int, Any]:
    """Return the claims of an empty key list with further members."""
    start = int(NOW.timestamp())
    return {4: start + 10**6, 6: start, -65537: {0: "hcert-keys", 1: 1, 2: []} | members}


def test_one_signature_under_two_kids_counts_once() -> None:
    """Signers are counted by their keys."""
    payload = cose_sign.decode(publish(LIST, by=[0])).payload
    parts = []
    for kid in (anchor(0).key.kid, b"twin"):
        unsigned = Signature(-7, kid, b"")
        parts.append(unsigned._replace(signature=anchor(0).signer.sign(unsigned.encode_sig_structure(payload))))
    data = cose_sign.encode(CoseSign(payload, tuple(parts)))
    assert refused(data) == "document.too_few_signatures"


def test_find_signers() -> None:
    """Of a key list, a revocation list and a delta, in the order asked for; only signatures that verify count."""
    base = hcert.RevocationList.open(publish(hcert.RevocationList()), **pins())
    delta = publish_delta(hcert.RevocationList(certificates=[bytes(16)]), base)
    for data in (publish(LIST, by=[1, 0]), publish(hcert.RevocationList(), by=[0, 1]), delta):
        assert lists.find_signers(data, keys_of(0, 1, 2)) == tuple(keys_of(0, 1))
        assert lists.find_signers(data, keys_of(2)) == lists.find_signers(data, []) == ()
        assert lists.find_signers(data, keys_of(1, 1)) == tuple(keys_of(1))
    draft = publish(LIST, by=[0])
    signed = cose_sign.decode(draft)
    forged = cose_sign.encode(CoseSign(signed.payload, (signed.signatures[0]._replace(signature=bytes(64)),)))
    assert lists.find_signers(draft, keys_of(0, 1)) == tuple(keys_of(0))
    assert lists.find_signers(forged, keys_of(0, 1)) == ()
    assert lists.find_signers(draft, [replace(anchor(1).key, kid=anchor(0).key.kid)]) == ()
    with pytest.raises(MalformedError):
        lists.find_signers(draft[:-1], keys_of(0))


def test_max_signature_size() -> None:
    """The signature of the largest key fits."""
    signed = cose_sign.decode(publish(LIST))
    large = signed.signatures[0]._replace(signature=bytes(2049))
    assert refused(cose_sign.encode(CoseSign(signed.payload, (*signed.signatures, large)))) == "document.malformed"


def test_add_signature() -> None:
    """An offline ceremony: each signer sees the document and adds a signature; nothing else changes."""
    data = publish(LIST, by=[0])
    assert refused(data) == "document.too_few_signatures"
    ready = lists.add_signature(data, anchor(1).signer)
    assert opened(ready).envelope == opened(publish(LIST)).envelope
    assert lists.add_signature(ready, anchor(1).signer) == ready


def test_add_signature_keeps_the_attachment() -> None:
    """Unchanged."""
    data = lists.add_signature(publish(REVOKED, by=[0]), anchor(1).signer)
    assert len(hcert.RevocationList.open(data, **pins())) == 1


def test_an_rsa_anchor_can_sign() -> None:
    """Lists may be signed with both algorithms of certificates."""
    signer = document_signer(rsa_key())
    data = LIST.seal([signer.signer], version=1, issued_at=NOW, expires_at=LIST_EXPIRY)
    assert len(hcert.TrustList.open(data, anchors=[signer.key], at=NOW)) == len(KEYS)


def test_an_anchor_may_name_esp256() -> None:
    """RFC 9864. The number is signed, and what an anchor signs under both numbers counts once."""
    once = publish(LIST, by=[0])
    payload = cose_sign.decode(once).payload
    unsigned = Signature(-9, anchor(1).key.kid, b"")
    named = unsigned._replace(signature=anchor(1).signer.sign(unsigned.encode_sig_structure(payload)))
    both = cose_sign.encode(CoseSign(payload, (*cose_sign.decode(once).signatures, named)))
    assert set(opened(both)) == set(LIST)
    assert lists.find_signers(both, [anchor(1).key, anchor(0).key]) == (anchor(1).key, anchor(0).key)
    renamed = cose_sign.encode(CoseSign(payload, (named._replace(algorithm=-7),)))
    assert lists.find_signers(renamed, [anchor(1).key]) == ()
    repeatedly = cose_sign.encode(
        CoseSign(payload, (named, *cose_sign.decode(lists.add_signature(once, anchor(1).signer)).signatures[1:]))
    )
    assert refused(repeatedly) == "document.too_few_signatures"


def test_esp256_is_not_for_an_rsa_anchor() -> None:
    """A PS256 signature under its number does not count."""
    signer = document_signer(rsa_key())
    payload = cose_sign.decode(publish(LIST, by=[0])).payload
    for number, found in ((-37, (signer.key,)), (-9, ()), (-7, ()), (-8, ())):
        unsigned = Signature(number, signer.key.kid, b"")
        named = unsigned._replace(signature=signer.signer.sign(unsigned.encode_sig_structure(payload)))
        assert lists.find_signers(cose_sign.encode(CoseSign(payload, (named,))), [signer.key]) == found


def test_next_anchors_round_trip() -> None:
    """Keys, kids and threshold."""
    coming = anchors(3, 4, threshold=1)
    trust = opened(publish(LIST, next_anchors=coming))
    assert trust.envelope is not None
    named = trust.envelope.next_anchors
    assert named is not None
    assert [(key.kid, key.spki) for key in named.keys] == [(key.kid, key.spki) for key in coming.keys]
    assert named.threshold == 1
    assert opened(publish(LIST, version=2, by=[3]), anchors=named.keys, threshold=named.threshold).envelope


def test_no_changed_byte_changes_the_content() -> None:
    """Every changed byte is refused or does not matter."""
    data = publish(OTHER)
    expected = opened(data)
    for position in range(len(data)):
        for bit in (1, 0x80):
            changed = bytearray(data)
            changed[position] ^= bit
            with pytest.raises(MalformedError):
                opened(bytes(changed))
    assert list(expected) == KEYS[:1]


@given(st.binary() | st.binary().map(lambda data: b"\xd8\x62" + data))
def test_arbitrary_bytes_never_raise_anything_else(data: bytes) -> None:
    """No other exception."""
    assert refused(data) == "document.malformed"


START, END = int(NOW.timestamp()), int(LIST_EXPIRY.timestamp())


@pytest.mark.parametrize(
    "claims",
    [
        b"",
        b"\xff",
        b"\xa0\xa0",
        [],
        {},
        {4: END, 6: START},
        {4: END, 6: START, -65537: {}, 1: "VN"},
        {4: END, 6: START, -65537: []},
        {4: float(END), 6: START, -65537: {0: "hcert-keys", 1: 1, 2: []}},
        {4: END, 6: True, -65537: {0: "hcert-keys", 1: 1, 2: []}},
        {4: START, 6: START, -65537: {0: "hcert-keys", 1: 1, 2: []}},
        {4: END, 6: -1, -65537: {0: "hcert-keys", 1: 1, 2: []}},
        {4: 2**60, 6: START, -65537: {0: "hcert-keys", 1: 1, 2: []}},
        {4: END, 6: START, -65537: {0: b"hcert-keys", 1: 1, 2: []}},
        {4: END, 6: START, -65537: {0: "hcert-keys", 1: 0, 2: []}},
        {4: END, 6: START, -65537: {0: "hcert-keys", 1: 2**63, 2: []}},
        {4: END, 6: START, -65537: {0: "hcert-keys", 1: True, 2: []}},
        {4: END, 6: START, -65537: {0: "hcert-keys", 1: 1}},
        {4: END, 6: START, -65537: {0: "hcert-keys", 1: 1, 2: {}}},
        {4: END, 6: START, -65537: {0: "hcert-keys", 1: 1, 2: [], 3: []}},
        {4: END, 6: START, -65537: {0: "hcert-keys", 1: 1, 2: [], 3: 5, 4: 1}},
        {4: END, 6: START, -65537: {0: "hcert-keys", 1: 1, 2: [], 3: [[b"kid"]], 4: 1}},
        {4: END, 6: START, -65537: {0: "hcert-keys", 1: 1, 2: [], 3: [[b"kid", b"no key"]], 4: 1}},
        {4: END, 6: START, -65537: {0: "hcert-keys", 1: 1, 2: [], 3: [["kid", 5]], 4: 1}},
        {4: END, 6: START, -65537: {0: "hcert-keys", 1: 1, 2: [], 3: [[b"kid", KEYS[0].spki]], 4: 2}},
        {4: END, 6: START, -65537: {0: "hcert-keys", 1: 1, 2: [], 3: [[b"kid", KEYS[0].spki]], 4: "1"}},
        {4: END, 6: START, -65537: {0: "hcert-keys", 1: 1, 2: [], 3: [[b"", KEYS[0].spki]], 4: 1}},
    ],
    ids=lambda claims: str(claims).replace(str(KEYS[0].spki), "spki"),
)
def test_signed_but_malformed_content_is_refused(claims: Any) -> None:
    """Anchors make mistakes too, and an attacker may have stolen enough of their keys."""
    assert refused(sealed_claims(claims)) == "document.malformed"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"version": 0}, "document.version"),
        ({"version": 2**63}, "document.version"),
        ({"version": True}, "document.version"),
        ({"by": ()}, "document.signers"),
        ({"expires_at": NOW}, "document.times"),
        ({"issued_at": dt.datetime(1969, 12, 31, tzinfo=dt.UTC)}, "document.times"),
        ({"issued_at": NOW.replace(tzinfo=None)}, "time.naive"),
        ({"expires_at": NOW.replace(tzinfo=None)}, "time.naive"),
    ],
    ids=str,
)
def test_seal_refuses_invalid_arguments(arguments: dict[str, Any], code: str) -> None:
    """The publisher notices the mistake before the verifiers do."""
    with pytest.raises(ConfigurationError) as caught:
        publish(LIST, **arguments)
    assert caught.value.code == code


def test_a_signer_that_cannot_sign_is_refused() -> None:
    """The key of a reader has no signature algorithm."""
    key = replace(anchor(0).key, usages=frozenset({hcert.Usage.OPEN}))
    signer = hcert.LocalSigner(p256(), key)
    with pytest.raises(ConfigurationError) as caught:
        LIST.seal([signer], version=1, issued_at=NOW, expires_at=LIST_EXPIRY)
    assert caught.value.code == "key.unsupported"


def test_a_time_without_zone_is_refused_on_opening() -> None:
    """It could mean any of 24 hours."""
    with pytest.raises(ConfigurationError) as caught:
        opened(publish(LIST), at=NOW.replace(tzinfo=None))
    assert caught.value.code == "time.naive"


def test_an_independent_library_verifies_what_is_sealed() -> None:
    """The library pycose decodes the message and verifies its signatures."""
    elements = cbor2.loads(publish(LIST, by=[0])).value
    signatures = [[protected, dict(unprotected), signature] for protected, unprotected, signature in elements[3]]
    message = SignMessage.from_cose_obj(
        [elements[0], dict(elements[1]), elements[2], signatures], allow_unknown_attributes=True
    )
    private_key = anchor(0).private_key
    assert isinstance(private_key, ec.EllipticCurvePrivateKey)
    numbers = private_key.public_key().public_numbers()
    part = message.signers[0]
    part.key = EC2Key(crv="P_256", x=numbers.x.to_bytes(32), y=numbers.y.to_bytes(32))
    assert part.verify_signature()
    part.payload = bytes(64)
    assert not part.verify_signature()
