"""The keys a verifier trusts, found by their kid.

A kid is a label, not a name: unrelated keys may share one, and then each of them is a candidate.

A list is either made from keys, as local pins without version and expiry, or opened from what a trust operator
published. An opened list reads a key when it is first asked for, so a list of thousands opens at once. An entry that
cannot be read is quarantined and harms no other entry.

What a key may do follows from the whole list and never from the order of its entries (`docs/decisions/0023`). A key
that one entry revokes, even a quarantined one, is revoked under every kid. Several entries for one key under one kid
grant only what all of them grant.
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
from hcert.keys.trusted_key import Status, require_keys
from hcert.keys.usage import Usage
from hcert.trust import key_entry
from hcert.trust.anchors import Anchors
from hcert.trust.document_content import malformed_document
from hcert.trust.signed_document import open_document, seal_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from typing import Self

    from hcert.keys.signers import Signer
    from hcert.keys.trusted_key import TrustedKey
    from hcert.trust.document_content import Envelope, OpenedDocument, State

KIND: Final = "hcert-keys"
MAX_KEYS: Final = 100_000  # published lists have 3 000
_PAIR: Final = 2


class TrustList:
    """An immutable collection of trusted keys.

    Attributes:
        envelope: version, issue time, expiry and next anchors of a list that was opened; None for local pins.

    Raises:
        ConfigurationError: `trust.type` for anything but keys.
    """

    def __init__(self, keys: Iterable[TrustedKey] = ()) -> None:
        listed: dict[bytes, list[TrustedKey]] = {}
        for key in dict.fromkeys(require_keys(keys)):
            listed.setdefault(key.kid, []).append(key)
        self.envelope: Envelope | None = None
        self._revoked = {key.spki for found in listed.values() for key in found if key.status is not Status.ACTIVE}
        self._contradicts = False
        self._by_kid: dict[bytes, tuple[TrustedKey, ...]] = {}
        self._unread: dict[bytes, list[tuple[int, Any]]] = {}  # by kid: places and entries
        self._quarantined: dict[int, Finding] = {}  # by place
        for kid, found in listed.items():
            self._combine_entries(kid, found)

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
        document = open_document(
            data,
            kind=KIND,
            anchors=Anchors.of(anchors, threshold),
            at=at,
            newer_than=newer_than,
            grace=grace,
        )
        return cls.from_document(document)

    @classmethod
    def from_document(cls, document: OpenedDocument) -> Self:
        """Read a key list from an opened document.

        Raises:
            MalformedError: `document.malformed`.
        """
        body = document.body
        if type(body) is not list or len(body) > MAX_KEYS:
            raise malformed_document(fragment("document.key_list", most=MAX_KEYS))
        trust = cls()
        trust.envelope = document.envelope
        for place, item in enumerate(body, 1):
            trust._add_entry(place, item)
        return trust

    def _add_entry(self, place: int, item: Any) -> None:
        """Add an entry, to be read when its kid is asked for; only which keys it revokes is read now."""
        pair = type(item) is list and len(item) >= _PAIR
        if pair:
            self._revoked.update(key_entry.read_revoked_spkis(item[1]))
        kid = item[0] if pair and len(item) == _PAIR else None
        if is_kid(kid):
            self._unread.setdefault(kid, []).append((place, item[1]))
        else:
            self._quarantine(place, fragment("key_entry.pair"))

    def with_pins(self, keys: Iterable[TrustedKey]) -> TrustList:
        """Return the list with local pins added. Its expiry stays, and what it revokes stays revoked."""
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
            signers: anchors that verifiers pin; more can sign later, by `hcert.lists.add_signature`.
            version: higher than that of every earlier list.
            issued_at: aware; whole seconds are kept.
            expires_at: aware; whole seconds are kept. Verifiers accept nothing after it, but may allow a grace period.
            next_anchors: who signs lists from now on, if that changes.

        Raises:
            ConfigurationError: `trust.contradiction` if a key is active in one entry and revoked in another, and
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
        """Return all keys under a kid; none if it is unknown. Revocations anywhere in the list are applied."""
        found = self._by_kid.get(kid)
        return self._read(kid) if found is None else found

    def readers(self) -> tuple[TrustedKey, ...]:
        """Return the keys of readers of sealed parts, for whom issuers seal."""
        return tuple(key for key in self if Usage.OPEN in key.usages and key.status is Status.ACTIVE)

    @property
    def quarantined(self) -> tuple[Finding, ...]:
        """A finding `trust.entry` for each entry that cannot be read, with its place. Reads all entries."""
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
        """Read the entries of a kid. If two threads do it at once, the results are equal."""
        entries = self._unread.get(kid)
        if entries is None:
            return ()
        found: list[TrustedKey] = []
        for place, entry in entries:
            try:
                found.append(key_entry.decode(kid, entry))
            except ValueError as error:
                self._quarantine(place, fragment_of(error))
                with suppress(ConfigurationError):  # a key that nobody can use needs no revocation
                    found += key_entry.read_revoked_keys(kid, entry)
        return self._combine_entries(kid, found)

    def _combine_entries(self, kid: bytes, listed: list[TrustedKey]) -> tuple[TrustedKey, ...]:
        """Combine the entries of a kid into its candidates."""
        by_spki: dict[bytes, list[TrustedKey]] = {}
        for key in listed:
            by_spki.setdefault(key.spki, []).append(key)
            self._contradicts |= key.status is Status.ACTIVE and key.spki in self._revoked
        combined: list[TrustedKey] = []
        for spki, entries in by_spki.items():
            status = Status.REVOKED if spki in self._revoked else Status.ACTIVE
            is_plain = [key.status for key in entries] == [status]
            combined += entries if is_plain else _intersect(entries, status)
        self._by_kid[kid] = tuple(combined)
        return self._by_kid[kid]

    def _quarantine(self, place: int, reason: Fragment) -> None:
        self._quarantined[place] = finding("trust.entry", record=f"#{place}", reason=reason)


def _intersect(entries: list[TrustedKey], status: Status) -> list[TrustedKey]:
    """Return the entries of one key under one kid, each limited to what all of them grant, in a fixed order."""
    usages = frozenset.intersection(*(key.usages for key in entries))
    not_before = max((key.not_before for key in entries if key.not_before is not None), default=None)
    not_after = min((key.not_after for key in entries if key.not_after is not None), default=None)
    different = dict.fromkeys(
        replace(key, status=status, usages=usages, not_before=not_before, not_after=not_after) for key in entries
    )
    return sorted(
        different, key=lambda key: (key.algorithm is None, key.certificate or b"", key.country or "", key.origin or "")
    )


def require_list(trust: object) -> TrustList:
    """Return `trust`; raise `ConfigurationError` `trust.type` for anything but a list of keys."""
    if not isinstance(trust, TrustList):
        raise ConfigurationError.of("trust.type", name="TrustList", given=type(trust).__name__)
    return trust
