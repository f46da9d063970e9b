"""The keys a verifier trusts, found by their kid.

A kid is a label, not a name: unrelated keys may share one, and then every one of them is a candidate.

A list is made of keys directly, as local pins without version or expiry; or it is opened from what a trust operator
published. Then a key is read when it is first asked for, so that a list of thousands opens at once, and an entry that
cannot be read is quarantined: it harms nothing but itself.

What a key may do is decided over the whole list, and never by the order of entries (`docs/decisions/0023`): revoked in
one entry, read or quarantined, it is revoked under every kid; and of several entries for one key under one kid, what
all of them grant is what counts.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from hcert.codec.limits import is_kid
from hcert.errors import ConfigurationError
from hcert.findings import Finding, finding
from hcert.fragments import Fragment, fragment, fragment_of
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
MAX_KEYS: Final = 100_000  # published lists have 3 000
_PAIR: Final = 2


class TrustList:
    """An unchangeable collection of trusted keys.

    Attributes:
        envelope: version, issue time, expiry and next anchors of a list that was opened; None for local pins.
    """

    def __init__(self, keys: Iterable[TrustedKey] = ()) -> None:
        listed: dict[bytes, list[TrustedKey]] = {}
        for key in dict.fromkeys(keys):
            listed.setdefault(key.kid, []).append(key)
        self.envelope: Envelope | None = None
        self._revoked = {key.spki for found in listed.values() for key in found if key.status is not Status.ACTIVE}
        self._contradicts = False
        self._by_kid: dict[bytes, tuple[TrustedKey, ...]] = {}
        self._unread: dict[bytes, list[tuple[int, Any]]] = {}  # by kid: places and entries
        self._quarantined: dict[int, Finding] = {}  # by place
        for kid, found in listed.items():
            self._settle(kid, found)

    @classmethod
    def open(
        cls,
        data: bytes,
        *,
        anchors: Anchors | Iterable[TrustedKey],
        threshold: int | None = None,
        at: datetime,
        newer_than: State | int | None = None,
        grace: timedelta = timedelta(0),
    ) -> Self:
        """Open a signed key list.

        Args:
            data: as published.
            anchors: the pinned keys that may sign lists, or these with their threshold.
            threshold: how many of them must have signed; all where None.
            at: the time, aware.
            newer_than: `envelope.state` of the list held so far, or its version; an older list is refused.
            grace: how long after its expiry the list is still opened. A verifier has `Tolerances` of its own.

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
        if type(body) is not list or len(body) > MAX_KEYS:
            raise malformed(fragment("document.key_list", most=MAX_KEYS))
        trust = cls()
        trust.envelope = envelope
        for place, item in enumerate(body, 1):
            trust._note(place, item)
        return trust

    def _note(self, place: int, item: Any) -> None:
        """Note an entry, to be read when its kid is asked for; of all entries only what they revoke is read now."""
        pair = type(item) is list and len(item) >= _PAIR
        if pair:
            self._revoked.update(key_entry.barred(item[1]))
        kid = item[0] if pair and len(item) == _PAIR else None
        if is_kid(kid):
            self._unread.setdefault(kid, []).append((place, item[1]))
        else:
            self._quarantine(place, fragment("key_entry.pair"))

    def with_pins(self, keys: Iterable[TrustedKey]) -> TrustList:
        """Return the list with local pins beside its keys. It expires as before, and what it revokes stays revoked."""
        joined = TrustList([*self, *keys])
        joined.envelope = self.envelope
        return joined

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
            ConfigurationError: `trust.contradiction` where a key is active in one entry and revoked in another, and
                `document.version`, `document.times`, `document.signers`, `time.naive`, `trust.unfit`,
                `trust.too_many_keys` or `key.unsupported`.
        """
        if len(self) > MAX_KEYS:
            raise ConfigurationError.of("trust.too_many_keys", most=MAX_KEYS)
        if self._contradicts:
            raise ConfigurationError.of("trust.contradiction")
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
        """Return all keys under `kid`, none where it is unknown, with what the whole list says of them."""
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
        found: list[TrustedKey] = []
        for place, entry in entries:
            try:
                found.append(key_entry.decode(kid, entry))
            except ValueError as error:
                self._quarantine(place, fragment_of(error))
                with suppress(ConfigurationError):  # a key that nobody can use needs no entry
                    found += key_entry.barred_keys(kid, entry)
        return self._settle(kid, found)

    def _settle(self, kid: bytes, listed: list[TrustedKey]) -> tuple[TrustedKey, ...]:
        """Decide what counts of the entries of a kid."""
        by_spki: dict[bytes, list[TrustedKey]] = {}
        for key in listed:
            by_spki.setdefault(key.spki, []).append(key)
            self._contradicts |= key.status is Status.ACTIVE and key.spki in self._revoked
        settled: list[TrustedKey] = []
        for spki, entries in by_spki.items():
            status = Status.REVOKED if spki in self._revoked else Status.ACTIVE
            settled += entries if [key.status for key in entries] == [status] else _together(entries, status)
        self._by_kid[kid] = tuple(settled)
        return self._by_kid[kid]

    def _quarantine(self, place: int, reason: Fragment) -> None:
        self._quarantined[place] = finding("trust.entry", record=f"entry {place}", reason=reason)


def _together(entries: list[TrustedKey], status: Status) -> list[TrustedKey]:
    """Return the entries of one key under one kid, each with what all of them grant, in an order of their own."""
    usages = frozenset.intersection(*(key.usages for key in entries))
    not_before = max((key.not_before for key in entries if key.not_before is not None), default=None)
    not_after = min((key.not_after for key in entries if key.not_after is not None), default=None)
    different = dict.fromkeys(
        replace(key, status=status, usages=usages, not_before=not_before, not_after=not_after) for key in entries
    )
    return sorted(
        different, key=lambda key: (key.algorithm is None, key.certificate or b"", key.country or "", key.origin or "")
    )
