"""What is in the directory of a store, as far as it is signed, derived anew at each look.

Lists held are opened under the anchors in force. Those before them count in two cases only: the key list that made the
last rotation, known by what it says; and revocations that were held when the anchors were rotated, as long as the note
names their very content. A former anchor signs nothing new.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from hcert.errors import MalformedError
from hcert.trust.revocation_list import RevocationList
from hcert.trust.rotation import WHENEVER, Chain, derive, pins
from hcert.trust.store_note import Note

if TYPE_CHECKING:
    from collections.abc import Callable

    from hcert.trust.anchors import Anchors
    from hcert.trust.signed_document import State
    from hcert.trust.store_files import StoreFiles
    from hcert.trust.store_note import Noted
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
            return self.chain.open_keys(self._keys, newer_than=self.chain.last, **WHENEVER)
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
    return None if path is None else _opened(chain, note.base, lambda pins: RevocationList.open(path, **pins))


def _newest(files: StoreFiles, chain: Chain, note: Note, full: RevocationList) -> RevocationList | None:
    """Return the revocations with the delta applied; None where one was taken that cannot be."""
    changes, known = files.read(DELTA), note.revocations
    if changes is not None:
        try:
            return _opened(chain, known, lambda pins: full.apply_delta(changes, **pins))
        except _Older:  # the process died before it removed the delta of the list before
            return full
    lost = known is not None and note.base is not None and known.state.version > note.base.state.version
    return None if lost and note.base is not None and state_of(full) == note.base.state else full


class _Older(Exception):  # noqa: N818 - not an error
    """A delta is older than the full list."""


def _opened(
    chain: Chain, known: Noted | None, open_one: Callable[[dict[str, Any]], RevocationList]
) -> RevocationList | None:
    """Open revocations held: signed by the anchors in force; or by some before, where that very content was noted."""
    for anchors in reversed(chain.anchors):
        try:
            opened = open_one({**pins(anchors), **WHENEVER})
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
