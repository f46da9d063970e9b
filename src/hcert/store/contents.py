"""What is in the directory of a store, as far as it is signed, derived anew at each look.

Lists held are opened under the anchors in force. Those before them count in two cases only: the key list that made the
last rotation, known by what it says; and revocations that were held when the anchors were rotated, as long as the note
names their very content. A former anchor signs nothing new.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from hcert.errors import MalformedError
from hcert.store.note import Note
from hcert.store.rotation import ANY_AGE, END_OF_TIME, Chain, derive
from hcert.trust.revocation_list import RevocationList

if TYPE_CHECKING:
    from collections.abc import Callable

    from hcert.store.files import StoreFiles
    from hcert.store.note import Noted
    from hcert.trust.anchors import Anchors
    from hcert.trust.signed_document import State
    from hcert.trust.trust_list import TrustList

KEYS: Final = "keys.cose"
REVOCATIONS: Final = "revocations.bin"
DELTA: Final = "delta.cose"
STATE: Final = "state.json"
EVIDENCE: Final = "anchors-"


@dataclass(frozen=True)
class Contents:
    """What is in the directory.

    Attributes:
        chain: the anchors.
        note: what was noted, of which a held list may know better.
        full: the full revocation list, likewise.
        newest: the same with its delta applied; None where a delta was taken and is lost or damaged.
    """

    chain: Chain
    note: Note
    full: RevocationList | None
    newest: RevocationList | None
    _keys: bytes | None

    @cached_property
    def keys(self) -> TrustList | None:
        """The key list, None where there is none that can be opened; who asks for revocations need not wait for it."""
        if self._keys is None:
            return None
        try:
            return self.chain.open_keys(self._keys, newer_than=self.chain.last)
        except MalformedError:
            return None


def look(files: StoreFiles, pinned: Anchors) -> Contents:
    """Look at everything in the directory."""
    note = Note.read(files.read(STATE))
    keys = files.read(KEYS)
    evidence = tuple(filter(None, map(files.read, files.names(EVIDENCE))))
    chain = derive(pinned, evidence if keys is None else (*evidence, keys))
    full = _full(files, chain, note)
    return Contents(chain, note, full, None if full is None else _newest(files, chain, note, full), keys)


def _full(files: StoreFiles, chain: Chain, note: Note) -> RevocationList | None:
    path = files.path(REVOCATIONS)
    if path is None:
        return None

    def open_full(anchors: Anchors) -> RevocationList:
        return RevocationList.open(path, anchors=anchors, at=END_OF_TIME, grace=ANY_AGE)

    return _open_held(chain, note.base, open_full)


def _newest(files: StoreFiles, chain: Chain, note: Note, full: RevocationList) -> RevocationList | None:
    """Return the revocations with the delta applied; None where one was taken that cannot be."""
    changes, known = files.read(DELTA), note.revocations
    if changes is not None:

        def apply(anchors: Anchors) -> RevocationList:
            return full.apply_delta(changes, anchors=anchors, at=END_OF_TIME, grace=ANY_AGE)

        try:
            return _open_held(chain, known, apply)
        except _Older:  # the process died before it removed the delta of the list before
            return full
    lost = known is not None and note.base is not None and known.state.version > note.base.state.version
    return None if lost and note.base is not None and state_of(full) == note.base.state else full


class _Older(Exception):  # noqa: N818 - not an error
    """A delta is older than the full list."""


def _open_held(
    chain: Chain, known: Noted | None, open_with: Callable[[Anchors], RevocationList]
) -> RevocationList | None:
    """Open revocations held: signed by the anchors in force; or by some before, where that very content was noted."""
    for anchors in reversed(chain.anchors):
        try:
            opened = open_with(anchors)
        except MalformedError as error:
            if error.code == "document.older":
                raise _Older from None
            continue
        if anchors is chain.in_force or (known is not None and state_of(opened) == known.state):
            return opened
    return None


def state_of(opened: TrustList | RevocationList) -> State | None:
    """Return version and content of a list that was opened."""
    return None if opened.envelope is None else opened.envelope.state
