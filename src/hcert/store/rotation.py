"""Which anchors are in force: the pinned ones, or those that a chain of signed key lists put in their place.

Each step of the chain is a whole key list, signed by the anchors before it. The store keeps these lists, so it never
has to trust its own directory about who the anchors are.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from hcert.errors import MalformedError
from hcert.trust.signed_document import open_document
from hcert.trust.trust_list import KIND

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hcert.trust.anchors import Anchors
    from hcert.trust.document_content import Envelope, OpenedDocument, State

# Lists on the disk are opened whatever their age; the verifier judges it at each check.
END_OF_TIME: Final = datetime.max.replace(tzinfo=UTC)
ANY_AGE: Final = timedelta.max


@dataclass(frozen=True, slots=True)
class AnchorChain:
    """The anchors from the pinned ones to those in force.

    Attributes:
        anchors: the pinned ones first, those in force last.
        rotations: version and content of the key list that named each of them but the first.
    """

    anchors: tuple[Anchors, ...]
    rotations: tuple[State, ...] = ()

    @property
    def in_force(self) -> Anchors:
        """The anchors that sign lists now."""
        return self.anchors[-1]

    @property
    def last_rotation(self) -> State | None:
        """Version and content of the last list that rotated the anchors."""
        return self.rotations[-1] if self.rotations else None

    def extend(self, envelope: Envelope) -> AnchorChain:
        """Return the chain with the next anchors that a key list names; itself if the list changes nothing."""
        following = envelope.next_anchors
        if following is None or _are_equal(following, self.in_force):
            return self
        return AnchorChain((*self.anchors, following), (*self.rotations, envelope.state))

    def open_offered(self, data: bytes) -> OpenedDocument:
        """Open a key list or delta of any age, signed by the anchors in force.

        The key list that made the last rotation is accepted under the anchors before it too: publishers go on serving
        it until their next list.

        Raises:
            MalformedError: `document.malformed` or `document.too_few_signatures`.
        """
        try:
            return open_document(data, kind=None, anchors=self.in_force, at=END_OF_TIME, grace=ANY_AGE)
        except MalformedError as error:
            if error.code != "document.too_few_signatures" or self.last_rotation is None:
                raise
            refusal = error
        with suppress(MalformedError):
            document = open_document(data, kind=KIND, anchors=self.anchors[-2], at=END_OF_TIME, grace=ANY_AGE)
            if document.envelope.state == self.last_rotation:
                return document
        raise refusal


def follow_rotations(pinned: Anchors, key_lists: Iterable[bytes]) -> tuple[AnchorChain, dict[bytes, OpenedDocument]]:
    """Follow the rotations that key lists prove, whatever their order.

    Returns:
        The chain, and the lists that count at its end: those signed by the anchors in force, and the one that put them
        there. Lists that prove nothing are ignored.
    """
    chain, left = AnchorChain((pinned,)), list(dict.fromkeys(key_lists))
    rotating: dict[bytes, OpenedDocument] = {}
    while True:
        opened = _open_all(left, chain)
        steps = [
            (following, data)
            for data, document in opened.items()
            if (following := chain.extend(document.envelope)) is not chain
            and document.envelope.state != chain.last_rotation
        ]
        if not steps:
            return chain, rotating | opened
        chain, data = min(steps, key=lambda step: step[0].rotations[-1].version)
        rotating = {key_list: one for key_list, one in opened.items() if one.envelope.state == chain.last_rotation}
        left.remove(data)


def _open_all(key_lists: Iterable[bytes], chain: AnchorChain) -> dict[bytes, OpenedDocument]:
    """Open the key lists that the anchors in force have signed."""
    opened: dict[bytes, OpenedDocument] = {}
    for data in key_lists:
        with suppress(MalformedError):
            opened[data] = open_document(
                data,
                kind=KIND,
                anchors=chain.in_force,
                newer_than=chain.last_rotation,
                at=END_OF_TIME,
                grace=ANY_AGE,
            )
    return opened


def _are_equal(one: Anchors, other: Anchors) -> bool:
    """Tell whether the same keys and threshold decide."""
    first, second = ({(key.kid, key.spki) for key in anchors.keys} for anchors in (one, other))
    return one.threshold == other.threshold and first == second
