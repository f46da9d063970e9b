"""Deltas: what was added to and removed from a full revocation list."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import merge
from typing import TYPE_CHECKING, Any, Final

from hcert.errors import ConfigurationError, MalformedError
from hcert.fragments import fragment
from hcert.trust.document_content import STATE_DIGEST_BYTES, State, malformed_document
from hcert.trust.revocation_kinds import DIGEST_BYTES, RevocationKind
from hcert.trust.revocation_tables import RECORD_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_BASE_VERSION, _BASE_DIGEST, _ADDED, _REMOVED = range(4)
MAX_RECORDS: Final = 1_000_000  # of a kind, added or removed; beyond that publish a full list


@dataclass(frozen=True, slots=True)
class Delta:
    """The changes to a full list.

    Attributes:
        base: version and content of that list.
        added: by kind, the values to add or replace, by digest.
        removed: by kind, the digests to remove.
    """

    base: State
    added: dict[RevocationKind, dict[bytes, bytes]] = field(repr=False)
    removed: dict[RevocationKind, frozenset[bytes]] = field(repr=False)

    def apply(self, kind: RevocationKind, records: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the records of a kind with the changes applied; records and result are in ascending order."""
        added = self.added.get(kind, {})
        changed = added.keys() | self.removed.get(kind, frozenset())
        kept = (record for record in records if record[:DIGEST_BYTES] not in changed)
        return merge(kept, (digest + added[digest] for digest in sorted(added)))


def compute_delta(
    base: State, old: Callable[[RevocationKind], Iterable[bytes]], new: Callable[[RevocationKind], Iterable[bytes]]
) -> Delta:
    """Compute the changes from one list to another.

    Args:
        base: version and content of the old list.
        old: returns the records of a kind in ascending order.
        new: the same of the new list.
    """
    added: dict[RevocationKind, dict[bytes, bytes]] = {}
    removed: dict[RevocationKind, frozenset[bytes]] = {}
    for kind in RevocationKind:
        only_old, only_new = _compare_sorted(iter(old(kind)), iter(new(kind)))
        if only_new:
            added[kind] = {record[:DIGEST_BYTES]: record[DIGEST_BYTES:] for record in only_new}
        if gone := {record[:DIGEST_BYTES] for record in only_old} - added.get(kind, {}).keys():
            removed[kind] = frozenset(gone)
    return Delta(base, added, removed)


def to_body(delta: Delta) -> dict[int, Any]:
    """Return a delta as the body of a signed document.

    Raises:
        ConfigurationError: `revocation.delta_too_large`.
    """
    if any(len(records) > MAX_RECORDS for records in (*delta.added.values(), *delta.removed.values())):
        raise ConfigurationError.of("revocation.delta_too_large", most=MAX_RECORDS)
    return {
        _BASE_VERSION: delta.base.version,
        _BASE_DIGEST: delta.base.digest,
        _ADDED: {
            int(kind): b"".join(digest + values[digest] for digest in sorted(values))
            for kind, values in delta.added.items()
        },
        _REMOVED: {int(kind): b"".join(sorted(digests)) for kind, digests in delta.removed.items()},
    }


def from_body(body: Any, *, version: int, held: State | None) -> Delta:
    """Read a delta from the body of a signed document.

    Args:
        body: of the document.
        version: of the document.
        held: version and content of the full list to which the delta is to be applied.

    Raises:
        MalformedError: `document.malformed`, or `revocation.wrong_base` if it is for another full list.
    """
    if type(body) is not dict or not {_BASE_VERSION, _BASE_DIGEST, _ADDED, _REMOVED} <= body.keys():
        raise malformed_document(fragment("document.delta"))
    base_version, content = body[_BASE_VERSION], body[_BASE_DIGEST]
    if type(base_version) is not int or type(content) is not bytes or len(content) != STATE_DIGEST_BYTES:
        raise malformed_document(fragment("document.delta_base"))
    added = {
        kind: {record[:DIGEST_BYTES]: record[DIGEST_BYTES:] for record in records}
        for kind, records in _read_records(body[_ADDED], RECORD_BYTES)
    }
    removed = {
        kind: frozenset(records)
        for kind, records in _read_records(body[_REMOVED], dict.fromkeys(RevocationKind, DIGEST_BYTES))
    }
    base = State(base_version, content)
    if held != base:
        raise MalformedError.of("revocation.wrong_base", base=base.version, held=held.version if held else 0)
    if version <= base.version:
        raise malformed_document(fragment("document.delta_version"))
    return Delta(base, added, removed)


def _read_records(given: Any, sizes: dict[RevocationKind, int]) -> Iterator[tuple[RevocationKind, list[bytes]]]:
    if type(given) is not dict:
        raise malformed_document(fragment("document.delta"))
    for number, joined in given.items():
        if number not in sizes:
            raise malformed_document(fragment("document.revocation_kind"))
        kind = RevocationKind(number)
        if type(joined) is not bytes or len(joined) % sizes[kind] or len(joined) > MAX_RECORDS * sizes[kind]:
            raise malformed_document(fragment("document.record_size"))
        yield kind, [joined[at : at + sizes[kind]] for at in range(0, len(joined), sizes[kind])]


def _compare_sorted(old: Iterator[bytes], new: Iterator[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Return the records that are only in the old list, and those only in the new one, in one pass over both."""
    only_old: list[bytes] = []
    only_new: list[bytes] = []
    one, other = next(old, None), next(new, None)
    while one is not None and other is not None:
        if one == other:
            one, other = next(old, None), next(new, None)
        elif one < other:
            only_old.append(one)
            one = next(old, None)
        else:
            only_new.append(other)
            other = next(new, None)
    only_old += [] if one is None else [one, *old]
    only_new += [] if other is None else [other, *new]
    return only_old, only_new
