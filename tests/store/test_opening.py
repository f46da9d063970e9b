"""Each signed document is opened once, whatever the store is asked for: a key list of a network takes 30 ms."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

import hcert
from hcert.errors import MalformedError
from hcert.store import rotation, updater
from hcert.trust import revocation_list, signed_document, trust_list
from support.list_publisher import DAY, anchors, pins, publish, publish_delta
from support.signers import NOW, document_signer, p256

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.counts
AT = NOW + DAY
TRUST = hcert.TrustList([document_signer(p256()).key])
KEYS = publish(TRUST)
FULL = publish(hcert.RevocationList(certificates=[b"1" * 16]))
BASE = hcert.RevocationList.open(FULL, **pins())
DELTA = publish_delta(hcert.RevocationList(certificates=[b"2" * 16]), BASE)
ROTATING = publish(TRUST, version=2, next_anchors=anchors(3, 4))
NEXT_KEYS = publish(TRUST, by=(3, 4), version=3)
NAMES = {KEYS: "keys", FULL: "full", DELTA: "delta", ROTATING: "rotating", NEXT_KEYS: "next keys"}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often each document is opened; attempts under anchors that did not sign it are counted as `refused`."""
    counts: Counter[str] = Counter()
    open_document = signed_document.open_document

    def counted(data: Any, **arguments: Any) -> object:
        try:
            document = open_document(data, **arguments)
        except MalformedError:
            counts["refused"] += 1
            raise
        counts[NAMES[bytes(data)]] += 1
        return document

    for module in (rotation, updater, revocation_list, trust_list):
        monkeypatch.setattr(module, "open_document", counted)
    return counts


@pytest.fixture
def store(tmp_path: Path) -> hcert.TrustStore:
    """A store with a key list, a full revocation list and a delta."""
    store = hcert.TrustStore(tmp_path / "lists", **{name: pins()[name] for name in ("anchors", "threshold")})
    for data in (KEYS, FULL, DELTA):
        store.update(data, at=AT)
    return store


READS: dict[str, tuple[Callable[[hcert.TrustStore], object], set[str]]] = {
    "trust_list": (hcert.TrustStore.trust_list, {"keys"}),
    "revocations": (hcert.TrustStore.revocations, {"keys", "full", "delta"}),
    "verifier": (hcert.TrustStore.verifier, {"keys", "full", "delta"}),
}


@pytest.mark.parametrize("name", READS)
def test_reading_opens_each_document_held_once(name: str, store: hcert.TrustStore, opened: Counter[str]) -> None:
    """The key list for revocations too: it may name the anchors that signed them."""
    read, documents = READS[name]
    opened.clear()
    read(store)
    assert opened == dict.fromkeys(documents, 1)


@pytest.mark.parametrize("offered", [KEYS, FULL, DELTA], ids=["keys", "full", "delta"])
def test_an_update_opens_the_offered_document_once_more(
    offered: bytes, store: hcert.TrustStore, opened: Counter[str]
) -> None:
    """Each document held once, and the offered one once, even if it is held already."""
    opened.clear()
    store.update(offered, at=AT)
    assert opened == {name: 1 + (name == NAMES[offered]) for name in ("keys", "full", "delta")}


def test_after_a_rotation_each_document_is_still_opened_once(store: hcert.TrustStore, opened: Counter[str]) -> None:
    """Attempts under other anchors are cheap: no signature has their kids."""
    store.update(ROTATING, at=AT)
    store.update(NEXT_KEYS, at=AT)
    opened.clear()
    store.verifier()
    assert opened == {"rotating": 1, "next keys": 1, "full": 1, "delta": 1, "refused": 3}
