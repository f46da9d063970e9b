"""A directory in which a scanner keeps its lists, through restarts, crashes and bad downloads.

    keys.cose           the last good key list
    anchors-1.cose ...  the key lists that put other anchors in force
    revocations.bin     the last good full revocation list, mapped into memory when used
    delta.cose          the last good delta to it
    state.json          the newest versions ever taken
    lock                held by the one process that updates

The store keeps evidence and no conclusions (`docs/decisions/0024`): lists as they were signed, from which it derives
anchors and versions whenever it is opened. Whoever can write to the directory can remove files, but cannot make any
list up. state.json alone is not signed; it says which list is too old where the newest one was damaged, and whatever it
says, the publisher's next list is taken.

A file is written under another name, forced to disk and renamed over the old one, lists before the state. So whenever a
process dies, each file is whole, and what the state does not know yet can be told from the lists. Who reads takes no
lock and needs to write nothing.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from hcert.errors import ConfigurationError, HcertError, MalformedError
from hcert.store.contents import DELTA, EVIDENCE, KEYS, REVOCATIONS, STATE, look, state_of
from hcert.store.files import StoreFiles
from hcert.store.note import Note, noted
from hcert.store.update import StoreUpdate
from hcert.times import aware_or_now
from hcert.trust import document_file
from hcert.trust.anchors import Anchors
from hcert.trust.revocation_list import RevocationList
from hcert.verify.verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from os import PathLike

    from hcert.codec.limits import Limits
    from hcert.keys.trusted_key import TrustedKey
    from hcert.policy.base import Policy
    from hcert.records.value_sets import ValueSets
    from hcert.store.contents import Contents
    from hcert.store.files import Writer
    from hcert.store.note import Noted
    from hcert.store.update import ListKind
    from hcert.tolerances import Tolerances
    from hcert.trust.signed_document import State
    from hcert.trust.trust_list import TrustList

_MAX_TRIES: Final = 100  # of a reader while others write
_T = TypeVar("_T")


class TrustStore:
    """The lists a device holds. Any number of processes may use one directory.

    Args:
        directory: made where it is not there.
        anchors: the pinned keys that may sign lists, or these with their threshold.
        threshold: how many of them must have signed; all where None.

    Raises:
        ConfigurationError: `document.repeated_anchor`, `document.too_many_anchors` or `document.threshold`.
        OSError: if the directory cannot be used.
    """

    def __init__(
        self,
        directory: PathLike[str] | str,
        *,
        anchors: Anchors | Iterable[TrustedKey],
        threshold: int | None = None,
    ) -> None:
        path = Path(directory)
        self._pinned = Anchors.of(anchors, threshold)
        path.mkdir(parents=True, exist_ok=True)
        self._files = StoreFiles(path)

    def trust_list(self) -> TrustList:
        """Open the key list held.

        Raises:
            ConfigurationError: `store.empty` before the first update.
            MalformedError: `store.damaged` where a file was changed by something else.
        """

        def newest() -> TrustList:
            held = look(self._files, self._pinned)
            if held.keys is None and held.note.keys is None and not self._files.exists(KEYS):
                raise ConfigurationError.of("store.empty")
            return _unless_older(held.keys, held.note.keys)

        return self._consistent(newest)

    def revocations(self) -> RevocationList:
        """Open the revocation list held, its delta applied.

        Before the first update that is one which is missing (`RevocationList.missing`): a verifier accepts nothing with
        it, since a device that was never given the list must not pass for one that has nothing in it.

        Raises:
            MalformedError: `store.damaged`.
        """

        def newest() -> RevocationList:
            held = look(self._files, self._pinned)
            if held.full is None and held.note.revocations is None and not self._files.exists(REVOCATIONS):
                return RevocationList.missing()
            return _unless_older(held.newest, held.note.revocations)

        return self._consistent(newest)

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

        While no revocation list has arrived it accepts nothing, and says so (`revocation.list_missing`).

        Args:
            policy: as for `Verifier`, and so are the others.
            health_links: likewise.
            limits: likewise.
            tolerances: likewise.
            value_sets: likewise.

        Raises:
            ConfigurationError: `store.empty` before the first key list.
            MalformedError: `store.damaged`.
        """
        return Verifier(
            self.trust_list(),
            revocations=self.revocations(),
            policy=policy,
            health_links=health_links,
            limits=limits,
            tolerances=tolerances,
            value_sets=value_sets,
        )

    def update(self, data: bytes, *, at: datetime | None = None) -> StoreUpdate:
        """Take a list if it is good and no older than any seen; else keep what is held, and say why.

        Args:
            data: a key list, a full revocation list or a delta, as published; it says itself which.
            at: the time, aware; the present where None.

        Raises:
            MalformedError: `document.*`, as `TrustList.open`; `revocation.damaged`, `revocation.wrong_base` or
                `store.damaged`.
            ConfigurationError: `store.empty` for a delta where no full list is held; `time.naive`, or `store.busy`
                where another process does not come to an end.
        """
        moment = aware_or_now(at, name="at")
        with self._files.writing() as writer:
            held = look(self._files, self._pinned)
            if data.startswith(document_file.MAGIC):
                return self._take_full(writer, held, data, moment)
            try:
                return self._take_keys(writer, held, data, moment)
            except MalformedError as error:
                if error.code != "document.kind":  # which is read once enough anchors have signed it
                    raise
            return self._take_delta(writer, held, data, moment)

    def _take_keys(self, writer: Writer, held: Contents, data: bytes, moment: datetime) -> StoreUpdate:
        taken = held.chain.open_keys(
            data, newer_than=_newest(held.chain.last, held.keys), at=moment, grace=timedelta(0)
        )
        _check_note(held.note.keys, taken, moment)
        self._keep_evidence(writer, held)
        if data != self._files.read(KEYS):  # scanners fetch more often than lists are made
            writer.replace(KEYS, data)
        rotates = held.chain.after(taken.envelope) is not held.chain
        if rotates:
            self._add_evidence(writer, data)
        self._write_note(writer, held, moment, keys=taken)
        return _update("key list", taken, held.keys, anchors_changed=rotates)

    def _take_full(self, writer: Writer, held: Contents, data: bytes, moment: datetime) -> StoreUpdate:
        anchors = held.chain.in_force
        taken = RevocationList.open(data, anchors=anchors, at=moment)
        known = held.note.base and held.note.base.state
        again = state_of(taken) == (known if held.full is None else state_of(held.full))
        if not again:
            floor = _newest(None, held.full, held.newest)
            taken = RevocationList.open(data, anchors=anchors, at=moment, newer_than=floor)
            _check_note(held.note.revocations, taken, moment)
        taken.check()  # a list whose signed part is good may still be damaged behind it
        writer.replace(REVOCATIONS, data)
        if again:  # perhaps because the file was damaged: its delta stays
            _unless_older(look(self._files, self._pinned).newest, held.note.revocations)
        else:
            writer.remove(DELTA)
            self._write_note(writer, held, moment, base=taken, newest=taken)
        return _update("revocation list", taken, held.full)

    def _take_delta(self, writer: Writer, held: Contents, data: bytes, moment: datetime) -> StoreUpdate:
        if held.full is None:
            if self._files.exists(REVOCATIONS):
                raise MalformedError.of("store.damaged")
            raise ConfigurationError.of("store.empty")
        floor = _newest(None, held.full, held.newest)
        taken = held.full.apply_delta(data, anchors=held.chain.in_force, at=moment, newer_than=floor)
        _check_note(held.note.revocations, taken, moment)
        writer.replace(DELTA, data)
        self._write_note(writer, held, moment, newest=taken)
        return _update("delta", taken, held.newest)

    def _consistent(self, read: Callable[[], _T]) -> _T:
        """Return what a look at the files gives; look again where another process replaced some of them meanwhile."""
        for _ in range(_MAX_TRIES):
            before = self._files.versions()
            try:
                return read()
            except HcertError:
                if self._files.versions() == before:
                    raise
        return read()

    def _keep_evidence(self, writer: Writer, held: Contents) -> None:
        """Keep the list held where it rotated; the process that took it may have died before it did."""
        keys = self._files.read(KEYS)
        if keys and held.keys is not None and state_of(held.keys) == held.chain.last:
            self._add_evidence(writer, keys)

    def _add_evidence(self, writer: Writer, data: bytes) -> None:
        names = self._files.names(EVIDENCE)
        if data not in map(self._files.read, names):
            number = next(number for number in range(1, len(names) + 2) if f"{EVIDENCE}{number}.cose" not in names)
            writer.replace(f"{EVIDENCE}{number}.cose", data)

    def _write_note(
        self,
        writer: Writer,
        held: Contents,
        at: datetime,
        *,
        keys: TrustList | None = None,
        base: RevocationList | None = None,
        newest: RevocationList | None = None,
    ) -> None:
        """Note what was taken, and of the other lists what is held: a process may have died before it noted that."""
        note = Note(
            noted(held.keys if keys is None else keys, held.note.keys, at=at),
            noted(held.newest if newest is None else newest, held.note.revocations, at=at),
            noted(held.full if base is None else base, held.note.base, at=at),
        )
        if note != held.note:
            writer.replace(STATE, note.written())


def _update(
    kind: ListKind, taken: TrustList | RevocationList, before: TrustList | RevocationList | None, **more: bool
) -> StoreUpdate:
    if taken.envelope is None:
        raise AssertionError("a list that was opened has an envelope")
    return StoreUpdate(kind, taken.envelope, None if before is None else before.envelope, **more)


def _check_note(known: Noted | None, taken: TrustList | RevocationList, at: datetime) -> None:
    if known is not None and taken.envelope is not None:
        known.check(taken.envelope, at)


_List = TypeVar("_List", "TrustList", RevocationList)


def _unless_older(held: _List | None, known: Noted | None) -> _List:
    """Return what is held unless something newer was held before, which must not be mistaken for it."""
    state = None if held is None else state_of(held)
    if held is None or state is None:
        raise MalformedError.of("store.damaged")
    if known is not None and state != known.state and state.version <= known.state.version:
        raise MalformedError.of("store.damaged")
    return held


def _newest(known: State | None, *lists: TrustList | RevocationList | None) -> State | None:
    """Return the newest state of lists held, which are signed, and perhaps another one."""
    states = [known, *(None if one is None else state_of(one) for one in lists)]
    return max(filter(None, states), key=lambda state: state.version, default=None)
