"""Revocation lists: which certificates, entries of certificates, keys and revisions no longer count.

The list is exact: it never says "revoked" of what is not in it. It is opened without being read, from bytes or from a
file that is mapped into memory, however many items it has; see `hcert.trust.sorted_table`. Between full lists a signed
delta names what came and went since one of them: it always counts from the full list, so a device holds at most two
documents and may miss any number of deltas between.
"""

from __future__ import annotations

from datetime import timedelta
from heapq import merge
from typing import TYPE_CHECKING, Final

from hcert.errors import ConfigurationError
from hcert.trust import document_file, revocation_delta
from hcert.trust.anchors import Anchors
from hcert.trust.mapped_file import mapped
from hcert.trust.revocation_kinds import DIGEST_BYTES, RevocationKind, records_of
from hcert.trust.revocation_tables import RevocationTables
from hcert.trust.signed_document import Envelope, State, open_document, seal_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from os import PathLike
    from typing import Self

    from hcert.keys.signers import Signer
    from hcert.keys.trusted_key import TrustedKey
    from hcert.trust.revocation_delta import Delta

KIND: Final = "hcert-revocations"
DELTA_KIND: Final = "hcert-revocations-delta"


class RevocationList:
    """An unchangeable collection of revocations.

    Attributes:
        envelope: version, issue time and expiry of a list that was opened, or of the delta last applied to it; None for
            a list made in this program.
        envelopes: those of all lists that it was made of, to be judged one by one, for a merged list is as old as its
            oldest part; empty for a list made in this program.
        delta: what that delta adds and removes; None where none was applied.
        is_missing: whether it stands for a list that should be there and is not, so that nothing is known; see
            `missing`.
    """

    def __init__(
        self,
        *,
        certificates: Iterable[bytes] = (),
        entries: Iterable[str] = (),
        keys: Iterable[TrustedKey] = (),
        superseded: Mapping[bytes, int] | None = None,
        uci_hashes: Iterable[bytes] = (),
        country_uci_hashes: Iterable[bytes] = (),
        signature_hashes: Iterable[bytes] = (),
    ) -> None:
        """Make a list.

        Args:
            certificates: certificate ids of citizen records, 16 bytes each.
            entries: entry ids, as `CitizenRecord.entry_id` gives them.
            keys: keys whose signatures no longer count.
            superseded: by certificate id, the oldest revision that still counts, from 1.
            uci_hashes: EU hashes of the kind UCI, 16 bytes each; see `hcert.lists` for all three kinds.
            country_uci_hashes: of the kind COUNTRYCODEUCI.
            signature_hashes: of the kind SIGNATURE.

        Raises:
            ConfigurationError: `revocation.certificate_id`, `revocation.entry_id`, `revocation.hash` or
                `revocation.revision`.
        """
        self.envelope: Envelope | None = None
        self.envelopes: tuple[Envelope, ...] = ()
        self.delta: Delta | None = None
        self.is_missing = False
        self._full = RevocationTables.of(
            records_of(
                certificates=certificates,
                entries=entries,
                keys=(key.spki for key in keys),
                superseded=superseded or {},
                uci_hashes=uci_hashes,
                country_uci_hashes=country_uci_hashes,
                signature_hashes=signature_hashes,
            )
        )

    @classmethod
    def missing(cls) -> Self:
        """Return what stands in the place of a list that was to be there and is not, such as before the first update.

        With it a verifier refuses everything (`revocation.list_missing`). Merged with others it is still missing.
        """
        revocations = cls()
        revocations.is_missing = True
        return revocations

    @classmethod
    def open(
        cls,
        data: bytes | PathLike[str],
        *,
        anchors: Anchors | Iterable[TrustedKey],
        threshold: int | None = None,
        at: datetime,
        newer_than: State | int | None = None,
        grace: timedelta = timedelta(0),
    ) -> Self:
        """Open a signed revocation list.

        Args:
            data: the list as published; or the path of a file, which is mapped into memory. Replace such a file by
                renaming another over it: a process that looks behind the new end of a truncated one dies (SIGBUS).
            anchors: the pinned keys that may sign lists, or these with their threshold.
            threshold: how many of them must have signed; all where None.
            at: the time, aware.
            newer_than: `envelope.state` of the list held so far, or its version; an older list is refused.
            grace: how long after its expiry the list is still opened.

        Raises:
            MalformedError: `document.*`, as `TrustList.open`; `document.kind` for a key list or a delta too.
            ConfigurationError: `document.threshold` or `time.naive`.
            OSError: if the file cannot be read.
        """
        buffer = data if isinstance(data, bytes) else mapped(data)
        envelope, body, start = open_document(
            buffer,
            kind=KIND,
            attachment=True,
            anchors=Anchors.of(anchors, threshold),
            at=at,
            newer_than=newer_than,
            grace=grace,
        )
        revocations = cls()
        revocations.envelope, revocations.envelopes = envelope, (envelope,)
        revocations._full = RevocationTables.read(body, buffer, start, envelope.state)
        return revocations

    def seal(self, signers: Iterable[Signer], *, version: int, issued_at: datetime, expires_at: datetime) -> bytes:
        """Write the revocations as a signed list, which `open` reads; arguments and errors as `TrustList.seal`.

        Raises:
            ConfigurationError: `store.empty` for a list of which a part is missing.
        """
        self._check_whole()
        full = self._full
        if self.delta is not None:
            full = RevocationTables.of({kind: list(self.records(kind)) for kind in RevocationKind})
        body, attachment = full.written()
        document = seal_document(
            signers, kind=KIND, version=version, issued_at=issued_at, expires_at=expires_at, body=body
        )
        return document_file.join(document, attachment)

    def seal_delta(
        self,
        signers: Iterable[Signer],
        *,
        base: RevocationList,
        version: int,
        issued_at: datetime,
        expires_at: datetime,
    ) -> bytes:
        """Write what turns `base`, a full list that was opened, into this list, as a signed delta.

        Raises:
            ConfigurationError: `revocation.base` where `base` was not opened from a full list,
                `revocation.delta_too_large`, and as `seal`.
        """
        self._check_whole()
        state = base._full.state
        if state is None or base.delta is not None or (type(version) is int and version <= state.version):
            raise ConfigurationError.of("revocation.base")
        body = revocation_delta.to_body(revocation_delta.between(state, base.records, self.records))
        return seal_document(
            signers, kind=DELTA_KIND, version=version, issued_at=issued_at, expires_at=expires_at, body=body
        )

    def apply_delta(
        self,
        delta: bytes,
        *,
        anchors: Anchors | Iterable[TrustedKey],
        threshold: int | None = None,
        at: datetime,
        newer_than: State | int | None = None,
        grace: timedelta = timedelta(0),
    ) -> RevocationList:
        """Return the list with a signed delta applied; one applied before is replaced.

        Args:
            delta: as published.
            anchors: as for `open`.
            threshold: as for `open`.
            at: as for `open`.
            newer_than: as for `open`; where None, no older than this list.
            grace: as for `open`.

        Raises:
            MalformedError: `revocation.wrong_base` where the delta is for another full list, and as `open`.
            ConfigurationError: `document.threshold` or `time.naive`.
        """
        if newer_than is None and self.envelope is not None:
            newer_than = self.envelope.state
        envelope, body, _ = open_document(
            delta,
            kind=DELTA_KIND,
            anchors=Anchors.of(anchors, threshold),
            at=at,
            newer_than=newer_than,
            grace=grace,
        )
        changes = revocation_delta.from_body(body, version=envelope.state.version, held=self._full.state)
        revocations = RevocationList()
        revocations.envelope, revocations.envelopes = envelope, (envelope,)  # not that of the base
        revocations._full = self._full
        revocations.delta = changes
        return revocations

    def merge(self, other: RevocationList) -> RevocationList:
        """Return a list of all revocations of both; of two revisions the higher counts.

        It has no version. The envelopes of both count on, and so does that one of them is missing.
        """
        both = {kind: list(merge(self.records(kind), other.records(kind))) for kind in RevocationKind}
        revocations = RevocationList()
        revocations.envelopes = tuple(dict.fromkeys((*self.envelopes, *other.envelopes)))
        revocations.is_missing = self.is_missing or other.is_missing
        revocations._full = RevocationTables.of(both)
        return revocations

    def check(self) -> None:
        """Check everything in the list, of which opening reads nothing and a lookup what it touches.

        For those who put a list in the place of another: it costs half a second for 10 million items.

        Raises:
            MalformedError: `revocation.damaged`.
        """
        self._full.check()

    def _check_whole(self) -> None:
        if self.is_missing:
            raise ConfigurationError.of("store.empty")

    def holds(self, kind: RevocationKind, item: bytes) -> bool:
        """Tell whether a digest of 16 bytes is in the list.

        Raises:
            MalformedError: `revocation.damaged` where the file was changed since it was signed.
        """
        return self._find(kind, item) is not None

    def oldest_revision(self, certificate: bytes) -> int:
        """Return the oldest revision that still counts of a certificate, by the digest of its id.

        Raises:
            MalformedError: `revocation.damaged`.
        """
        return int.from_bytes(self._find(RevocationKind.SUPERSEDED, certificate) or b"")

    def records(self, kind: RevocationKind) -> Iterator[bytes]:
        """Yield all records of a kind in ascending order: digest, and for revisions the oldest one in 4 bytes.

        Raises:
            MalformedError: `revocation.damaged`.
        """
        full = iter(self._full.tables.get(kind, ()))
        if self.delta is None:
            return full
        added = self.delta.added.get(kind, {})
        out = added.keys() | self.delta.removed.get(kind, frozenset())
        kept = (record for record in full if record[:DIGEST_BYTES] not in out)
        return merge(kept, (name + added[name] for name in sorted(added)))

    def count(self, kind: RevocationKind) -> int:
        """Return how many items of a kind are in the list."""
        return len(self._full.tables.get(kind, ())) if self.delta is None else sum(1 for _ in self.records(kind))

    def __len__(self) -> int:
        return sum(map(self.count, RevocationKind))

    def __repr__(self) -> str:
        version = "" if self.envelope is None else f", version {self.envelope.state.version}"
        return f"<RevocationList{', missing' if self.is_missing else version}>"

    def _find(self, kind: RevocationKind, item: bytes) -> bytes | None:
        if self.delta is not None:
            if (value := self.delta.added.get(kind, {}).get(item)) is not None:
                return value
            if item in self.delta.removed.get(kind, ()):
                return None
        table = self._full.tables.get(kind)
        return None if table is None else table.find(item)
