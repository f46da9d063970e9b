"""Which anchors are in force: derived from the pinned ones by the key lists that rotated them.

Nothing but signatures says who the anchors are. Each step is a whole key list that the anchors before it signed, so a
store that keeps those lists need not believe its own directory.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from hcert.errors import MalformedError
from hcert.trust.signed_document import open_document
from hcert.trust.trust_list import KIND, TrustList

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hcert.trust.anchors import Anchors
    from hcert.trust.signed_document import Envelope, State

# Lists that are held are opened whatever their age; the verifier judges it at each check.
END_OF_TIME: Final = datetime.max.replace(tzinfo=UTC)
ANY_AGE: Final = timedelta.max


@dataclass(frozen=True, slots=True)
class Chain:
    """The anchors from the pinned ones to those in force.

    Attributes:
        anchors: the pinned ones first, those in force last.
        rotations: version and content of the list that named each of them but the first.
    """

    anchors: tuple[Anchors, ...]
    rotations: tuple[State, ...] = ()

    @property
    def in_force(self) -> Anchors:
        """The anchors that sign lists now."""
        return self.anchors[-1]

    @property
    def last(self) -> State | None:
        """Version and content of the last list that rotated."""
        return self.rotations[-1] if self.rotations else None

    def after(self, envelope: Envelope | None) -> Chain:
        """Return the chain with what a list that was opened with it says of the anchors; itself if nothing changes."""
        following = None if envelope is None else envelope.next_anchors
        if envelope is None or following is None or _same(following, self.in_force):
            return self
        return Chain((*self.anchors, following), (*self.rotations, envelope.state))

    def open_keys(
        self, data: bytes, *, newer_than: State | None = None, at: datetime = END_OF_TIME, grace: timedelta = ANY_AGE
    ) -> TrustList:
        """Open a key list signed by the anchors in force, or the very list that put them there.

        Raises:
            MalformedError: as `TrustList.open`.
        """
        try:
            return TrustList.open(data, anchors=self.in_force, newer_than=newer_than, at=at, grace=grace)
        except MalformedError as error:
            if error.code != "document.too_few_signatures" or not self._made_last_rotation(data):
                raise
        return TrustList.open(data, anchors=self.anchors[-2], newer_than=newer_than, at=at, grace=grace)

    def _made_last_rotation(self, data: bytes) -> bool:
        if self.last is None:
            return False
        try:
            envelope, _, _ = open_document(data, kind=KIND, anchors=self.anchors[-2], at=END_OF_TIME, grace=ANY_AGE)
        except MalformedError:
            return False
        return envelope.state == self.last


def derive(pinned: Anchors, evidence: Iterable[bytes]) -> Chain:
    """Follow the rotations that `evidence`, key lists in any order, proves; the rest of it is passed over."""
    chain, left = Chain((pinned,)), list(dict.fromkeys(evidence))
    while True:
        steps = []
        for data in left:
            with suppress(MalformedError):
                envelope, _, _ = open_document(
                    data, kind=KIND, anchors=chain.in_force, newer_than=chain.last, at=END_OF_TIME, grace=ANY_AGE
                )
                if (following := chain.after(envelope)) is not chain and envelope.state != chain.last:
                    steps.append((following, data))
        if not steps:
            return chain
        chain, data = min(steps, key=lambda step: step[0].rotations[-1].version)
        left.remove(data)


def _same(one: Anchors, other: Anchors) -> bool:
    first, second = ({(key.kid, key.spki) for key in anchors.keys} for anchors in (one, other))
    return one.threshold == other.threshold and first == second
