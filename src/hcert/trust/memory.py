"""What a store remembers beside its lists: the highest versions ever seen, and which anchors followed the pinned ones.

Both are needed when a list is replaced: its version by another one, its word on the next anchors by whoever they are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hcert.errors import ConfigurationError
from hcert.keys.trusted_key import TrustedKey
from hcert.trust.anchors import Anchors
from hcert.trust.signed_document import State

if TYPE_CHECKING:
    from typing import Self


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of a store.

    Attributes:
        anchors: the pinned ones first, those in force last.
        keys: of the newest key list ever taken.
        revocations: of the newest withdrawal list or delta ever taken.
        base: of the newest full withdrawal list ever taken.
    """

    anchors: tuple[Anchors, ...]
    keys: State | None = None
    revocations: State | None = None
    base: State | None = None

    @classmethod
    def read(cls, data: bytes | None, *, pinned: Anchors) -> Self:
        """Read what `written` wrote; where that is lost or damaged, nothing is remembered.

        To remove the memory is as easy as to damage it, so to refuse a damaged one would protect from nobody; and what
        was in it can mostly be told from the lists. Anchors that followed others than the pinned ones are forgotten.
        """
        try:
            members = json.loads(data or b"")
            anchors = tuple(map(_anchors, members["anchors"]))
            keys, revocations, base = (_state(members[name]) for name in ("keys", "revocations", "base"))
        except (ValueError, TypeError, KeyError, RecursionError, ConfigurationError):
            return cls((pinned,))
        followed = anchors if anchors and _same(anchors[0], pinned) else (pinned,)
        return cls(followed, keys, revocations, base)

    def written(self) -> bytes:
        """Return the memory as JSON."""
        members = {
            "anchors": [
                {"threshold": one.threshold, "keys": [[key.kid.hex(), key.spki.hex()] for key in one.keys]}
                for one in self.anchors
            ],
            "keys": _written(self.keys),
            "revocations": _written(self.revocations),
            "base": _written(self.base),
        }
        return json.dumps(members, indent=1).encode()

    def with_anchors(self, following: Anchors | None) -> Memory:
        """Return the memory with the anchors in force from now on, where they are others."""
        if following is None or _same(following, self.anchors[-1]):
            return self
        return replace(self, anchors=(*self.anchors, following))


def _same(one: Anchors, other: Anchors) -> bool:
    first, second = ({(key.kid, key.spki) for key in anchors.keys} for anchors in (one, other))
    return one.threshold == other.threshold and first == second


def _written(state: State | None) -> tuple[int, str] | None:
    return None if state is None else (state.version, state.digest.hex())


def _anchors(members: Any) -> Anchors:
    keys = (TrustedKey.from_public_key(bytes.fromhex(spki), kid=bytes.fromhex(kid)) for kid, spki in members["keys"])
    return Anchors(tuple(keys), members["threshold"])


def _state(members: Any) -> State | None:
    if members is None:
        return None
    version, digest = members
    if type(version) is not int:
        raise TypeError
    return State(version, bytes.fromhex(digest))
