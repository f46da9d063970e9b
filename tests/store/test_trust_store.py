"""The store: what a scanner holds stays good through restarts, bad downloads, two processes and crashes."""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import os
import random
import signal
import stat
import threading
import time
from contextlib import suppress
from functools import partial
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

import pytest

import hcert
from hcert import lists
from hcert.codec import cose_sign
from hcert.errors import ConfigurationError, MalformedError
from hcert.store import files as store_files
from hcert.trust.revocation_kinds import RevocationKind, digest
from support.list_publisher import DAY, LIST_EXPIRY, anchors, keys_of, pins, publish, publish_delta
from support.signers import NOW, document_signer, p256

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AT = NOW + DAY
KEYS = [document_signer(p256()).key for _ in range(2)]
IDS = [bytes([number]) * 16 for number in range(4)]
ONE, TWO = hcert.TrustList(KEYS[:1]), hcert.TrustList(KEYS)


@pytest.fixture
def store(tmp_path: Path) -> hcert.TrustStore:
    """An empty store whose directory does not exist yet."""
    return store_in(tmp_path)


def store_in(tmp_path: Path, *numbers: int) -> hcert.TrustStore:
    """Open the store like a process that has just started."""
    return hcert.TrustStore(tmp_path / "app" / "lists", anchors=keys_of(*(numbers or (0, 1, 2))), threshold=2)


def version(opened: hcert.TrustList | hcert.RevocationList | lists.StoreUpdate) -> int:
    """Return the version of a list that was opened or taken."""
    assert opened.envelope is not None
    return opened.envelope.state.version


def take_full(store: hcert.TrustStore, data: bytes) -> hcert.RevocationList:
    """Update a store with a full revocation list, and return what it holds then."""
    assert store.update(data, at=AT).kind == "revocation list"
    return store.revocations()


def refused(make: Callable[[], object]) -> str:
    """Return the code of the error."""
    with pytest.raises((MalformedError, ConfigurationError)) as caught:
        make()
    return caught.value.code


def test_empty_store(store: hcert.TrustStore) -> None:
    """Without keys it raises; a revocation list that never arrived is missing, not empty."""
    assert refused(store.trust_list) == "store.empty"
    assert store.revocations().is_missing
    store.update(publish(ONE), at=AT)
    assert store.revocations().is_missing
    store.update(publish(hcert.RevocationList()), at=AT)
    assert not store.revocations().is_missing


def test_lists_survive_a_restart(store: hcert.TrustStore, tmp_path: Path) -> None:
    """Keys, revocations, and a delta to them."""
    assert version(store.update(publish(TWO, version=3), at=AT)) == 3
    base = take_full(store, publish(hcert.RevocationList(certificates=IDS[:1]), version=4))
    store.update(publish_delta(hcert.RevocationList(certificates=IDS[:2]), base, version=5), at=AT)
    again = store_in(tmp_path)
    assert set(again.trust_list()) == set(KEYS)
    revocations = again.revocations()
    assert version(again.trust_list()) == 3
    assert version(revocations) == 5
    assert [revocations.holds(RevocationKind.CERTIFICATE, digest(name)) for name in IDS] == [True, True, False, False]


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: publish(ONE, version=4), "document.older"),
        (lambda: publish(ONE, version=5), "document.equivocation"),
        (lambda: publish(ONE, version=6, by=[0]), "document.too_few_signatures"),
        (lambda: publish(ONE, version=6, expires_at=NOW + DAY / 2), "document.expired"),
        (lambda: publish(ONE, version=6, issued_at=AT + DAY), "document.not_yet_valid"),
        (lambda: publish(ONE, version=6)[:-1], "document.malformed"),
        (lambda: publish(hcert.RevocationList(), version=6)[:-1], "document.malformed"),
        (lambda: b"", "document.malformed"),
    ],
    ids=[
        "older",
        "same version",
        "one signature",
        "expired",
        "from the future",
        "cut key list",
        "cut revocation list",
        "empty",
    ],
)
def test_a_bad_list_does_not_replace_a_good_one(
    store: hcert.TrustStore, tmp_path: Path, make: Callable[[], bytes], code: str
) -> None:
    """The list held stays, now and after a restart."""
    store.update(publish(TWO, version=5), at=AT)
    assert refused(lambda: store.update(make(), at=AT)) == code
    for one in (store, store_in(tmp_path)):
        assert set(one.trust_list()) == set(KEYS)
        assert version(one.trust_list()) == 5


@pytest.mark.parametrize(
    "data", [None, "lists/keys.cose", bytearray(b"HCERTDOC"), 5, object()], ids=lambda value: type(value).__name__
)
def test_what_is_not_the_content_of_a_file_is_refused_by_name(store: hcert.TrustStore, data: Any) -> None:
    """Such as a path, or what a failed download left; everything that opens a list says the same."""
    pinned = keys_of(0)
    assert refused(lambda: store.update(data, at=AT)) == "document.not_bytes"
    assert refused(lambda: hcert.TrustList.open(data, anchors=pinned, at=AT)) == "document.not_bytes"


def test_several_lists_are_taken_in_whatever_order(store: hcert.TrustStore) -> None:
    """A delta waits for its full list; what stays refused has its reason, and keeps nothing else out."""
    full = publish(hcert.RevocationList(certificates=IDS[:1]))
    base = hcert.RevocationList.open(full, anchors=keys_of(0, 1), at=AT)
    delta = publish_delta(hcert.RevocationList(certificates=IDS[:2]), base)
    offered = {"broken": b"broken", "delta": delta, "full": full, "keys": publish(ONE)}
    taken, left = store.update_all(offered, at=AT)
    assert list(taken) == ["full", "keys", "delta"]
    assert {name: error.code for name, error in left.items()} == {"broken": "document.malformed"}
    assert len(store.revocations()) == 2


def test_several_lists_follow_a_rotation_of_anchors(store: hcert.TrustStore) -> None:
    """What the next anchors signed waits for the list that announces them."""
    announcing = publish(ONE, version=1, next_anchors=anchors(5, 6))
    offered = {"later": publish(TWO, version=2, by=(5, 6)), "announcing": announcing}
    taken, left = store.update_all(offered, at=AT)
    assert (list(taken), left) == (["announcing", "later"], {})


def test_an_update_of_nothing_takes_nothing(store: hcert.TrustStore) -> None:
    """Such as an empty folder."""
    assert store.update_all({}, at=AT) == ({}, {})


def test_a_naive_time_is_the_callers_mistake_and_no_lists_fault(store: hcert.TrustStore) -> None:
    """It is raised, not reported for each list."""
    assert refused(lambda: store.update_all({"keys": publish(ONE)}, at=AT.replace(tzinfo=None))) == "time.naive"


def test_the_same_key_list_again_is_not_written(store: hcert.TrustStore, tmp_path: Path) -> None:
    """A scanner fetches more often than lists are made."""
    data, files = publish(ONE), tmp_path / "app" / "lists"
    store.update(data, at=AT)
    before = {path.name: path.stat().st_ino for path in files.iterdir()}
    assert version(store.update(data, at=AT)) == 1
    assert {path.name: path.stat().st_ino for path in files.iterdir()} == before


def test_an_expired_list_stays_in_the_store(store: hcert.TrustStore) -> None:
    """After weeks without network the grace of the verifier decides, not the store."""
    store.update(publish(ONE, expires_at=AT), at=AT)
    assert refused(lambda: store.update(publish(ONE, version=2, expires_at=AT), at=AT + DAY)) == "document.expired"
    assert version(store.trust_list()) == 1


def test_the_held_list_is_refused_as_an_update_after_its_expiry(store: hcert.TrustStore) -> None:
    """An operator who fetches it again instead of a newer one must notice."""
    keys, revoked = publish(ONE), publish(hcert.RevocationList())
    store.update(keys, at=AT)
    store.update(revoked, at=AT)
    late, early = LIST_EXPIRY + DAY, NOW - DAY
    assert refused(lambda: store.update(keys, at=late)) == "document.expired"
    assert refused(lambda: store.update(revoked, at=late)) == "document.expired"
    assert refused(lambda: store.update(keys, at=early)) == "document.not_yet_valid"
    assert refused(lambda: store.update(revoked, at=early)) == "document.not_yet_valid"
    assert version(store.trust_list()) == version(store.revocations()) == 1


def test_rollback_is_refused_after_the_list_was_damaged(store: hcert.TrustStore, tmp_path: Path) -> None:
    """A damaged file must not bring an old list back."""
    store.update(publish(TWO, version=5), at=AT)
    (tmp_path / "app" / "lists" / "keys.cose").write_bytes(b"garbage")
    assert refused(store_in(tmp_path).trust_list) == "store.damaged"
    assert refused(lambda: store_in(tmp_path).update(publish(TWO, version=4), at=AT)) == "document.older"
    assert version(store_in(tmp_path).update(publish(TWO, version=5), at=AT)) == 5
    assert version(store_in(tmp_path).trust_list()) == 5


def test_rollback_is_refused_after_the_state_was_lost(store: hcert.TrustStore, tmp_path: Path) -> None:
    """The list held has its version."""
    store.update(publish(TWO, version=5), at=AT)
    (tmp_path / "app" / "lists" / "state.json").unlink()
    assert refused(lambda: store.update(publish(TWO, version=4), at=AT)) == "document.older"


def test_rollback_of_revocations_is_refused_after_the_state_was_lost(store: hcert.TrustStore, tmp_path: Path) -> None:
    """Full list or delta: those held have their versions."""
    full = publish(hcert.RevocationList(certificates=IDS[:1]), version=2)
    base = take_full(store, full)
    older, newer = (
        publish_delta(hcert.RevocationList(certificates=IDS[:number]), base, version=number) for number in (3, 4)
    )
    store.update(newer, at=AT)
    (tmp_path / "app" / "lists" / "state.json").unlink()
    assert refused(lambda: store.update(older, at=AT)) == "document.older"
    assert refused(lambda: store.update(publish(hcert.RevocationList(), version=3), at=AT)) == "document.older"
    assert refused(lambda: store.update(publish(hcert.RevocationList(), version=4), at=AT)) == "document.equivocation"
    assert version(store.revocations()) == 4


def test_rollback_to_an_older_delta_is_refused_after_the_delta_was_lost(
    store: hcert.TrustStore, tmp_path: Path
) -> None:
    """The store has seen a newer one."""
    base = take_full(store, publish(hcert.RevocationList(certificates=IDS[:1]), version=2))
    older, newer = (
        publish_delta(hcert.RevocationList(certificates=IDS[:number]), base, version=number) for number in (3, 4)
    )
    store.update(newer, at=AT)
    (tmp_path / "app" / "lists" / "delta.cose").unlink()
    assert refused(lambda: store.update(older, at=AT)) == "document.older"
    assert version(store.update(newer, at=AT)) == 4


def test_a_damaged_revocation_list_can_be_fetched_again(store: hcert.TrustStore, tmp_path: Path) -> None:
    """Full list, delta or both. Until the newest is back, nothing older is accepted."""
    full = publish(hcert.RevocationList(certificates=IDS[:1]), version=5)
    delta = publish_delta(hcert.RevocationList(certificates=IDS[:2]), take_full(store, full), version=8)
    store.update(delta, at=AT)
    files = tmp_path / "app" / "lists"
    for damage in (["revocations.bin"], ["delta.cose"], ["revocations.bin", "delta.cose"]):
        for how in (b"garbage", None):
            for name in damage:
                (files / name).unlink() if how is None else (files / name).write_bytes(how)
            assert refused(store_in(tmp_path).revocations) == "store.damaged"
            if "revocations.bin" in damage and "delta.cose" in damage:
                assert refused(lambda: store.update(full, at=AT)) == "store.damaged"
            elif "revocations.bin" in damage:
                assert version(take_full(store, full)) == 8
            if "delta.cose" in damage:
                assert version(store.update(delta, at=AT)) == 8
            assert version(store_in(tmp_path).revocations()) == 8


@pytest.mark.parametrize("number", [1, 2])
def test_a_full_list_with_a_damaged_attachment_is_refused(store: hcert.TrustStore, number: int) -> None:
    """A newer one, or the same again: its signatures verify, its tables do not."""
    store.update(publish(hcert.RevocationList(certificates=IDS[:1])), at=AT)
    damaged = bytearray(publish(hcert.RevocationList(certificates=IDS[:number]), version=number))
    damaged[-1] ^= 1
    assert refused(lambda: store.update(bytes(damaged), at=AT)) == "revocation.damaged"
    revocations = store.revocations()
    assert version(revocations) == 1
    assert revocations.holds(RevocationKind.CERTIFICATE, digest(IDS[0]))


def test_an_older_key_list_put_into_the_directory_is_refused(store: hcert.TrustStore, tmp_path: Path) -> None:
    """Restored from a backup, or by somebody who wants a revoked key back."""
    store.update(publish(ONE, version=4), at=AT)
    older = (tmp_path / "app" / "lists" / "keys.cose").read_bytes()
    store.update(publish(TWO, version=5), at=AT)
    (tmp_path / "app" / "lists" / "keys.cose").write_bytes(older)
    assert refused(store_in(tmp_path).trust_list) == "store.damaged"


def test_a_rotating_list_can_be_fetched_twice(store: hcert.TrustStore) -> None:
    """Even if only the old anchors signed it."""
    rotating = publish(ONE, next_anchors=anchors(3, 4))
    assert version(store.update(rotating, at=AT)) == version(store.update(rotating, at=AT)) == 1


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(b"", id="empty"),
        b"[]",
        b"{}",
        b"\xff",
        b'{"keys": null, "revocations": null, "base": null}',
        b'{"keys": null, "revocations": null, "base": null, "sha256": 5}',
        pytest.param(b"[" * 4000, id="deep"),
        pytest.param(b" " * 10_000_000 + b"{}", id="large"),
    ],
)
def test_a_damaged_state_file_is_ignored(store: hcert.TrustStore, tmp_path: Path, state: bytes) -> None:
    """The list held has its version, and the next update writes the file again."""
    store.update(publish(TWO, version=5), at=AT)
    path = tmp_path / "app" / "lists" / "state.json"
    written = path.read_bytes()
    path.write_bytes(state)
    assert version(store.trust_list()) == 5
    assert refused(lambda: store.update(publish(TWO, version=4), at=AT)) == "document.older"
    assert version(store.update(publish(TWO, version=6), at=AT)) == 6
    assert len(path.read_bytes()) == len(written)


def test_reading_writes_nothing(store: hcert.TrustStore, tmp_path: Path) -> None:
    """The scanner may run as another user than the process that updates."""
    store.update(publish(ONE), at=AT)
    store.update(publish(hcert.RevocationList()), at=AT)
    files = tmp_path / "app" / "lists"
    before = {path.name: path.stat().st_mtime_ns for path in files.iterdir()}
    again = store_in(tmp_path)
    assert version(again.trust_list()) == version(again.revocations()) == 1
    assert {path.name: path.stat().st_mtime_ns for path in files.iterdir()} == before
    (files / "lock").unlink()
    assert version(again.trust_list()) == 1


def test_a_delta_needs_its_full_list(store: hcert.TrustStore) -> None:
    """Without it, or on another one, it is refused and nothing changes."""
    base = hcert.RevocationList.open(publish(hcert.RevocationList(certificates=IDS[:1])), **pins())
    delta = publish_delta(hcert.RevocationList(certificates=IDS[:2]), base, version=9)
    assert refused(lambda: store.update(delta, at=AT)) == "store.empty"
    store.update(publish(hcert.RevocationList(certificates=IDS[2:3])), at=AT)
    assert refused(lambda: store.update(delta, at=AT)) == "revocation.wrong_base"
    assert version(store.revocations()) == 1


def test_a_full_list_replaces_the_previous_one_and_its_delta(store: hcert.TrustStore, tmp_path: Path) -> None:
    """Even if the process died before it removed the delta."""
    base = take_full(store, publish(hcert.RevocationList(certificates=IDS[:1])))
    delta = publish_delta(hcert.RevocationList(certificates=IDS[:2]), base, version=2)
    store.update(delta, at=AT)
    store.update(publish(hcert.RevocationList(certificates=IDS[:3]), version=3), at=AT)
    files = tmp_path / "app" / "lists"
    assert not (files / "delta.cose").exists()
    (files / "delta.cose").write_bytes(delta)
    assert version(store_in(tmp_path).revocations()) == 3
    (files / "delta.cose").write_bytes(b"garbage")
    assert refused(store_in(tmp_path).revocations) == "store.damaged"


def test_the_base_of_a_delta_can_be_fetched_again_but_no_other_old_list(store: hcert.TrustStore) -> None:
    """All are in one sequence of versions, so nothing that was revoked is reinstated."""
    first = publish(hcert.RevocationList(certificates=IDS[:1]))
    base = take_full(store, first)
    store.update(publish_delta(hcert.RevocationList(certificates=IDS[:2]), base, version=3), at=AT)
    assert version(take_full(store, first)) == 3
    between = publish(hcert.RevocationList(), version=2)
    assert refused(lambda: store.update(between, at=AT)) == "document.older"
    assert version(store.revocations()) == 3


def test_anchor_rotation(store: hcert.TrustStore, tmp_path: Path) -> None:
    """From then on only the next anchors sign."""
    store.update(publish(hcert.RevocationList()), at=AT)
    store.update(publish(ONE, next_anchors=anchors(3, 4)), at=AT)
    old = publish(TWO, version=2, by=[0, 1])
    assert refused(lambda: store.update(old, at=AT)) == "document.too_few_signatures"
    assert refused(lambda: store_in(tmp_path).update(old, at=AT)) == "document.too_few_signatures"
    assert version(store_in(tmp_path).update(publish(TWO, version=2, by=[3, 4]), at=AT)) == 2
    assert version(store_in(tmp_path).trust_list()) == 2
    assert version(store_in(tmp_path).revocations()) == 1
    store_in(tmp_path).update(publish(TWO, version=3, by=[3, 4], next_anchors=anchors(5, 6)), at=AT)
    assert refused(lambda: store.update(publish(TWO, version=4, by=[3, 4]), at=AT)) == "document.too_few_signatures"
    assert version(store_in(tmp_path).update(publish(TWO, version=4, by=[5, 6]), at=AT)) == 4


def test_an_update_says_whether_the_anchors_changed(store: hcert.TrustStore) -> None:
    """Other keys or another threshold; naming the anchors in force in another order is no change."""
    for number, (coming, by, changed) in enumerate(
        [
            (anchors(2, 1, 0), (0, 1), False),
            (anchors(0, 1, 2, threshold=1), (0, 1), True),
            (anchors(0, 1, 2, threshold=1), (0,), False),
            (anchors(3, threshold=1), (0,), True),
            (None, (3,), False),
        ],
        1,
    ):
        assert store.update(publish(ONE, version=number, by=by, next_anchors=coming), at=AT).anchors_changed is changed


def test_next_anchors_need_the_present_threshold(store: hcert.TrustStore) -> None:
    """A refused list rotates nothing."""
    store.update(publish(ONE), at=AT)
    injected = publish(ONE, version=2, by=[0], next_anchors=anchors(8, 9))
    assert refused(lambda: store.update(injected, at=AT)) == "document.too_few_signatures"
    assert refused(lambda: store.update(publish(ONE, version=3, by=[8, 9]), at=AT)) == "document.too_few_signatures"
    assert version(store.update(publish(ONE, version=3), at=AT)) == 3


def test_new_pins_replace_the_rotated_anchors(store: hcert.TrustStore, tmp_path: Path) -> None:
    """An update of the app decides, but versions still cannot decrease."""
    store.update(publish(ONE, version=5, next_anchors=anchors(3, 4)), at=AT)
    other = store_in(tmp_path, 5, 6)
    assert refused(other.trust_list) == "store.damaged"
    assert refused(lambda: other.update(publish(TWO, version=4, by=[5, 6]), at=AT)) == "document.older"
    assert version(other.update(publish(TWO, version=6, by=[5, 6]), at=AT)) == 6


def test_update_uses_the_present_time_by_default(store: hcert.TrustStore) -> None:
    """And a naive time is refused."""
    present = dt.datetime.now(dt.UTC)
    store.update(publish(ONE, issued_at=present - DAY, expires_at=present + DAY))
    early = publish(ONE, version=2, issued_at=present + DAY, expires_at=present + 2 * DAY)
    assert refused(lambda: store.update(early)) == "document.not_yet_valid"
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(hcert.ConfigurationError) as caught:
        store.update(publish(ONE), at=naive)
    assert [(found.code, dict(found.details)) for found in caught.value.findings] == [("time.naive", {"name": "at"})]


def in_child(run: Callable[[int], None]) -> tuple[int, int]:
    """Run a function in another process, which reports its progress by bytes in a pipe."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        os.close(reading)
        try:
            run(writing)
        finally:
            os._exit(0)
    os.close(writing)
    return child, reading


def test_a_killed_process_leaves_the_last_good_lists(tmp_path: Path, fast: bool) -> None:  # noqa: FBT001
    """Killed 200 times while it updates: the store opens, and has the last acknowledged list or the next."""
    kills = 20 if fast else 200
    ready = [
        (publish(ONE if number % 2 else TWO, version=number), publish(revocations(number), version=number))
        for number in range(1, 65)
    ]
    files = tmp_path / "app" / "lists"
    chance = random.Random(1405)  # noqa: S311 - moments, not secrets
    held = updates = 0
    first_update = 0.0  # seconds until a child has done one, here
    for kill in range(kills):
        if held > len(ready) - 16:  # start again with another store
            held = 0
            for path in files.iterdir():
                path.unlink()

        def update(pipe: int, first: int = held) -> None:  # pragma: no cover - another process
            mine = store_in(tmp_path)
            for number in range(first, len(ready)):
                mine.update(ready[number][0], at=AT)
                mine.update(ready[number][1], at=AT)
                os.write(pipe, bytes([number + 1]))

        started = time.monotonic()
        child, pipe = in_child(update)
        told = b"".join(os.read(pipe, 1) for _ in range(chance.randrange(3) if kill else 1))
        first_update = first_update or time.monotonic() - started
        time.sleep(chance.uniform(0, first_update))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        told += os.read(pipe, 100)
        os.close(pipe)
        updates += len(told)
        acknowledged = max([held, *told])
        held = check_store(tmp_path, ready, acknowledged)
    assert updates >= kills / 2  # most of the kills hit a process that was at work


def revocations(number: int) -> hcert.RevocationList:
    """Return the list of a version: as many certificates as its number."""
    return hcert.RevocationList(certificates=[bytes([one]) * 16 for one in range(number)])


def check_store(tmp_path: Path, ready: list[tuple[bytes, bytes]], acknowledged: int) -> int:
    """Assert that both lists are those acknowledged or the next, and that older ones are refused; return which."""
    after = store_in(tmp_path)
    if not (tmp_path / "app" / "lists" / "keys.cose").exists():
        assert acknowledged == 0
        return 0
    trust = after.trust_list()
    assert set(trust) == set(KEYS[:1] if version(trust) % 2 else KEYS)
    revocations = after.revocations()
    revoked = 0 if revocations.is_missing else version(revocations)
    assert acknowledged <= revoked <= version(trust) <= acknowledged + 1
    assert len(revocations) == revoked
    if version(trust) > 1:
        older = ready[version(trust) - 2]
        assert refused(lambda: after.update(older[0], at=AT)) == "document.older"
    if revoked > 1:
        assert refused(lambda: after.update(ready[revoked - 2][1], at=AT)) == "document.older"
    return revoked


def test_two_processes_update_one_store(tmp_path: Path) -> None:
    """Each list is taken by one of them; in the end both have the highest version."""
    ready = [publish(TWO, version=number + 1) for number in range(30)]

    def update(pipe: int) -> None:  # pragma: no cover - another process
        mine = store_in(tmp_path)
        for data in ready:
            try:
                mine.update(data, at=AT)
            except MalformedError as error:
                os.write(pipe, b"-" if error.code == "document.older" else b"!")
            else:
                os.write(pipe, b"+")

    children = [in_child(update) for _ in range(2)]
    told = b""
    for child, pipe in children:
        os.waitpid(child, 0)
        told += os.read(pipe, 1000)
        os.close(pipe)
    assert b"!" not in told
    assert len(told) == 2 * len(ready)
    assert version(store_in(tmp_path).trust_list()) == len(ready)


def test_the_directory_holds_these_files_only(store: hcert.TrustStore, tmp_path: Path) -> None:
    """The files are those the module names."""
    data: dict[str, Any] = {"keys": publish(ONE), "revocations": publish(hcert.RevocationList())}
    store.update(data["keys"], at=AT)
    store.update(data["revocations"], at=AT)
    files = tmp_path / "app" / "lists"
    assert {path.name for path in files.iterdir()} == {"keys.cose", "revocations.bin", "state.json", "lock"}
    assert (files / "keys.cose").read_bytes() == data["keys"]
    assert (files / "revocations.bin").read_bytes() == data["revocations"]


@pytest.mark.parametrize("how", [fcntl.LOCK_SH, fcntl.LOCK_EX], ids=["shared", "exclusive"])
def test_a_held_lock_stops_no_reader_and_no_writer_forever(
    store: hcert.TrustStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: int
) -> None:
    """Readers take no lock. A writer gives up with `store.busy`, and succeeds once the lock is free."""
    monkeypatch.setattr(store_files, "MAX_WAIT_SECONDS", 0.1)
    store.update(publish(ONE), at=AT)
    store.update(publish(hcert.RevocationList()), at=AT)
    newer, revoked = publish(TWO, version=2), publish(hcert.RevocationList(), version=2)
    with (tmp_path / "app" / "lists" / "lock").open("rb") as lock:
        fcntl.flock(lock, how)
        assert version(store_in(tmp_path).trust_list()) == version(store_in(tmp_path).revocations()) == 1
        assert refused(lambda: store.update(newer, at=AT)) == "store.busy"
        assert refused(lambda: store.update(revoked, at=AT)) == "store.busy"
    assert version(store.update(newer, at=AT)) == version(store.update(revoked, at=AT)) == 2


def test_a_writer_waits_for_another(store: hcert.TrustStore, tmp_path: Path) -> None:
    """If that takes milliseconds."""
    store.update(publish(ONE), at=AT)
    done = threading.Event()

    def update() -> None:
        store_in(tmp_path).update(publish(TWO, version=2), at=AT)
        done.set()

    thread = threading.Thread(target=update)
    with (tmp_path / "app" / "lists" / "lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        thread.start()
        assert not done.wait(0.3)
    thread.join()
    assert version(store.trust_list()) == 2


def test_the_lock_is_private_to_its_owner(store: hcert.TrustStore, tmp_path: Path) -> None:
    """Anyone who can open it could hold it; one that others can open is made private."""
    lock = tmp_path / "app" / "lists" / "lock"
    store.update(publish(ONE), at=AT)
    assert stat.S_IMODE(lock.stat().st_mode) == 0o600
    lock.chmod(0o644)
    store.update(publish(TWO, version=2), at=AT)
    assert stat.S_IMODE(lock.stat().st_mode) == 0o600


def test_a_writer_stops_when_its_lock_is_removed(store: hcert.TrustStore, tmp_path: Path) -> None:
    """Another process may hold a new one by then."""
    store.update(publish(ONE), at=AT)
    files = store_files.StoreFiles(tmp_path / "app" / "lists")
    with files.open_writer() as first:
        (tmp_path / "app" / "lists" / "lock").unlink()
        with files.open_writer() as second:
            second.replace("other", b"new")
            assert refused(lambda: first.replace("keys.cose", b"torn")) == "store.busy"
            with pytest.raises(ConfigurationError) as caught:
                first.remove("keys.cose")
            assert [(found.code, dict(found.details)) for found in caught.value.findings] == [
                ("store.busy", {"seconds": 10})
            ]
    assert version(store.trust_list()) == 1
    assert not [path for path in (tmp_path / "app" / "lists").iterdir() if path.name.endswith(".new")]


def test_a_read_only_store_can_be_read(store: hcert.TrustStore, tmp_path: Path) -> None:
    """Nothing is created, not even a lock, so verifying works on a full or read-only disk."""
    files = tmp_path / "app" / "lists"
    store.update(publish(ONE, next_anchors=anchors(3, 4)), at=AT)
    store.update(publish(TWO, version=2, by=[3, 4]), at=AT)
    store.update(publish(hcert.RevocationList(), by=[3, 4]), at=AT)
    (files / "lock").unlink()
    before = {path.name: path.stat() for path in files.iterdir()}
    opened = os.open

    def reading(path: Any, flags: int, *more: Any, **named: Any) -> int:
        assert not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT), path
        return opened(path, flags, *more, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "open", reading)
        assert version(store_in(tmp_path).trust_list()) == 2
        assert version(store_in(tmp_path).revocations()) == 1
    assert {path.name: path.stat().st_mtime_ns for path in files.iterdir()} == {
        name: status.st_mtime_ns for name, status in before.items()
    }


def test_a_reader_looks_again_when_files_are_replaced_meanwhile(
    store: hcert.TrustStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it could read the old full list, miss the delta that was just removed, and return an older list."""
    state = tmp_path / "app" / "lists" / "state.json"
    store.update(publish(ONE), at=AT)
    base = take_full(store, publish(hcert.RevocationList(certificates=IDS[:1])))
    before = state.read_bytes()
    store.update(publish_delta(hcert.RevocationList(certificates=IDS[:2]), base), at=AT)
    state.write_bytes(before)  # as long as the process that took the delta has not saved its version
    assert version(store.revocations()) == 2
    reading = store_files.StoreFiles.read
    newer = iter([publish(hcert.RevocationList(certificates=IDS[:3]), version=3)])

    def read(files: store_files.StoreFiles, name: str) -> bytes | None:
        if name == "delta.cose":
            for data in newer:
                store_in(tmp_path).update(data, at=AT)
        return reading(files, name)

    monkeypatch.setattr(store_files.StoreFiles, "read", read)
    assert version(store.revocations()) == 3


def test_readers_see_whole_lists_while_others_write(tmp_path: Path) -> None:
    """Each read returns a whole list, never an older one than before, and never fails."""
    ready = [
        (
            publish(TWO, version=number, by=[0, 1]),
            publish(revocations(number), version=number),
            publish_delta(
                revocations(number + 1),
                hcert.RevocationList.open(publish(revocations(number), version=number), **pins()),
                version=number + 1,
            ),
        )
        for number in range(1, 60, 2)
    ]
    mine = store_in(tmp_path)
    mine.update(ready[0][0], at=AT)
    mine.update(ready[0][1], at=AT)

    def update(_pipe: int) -> None:  # pragma: no cover - another process
        theirs = store_in(tmp_path)
        for keys, full, delta in ready[1:]:
            theirs.update(keys, at=AT)
            theirs.update(full, at=AT)
            theirs.update(delta, at=AT)

    child, pipe = in_child(update)
    seen = [(1, 1)]
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        held = mine.revocations()
        assert len(held) == version(held)
        seen.append((version(mine.trust_list()), version(held)))
    os.close(pipe)
    assert all(one <= other for column in zip(*seen, strict=True) for one, other in pairwise(column))
    assert version(mine.trust_list()) == 59
    assert version(mine.revocations()) == 60


# What somebody does who can write to the directory, and has no key of an anchor


@pytest.fixture
def rotated(store: hcert.TrustStore, tmp_path: Path) -> Path:
    """The directory of a store that rotated to anchors 3 and 4, with revocations and a delta."""
    store.update(publish(ONE, next_anchors=anchors(3, 4)), at=AT)
    store.update(publish(TWO, version=5, by=[3, 4]), at=AT)
    base = take_full(store, publish(revocations(3), by=[3, 4], version=3))
    delta = publish_delta(revocations(4), base, by=[3, 4], version=4)
    store.update(delta, at=AT)
    return tmp_path / "app" / "lists"


FORGER = document_signer(p256())


def test_anchors_planted_in_the_directory_sign_nothing(rotated: Path, tmp_path: Path) -> None:
    """In state.json or as a list that rotates; and the publisher's next lists are still taken."""
    forged = hcert.TrustList([FORGER.key]).seal(
        [FORGER.signer],
        version=2**62,
        issued_at=NOW,
        expires_at=LIST_EXPIRY,
        next_anchors=lists.Anchors((FORGER.key,), 1),
    )
    state = json.loads((rotated / "state.json").read_text("utf-8"))
    del state["sha256"]
    state["anchors"] = [{"threshold": 1, "keys": [[FORGER.key.kid.hex(), FORGER.key.spki.hex()]]}]
    state["keys"] = [2**62, cose_digest(forged), int(LIST_EXPIRY.timestamp())]
    write_state(rotated, state)
    for name in ("anchors-1.cose", "anchors-2.cose", "keys.cose"):
        before = (rotated / name).read_bytes() if (rotated / name).exists() else None
        (rotated / name).write_bytes(forged)
        store = store_in(tmp_path)
        assert refused(store.trust_list) == "store.damaged"
        assert refused(partial(store.update, forged, at=AT)) == "document.too_few_signatures"
        (rotated / name).unlink()
        if before is not None:
            (rotated / name).write_bytes(before)
    assert version(store_in(tmp_path).update(publish(TWO, version=6, by=[3, 4]), at=AT)) == 6
    assert set(store_in(tmp_path).trust_list()) == set(KEYS)


def cose_digest(data: bytes) -> str:
    """Return the content digest of a document."""
    return hashlib.sha256(cose_sign.decode(data).payload).hexdigest()


def write_state(files: Path, state: dict[str, Any]) -> None:
    """Write the versions seen with a matching checksum: it protects against accidents, not against people."""
    checksum = hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()
    (files / "state.json").write_text(json.dumps({**state, "sha256": checksum}), "utf-8")


@pytest.mark.parametrize("by", [(0, 1), (0, 1, 2)], ids=["threshold", "all"])
def test_former_anchors_sign_nothing_new(rotated: Path, tmp_path: Path, by: tuple[int, ...]) -> None:
    """Stolen keys of former anchors are useless, whatever the version."""
    store, later = store_in(tmp_path), {"expires_at": LIST_EXPIRY + 900 * DAY}
    honest = {name: (rotated / name).read_bytes() for name in ("keys.cose", "revocations.bin", "delta.cose")}
    for number in (2, 5, 9):
        (rotated / "keys.cose").write_bytes(publish(ONE, by=by, version=number, **later))
        assert refused(store.trust_list) == "store.damaged"
        (rotated / "keys.cose").write_bytes(honest["keys.cose"])
        forged = publish(hcert.RevocationList(), by=by, version=number, **later)
        (rotated / "revocations.bin").write_bytes(forged)
        assert refused(store.revocations) == "store.damaged"
        (rotated / "delta.cose").unlink()
        assert refused(store.revocations) == "store.damaged"
        (rotated / "state.json").rename(rotated / "kept")
        assert refused(store.revocations) == "store.damaged"
        (rotated / "kept").rename(rotated / "state.json")
        for name, data in honest.items():
            (rotated / name).write_bytes(data)
    delta = publish_delta(
        hcert.RevocationList(),
        hcert.RevocationList.open(honest["revocations.bin"], **pins(3, 4)),
        by=by[:2],
        version=7,
    )
    (rotated / "delta.cose").write_bytes(delta)
    assert refused(store.revocations) == "store.damaged"


def test_revocations_survive_a_rotation(store: hcert.TrustStore, tmp_path: Path) -> None:
    """Full list and delta of the old anchors, through restarts, until newer ones arrive; but nothing else."""
    files = tmp_path / "app" / "lists"
    base = take_full(store, publish(revocations(3), version=3))
    delta = publish_delta(revocations(4), base, version=4)
    store.update(delta, at=AT)
    store.update(publish(ONE, next_anchors=anchors(3, 4)), at=AT)
    store.update(publish(ONE, version=2, by=[3, 4]), at=AT)
    assert version(store_in(tmp_path).revocations()) == 4
    other = publish_delta(revocations(0), base, version=9)
    for forged in (other, publish_delta(revocations(0), base, version=4)):
        (files / "delta.cose").write_bytes(forged)
        assert refused(store_in(tmp_path).revocations) == "store.damaged"
    (files / "delta.cose").write_bytes(delta)
    (files / "state.json").rename(tmp_path / "state.json")
    assert refused(store_in(tmp_path).revocations) == "store.damaged"
    (tmp_path / "state.json").rename(files / "state.json")
    assert version(store_in(tmp_path).revocations()) == 4
    store.update(publish_delta(revocations(5), base, by=[3, 4], version=5), at=AT)
    assert version(store_in(tmp_path).revocations()) == 5
    assert version(store.update(publish(revocations(6), by=[3, 4], version=6), at=AT)) == 6
    assert version(store_in(tmp_path).revocations()) == 6


def test_a_rotation_survives_a_crash_at_any_write(tmp_path: Path) -> None:
    """Either the old anchors are in force or the new ones, and nothing is lost."""
    rotating, following = publish(ONE, version=2, next_anchors=anchors(3, 4)), publish(TWO, version=3, by=[3, 4])
    writing = store_files.Writer.replace
    for crash in range(1, 8):
        store = hcert.TrustStore(tmp_path / str(crash), anchors=keys_of(0, 1, 2), threshold=2)
        store.update(publish(ONE), at=AT)
        writes = count(1)

        def dying(self: Any, name: str, data: bytes, writes: Any = writes, last: int = crash) -> None:
            if next(writes) >= last:
                raise OSError(5, "no more")
            writing(self, name, data)

        with pytest.MonkeyPatch.context() as patch, suppress(OSError):
            patch.setattr(store_files.Writer, "replace", dying)
            store.update(rotating, at=AT)
            store.update(following, at=AT)
        assert version(store.trust_list()) in {1, 2, 3}
        store.update(rotating if version(store.trust_list()) < 3 else following, at=AT)
        assert version(store.update(following, at=AT)) == 3
        assert refused(partial(store.update, publish(ONE, version=4), at=AT)) == "document.too_few_signatures"
        (tmp_path / str(crash) / "keys.cose").write_bytes(b"garbage")
        assert version(store.update(following, at=AT)) == 3


def test_a_doubly_signed_list_replaces_lost_evidence(rotated: Path, tmp_path: Path) -> None:
    """Publishers sign with both for devices that have the old anchors; without such a list nothing is accepted."""
    for how in (b"garbage", b"", None):
        path = rotated / "anchors-1.cose"
        path.unlink() if how is None else path.write_bytes(how)
        store = store_in(tmp_path)
        assert refused(store.trust_list) == "store.damaged"
        assert refused(store.revocations) == "store.damaged"
        both = publish(TWO, version=5, by=[0, 1, 3, 4], next_anchors=anchors(3, 4))
        assert refused(partial(store_in(tmp_path).update, both, at=AT)) == "document.equivocation"
        both = publish(TWO, version=6, by=[0, 1, 3, 4], next_anchors=anchors(3, 4))
        assert version(store.update(both, at=AT)) == 6
        assert version(store_in(tmp_path).revocations()) == 4
        for one in rotated.glob("anchors-*"):
            one.unlink()
        for number, data in ((1, publish(ONE, next_anchors=anchors(3, 4))),):
            (rotated / f"anchors-{number}.cose").write_bytes(data)
        (rotated / "keys.cose").write_bytes(publish(TWO, version=5, by=[3, 4]))
        (rotated / "state.json").unlink()
        store.update(publish(TWO, version=5, by=[3, 4]), at=AT)


@pytest.mark.parametrize("days", [0, 3, 3000])
def test_a_planted_version_blocks_updates_until_the_next_list_only(rotated: Path, tmp_path: Path, days: int) -> None:
    """Until then reading is refused, because the list held may be old; so it is if lists are lost."""
    store = store_in(tmp_path)
    for number, damaged in ((10, ()), (20, ("keys.cose", "revocations.bin")), (30, ("delta.cose",))):
        state = json.loads((rotated / "state.json").read_text("utf-8"))
        del state["sha256"]
        issued = int((AT + days * DAY).timestamp())
        write_state(rotated, state | {name: [2**62, "00" * 32, issued] for name in ("keys", "revocations", "base")})
        for name in damaged:
            (rotated / name).write_bytes(b"garbage")
        assert refused(store.trust_list) == refused(store.revocations) == "store.damaged"
        later = partial(publish, by=[3, 4], version=number, issued_at=AT + DAY / 2)
        if days == 0:
            held = publish(TWO, by=[3, 4], version=number)
            assert refused(partial(store.update, held, at=AT)) == "document.older"
        assert version(store.update(later(TWO), at=AT + DAY)) == number
        assert version(store.update(later(revocations(6)), at=AT + DAY)) == number
        assert version(store_in(tmp_path).trust_list()) == version(store_in(tmp_path).revocations()) == number
        base = store.revocations()
        store.update(publish_delta(revocations(7), base, by=[3, 4], version=number + 1), at=AT + DAY)


@pytest.mark.parametrize(
    "keys",
    [
        5,
        [],
        [0, "00" * 32, 0],
        [2**63, "00" * 32, 0],
        [True, "00" * 32, 0],
        [9, "00" * 31, 0],
        [9, "zz" * 32, 0],
        [9, 32 * [0, 0], 0],
        [9, "00" * 32, -1],
        [9, "00" * 32, 2**60],
        [9, "00" * 32, "0"],
    ],
    ids=str,
)
def test_implausible_seen_versions_are_ignored(rotated: Path, tmp_path: Path, keys: Any) -> None:
    """Even with a matching checksum."""
    state = json.loads((rotated / "state.json").read_text("utf-8"))
    del state["sha256"]
    write_state(rotated, state | {"keys": keys})
    assert version(store_in(tmp_path).trust_list()) == 5
    assert version(store_in(tmp_path).update(publish(TWO, version=6, by=[3, 4]), at=AT)) == 6


def test_a_delta_to_a_damaged_list_is_refused(rotated: Path, tmp_path: Path) -> None:
    """And the list is damaged, not missing: it must be fetched again."""
    delta = (rotated / "delta.cose").read_bytes()
    (rotated / "revocations.bin").write_bytes(b"garbage")
    assert refused(lambda: store_in(tmp_path).update(delta, at=AT)) == "store.damaged"
    (rotated / "state.json").unlink()
    assert refused(store_in(tmp_path).revocations) == "store.damaged"


def test_the_latest_issue_time_is_remembered(store: hcert.TrustStore, tmp_path: Path) -> None:
    """A list that was replaced cannot come back because it was issued later than the newest version."""
    store.update(publish(ONE, version=5, issued_at=AT), at=AT)
    store.update(publish(ONE, version=6, issued_at=NOW), at=AT)
    (tmp_path / "app" / "lists" / "keys.cose").write_bytes(b"garbage")
    old = publish(ONE, version=5, issued_at=AT)
    assert refused(lambda: store.update(old, at=AT)) == "document.older"


@pytest.mark.parametrize("name", ["keys.cose", "anchors-1.cose", "revocations.bin", "delta.cose", "state.json"])
def test_a_flipped_bit_is_refused_or_repaired(rotated: Path, tmp_path: Path, name: str, fast: bool) -> None:  # noqa: FBT001
    """In any file: reading returns what was held or refuses, and the publisher's next lists are taken."""
    sound = (rotated / name).read_bytes()
    chance = random.Random(name)  # noqa: S311 - places, not secrets
    held = {"keys": (5, set(KEYS)), "revocations": (4, 4)}
    next_keys = publish(TWO, version=7, by=[0, 1, 3, 4], next_anchors=anchors(3, 4))
    next_full = publish(revocations(5), by=[0, 1, 3, 4], version=5)
    whole = {path.name: path.read_bytes() for path in rotated.iterdir()}
    for _ in range(4 if fast else 40):
        place = chance.randrange(len(sound) * 8)
        changed = bytearray(sound)
        changed[place // 8] ^= 1 << place % 8
        (rotated / name).write_bytes(changed)
        store = store_in(tmp_path)
        try:
            keys = store.trust_list()
            assert (version(keys), set(keys)) == held["keys"]
        except MalformedError as error:
            assert error.code == "store.damaged"
        try:
            opened = store.revocations()
            assert (version(opened), len(opened)) == held["revocations"]
        except MalformedError as error:
            assert error.code in {"store.damaged", "revocation.damaged"}
        assert version(store.update(next_keys, at=AT)) == 7
        assert version(store.update(next_full, at=AT)) == 5
        assert version(store_in(tmp_path).trust_list()) == 7
        assert version(store_in(tmp_path).revocations()) == 5
        for path in rotated.iterdir():
            path.unlink()
        for other, data in whole.items():
            (rotated / other).write_bytes(data)


NAMES = ("keys.cose", "anchors-1.cose", "revocations.bin", "delta.cose", "state.json", "lock", "keys.cose.new")


@pytest.mark.parametrize("name", NAMES)
def test_a_planted_link_is_not_followed(rotated: Path, tmp_path: Path, name: str) -> None:
    """For reading or writing; the next update replaces it by a file."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (rotated / name).unlink(missing_ok=True)
    (rotated / name).symlink_to(victim)
    for opened in (store_in(tmp_path).trust_list, store_in(tmp_path).revocations):
        with suppress(MalformedError):
            opened()
    store = store_in(tmp_path)
    store.update(publish(TWO, version=7, by=[0, 1, 3, 4], next_anchors=anchors(3, 4)), at=AT)
    store.update(publish(revocations(5), by=[0, 1, 3, 4], version=5), at=AT)
    assert victim.read_text() == "precious"
    assert version(store_in(tmp_path).trust_list()) == 7
    assert version(store_in(tmp_path).revocations()) == 5
    assert not (rotated / name).is_symlink() or name == "anchors-1.cose"


@pytest.mark.parametrize("name", NAMES[:5])
def test_a_planted_pipe_blocks_nobody(rotated: Path, tmp_path: Path, name: str) -> None:
    """Opening a pipe would wait forever."""
    (rotated / name).unlink()
    os.mkfifo(rotated / name)
    store = store_in(tmp_path)
    for opened in (store.trust_list, store.revocations):
        with suppress(MalformedError):
            opened()
    assert version(store.update(publish(TWO, version=7, by=[0, 1, 3, 4], next_anchors=anchors(3, 4)), at=AT)) == 7


def test_temporary_files_of_dead_processes_are_removed(rotated: Path, tmp_path: Path) -> None:
    """At the next update; their names cannot be guessed."""
    left = [rotated / ".keys.cose.0123456789abcdef.new", rotated / "state.json.new"]
    for path in left:
        path.write_bytes(b"half")
    (rotated / "directory.new").mkdir()
    assert version(store_in(tmp_path).trust_list()) == 5
    store_in(tmp_path).update(publish(TWO, version=6, by=[3, 4]), at=AT)
    assert not any(path.exists() for path in left)


def test_an_older_full_list_is_refused_after_a_newer_one(store: hcert.TrustStore) -> None:
    """With and without a delta in between."""
    store.update(publish(hcert.RevocationList(certificates=IDS[:1]), version=5), at=AT)
    older = publish(hcert.RevocationList(), version=4)
    assert refused(lambda: store.update(older, at=AT)) == "document.older"
    other = publish(hcert.RevocationList(), version=5)
    assert refused(lambda: store.update(other, at=AT)) == "document.equivocation"


def test_an_older_delta_is_refused_after_a_newer_one(store: hcert.TrustStore) -> None:
    """Versions of deltas only increase."""
    base = take_full(store, publish(hcert.RevocationList()))
    older = publish_delta(hcert.RevocationList(certificates=IDS[:1]), base, version=2)
    newer = publish_delta(hcert.RevocationList(certificates=IDS[:2]), base, version=3)
    store.update(newer, at=AT)
    assert refused(lambda: store.update(older, at=AT)) == "document.older"
    assert version(store.revocations()) == 3
