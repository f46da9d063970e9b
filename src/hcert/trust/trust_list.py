"""The keys a verifier trusts, found by their kid.

A kid is a label, not a name: unrelated keys may share one, and then every one of them is a candidate.

A list is made of keys directly, as local pins without version or expiry; or it is opened from what a trust operator
published. Then a key is read when it is first asked for, so that a list of thousands opens at once, and an entry that
cannot be read is quarantined: it harms nothing but itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from hcert.findings import Finding, finding
from hcert.keys.trusted_key import Status
from hcert.keys.usage import Usage
from hcert.trust import key_entry
from hcert.trust.anchors import Anchors
from hcert.trust.signed_document import Envelope, State, malformed, open_document, seal_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from typing import Self

    from hcert.keys.signers import Signer
    from hcert.keys.trusted_key import TrustedKey

KIND: Final = "hcert-keys"
_PAIR: Final = 2


class TrustList:
    """An unchangeable collection of trusted keys.

    Attributes:
        envelope: version, issue time, expiry and next anchors of a list that was opened; None for local pins.
    """

    def __init__(self, keys: Iterable[TrustedKey] = ()) -> None:
        by_kid: dict[bytes, dict[TrustedKey, None]] = {}
        for key in keys:
            by_kid.setdefault(key.kid, {})[key] = None
        self.envelope: Envelope | None = None
        self._by_kid = {kid: _withdrawn_first(candidates) for kid, candidates in by_kid.items()}
        self._unread: dict[Any, list[tuple[int, Any]]] = {}  # by kid: places and entries
        self._quarantined: dict[int, Finding] = {}  # by place

    @classmethod
    def open(
        cls,
        data: bytes,
        *,
        anchors: Iterable[TrustedKey],
        threshold: int | None = None,
        at: datetime,
        newer_than: State | int | None = None,
        grace: timedelta = timedelta(0),
    ) -> Self:
        """Open a signed key list.

        Args:
            data: as published.
            anchors: the pinned keys that may sign lists.
            threshold: how many of them must have signed; all where None.
            at: the time, aware.
            newer_than: `envelope.state` of the list held so far, or its version; an older list is refused.
            grace: how long after its expiry the list is still opened. A verifier judges its age by `Limits` of its own.

        Raises:
            MalformedError: `document.malformed`, `document.too_few_signatures`, `document.kind`,
                `document.not_yet_valid`, `document.expired`, `document.older` or `document.equivocation`.
            ConfigurationError: `document.threshold` or `time.naive`.
        """
        envelope, body, _ = open_document(
            data,
            kind=KIND,
            anchors=Anchors.of(anchors, threshold),
            at=at,
            newer_than=newer_than,
            grace=grace,
        )
        if type(body) is not list:
            raise malformed("its body is no list of keys")
        trust = cls()
        trust.envelope = envelope
        for place, item in enumerate(body, 1):
            if type(item) is list and len(item) == _PAIR and type(item[0]) is bytes:
                trust._unread.setdefault(item[0], []).append((place, item[1]))
            else:
                trust._quarantine(place, "it is no pair of kid and entry")
        return trust

    def seal(
        self,
        signers: Iterable[Signer],
        *,
        version: int,
        issued_at: datetime,
        expires_at: datetime,
        next_anchors: Anchors | None = None,
    ) -> bytes:
        """Write the keys as a signed list, which `open` reads.

        Args:
            signers: anchors of those who will open it; more can sign later, by `hcert.lists.add_signature`.
            version: higher than that of all lists before.
            issued_at: aware; whole seconds are kept.
            expires_at: likewise; verifiers refuse everything when it has passed, but for a grace of their own.
            next_anchors: who is to sign lists from now on, where that changes.

        Raises:
            ConfigurationError: `document.version`, `document.times`, `document.signers`, `time.naive`, `trust.unfit`
                or `key.unsupported`.
        """
        return seal_document(
            signers,
            kind=KIND,
            version=version,
            issued_at=issued_at,
            expires_at=expires_at,
            body=[[key.kid, key_entry.encode(key)] for key in sorted(self, key=lambda key: (key.kid, key.spki))],
            next_anchors=next_anchors,
        )

    def candidates(self, kid: bytes) -> tuple[TrustedKey, ...]:
        """Return all keys under `kid`, none where it is unknown."""
        found = self._by_kid.get(kid)
        return self._read(kid) if found is None else found

    def readers(self) -> tuple[TrustedKey, ...]:
        """Return the keys by which sealed parts are read; issuers seal for them."""
        return tuple(key for key in self if Usage.OPEN in key.usages and key.status is Status.ACTIVE)

    @property
    def quarantined(self) -> tuple[Finding, ...]:
        """The entries that cannot be read: `trust.entry` for each, with its place in `record`. Reads all entries."""
        self._read_all()
        return tuple(self._quarantined[place] for place in sorted(self._quarantined))

    def __iter__(self) -> Iterator[TrustedKey]:
        self._read_all()
        return (key for candidates in tuple(self._by_kid.values()) for key in candidates)

    def __len__(self) -> int:
        self._read_all()
        return sum(map(len, self._by_kid.values()))

    def __repr__(self) -> str:
        version = "" if self.envelope is None else f", version {self.envelope.state.version}"
        return f"<TrustList of {sum(map(len, (self._unread or self._by_kid).values()))} keys{version}>"

    def _read_all(self) -> None:
        for kid in self._unread.keys() - self._by_kid.keys():
            self._read(kid)

    def _read(self, kid: bytes) -> tuple[TrustedKey, ...]:
        """Read the entries of a kid; two threads may both do it, with one result."""
        entries = self._unread.get(kid)
        if entries is None:
            return ()
        found: dict[TrustedKey, None] = {}
        for place, entry in entries:
            try:
                found[key_entry.decode(kid, entry)] = None
            except ValueError as error:
                self._quarantine(place, str(error))
        self._by_kid[kid] = _withdrawn_first(found)
        return self._by_kid[kid]

    def _quarantine(self, place: int, reason: str) -> None:
        self._quarantined[place] = finding("trust.entry", record=f"entry {place}", reason=reason)


def _withdrawn_first(keys: Iterable[TrustedKey]) -> tuple[TrustedKey, ...]:
    """Order candidates so that a key which stands twice, active and withdrawn, counts as withdrawn."""
    return tuple(sorted(keys, key=lambda key: key.status is not Status.WITHDRAWN))
