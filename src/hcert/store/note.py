"""What a store notes beside its lists: the newest versions it ever took, for the case that a list is lost or damaged.

Nobody signed it, so it never bars updates for ever: `Noted.check`. A checksum finds what a failing disk changed;
against whoever can write to the directory it is of no use, and need not be.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from hcert.codec.limits import MAX_INTEGER, MAX_SECONDS, MIN_SECONDS
from hcert.trust.signed_document import State, compare

if TYPE_CHECKING:
    from typing import Self

    from hcert.trust.revocation_list import RevocationList
    from hcert.trust.signed_document import Envelope
    from hcert.trust.trust_list import TrustList

MAX_NOTE_BYTES: Final = 4096
MAX_AHEAD: Final = timedelta(days=1)
_CHECKSUM: Final = "sha256"
_DIGEST_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Noted:
    """The newest document of a sequence that was taken.

    Attributes:
        state: its version and content.
        issued_at: when it was issued, or one before it that was issued later.
    """

    state: State
    issued_at: datetime

    def check(self, envelope: Envelope, at: datetime) -> None:
        """Refuse a document that was offered, if it may be one from before the newest that was taken.

        One that was issued later than all that were taken is none of those, whatever its version: so a version that
        somebody wrote into the note bars updates until the publisher's next list, and no longer. Nor does a note count
        that is about a list from the future, which no store takes.

        Raises:
            MalformedError: `document.older` or `document.equivocation`.
        """
        if self._plausible(at) and envelope.issued_at <= self.issued_at:
            compare(envelope.state, self.state)

    def latest(self, issued_at: datetime, at: datetime) -> datetime:
        """Return the later of two issues."""
        return max(self.issued_at, issued_at) if self._plausible(at) else issued_at

    def _plausible(self, at: datetime) -> bool:
        return self.issued_at - at <= MAX_AHEAD


@dataclass(frozen=True, slots=True)
class Note:
    """The note of a store.

    Attributes:
        keys: of the newest key list ever taken.
        revocations: of the newest revocation list or delta ever taken.
        base: of the newest full revocation list ever taken.
    """

    keys: Noted | None = None
    revocations: Noted | None = None
    base: Noted | None = None

    @classmethod
    def read(cls, data: bytes | None) -> Self:
        """Read what `written` wrote; where that is lost or damaged, nothing was noted.

        To remove the note is as easy as to damage it, so to refuse a damaged one would protect from nobody; and what
        was in it can mostly be told from the lists.
        """
        if data is None or len(data) > MAX_NOTE_BYTES:
            return cls()
        try:
            members = json.loads(data)
            checksum = members.pop(_CHECKSUM)
            if checksum != _checksum(members):
                return cls()
            return cls(**{name: _read(members[name]) for name in _NAMES})
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return cls()

    def written(self) -> bytes:
        """Return the note as JSON."""
        members = {name: _written(getattr(self, name)) for name in _NAMES}
        return json.dumps({**members, _CHECKSUM: _checksum(members)}, indent=1).encode()


_NAMES: Final = tuple(field.name for field in fields(Note))


def noted(held: TrustList | RevocationList | None, before: Noted | None, *, at: datetime) -> Noted | None:
    """Return what is to be noted of a list held at a time, after what was noted before."""
    envelope = None if held is None else held.envelope
    if envelope is None:
        return before
    return Noted(envelope.state, envelope.issued_at if before is None else before.latest(envelope.issued_at, at))


def _checksum(members: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(members, sort_keys=True).encode()).hexdigest()


def _written(one: Noted | None) -> tuple[int, str, int] | None:
    return None if one is None else (one.state.version, one.state.digest.hex(), int(one.issued_at.timestamp()))


def _read(members: Any) -> Noted | None:
    if members is None:
        return None
    version, digest, issued_at = members
    if type(version) is not int or not 1 <= version <= MAX_INTEGER or len(digest) != 2 * _DIGEST_BYTES:
        raise ValueError
    if type(issued_at) is not int or not MIN_SECONDS <= issued_at <= MAX_SECONDS:
        raise ValueError
    return Noted(State(version, bytes.fromhex(digest)), datetime.fromtimestamp(issued_at, UTC))
