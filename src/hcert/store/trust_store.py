"""A directory in which a scanner keeps its lists, through restarts, crashes and bad downloads.

    keys.cose           the last good key list
    anchors-1.cose ...  the key lists that rotated the anchors
    revocations.bin     the last good full revocation list, mapped into memory when used
    delta.cose          the last good delta to it
    rules.cose          the last good rule list, where rules of countries are used
    state.json          the newest versions ever taken
    lock                held by the one process that updates

The store keeps evidence, not conclusions (`docs/decisions/0024`): it keeps lists as they were signed, and derives
anchors and versions from them each time. Somebody who can write to the directory can remove files, but cannot forge a
list. Only state.json is unsigned. It says which lists are too old when the newest one is damaged, and whatever it says,
the store takes the publisher's next list.

A file is written under a temporary name, flushed to the disk and renamed over the old one; lists before state.json. So
at every moment each file is whole, and whatever state.json does not say yet can be seen from the lists. Readers take no
lock and write nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from hcert.errors import ConfigurationError, HcertError
from hcert.paths import to_path
from hcert.store.files import StoreFiles
from hcert.store.held_lists import (
    FULL_FILE,
    KEYS_FILE,
    RULES_FILE,
    read_keys,
    read_revocations,
    read_rules,
    require_newest,
)
from hcert.store.updater import Updater
from hcert.times import aware_or_now
from hcert.trust.anchors import Anchors
from hcert.trust.revocation_list import RevocationList
from hcert.verify.verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from os import PathLike

    from hcert.certlogic.rule_list import RuleList
    from hcert.codec.limits import Limits
    from hcert.keys.trusted_key import TrustedKey
    from hcert.policy.base import Policy
    from hcert.records.value_sets import ValueSets
    from hcert.store.held_lists import HeldKeys
    from hcert.store.store_update import StoreUpdate
    from hcert.tolerances import Tolerances
    from hcert.trust.trust_list import TrustList

_MAX_TRIES: Final = 100  # of a reader while others write
_T = TypeVar("_T")


class TrustStore:
    """The lists a device holds. Any number of processes may use one directory.

    Args:
        directory: created if it does not exist.
        anchors: the pinned keys that may sign lists, or these with their threshold.
        threshold: how many of them must have signed; all where None.

    Raises:
        ConfigurationError: `document.repeated_anchor`, `document.too_many_anchors`, `document.threshold` or
            `document.two_thresholds`; `file.path`.
        OSError: if the directory cannot be used.
    """

    def __init__(
        self,
        directory: PathLike[str] | str,
        *,
        anchors: Anchors | Iterable[TrustedKey],
        threshold: int | None = None,
    ) -> None:
        path = to_path(directory)
        self._pinned = Anchors.of(anchors, threshold)
        path.mkdir(parents=True, exist_ok=True)
        self._files = StoreFiles(path)

    def trust_list(self) -> TrustList:
        """Open the key list held.

        Raises:
            ConfigurationError: `store.empty` before the first update.
            MalformedError: `store.damaged` if something else changed a file.
        """
        return self._read(self._newest_trust_list)

    def revocations(self) -> RevocationList:
        """Open the revocation list held, with its delta applied.

        Before the first update this is `RevocationList.missing()`, with which a verifier accepts nothing: a device that
        never received the list must not be mistaken for one whose list is empty.

        Raises:
            MalformedError: `store.damaged`.
        """
        return self._read(self._newest_revocations)

    def rules(self) -> RuleList:
        """Open the rule list held, to judge by it: `policy=certlogic.CountryRules(store.rules(), country="VN")`.

        Raises:
            ConfigurationError: `store.no_rules` before the first one.
            MalformedError: `store.damaged`.
        """
        return self._read(self._newest_rules)

    def verifier(
        self,
        *,
        policy: Policy | None = None,
        health_links: bool = False,
        limits: Limits | None = None,
        tolerances: Tolerances | None = None,
        value_sets: ValueSets | None = None,
    ) -> Verifier:
        """Return a verifier with the lists held; make a new one after each update.

        Until a revocation list has arrived it accepts nothing, and says so (`revocation.list_missing`).

        Args:
            policy: as for `Verifier`.
            health_links: as for `Verifier`.
            limits: as for `Verifier`.
            tolerances: as for `Verifier`.
            value_sets: as for `Verifier`.

        Raises:
            ConfigurationError: `store.empty` before the first key list.
            MalformedError: `store.damaged`.
        """
        trust, revocations = self._read(lambda keys: (self._newest_trust_list(keys), self._newest_revocations(keys)))
        return Verifier(
            trust,
            revocations=revocations,
            policy=policy,
            health_links=health_links,
            limits=limits,
            tolerances=tolerances,
            value_sets=value_sets,
        )

    def update(self, data: bytes, *, at: datetime | None = None) -> StoreUpdate:
        """Take a list if it is good and not older than any list seen; otherwise change nothing, and raise the reason.

        Args:
            data: a key list, a full revocation list, a delta or a rule list, as published; the list declares its kind.
            at: the time, aware; the present where None.

        Raises:
            MalformedError: `document.*`, as `TrustList.open`; `revocation.damaged`, `revocation.wrong_base` or
                `store.damaged`.
            ConfigurationError: `store.empty` for a delta if no full list is held; `document.not_bytes`; `time.naive`;
                `store.busy` if another process does not finish its update.
        """
        moment = aware_or_now(at, name="at")
        with self._files.open_writer() as writer:
            keys = read_keys(self._files, self._pinned)
            revocations, rules = read_revocations(self._files, keys), read_rules(self._files, keys)
            return Updater(self._files, writer, keys, revocations, rules, moment).take(data)

    def update_all(
        self, offered: Mapping[str, bytes], *, at: datetime | None = None
    ) -> tuple[dict[str, StoreUpdate], dict[str, HcertError]]:
        """Take several lists in whatever order works: a delta needs its full list, and new anchors their announcement.

        Args:
            offered: contents of files by name, as for `update`.
            at: as for `update`.

        Returns:
            By name what was taken, in that order, and why the rest was refused.

        Raises:
            ConfigurationError: `time.naive` or `store.busy`.
        """
        taken: dict[str, StoreUpdate] = {}
        while True:
            refused: dict[str, HcertError] = {}
            before = len(taken)
            for name, data in offered.items():
                if name not in taken:
                    try:
                        taken[name] = self.update(data, at=at)
                    except HcertError as error:
                        if error.code in {"time.naive", "store.busy"}:
                            raise
                        refused[name] = error
            if not refused or len(taken) == before:
                return taken, refused

    def _newest_trust_list(self, keys: HeldKeys) -> TrustList:
        if keys.trust_list is None and keys.seen.keys is None and not self._files.exists(KEYS_FILE):
            raise ConfigurationError.of("store.empty")
        return require_newest(keys.trust_list, keys.seen.keys)

    def _newest_revocations(self, keys: HeldKeys) -> RevocationList:
        held = read_revocations(self._files, keys)
        if held.full is None and keys.seen.revocations is None and not self._files.exists(FULL_FILE):
            return RevocationList.missing()
        return require_newest(held.newest, keys.seen.revocations)

    def _newest_rules(self, keys: HeldKeys) -> RuleList:
        held = read_rules(self._files, keys)
        if held.rules is None and keys.seen.rules is None and not self._files.exists(RULES_FILE):
            raise ConfigurationError.of("store.no_rules")
        return require_newest(held.rules, keys.seen.rules)

    def _read(self, read: Callable[[HeldKeys], _T]) -> _T:
        """Read from the directory; again if another process replaced files meanwhile, whether that failed or not."""
        for _ in range(_MAX_TRIES):
            before = self._files.fingerprint()
            try:
                result = read(read_keys(self._files, self._pinned))
            except HcertError:
                if self._files.fingerprint() == before:
                    raise
            else:
                if self._files.fingerprint() == before:
                    return result
        return read(read_keys(self._files, self._pinned))
