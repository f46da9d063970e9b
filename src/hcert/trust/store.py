"""A directory in which a scanner keeps its lists, through restarts, crashes and bad downloads.

    keys.cose           the last good key list
    revocations.bin     the last good full withdrawal list, mapped into memory when used
    delta.cose          the last good delta to it
    state.json          the highest versions ever seen, and the anchors that took over from the pinned ones
    lock                held by one process while it updates, shared by those that read; made where it is not there

A file is written under another name, forced to disk and renamed over the old one, lists before the state. So whenever
a process dies, each file is whole, and what the state does not know yet can be told from the lists. Whoever can write
to the directory can remove lists, but cannot make any up: all are verified whenever they are opened. A damaged state
counts as a missing one: whoever can damage it can remove it as well, and a scanner whose disk lost a sector must not
refuse everybody until somebody comes to remove the rest.

For POSIX systems, whose locks end with the process that holds them.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from hcert.clock import aware
from hcert.codec import attached
from hcert.errors import ConfigurationError, MalformedError
from hcert.trust.anchors import Anchors
from hcert.trust.memory import Memory
from hcert.trust.revocation import RevocationList
from hcert.trust.signed_document import State, check_time
from hcert.trust.trust_list import TrustList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from os import PathLike

    from hcert.keys.trusted_key import TrustedKey

_KEYS, _REVOCATIONS, _DELTA, _STATE, _LOCK = "keys.cose", "revocations.bin", "delta.cose", "state.json", "lock"
_T = TypeVar("_T")
_List = TypeVar("_List", TrustList, RevocationList)

_LATEST: Final = datetime.max.replace(tzinfo=UTC)


class TrustStore:
    """The lists a device holds. Any number of processes may use one directory.

    Args:
        directory: made where it is not there.
        anchors: the pinned keys that may sign lists.
        threshold: how many of them must have signed; all where None.

    Raises:
        ConfigurationError: `document.threshold`.
        OSError: if the directory cannot be used.
    """

    def __init__(
        self,
        directory: PathLike[str] | str,
        *,
        anchors: Iterable[TrustedKey],
        threshold: int | None = None,
    ) -> None:
        self._directory = Path(directory)
        self._pinned = Anchors.of(anchors, threshold)
        self._directory.mkdir(parents=True, exist_ok=True)

    def trust_list(self) -> TrustList:
        """Open the key list held.

        Raises:
            ConfigurationError: `store.empty` before the first update.
            MalformedError: `store.damaged` where a file was changed by something else.
        """
        with self._locked(exclusive=False):
            memory = self._memory()
            if memory.keys is None:
                raise ConfigurationError.of("store.empty")
            return _newest(self._keys(memory), memory.keys)

    def revocations(self) -> RevocationList | None:
        """Open the withdrawal list held, its delta applied; None before the first update.

        Raises:
            MalformedError: `store.damaged`.
        """
        with self._locked(exclusive=False):
            memory = self._memory()
            return None if memory.revocations is None else _newest(self._revocations(memory), memory.revocations)

    def update_keys(self, data: bytes, *, at: datetime | None = None) -> TrustList:
        """Take a key list if it is good and no older than any seen; else keep the one held, and say why.

        Args:
            data: the list as downloaded.
            at: the time, aware; the present where None.

        Raises:
            MalformedError: `document.*`, as `TrustList.open`, or `store.damaged`.
            ConfigurationError: `time.naive`.
        """
        moment = aware(at, name="at")
        with self._locked(exclusive=True):
            memory = self._memory()
            held = self._offered_again(data, memory)
            if held is not None and held.envelope is not None:
                check_time(held.envelope, moment, timedelta(0))
                return held
            taken = TrustList.open(data, **_pins(memory.anchors[-1]), at=moment, newer_than=memory.keys)
            self._remember(memory)  # anchors that the list held names must outlive it
            self._replace(_KEYS, data)
            self._remember(replace(memory.with_anchors(_next(taken)), keys=_state(taken)))
        return taken

    def update_revocations(self, data: bytes, *, at: datetime | None = None) -> RevocationList:
        """Take a full withdrawal list or a delta if it is good and no older than any seen; else keep what is held.

        Args:
            data: list or delta as downloaded.
            at: the time, aware; the present where None.

        Raises:
            MalformedError: `document.*`, as `TrustList.open`, `revocation.damaged`, `revocation.wrong_base` or
                `store.damaged`.
            ConfigurationError: `store.empty` for a delta where no full list is held; `time.naive`.
        """
        moment = aware(at, name="at")
        with self._locked(exclusive=True):
            memory = self._memory()
            pins = {**_pins(memory.anchors[-1]), "at": moment}
            if data.startswith(attached.MAGIC):
                taken = RevocationList.open(data, **pins)
                again = _state(taken) == memory.base
                if not again:
                    taken = RevocationList.open(data, **pins, newer_than=memory.revocations)
                taken.check()  # a list whose signed part is good may still be damaged behind it
                self._replace(_REVOCATIONS, data)
                if again:  # perhaps because the file was damaged: its delta stays
                    return _newest(self._revocations(memory), memory.revocations)
                (self._directory / _DELTA).unlink(missing_ok=True)
                memory = replace(memory, base=_state(taken))
            else:
                full = self._full(memory)
                if full is None:
                    raise ConfigurationError.of("store.empty")
                taken = full.updated(data, **pins, newer_than=memory.revocations)
                self._replace(_DELTA, data)
            self._remember(replace(memory, revocations=_state(taken)))
        return taken

    def _keys(self, memory: Memory) -> TrustList | None:
        path = self._directory / _KEYS
        if not path.exists():
            return None
        return _held(memory, lambda pins: TrustList.open(path.read_bytes(), **pins))

    def _full(self, memory: Memory) -> RevocationList | None:
        path = self._directory / _REVOCATIONS
        return _held(memory, lambda pins: RevocationList.open(path, **pins)) if path.exists() else None

    def _revocations(self, memory: Memory) -> RevocationList | None:
        full, delta = self._full(memory), self._directory / _DELTA
        if full is None or not delta.exists():
            return full
        changes = delta.read_bytes()
        try:
            return _held(memory, lambda pins: full.updated(changes, **pins))
        except MalformedError as error:
            if error.code == "document.older":  # the process died before it removed the delta of the list before
                return full
            raise

    def _memory(self) -> Memory:
        """Return what is remembered, brought up to the lists held: a process may have died before it wrote that down.

        A list that is damaged, or older than what was written down, tells nothing; an update then replaces it.
        """
        path = self._directory / _STATE
        memory = Memory.read(path.read_bytes() if path.exists() else None, pinned=self._pinned)
        with suppress(MalformedError):
            keys = self._keys(memory)
            if keys is not None and _newer(memory.keys, _state(keys)) == _state(keys):
                memory = replace(memory, keys=_state(keys)).with_anchors(_next(keys))
        with suppress(MalformedError):
            if (full := self._full(memory)) is not None:
                memory = replace(
                    memory,
                    base=_newer(memory.base, _state(full)),
                    revocations=_newer(memory.revocations, _state(full)),
                )
        with suppress(MalformedError):
            if (revocations := self._revocations(memory)) is not None:
                memory = replace(memory, revocations=_newer(memory.revocations, _state(revocations)))
        return memory

    def _offered_again(self, data: bytes, memory: Memory) -> TrustList | None:
        """Return the key list held where it is the one offered; it may be signed by anchors that it replaced itself."""
        path = self._directory / _KEYS
        if path.exists() and path.read_bytes() == data:
            with suppress(MalformedError):  # what is offered may be as damaged as what is held
                held = self._keys(memory)
                return held if held is not None and _state(held) == memory.keys else None
        return None

    def _remember(self, memory: Memory) -> None:
        """Write down what is remembered, where that is news."""
        path, data = self._directory / _STATE, memory.written()
        if not path.exists() or path.read_bytes() != data:
            self._replace(_STATE, data)

    def _replace(self, name: str, data: bytes) -> None:
        """Put a file in the place of another, whole or not at all."""
        path, new = self._directory / name, self._directory / f"{name}.new"
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        directory = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    @contextmanager
    def _locked(self, *, exclusive: bool) -> Iterator[None]:
        import fcntl  # POSIX only, and needed by those alone who keep a store

        path = self._directory / _LOCK
        if not path.exists():  # who may only read a store must not have to touch it
            path.touch()
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
            yield


def _held(memory: Memory, open_one: Callable[[dict[str, Any]], _T]) -> _T:
    """Open what is held, whatever its age and whatever the clock says: the verifier judges that at each check.

    It may have been signed by any anchors that were in force once.
    """
    for anchors in reversed(memory.anchors):
        try:
            return open_one({**_pins(anchors), "at": _LATEST, "grace": timedelta.max})
        except MalformedError as error:
            if error.code == "document.older":
                raise
    raise MalformedError.of("store.damaged")


def _pins(anchors: Anchors) -> dict[str, Any]:
    return {"anchors": anchors.keys, "threshold": anchors.threshold}


def _state(opened: TrustList | RevocationList) -> State | None:
    return None if opened.envelope is None else opened.envelope.state


def _next(opened: TrustList) -> Anchors | None:
    return None if opened.envelope is None else opened.envelope.next_anchors


def _newest(held: _List | None, remembered: State | None) -> _List:
    """Return what is held unless something newer was held before, which must not be mistaken for it."""
    state = None if held is None else _state(held)
    if held is None or state != remembered:
        raise MalformedError.of("store.damaged")
    return held


def _newer(one: State | None, other: State | None) -> State | None:
    return max(filter(None, (one, other)), key=lambda state: state.version, default=None)
