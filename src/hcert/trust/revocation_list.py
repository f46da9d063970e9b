"""Revocation lists: which certificates, entries of certificates, keys and revisions no longer count.

A list is exact: it never reports something as revoked that is not in it. Opening one reads only its signed part,
whatever its size, from bytes or from a file mapped into memory; see `hcert.trust.sorted_table`. Between full lists,
signed deltas say what was added and removed. A delta always counts from a full list, so a device holds at most two
documents and may miss any number of deltas.
"""

from __future__ import annotations

from datetime import timedelta
from heapq import merge
from typing import TYPE_CHECKING, Final

from hcert.errors import ConfigurationError
from hcert.trust import revocation_delta
from hcert.trust.anchors import Anchors
from hcert.trust.mapped_file import map_file
from hcert.trust.revocation_kinds import RevocationKind, make_records
from hcert.trust.revocation_lookup import RevocationLookup
from hcert.trust.revocation_tables import RevocationTables
from hcert.trust.signed_document import open_document, seal_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from mmap import mmap
    from os import PathLike
    from typing import Self

    from hcert.keys.signers import Signer
    from hcert.keys.trusted_key import TrustedKey
    from hcert.trust.document_content import Envelope, OpenedDocument, State
    from hcert.trust.revocation_delta import Delta

KIND: Final = "hcert-revocations"
DELTA_KIND: Final = "hcert-revocations-delta"


class RevocationList(RevocationLookup):
    """An immutable collection of revocations.

    Attributes:
        envelope: version, issue time and expiry of a list that was opened, or of the delta last applied to it; None for
            a list made in this program.
        envelopes: those of all lists it was made of. A verifier judges each, since a merged list is as old as its
            oldest part. Empty for a list made in this program.
        delta: what that delta adds and removes; None if none was applied.
        is_missing: whether it stands for a list that has not arrived, so that nothing is known; see `missing`.
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
        """Make a list in this program.

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
        self.is_missing = False
        records = make_records(
            certificates=certificates,
            entries=entries,
            keys=(key.spki for key in keys),
            superseded=superseded or {},
            uci_hashes=uci_hashes,
            country_uci_hashes=country_uci_hashes,
            signature_hashes=signature_hashes,
        )
        super().__init__(RevocationTables.build(records))

    @classmethod
    def missing(cls) -> Self:
        """Return a placeholder for a list that has not arrived, for example before the first update.

        With it a verifier refuses everything (`revocation.list_missing`). Merging it with others gives a missing list.
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
                renaming another over it: if it is truncated, a process that reads behind its end dies (SIGBUS).
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
        buffer = data if isinstance(data, bytes) else map_file(data)
        document = open_document(
            buffer,
            kind=KIND,
            attachment=True,
            anchors=Anchors.of(anchors, threshold),
            at=at,
            newer_than=newer_than,
            grace=grace,
        )
        return cls.from_document(document, buffer)

    @classmethod
    def from_document(cls, document: OpenedDocument, buffer: bytes | mmap) -> Self:
        """Read a full list from an opened document and the file that holds it.

        Raises:
            MalformedError: `document.malformed`.
        """
        full = RevocationTables.from_body(document.body, buffer, document.end, document.envelope.state)
        return cls._from_tables(full, document.envelope)

    @classmethod
    def _from_tables(cls, full: RevocationTables, envelope: Envelope, delta: Delta | None = None) -> Self:
        revocations = cls()
        revocations.envelope, revocations.envelopes = envelope, (envelope,)
        revocations._full, revocations.delta = full, delta
        return revocations

    def seal(self, signers: Iterable[Signer], *, version: int, issued_at: datetime, expires_at: datetime) -> bytes:
        """Write the revocations as a signed list, which `open` reads; arguments and errors as `TrustList.seal`.

        Raises:
            ConfigurationError: `store.empty` for a missing list, or one merged with a missing list.
        """
        self._require_complete()
        full = self._full
        if self.delta is not None:
            full = RevocationTables.build({kind: list(self.records(kind)) for kind in RevocationKind})
        body, attachment = full.to_body()
        return seal_document(
            signers,
            kind=KIND,
            version=version,
            issued_at=issued_at,
            expires_at=expires_at,
            body=body,
            attachment=attachment,
        )

    def seal_delta(
        self,
        signers: Iterable[Signer],
        *,
        base: RevocationList,
        version: int,
        issued_at: datetime,
        expires_at: datetime,
    ) -> bytes:
        """Write a signed delta from `base`, a full list that was opened, to this list.

        Raises:
            ConfigurationError: `revocation.base` if `base` was not opened from a full list,
                `revocation.delta_too_large`, and as `seal`.
        """
        self._require_complete()
        state = base._full.state
        if state is None or base.delta is not None or (type(version) is int and version <= state.version):
            raise ConfigurationError.of("revocation.base")
        body = revocation_delta.to_body(revocation_delta.compute_delta(state, base.records, self.records))
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
        document = open_document(
            delta,
            kind=DELTA_KIND,
            anchors=Anchors.of(anchors, threshold),
            at=at,
            newer_than=newer_than,
            grace=grace,
        )
        return self.apply_delta_document(document)

    def apply_delta_document(self, document: OpenedDocument) -> RevocationList:
        """Return the list with a delta applied that was opened already.

        Raises:
            MalformedError: `document.malformed` or `revocation.wrong_base`.
        """
        version = document.envelope.state.version
        changes = revocation_delta.from_body(document.body, version=version, held=self._full.state)
        return RevocationList._from_tables(self._full, document.envelope, changes)  # not the envelope of the base

    def merge(self, other: RevocationList) -> RevocationList:
        """Return a list with the revocations of both; of two superseded revisions the higher counts.

        The result has no version. It keeps the envelopes of both, and is missing if either is.
        """
        both = {kind: list(merge(self.records(kind), other.records(kind))) for kind in RevocationKind}
        revocations = RevocationList()
        revocations.envelopes = tuple(dict.fromkeys((*self.envelopes, *other.envelopes)))
        revocations.is_missing = self.is_missing or other.is_missing
        revocations._full = RevocationTables.build(both)
        return revocations

    def __repr__(self) -> str:
        version = "" if self.envelope is None else f", version {self.envelope.state.version}"
        return f"<RevocationList{', missing' if self.is_missing else version}>"

    def _require_complete(self) -> None:
        if self.is_missing:
            raise ConfigurationError.of("store.empty")
