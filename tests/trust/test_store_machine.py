"""The store under any sequence of events: a model says what must be held, and the store agrees at every step."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

import hcert
from authority import NOW, document_signer, p256
from hcert.errors import ConfigurationError, MalformedError
from publisher import DAY, anchors, keys_of, publish, publish_delta

if TYPE_CHECKING:
    from collections.abc import Callable

AT = NOW + DAY
KEYS = [document_signer(p256()).key for _ in range(3)]
PAIRS = [(0, 1), (3, 4), (5, 6)]  # the anchors that can come to be in force, by two of two
IDS = [bytes([number]) * 16 for number in range(8)]


class StoreMachine(RuleBasedStateMachine):
    """Publisher, network and disk do what they like; the model knows the versions and the anchors in force."""

    deltas = Bundle("deltas")

    @initialize()
    def start(self) -> None:
        """An empty directory, and a publisher who has published nothing."""
        self.folder = Path(tempfile.mkdtemp())
        self.pair = 0
        self.keys: tuple[int, frozenset[bytes]] | None = None
        self.revocations: tuple[int, int] | None = None  # version, and how many are withdrawn
        self.base: hcert.RevocationList | None = None
        self.open_store()

    def teardown(self) -> None:
        """Remove the directory."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def open_store(self) -> None:
        """Open the store as a process that starts."""
        self.store = hcert.TrustStore(self.folder / "lists", anchors=keys_of(*PAIRS[0]), threshold=2)

    def take(self, update: Callable[..., Any], data: bytes, code: str | None) -> None:
        """Update, and see it taken or refused by its code."""
        if code is None:
            update(data, at=AT)
        else:
            with pytest.raises((MalformedError, ConfigurationError)) as caught:
                update(data, at=AT)
            assert caught.value.code == code

    def publish_keys(self, step: int, count: int, **more: Any) -> tuple[int, frozenset[bytes], bytes]:
        """Publish a key list so many versions ahead of, or behind, the one held."""
        version = max(1, (self.keys[0] if self.keys else 0) + step)
        keys = KEYS[:count]
        data = publish(hcert.TrustList(keys), by=more.pop("by", PAIRS[self.pair]), version=version, **more)
        return version, frozenset(key.kid for key in keys), data

    @rule(step=st.integers(1, 3), count=st.integers(0, 3))
    def a_newer_key_list_is_taken(self, step: int, count: int) -> None:
        """Whatever is in it."""
        version, kids, data = self.publish_keys(step, count)
        self.take(self.store.update_keys, data, None)
        self.keys = (version, kids)

    @rule(to=st.integers(0, 2))
    def anchors_rotate(self, to: int) -> None:
        """From the list that names them on."""
        version, kids, data = self.publish_keys(1, 1, next_anchors=anchors(*PAIRS[to]))
        self.take(self.store.update_keys, data, None)
        self.keys, self.pair = (version, kids), to

    @precondition(lambda self: self.keys is not None and self.keys[0] > 1)
    @rule(count=st.integers(0, 3))
    def an_older_key_list_is_refused(self, count: int) -> None:
        """However good it was."""
        _, _, data = self.publish_keys(-1, count)
        self.take(self.store.update_keys, data, "document.older")

    @precondition(lambda self: self.keys is not None)
    @rule()
    def another_key_list_of_the_same_version_is_refused(self) -> None:
        """Its content differs in when it was issued, if in nothing else."""
        _, _, data = self.publish_keys(0, 2, expires_at=NOW + 77 * DAY)
        self.take(self.store.update_keys, data, "document.equivocation")

    @rule(by=st.sampled_from([(0,), (7, 8), (0, 3)]))
    def a_key_list_by_too_few_is_refused(self, by: tuple[int, ...]) -> None:
        """Of the anchors in force."""
        _, _, data = self.publish_keys(5, 3, by=by)
        self.take(self.store.update_keys, data, "document.too_few_signatures")

    @rule(cut=st.integers(1, 50))
    def a_cut_key_list_is_refused(self, cut: int) -> None:
        """A download that broke off."""
        _, _, data = self.publish_keys(1, 3)
        self.take(self.store.update_keys, data[:-cut], "document.malformed")

    @rule(count=st.integers(0, 8))
    def a_newer_full_withdrawal_list_is_taken(self, count: int) -> None:
        """It becomes the base of deltas."""
        version = (self.revocations[0] if self.revocations else 0) + 1
        data = publish(hcert.RevocationList(certificates=IDS[:count]), by=PAIRS[self.pair], version=version)
        self.base = self.store.update_revocations(data, at=AT)
        self.revocations = (version, count)

    @precondition(lambda self: self.base is not None)
    @rule(target=deltas, count=st.integers(0, 8), step=st.integers(1, 2))
    def a_newer_delta_is_taken(self, count: int, step: int) -> bytes:
        """It counts from the full list."""
        assert self.base is not None
        assert self.revocations is not None
        version = self.revocations[0] + step
        content = hcert.RevocationList(certificates=IDS[:count])
        data = publish_delta(content, self.base, by=PAIRS[self.pair], version=version)
        self.take(self.store.update_revocations, data, None)
        self.revocations = (version, count)
        return data

    @rule(delta=deltas)
    def a_delta_of_earlier_comes_again(self, delta: bytes) -> None:
        """It is the one held, older, for another base, or signed by anchors of before; only the first is no error."""
        try:
            self.store.update_revocations(delta, at=AT)
        except MalformedError as error:
            assert error.code in {"document.older", "revocation.wrong_base", "document.too_few_signatures"}

    @rule()
    def the_app_restarts(self) -> None:
        """With the anchors it was shipped with."""
        self.open_store()

    @precondition(lambda self: self.keys is not None)
    @rule(count=st.integers(0, 3))
    def the_disk_damages_the_key_list(self, count: int) -> None:
        """Nothing older is taken in its place, and a newer one heals it."""
        (self.folder / "lists" / "keys.cose").write_bytes(b"garbage")
        self.take(lambda *_args, **_more: self.store.trust_list(), b"", "store.damaged")
        assert self.keys is not None
        if self.keys[0] > 1:
            _, _, older = self.publish_keys(-1, 1)
            self.take(self.store.update_keys, older, "document.older")
        self.a_newer_key_list_is_taken(1, count)

    @invariant()
    def what_is_held_is_what_the_model_says(self) -> None:
        """Version and content, of both lists."""
        if not hasattr(self, "store"):
            return
        if self.keys is None:
            self.take(lambda *_args, **_more: self.store.trust_list(), b"", "store.empty")
        else:
            trust = self.store.trust_list()
            assert trust.envelope is not None
            assert (trust.envelope.state.version, frozenset(key.kid for key in trust)) == self.keys
        revocations = self.store.revocations()
        if self.revocations is None:
            assert revocations is None
        else:
            assert revocations is not None
            assert revocations.envelope is not None
            assert (revocations.envelope.state.version, len(revocations)) == self.revocations


TestStore = StoreMachine.TestCase
TestStore.settings = settings(stateful_step_count=30, max_examples=25)
