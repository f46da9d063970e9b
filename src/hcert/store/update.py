"""What an update of a store did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from hcert.trust.signed_document import Envelope

ListKind = Literal["key list", "revocation list", "delta"]


@dataclass(frozen=True, slots=True)
class StoreUpdate:
    """A list that was taken into a store.

    Attributes:
        kind: what the list said it is.
        envelope: its version and times.
        previous: those of the list of that sequence held before; a delta follows the full list. None where there was
            none that can be opened.
        anchors_changed: whether others sign the next lists from now on.
    """

    kind: ListKind
    envelope: Envelope
    previous: Envelope | None
    anchors_changed: bool = False

    @property
    def changed(self) -> bool:
        """Whether the list was not held already; scanners fetch more often than lists are made."""
        return self.previous is None or self.previous.state != self.envelope.state
