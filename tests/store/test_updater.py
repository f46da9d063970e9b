"""What an update reports and saves, and what a later process can rely on."""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
import stat
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import hcert
from hcert.errors import MalformedError
from hcert.store import files as store_files
from hcert.store import trust_store
from hcert.store.seen_versions import SeenVersion, SeenVersions
from hcert.trust import document_file
from hcert.trust.document_content import State
from support.list_publisher import DAY, anchors, pins, publish, publish_delta, sealed_claims
from support.signers import NOW, document_signer, p256

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AT = NOW + DAY
HOUR = dt.timedelta(hours=1)
ONE = hcert.TrustList([document_signer(p256()).key])
IDS = [bytes([number]) * 16 for number in range(4)]
FULL = publish(hcert.RevocationList(certificates=IDS[:1]), version=5)
BASE = hcert.RevocationList.open(FULL, **pins())
DELTA = publish_delta(hcert.RevocationList(certificates=IDS[:2]), BASE, version=8)
KEYS_FILE, FULL_FILE, DELTA_FILE, STATE_FILE = "keys.cose", "revocations.bin", "delta.cose", "state.json"


class Held(NamedTuple):
    """A store and its directory."""

    store: hcert.TrustStore
    directory: Path

    def update(self, *lists: bytes) -> None:
        """Take lists."""
        for data in lists:
            self.store.update(data, at=AT)

    def remove(self, *names: str) -> None:
        """Remove files."""
        for name in names:
            (self.directory / name).unlink()

    def seen(self) -> dict[str, Any]:
        """Return the versions and issue times in state.json."""
        members = json.loads((self.directory / STATE_FILE).read_text("utf-8"))
        return {name: (members[name][0], members[name][2]) for name in ("keys", "revocations", "base") if members[name]}


@pytest.fixture
def held(tmp_path: Path) -> Held:
    """An empty store."""
    directory = tmp_path / "lists"
    return Held(hcert.TrustStore(directory, **{name: pins()[name] for name in ("anchors", "threshold")}), directory)


def refused(make: Callable[[], object]) -> str:
    """Return the code of the error."""
    with pytest.raises((MalformedError, hcert.ConfigurationError)) as caught:
        make()
    return caught.value.code


def seconds(moment: dt.datetime) -> int:
    """Return a time as state.json has it."""
    return int(moment.timestamp())


# --- the report


def test_an_update_reports_kind_and_versions(held: Held) -> None:
    """Of the list taken, and of the one it replaces; a delta replaces the revocations held."""
    updates = [
        held.store.update(data, at=AT)
        for data in (publish(ONE), publish(ONE, version=2), publish(ONE, version=2), FULL, DELTA, DELTA)
    ]
    assert [
        (
            update.kind,
            update.previous and update.previous.state.version,
            update.envelope.state.version,
            update.changed,
            update.anchors_changed,
        )
        for update in updates
    ] == [
        ("key list", None, 1, True, False),
        ("key list", 1, 2, True, False),
        ("key list", 2, 2, False, False),
        ("revocation list", None, 5, True, False),
        ("delta", 5, 8, True, False),
        ("delta", 8, 8, False, False),
    ]
    update = held.store.update(publish(hcert.RevocationList(), version=9), at=AT)
    assert (update.kind, update.previous and update.previous.state.version) == ("revocation list", 5)


def test_a_key_list_in_the_form_of_a_file_is_refused(held: Held) -> None:
    """Such a file must be a full revocation list."""
    assert refused(lambda: held.store.update(document_file.join(publish(ONE), b"attachment"), at=AT)) == "document.kind"
    assert list(held.directory.glob("*.bin")) == []


def test_a_signed_document_of_an_unknown_kind_is_refused(held: Held) -> None:
    """A store takes key lists and revocations only."""
    start = seconds(NOW)
    other = sealed_claims({4: start + 10**7, 6: start, -65537: {0: "hcert-other", 1: 1, 2: []}})
    with pytest.raises(MalformedError) as caught:
        held.store.update(other, at=AT)
    assert [(found.code, dict(found.details)) for found in caught.value.findings] == [
        ("document.kind", {"kind": "hcert-keys"})
    ]


# --- versions


def test_a_lost_state_file_is_written_again_from_all_lists(held: Held) -> None:
    """An update of either sequence saves the versions of both."""
    issued = seconds(NOW)
    held.update(publish(ONE, version=3), FULL, DELTA)
    held.remove(STATE_FILE)
    held.update(publish(ONE, version=4))
    assert held.seen() == {"keys": (4, issued), "revocations": (8, issued), "base": (5, issued)}
    held.remove(STATE_FILE)
    held.update(DELTA)
    assert held.seen() == {"keys": (4, issued), "revocations": (8, issued), "base": (5, issued)}
    held.remove(STATE_FILE)
    held.update(publish(hcert.RevocationList(), version=9))
    assert held.seen() == {"keys": (4, issued), "revocations": (9, issued), "base": (9, issued)}


def test_the_latest_issue_time_of_each_sequence_is_kept(held: Held) -> None:
    """Versions increase with each list, issue times perhaps not."""
    for version, issued_at in ((1, NOW + 2 * HOUR), (2, NOW + HOUR)):
        held.update(
            publish(ONE, version=version, issued_at=issued_at),
            publish(hcert.RevocationList(), version=version, issued_at=issued_at),
        )
    latest = seconds(NOW + 2 * HOUR)
    assert held.seen() == {"keys": (2, latest), "revocations": (2, latest), "base": (2, latest)}


def test_a_lost_delta_is_not_forgotten_by_an_update_of_the_keys(held: Held) -> None:
    """Otherwise the full list alone would pass for the newest revocations."""
    held.update(FULL, DELTA)
    held.remove(DELTA_FILE)
    held.update(publish(ONE))
    assert held.seen()["revocations"][0] == 8
    assert refused(held.store.revocations) == "store.damaged"
    assert held.store.update(DELTA, at=AT).previous is None
    held.store.revocations()


def test_a_full_list_alone_is_the_newest_where_no_delta_was_taken(held: Held) -> None:
    """Or where the delta that was taken belongs to another full list."""
    held.update(publish(ONE), FULL)
    assert held.store.update(FULL, at=AT).previous is not None
    assert len(held.store.revocations()) == 1
    held.update(DELTA, publish(hcert.RevocationList(certificates=IDS[:3]), version=9))
    assert len(held.store.revocations()) == 3


def test_the_full_list_held_blocks_older_lists_if_its_delta_is_damaged(held: Held) -> None:
    """Even if state.json is lost."""
    held.update(FULL, DELTA)
    (held.directory / DELTA_FILE).write_bytes(b"garbage")
    held.remove(STATE_FILE)
    start = seconds(NOW)
    body = {0: 5, 1: bytes(32), 2: {}, 3: {}}
    delta = sealed_claims({4: start + 10**7, 6: start, -65537: {0: "hcert-revocations-delta", 1: 4, 2: body}})
    assert refused(lambda: held.store.update(publish(hcert.RevocationList(), version=3), at=AT)) == "document.older"
    assert refused(lambda: held.store.update(delta, at=AT)) == "document.older"


def test_seen_revocations_block_older_full_lists_after_all_files_were_lost(held: Held) -> None:
    """By the version of the delta, not of the full list."""
    held.update(FULL, DELTA)
    held.remove(FULL_FILE, DELTA_FILE)
    older = publish(hcert.RevocationList(), version=6)
    assert refused(lambda: held.store.update(older, at=AT)) == "document.older"
    held.update(publish(hcert.RevocationList(), version=9))


def test_the_last_rotation_blocks_older_key_lists_after_the_key_list_was_lost(held: Held) -> None:
    """Even if state.json is lost: the list that rotated the anchors is kept."""
    held.update(publish(ONE, version=5, next_anchors=anchors(3, 4)))
    held.remove(KEYS_FILE, STATE_FILE)
    assert refused(lambda: held.store.update(publish(ONE, version=4, by=(3, 4)), at=AT)) == "document.older"
    held.update(publish(ONE, version=6, by=(3, 4)))


def test_another_list_of_the_same_version_in_the_directory_is_refused(held: Held) -> None:
    """Signed or not, it is not the one that was taken."""
    held.update(publish(ONE, version=5))
    (held.directory / KEYS_FILE).write_bytes(publish(hcert.TrustList(), version=5))
    assert refused(held.store.trust_list) == "store.damaged"
    (held.directory / KEYS_FILE).write_bytes(publish(hcert.TrustList(), version=6))
    assert len(held.store.trust_list()) == 0


# --- the file of the versions seen


def test_a_version_seen_a_day_ahead_is_plausible_and_no_later_one() -> None:
    """Exactly a day still is."""
    seen = SeenVersion(State(9, bytes(32)), NOW + DAY)
    tick = dt.timedelta(microseconds=1)
    earlier = NOW - HOUR
    assert seen.latest_issue(earlier, NOW) == NOW + DAY
    assert seen.latest_issue(earlier, NOW - tick) == earlier
    assert seen.latest_issue(NOW + 2 * DAY, NOW) == NOW + 2 * DAY


def test_seen_versions_round_trip() -> None:
    """Of each sequence, or none."""
    first, last = dt.datetime(1970, 1, 1, tzinfo=dt.UTC), dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)
    one, other = SeenVersion(State(1, b"k" * 32), first), SeenVersion(State(2**63 - 1, b"b" * 32), last)
    seen = SeenVersions(one, None, other)
    assert SeenVersions.decode(seen.encode()) == seen
    assert SeenVersions.decode(SeenVersions().encode()) == SeenVersions()
    assert SeenVersions.decode(None) == SeenVersions()


# --- files


def test_a_new_file_has_the_usual_mode(held: Held) -> None:
    """The umask decides who may read it; nobody may execute it."""
    before = os.umask(0)
    try:
        held.update(publish(ONE))
    finally:
        os.umask(before)
    assert stat.S_IMODE((held.directory / KEYS_FILE).stat().st_mode) == 0o666


def test_a_planted_temporary_file_is_not_written_to(
    held: Held, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if its name were guessed."""
    target = tmp_path / "target"
    target.write_bytes(b"untouched")
    sizes: list[int] = []

    def token_hex(size: int) -> str:
        sizes.append(size)
        return "guessed"

    monkeypatch.setattr(secrets, "token_hex", token_hex)
    planted = held.directory / f".{KEYS_FILE}.guessed.new"
    with store_files.StoreFiles(held.directory).open_writer() as writer:
        for plant in (planted.symlink_to, planted.hardlink_to):
            plant(target)
            with pytest.raises(FileExistsError):
                writer.replace(KEYS_FILE, b"data")
            planted.unlink()
    assert target.read_bytes() == b"untouched"
    assert sizes == [8, 8]  # random bytes


def test_a_writer_without_its_lock_writes_nothing(held: Held) -> None:
    """If the lock was removed, another process may be writing."""
    with store_files.StoreFiles(held.directory).open_writer() as writer:
        held.remove("lock")
        assert refused(lambda: writer.replace(KEYS_FILE, b"data")) == "store.busy"
        assert refused(lambda: writer.remove(KEYS_FILE)) == "store.busy"
    assert list(held.directory.iterdir()) == []


def test_a_reader_succeeds_while_others_never_stop_writing(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    """After many tries it takes what it has read; an error is then an error."""
    changes = iter(range(1000))
    monkeypatch.setattr(store_files.StoreFiles, "fingerprint", lambda _: next(changes))
    assert refused(held.store.trust_list) == "store.empty"
    held.update(publish(ONE, version=7))
    assert held.store.verifier().check("", at=AT).checked_at == AT
    envelope = held.store.trust_list().envelope
    assert envelope is not None
    assert envelope.state.version == 7


# --- the verifier


def test_verifier_has_the_newest_lists(held: Held) -> None:
    """The revocations with their delta, not the full list alone."""
    assert refused(held.store.verifier) == "store.empty"
    signer = document_signer(p256())
    text = signer.issue().text
    held.update(publish(hcert.TrustList([signer.key])))
    assert [found.code for found in held.store.verifier().check(text, at=AT).errors] == ["revocation.list_missing"]
    held.update(FULL)
    assert held.store.verifier().check(text, at=AT).accepted
    held.update(publish_delta(hcert.RevocationList(keys=[signer.key]), BASE, version=8))
    assert [found.code for found in held.store.verifier().check(text, at=AT).errors] == ["revocation.key"]


def test_verifier_passes_its_options_on(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each to the option of that name; the lists are those that the store returns."""
    held.update(publish(ONE), FULL, DELTA)
    made: list[tuple[hcert.TrustList, dict[str, Any]]] = []
    monkeypatch.setattr(trust_store, "Verifier", lambda trust, **options: made.append((trust, options)))
    given: dict[str, Any] = {
        name: object() for name in ("policy", "health_links", "limits", "tolerances", "value_sets")
    }
    held.store.verifier(**given)
    held.store.verifier()
    for (trust, options), expected in zip(made, (given, dict.fromkeys(given) | {"health_links": False}), strict=True):
        assert trust.envelope == held.store.trust_list().envelope
        assert options.pop("revocations").envelope == held.store.revocations().envelope
        assert options == expected
