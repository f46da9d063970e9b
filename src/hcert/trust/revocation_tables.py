"""The content of a full revocation list: one sorted table for each kind, described in the signed document."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from hcert.codec.limits import REVISION_BYTES
from hcert.fragments import fragment
from hcert.trust.document_content import State, malformed_document
from hcert.trust.revocation_kinds import DIGEST_BYTES, RevocationKind
from hcert.trust.sorted_table import Layout, SortedTable, build_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from mmap import mmap

RECORD_BYTES: Final = {
    kind: DIGEST_BYTES + (REVISION_BYTES if kind is RevocationKind.SUPERSEDED else 0) for kind in RevocationKind
}
_ATTACHMENT_BYTES, _TABLES = range(2)
_FIELDS: Final = 5


class RevocationTables:
    """The tables of a full list, in the part of a buffer from `start` on.

    Attributes:
        tables: by kind; kinds without items have none.
        state: version and content of the signed list they were read from; None for tables made in this program.
    """

    def __init__(
        self, layouts: Mapping[RevocationKind, Layout], buffer: bytes | mmap, start: int, state: State | None
    ) -> None:
        self.tables = {kind: SortedTable(layout, buffer, start=start) for kind, layout in layouts.items()}
        self.state = state
        self._layouts = layouts
        self._buffer = buffer
        self._start = start

    @classmethod
    def build(cls, records: Mapping[RevocationKind, Sequence[bytes]]) -> RevocationTables:
        """Build tables from records in ascending order; of several records with one digest the last is kept."""
        layouts: dict[RevocationKind, Layout] = {}
        parts: list[bytes] = []
        offset = 0
        for kind, given in records.items():
            if not given:
                continue
            distinct = [one for one, after in pairwise([*given, b""]) if one[:DIGEST_BYTES] != after[:DIGEST_BYTES]]
            layouts[kind], part = build_table(distinct, offset=offset)
            parts.append(part)
            offset += len(part)
        return cls(layouts, b"".join(parts), 0, None)

    @classmethod
    def from_body(cls, body: Any, buffer: bytes | mmap, start: int, state: State) -> RevocationTables:
        """Locate the tables that the body of a signed list describes; their content is not read yet.

        Raises:
            MalformedError: `document.malformed`.
        """
        if type(body) is not dict or type(body.get(_TABLES)) is not dict:
            raise malformed_document(fragment("document.no_tables"))
        if body.get(_ATTACHMENT_BYTES) != len(buffer) - start:
            raise malformed_document(fragment("document.attachment_length"))
        layouts: dict[RevocationKind, Layout] = {}
        for number, fields in body[_TABLES].items():
            if number not in RECORD_BYTES:  # a kind of a later version must not be ignored silently
                raise malformed_document(fragment("document.revocation_kind"))
            layout = Layout(*fields) if type(fields) is list and len(fields) == _FIELDS else None
            if layout is None or not layout.is_valid or layout.record_bytes != RECORD_BYTES[number]:
                raise malformed_document(fragment("document.table"))
            if layout.end > len(buffer) - start:
                raise malformed_document(fragment("document.table_end"))
            layouts[RevocationKind(number)] = layout
        return cls(layouts, buffer, start, state)

    def to_body(self) -> tuple[dict[int, Any], bytes]:
        """Return body and attachment of a signed list."""
        attachment = self._buffer[self._start :]
        tables = {
            int(kind): [layout.record_bytes, layout.count, layout.bits, layout.offset, layout.chunk_digests]
            for kind, layout in self._layouts.items()
        }
        return {_ATTACHMENT_BYTES: len(attachment), _TABLES: tables}, attachment

    def find(self, kind: RevocationKind, digest: bytes) -> bytes | None:
        """Return the value of a digest, as `SortedTable.find`."""
        table = self.tables.get(kind)
        return None if table is None else table.find(digest)

    def records(self, kind: RevocationKind) -> Iterator[bytes]:
        """Return the records of a kind in ascending order, as `SortedTable.__iter__`."""
        return iter(self.tables.get(kind, ()))

    def count(self, kind: RevocationKind) -> int:
        """Return the number of records of a kind."""
        return len(self.tables.get(kind, ()))

    def check(self) -> None:
        """Check all rows and records of all tables.

        Raises:
            MalformedError: `revocation.damaged`.
        """
        for table in self.tables.values():
            table.check()
