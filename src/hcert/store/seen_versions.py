"""The newest versions a store has ever taken, in case a list is lost or damaged.

This file is the only one that nobody signs, so it can delay updates but never block them for good:
`SeenVersion.check`. Its checksum detects a failing disk. It does not protect against someone who can write to the
directory, and does not need to.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from hcert.codec.limits import MAX_INTEGER, MAX_SECONDS, MIN_SECONDS
from hcert.trust.document_content import STATE_DIGEST_BYTES, State, refuse_rollback

if TYPE_CHECKING:
    from typing import Self

    from hcert.trust.document_content import Envelope

MAX_FILE_BYTES: Final = 4096
MAX_AHEAD: Final = timedelta(days=1)
_CHECKSUM: Final = "sha256"


@dataclass(frozen=True, slots=True)
class SeenVersion:
    """The newest document of a sequence that was taken.

    Attributes:
        state: its version and content.
        issued_at: its issue time, or that of an earlier document of the sequence if that was later.
    """

    state: State
    issued_at: datetime

    def check(self, envelope: Envelope, at: datetime) -> None:
        """Refuse an offered document that may be older than the newest one taken.

        A document issued after all that were taken is not an old one, whatever its version. So a version that somebody
        wrote into the file blocks updates only until the publisher's next list. An issue time in the future is ignored
        with its version, since no store takes a list from the future.

        Raises:
            MalformedError: `document.older` or `document.equivocation`.
        """
        if self._is_plausible(at) and envelope.issued_at <= self.issued_at:
            refuse_rollback(envelope.state, self.state)

    def latest_issue(self, issued_at: datetime, at: datetime) -> datetime:
        """Return the later of two issue times."""
        return max(self.issued_at, issued_at) if self._is_plausible(at) else issued_at

    def _is_plausible(self, at: datetime) -> bool:
        return self.issued_at - at <= MAX_AHEAD


@dataclass(frozen=True, slots=True)
class SeenVersions:
    """The newest documents a store has ever taken; None where it took none.

    Attributes:
        keys: the newest key list.
        revocations: the newest revocation list or delta.
        base: the newest full revocation list, which deltas count from.
        rules: the newest rule list.
    """

    keys: SeenVersion | None = None
    revocations: SeenVersion | None = None
    base: SeenVersion | None = None
    rules: SeenVersion | None = None

    @classmethod
    def decode(cls, data: bytes | None) -> Self:
        """Decode what `encode` wrote; a lost or damaged file decodes as if nothing had been taken.

        Refusing a damaged file would not protect anybody: it is as easy to remove as to damage. Most of its content
        follows from the lists anyway.
        """
        if data is None or len(data) > MAX_FILE_BYTES:
            return cls()
        try:
            members = json.loads(data)
            checksum = members.pop(_CHECKSUM)
            if checksum != _compute_checksum(members):
                return cls()
            return cls(**{name: _decode_version(members[name]) for name in _NAMES})
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return cls()

    def encode(self) -> bytes:
        """Encode the versions as JSON."""
        members = {name: _encode_version(getattr(self, name)) for name in _NAMES}
        return json.dumps({**members, _CHECKSUM: _compute_checksum(members)}, indent=1).encode()


_NAMES: Final = tuple(field.name for field in fields(SeenVersions))


def update_seen(seen: SeenVersion | None, envelope: Envelope | None, *, at: datetime) -> SeenVersion | None:
    """Return the version seen after the list with this envelope is held; unchanged if no list is held."""
    if envelope is None:
        return seen
    return SeenVersion(
        envelope.state, envelope.issued_at if seen is None else seen.latest_issue(envelope.issued_at, at)
    )


def _compute_checksum(members: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(members, sort_keys=True).encode()).hexdigest()


def _encode_version(seen: SeenVersion | None) -> tuple[int, str, int] | None:
    return None if seen is None else (seen.state.version, seen.state.digest.hex(), int(seen.issued_at.timestamp()))


def _decode_version(members: Any) -> SeenVersion | None:
    if members is None:
        return None
    version, digest, issued_at = members
    if type(version) is not int or not 1 <= version <= MAX_INTEGER or len(digest) != 2 * STATE_DIGEST_BYTES:
        raise ValueError
    if type(issued_at) is not int or not MIN_SECONDS <= issued_at <= MAX_SECONDS:
        raise ValueError
    return SeenVersion(State(version, bytes.fromhex(digest)), datetime.fromtimestamp(issued_at, UTC))
