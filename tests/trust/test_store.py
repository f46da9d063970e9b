"""The store: what a scanner holds stays good through restarts, bad downloads, two processes and crashes."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import random
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

import hcert
from authority import NOW, document_signer, p256
from hcert.errors import ConfigurationError, MalformedError
from hcert.trust.withdrawal import Withdrawal, digest
from publisher import DAY, LIST_EXPIRY, anchors, keys_of, pins, publish, publish_delta

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AT = NOW + DAY
KEYS = [document_signer(p256()).key for _ in range(2)]
IDS = [bytes([number]) * 16 for number in range(4)]
ONE, TWO = hcert.TrustList(KEYS[:1]), hcert.TrustList(KEYS)
KILLS = 200


@pytest.fixture
def store(tmp_path: Path) -> hcert.TrustStore:
    """An empty store whose directory is not there yet."""
    return store_in(tmp_path)


def store_in(tmp_path: Path, *numbers: int) -> hcert.TrustStore:
    """Open the store as a process does that starts."""
    return hcert.TrustStore(tmp_path / "app" / "lists", anchors=keys_of(*(numbers or (0, 1, 2))), threshold=2)


def version(opened: hcert.TrustList | hcert.RevocationList | None) -> int:
    """Return the version of an opened list."""
    assert opened is not None
    assert opened.envelope is not None
    return opened.envelope.state.version


def refused(make: Callable[[], object]) -> str:
    """Return the code of the error that is raised."""
    with pytest.raises((MalformedError, ConfigurationError)) as caught:
        make()
    return caught.value.code


def test_an_empty_store_says_so(store: hcert.TrustStore) -> None:
    """Without keys nothing can be verified; without withdrawals one can go on."""
    assert refused(store.trust_list) == "store.empty"
    assert store.revocations() is None


def test_what_was_taken_is_there_after_a_restart(store: hcert.TrustStore, tmp_path: Path) -> None:
    """Keys, withdrawals, and a delta to them."""
    assert version(store.update_keys(publish(TWO, version=3), at=AT)) == 3
    base = store.update_revocations(publish(hcert.RevocationList(certificates=IDS[:1]), version=4), at=AT)
    store.update_revocations(publish_delta(hcert.RevocationList(certificates=IDS[:2]), base, version=5), at=AT)
    again = store_in(tmp_path)
    assert set(again.trust_list()) == set(KEYS)
    revocations = again.revocations()
    assert version(again.trust_list()) == 3
    assert version(revocations) == 5
    assert revocations is not None
    assert [revocations.holds(Withdrawal.CERTIFICATE, digest(name)) for name in IDS] == [True, True, False, False]


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: publish(ONE, version=4), "document.older"),
        (lambda: publish(ONE, version=5), "document.equivocation"),
        (lambda: publish(ONE, version=6, by=[0]), "document.too_few_signatures"),
        (lambda: publish(ONE, version=6, expires_at=NOW + DAY / 2), "document.expired"),
        (lambda: publish(ONE, version=6, issued_at=AT + DAY), "document.not_yet_valid"),
        (lambda: publish(ONE, version=6)[:-1], "document.malformed"),
        (lambda: publish(hcert.RevocationList(), version=6), "document.kind"),
        (lambda: b"", "document.malformed"),
    ],
)
def test_a_bad_list_does_not_replace_a_good_one(
    store: hcert.TrustStore, tmp_path: Path, make: Callable[[], bytes], code: str
) -> None:
    """The one held stays, now and after a restart, and so does what it was."""
    store.update_keys(publish(TWO, version=5), at=AT)
    assert refused(lambda: store.update_keys(make(), at=AT)) == code
    for one in (store, store_in(tmp_path)):
        assert set(one.trust_list()) == set(KEYS)
        assert version(one.trust_list()) == 5


def test_the_same_list_again_is_taken(store: hcert.TrustStore) -> None:
    """A scanner fetches more often than lists are made."""
    data = publish(ONE)
    store.update_keys(data, at=AT)
    assert version(store.update_keys(data, at=AT)) == 1


def test_an_expired_list_is_still_held(store: hcert.TrustStore) -> None:
    """After weeks without network the verifier decides by its grace, not the store."""
    store.update_keys(publish(ONE, expires_at=AT), at=AT)
    assert refused(lambda: store.update_keys(publish(ONE, version=2, expires_at=AT), at=AT + DAY)) == "document.expired"
    assert version(store.trust_list()) == 1


def test_the_list_held_is_no_longer_taken_after_its_expiry(store: hcert.TrustStore) -> None:
    """Who is shown it again instead of a newer one is told so, with keys as with withdrawals."""
    keys, withdrawn = publish(ONE), publish(hcert.RevocationList())
    store.update_keys(keys, at=AT)
    store.update_revocations(withdrawn, at=AT)
    late, early = LIST_EXPIRY + DAY, NOW - DAY
    assert refused(lambda: store.update_keys(keys, at=late)) == "document.expired"
    assert refused(lambda: store.update_revocations(withdrawn, at=late)) == "document.expired"
    assert refused(lambda: store.update_keys(keys, at=early)) == "document.not_yet_valid"
    assert refused(lambda: store.update_revocations(withdrawn, at=early)) == "document.not_yet_valid"
    assert version(store.trust_list()) == version(store.revocations()) == 1


def test_the_highest_version_outlives_a_damaged_list(store: hcert.TrustStore, tmp_path: Path) -> None:
    """A broken disk is no way to bring an old list back."""
    store.update_keys(publish(TWO, version=5), at=AT)
    (tmp_path / "app" / "lists" / "keys.cose").write_bytes(b"garbage")
    assert refused(store_in(tmp_path).trust_list) == "store.damaged"
    assert refused(lambda: store_in(tmp_path).update_keys(publish(TWO, version=4), at=AT)) == "document.older"
    assert version(store_in(tmp_path).update_keys(publish(TWO, version=5), at=AT)) == 5
    assert version(store_in(tmp_path).trust_list()) == 5


def test_the_highest_version_outlives_a_lost_state(store: hcert.TrustStore, tmp_path: Path) -> None:
    """The list held tells its version too."""
    store.update_keys(publish(TWO, version=5), at=AT)
    (tmp_path / "app" / "lists" / "state.json").unlink()
    assert refused(lambda: store.update_keys(publish(TWO, version=4), at=AT)) == "document.older"


def test_a_damaged_withdrawal_list_can_be_fetched_again(store: hcert.TrustStore, tmp_path: Path) -> None:
    """Full list or delta or both; until the newest is back, nothing older passes for it."""
    full = publish(hcert.RevocationList(certificates=IDS[:1]), version=5)
    delta = publish_delta(hcert.RevocationList(certificates=IDS[:2]), store.update_revocations(full, at=AT), version=8)
    store.update_revocations(delta, at=AT)
    files = tmp_path / "app" / "lists"
    for damage in (["revocations.bin"], ["delta.cose"], ["revocations.bin", "delta.cose"]):
        for how in (b"garbage", None):
            for name in damage:
                (files / name).unlink() if how is None else (files / name).write_bytes(how)
            assert refused(store_in(tmp_path).revocations) == "store.damaged"
            if "revocations.bin" in damage and "delta.cose" in damage:
                assert refused(lambda: store.update_revocations(full, at=AT)) == "store.damaged"
            elif "revocations.bin" in damage:
                assert version(store.update_revocations(full, at=AT)) == 8
            if "delta.cose" in damage:
                assert version(store.update_revocations(delta, at=AT)) == 8
            assert version(store_in(tmp_path).revocations()) == 8


@pytest.mark.parametrize("number", [1, 2])
def test_a_withdrawal_list_that_is_damaged_behind_its_document_replaces_nothing(
    store: hcert.TrustStore, number: int
) -> None:
    """Neither a newer one nor the same again; its signatures hold, its tables do not."""
    store.update_revocations(publish(hcert.RevocationList(certificates=IDS[:1])), at=AT)
    damaged = bytearray(publish(hcert.RevocationList(certificates=IDS[:number]), version=number))
    damaged[-1] ^= 1
    assert refused(lambda: store.update_revocations(bytes(damaged), at=AT)) == "revocation.damaged"
    revocations = store.revocations()
    assert version(revocations) == 1
    assert revocations is not None
    assert revocations.holds(Withdrawal.CERTIFICATE, digest(IDS[0]))


def test_an_older_list_put_in_the_place_of_the_one_held_is_noticed(store: hcert.TrustStore, tmp_path: Path) -> None:
    """Restored from a backup, or by somebody who wants a withdrawn key back."""
    store.update_keys(publish(ONE, version=4), at=AT)
    older = (tmp_path / "app" / "lists" / "keys.cose").read_bytes()
    store.update_keys(publish(TWO, version=5), at=AT)
    (tmp_path / "app" / "lists" / "keys.cose").write_bytes(older)
    assert refused(store_in(tmp_path).trust_list) == "store.damaged"


def test_a_rotating_list_signed_by_the_old_anchors_alone_can_be_fetched_twice(store: hcert.TrustStore) -> None:
    """What is held already is no news."""
    rotating = publish(ONE, next_anchors=anchors(3, 4))
    assert version(store.update_keys(rotating, at=AT)) == version(store.update_keys(rotating, at=AT)) == 1


@pytest.mark.parametrize(
    "state",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"anchors": [{}], "keys": null, "revocations": null}',
        b'{"anchors": [], "keys": ["5", "00"], "revocations": null}',
        pytest.param(b"[" * 200_000, id="deep"),
    ],
)
def test_a_damaged_state_is_as_good_as_a_lost_one(store: hcert.TrustStore, tmp_path: Path, state: bytes) -> None:
    """What the list held tells is known all the same, and the next update writes it down again."""
    store.update_keys(publish(TWO, version=5), at=AT)
    path = tmp_path / "app" / "lists" / "state.json"
    written = path.read_bytes()
    path.write_bytes(state)
    assert version(store.trust_list()) == 5
    assert refused(lambda: store.update_keys(publish(TWO, version=4), at=AT)) == "document.older"
    assert version(store.update_keys(publish(TWO, version=6), at=AT)) == 6
    assert len(path.read_bytes()) == len(written)


def test_who_may_only_read_the_store_reads_it(store: hcert.TrustStore, tmp_path: Path) -> None:
    """A scanner that serves as another user than the one who fetches; the lock is there already."""
    store.update_keys(publish(ONE), at=AT)
    store.update_revocations(publish(hcert.RevocationList()), at=AT)
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
    assert refused(lambda: store.update_revocations(delta, at=AT)) == "store.empty"
    store.update_revocations(publish(hcert.RevocationList(certificates=IDS[2:3])), at=AT)
    assert refused(lambda: store.update_revocations(delta, at=AT)) == "revocation.wrong_base"
    assert version(store.revocations()) == 1


def test_a_full_list_takes_the_place_of_the_one_before_and_its_delta(store: hcert.TrustStore, tmp_path: Path) -> None:
    """Even if the process died before it removed the delta."""
    base = store.update_revocations(publish(hcert.RevocationList(certificates=IDS[:1])), at=AT)
    delta = publish_delta(hcert.RevocationList(certificates=IDS[:2]), base, version=2)
    store.update_revocations(delta, at=AT)
    store.update_revocations(publish(hcert.RevocationList(certificates=IDS[:3]), version=3), at=AT)
    files = tmp_path / "app" / "lists"
    assert not (files / "delta.cose").exists()
    (files / "delta.cose").write_bytes(delta)
    assert version(store_in(tmp_path).revocations()) == 3
    (files / "delta.cose").write_bytes(b"garbage")
    assert refused(store_in(tmp_path).revocations) == "store.damaged"


def test_the_base_of_a_delta_is_no_news_and_another_earlier_full_list_is_refused(store: hcert.TrustStore) -> None:
    """All stand in one sequence of versions, and nothing that was withdrawn comes back."""
    first = publish(hcert.RevocationList(certificates=IDS[:1]))
    base = store.update_revocations(first, at=AT)
    store.update_revocations(publish_delta(hcert.RevocationList(certificates=IDS[:2]), base, version=3), at=AT)
    assert version(store.update_revocations(first, at=AT)) == 3
    between = publish(hcert.RevocationList(), version=2)
    assert refused(lambda: store.update_revocations(between, at=AT)) == "document.older"
    assert version(store.revocations()) == 3


def test_anchors_rotate_by_a_list_and_stay_rotated(store: hcert.TrustStore, tmp_path: Path) -> None:
    """From the list that names them on, the next anchors sign, and those before no longer do."""
    store.update_revocations(publish(hcert.RevocationList()), at=AT)
    store.update_keys(publish(ONE, next_anchors=anchors(3, 4)), at=AT)
    old = publish(TWO, version=2, by=[0, 1])
    assert refused(lambda: store.update_keys(old, at=AT)) == "document.too_few_signatures"
    assert refused(lambda: store_in(tmp_path).update_keys(old, at=AT)) == "document.too_few_signatures"
    assert version(store_in(tmp_path).update_keys(publish(TWO, version=2, by=[3, 4]), at=AT)) == 2
    assert version(store_in(tmp_path).trust_list()) == 2
    assert version(store_in(tmp_path).revocations()) == 1
    store_in(tmp_path).update_keys(publish(TWO, version=3, by=[3, 4], next_anchors=anchors(5, 6)), at=AT)
    assert (
        refused(lambda: store.update_keys(publish(TWO, version=4, by=[3, 4]), at=AT)) == "document.too_few_signatures"
    )
    assert version(store_in(tmp_path).update_keys(publish(TWO, version=4, by=[5, 6]), at=AT)) == 4


def test_next_anchors_under_too_few_signatures_change_nothing(store: hcert.TrustStore) -> None:
    """A refused list has no say."""
    store.update_keys(publish(ONE), at=AT)
    injected = publish(ONE, version=2, by=[0], next_anchors=anchors(8, 9))
    assert refused(lambda: store.update_keys(injected, at=AT)) == "document.too_few_signatures"
    assert (
        refused(lambda: store.update_keys(publish(ONE, version=3, by=[8, 9]), at=AT)) == "document.too_few_signatures"
    )
    assert version(store.update_keys(publish(ONE, version=3), at=AT)) == 3


def test_an_app_that_pins_other_anchors_starts_from_those(store: hcert.TrustStore, tmp_path: Path) -> None:
    """An update of the app has the last word, and versions only rise even then."""
    store.update_keys(publish(ONE, version=5, next_anchors=anchors(3, 4)), at=AT)
    other = store_in(tmp_path, 5, 6)
    assert refused(other.trust_list) == "store.damaged"
    assert refused(lambda: other.update_keys(publish(TWO, version=4, by=[5, 6]), at=AT)) == "document.older"
    assert version(other.update_keys(publish(TWO, version=6, by=[5, 6]), at=AT)) == 6


def test_the_time_is_the_present_unless_given(store: hcert.TrustStore) -> None:
    """The store is one of the places that look at a clock."""
    present = dt.datetime.now(dt.UTC)
    store.update_keys(publish(ONE, issued_at=present - DAY, expires_at=present + DAY))
    early = publish(ONE, version=2, issued_at=present + DAY, expires_at=present + 2 * DAY)
    assert refused(lambda: store.update_keys(early)) == "document.not_yet_valid"
    naive = NOW.replace(tzinfo=None)
    for update in (store.update_keys, store.update_revocations):
        with pytest.raises(hcert.ConfigurationError) as caught:
            update(publish(ONE), at=naive)
        assert [(found.code, dict(found.details)) for found in caught.value.findings] == [
            ("time.naive", {"name": "at"})
        ]


def in_child(run: Callable[[int], None]) -> tuple[int, int]:
    """Run a function in a process of its own, which tells what it has done by bytes in a pipe."""
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


def test_a_process_killed_at_any_moment_leaves_the_last_good_lists(tmp_path: Path) -> None:
    """Killed 200 times while it updates: the store opens, holds what was last acknowledged or the next, and no less."""
    ready = [
        (publish(ONE if number % 2 else TWO, version=number), publish(withdrawals(number), version=number))
        for number in range(1, 65)
    ]
    files = tmp_path / "app" / "lists"
    chance = random.Random(1405)  # noqa: S311 - moments, not secrets
    held = updates = 0
    first_update = 0.0  # seconds until a child has done one, here
    for kill in range(KILLS):
        if held > len(ready) - 16:  # start again with another store
            held = 0
            for path in files.iterdir():
                path.unlink()

        def update(pipe: int, first: int = held) -> None:  # pragma: no cover - another process
            mine = store_in(tmp_path)
            for number in range(first, len(ready)):
                mine.update_keys(ready[number][0], at=AT)
                mine.update_revocations(ready[number][1], at=AT)
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
    assert updates >= KILLS / 2  # most of the kills hit a process that was at work


def withdrawals(number: int) -> hcert.RevocationList:
    """Return the list of a version: as many certificates as its number."""
    return hcert.RevocationList(certificates=[bytes([one]) * 16 for one in range(number)])


def check_store(tmp_path: Path, ready: list[tuple[bytes, bytes]], acknowledged: int) -> int:
    """Assert that both lists are those acknowledged or the next, whole, and that none before is taken; return which."""
    after = store_in(tmp_path)
    if not (tmp_path / "app" / "lists" / "keys.cose").exists():
        assert acknowledged == 0
        return 0
    trust = after.trust_list()
    assert set(trust) == set(KEYS[:1] if version(trust) % 2 else KEYS)
    revocations = after.revocations()
    withdrawn = 0 if revocations is None else version(revocations)
    assert acknowledged <= withdrawn <= version(trust) <= acknowledged + 1
    assert revocations is None or len(revocations) == withdrawn
    if version(trust) > 1:
        older = ready[version(trust) - 2]
        assert refused(lambda: after.update_keys(older[0], at=AT)) == "document.older"
    if withdrawn > 1:
        assert refused(lambda: after.update_revocations(ready[withdrawn - 2][1], at=AT)) == "document.older"
    return withdrawn


def test_two_processes_may_update_one_store(tmp_path: Path) -> None:
    """Each list is taken by one of them; the highest is what both hold in the end."""
    ready = [publish(TWO, version=number + 1) for number in range(30)]

    def update(pipe: int) -> None:  # pragma: no cover - another process
        mine = store_in(tmp_path)
        for data in ready:
            try:
                mine.update_keys(data, at=AT)
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


def test_nothing_but_the_lists_and_what_they_are_is_written(store: hcert.TrustStore, tmp_path: Path) -> None:
    """The files are those the module names."""
    data: dict[str, Any] = {"keys": publish(ONE), "revocations": publish(hcert.RevocationList())}
    store.update_keys(data["keys"], at=AT)
    store.update_revocations(data["revocations"], at=AT)
    files = tmp_path / "app" / "lists"
    assert {path.name for path in files.iterdir()} == {"keys.cose", "revocations.bin", "state.json", "lock"}
    assert (files / "keys.cose").read_bytes() == data["keys"]
    assert (files / "revocations.bin").read_bytes() == data["revocations"]


@pytest.mark.parametrize("held", ["shared", "exclusive"])
def test_readers_wait_for_a_writer_and_writers_for_everybody(
    store: hcert.TrustStore, tmp_path: Path, held: str
) -> None:
    """While somebody reads others read too; while somebody writes nobody does anything."""
    store.update_keys(publish(ONE), at=AT)
    store.update_revocations(publish(hcert.RevocationList()), at=AT)
    calls: dict[str, Callable[[], object]] = {
        "keys": store_in(tmp_path).trust_list,
        "revocations": store_in(tmp_path).revocations,
        "update keys": lambda: store_in(tmp_path).update_keys(publish(TWO, version=2), at=AT),
        "update revocations": lambda: store_in(tmp_path).update_revocations(
            publish(hcert.RevocationList(), version=2), at=AT
        ),
    }
    may = {"keys", "revocations"} if held == "shared" else set()
    done: set[str] = set()

    def run(name: str) -> None:
        calls[name]()
        done.add(name)

    threads = {name: threading.Thread(target=run, args=(name,)) for name in calls}
    with (tmp_path / "app" / "lists" / "lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH if held == "shared" else fcntl.LOCK_EX)
        for thread in threads.values():
            thread.start()
        for name in may:
            threads[name].join()
        time.sleep(0.5)
        assert done == may
    for thread in threads.values():
        thread.join()
    assert done == set(calls)


def test_an_older_full_list_is_refused_after_a_newer_one(store: hcert.TrustStore) -> None:
    """With and without a delta in between."""
    store.update_revocations(publish(hcert.RevocationList(certificates=IDS[:1]), version=5), at=AT)
    older = publish(hcert.RevocationList(), version=4)
    assert refused(lambda: store.update_revocations(older, at=AT)) == "document.older"
    other = publish(hcert.RevocationList(), version=5)
    assert refused(lambda: store.update_revocations(other, at=AT)) == "document.equivocation"


def test_an_older_delta_is_refused_after_a_newer_one(store: hcert.TrustStore) -> None:
    """Deltas only rise."""
    base = store.update_revocations(publish(hcert.RevocationList()), at=AT)
    older = publish_delta(hcert.RevocationList(certificates=IDS[:1]), base, version=2)
    newer = publish_delta(hcert.RevocationList(certificates=IDS[:2]), base, version=3)
    store.update_revocations(newer, at=AT)
    assert refused(lambda: store.update_revocations(older, at=AT)) == "document.older"
    assert version(store.revocations()) == 3
