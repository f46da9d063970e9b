"""What an update of a store changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from hcert.trust.document_content import Envelope

ListKind = Literal["key list", "revocation list", "delta", "rule list"]


@dataclass(frozen=True, slots=True)
class StoreUpdate:
    """A list that was taken into a store.

    Attributes:
        kind: of the list, as it says itself.
        envelope: version and times of the list.
        previous: the same of the list it replaced; for a delta, of the revocations held before. None where there was
            none that could be opened.
        anchors_changed: whether other anchors sign lists from now on.
    """

    kind: ListKind
    envelope: Envelope
    previous: Envelope | None
    anchors_changed: bool = False

    @property
    def changed(self) -> bool:
        """Whether the list is new; scanners fetch more often than lists are made."""
        return self.previous is None or self.previous.state != self.envelope.state
