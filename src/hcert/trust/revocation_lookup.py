"""Exact lookup of revocations: in the tables of a full list, with the changes of a delta applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcert.trust.revocation_kinds import RevocationKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.trust.revocation_delta import Delta
    from hcert.trust.revocation_tables import RevocationTables


class RevocationLookup:
    """What a revocation list contains.

    Attributes:
        delta: the changes applied to the full list; None if there are none.
    """

    def __init__(self, full: RevocationTables) -> None:
        self.delta: Delta | None = None
        self._full = full

    def check(self) -> None:
        """Check the whole list against its digests; opening checks nothing, and a lookup only what it reads.

        Do this before one list replaces another. It takes half a second for 10 million items.

        Raises:
            MalformedError: `revocation.damaged`.
        """
        self._full.check()

    def holds(self, kind: RevocationKind, item: bytes) -> bool:
        """Tell whether a digest of 16 bytes is in the list.

        Raises:
            MalformedError: `revocation.damaged` if the file was changed since it was signed.
        """
        return self._find(kind, item) is not None

    def oldest_revision(self, certificate: bytes) -> int:
        """Return the oldest revision of a certificate that still counts; 0 if none was superseded.

        Args:
            certificate: the digest of its id.

        Raises:
            MalformedError: `revocation.damaged`.
        """
        return int.from_bytes(self._find(RevocationKind.SUPERSEDED, certificate) or b"")

    def records(self, kind: RevocationKind) -> Iterator[bytes]:
        """Yield all records of a kind in ascending order: the digest, and behind it an oldest revision in 4 bytes.

        Raises:
            MalformedError: `revocation.damaged`.
        """
        full = self._full.records(kind)
        return full if self.delta is None else self.delta.apply(kind, full)

    def count(self, kind: RevocationKind) -> int:
        """Return the number of items of a kind."""
        return self._full.count(kind) if self.delta is None else sum(1 for _ in self.records(kind))

    def __len__(self) -> int:
        return sum(map(self.count, RevocationKind))

    def _find(self, kind: RevocationKind, item: bytes) -> bytes | None:
        if self.delta is not None:
            if (value := self.delta.added.get(kind, {}).get(item)) is not None:
                return value
            if item in self.delta.removed.get(kind, ()):
                return None
        return self._full.find(kind, item)
