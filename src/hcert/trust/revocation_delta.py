"""A delta between revocation lists: what came and what went since a full list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hcert.errors import ConfigurationError, MalformedError
from hcert.fragments import fragment
from hcert.trust.revocation_kinds import DIGEST_BYTES, RevocationKind
from hcert.trust.revocation_tables import RECORD_BYTES
from hcert.trust.signed_document import State, malformed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_BASE_VERSION, _BASE_DIGEST, _ADDED, _REMOVED = range(4)
_DIGEST_BYTES: Final = 32
MAX_RECORDS: Final = 1_000_000  # of a kind, added or removed; a full list is for more


@dataclass(frozen=True, slots=True)
class Delta:
    """What to change in a full list.

    Attributes:
        base: version and content of that list.
        added: by kind, the values to add or put by digest.
        removed: by kind, the digests to take out.
    """

    base: State
    added: dict[RevocationKind, dict[bytes, bytes]] = field(repr=False)
    removed: dict[RevocationKind, frozenset[bytes]] = field(repr=False)


def between(
    base: State, old: Callable[[RevocationKind], Iterable[bytes]], new: Callable[[RevocationKind], Iterable[bytes]]
) -> Delta:
    """Compare two lists, given as functions that yield the records of a kind in ascending order."""
    added: dict[RevocationKind, dict[bytes, bytes]] = {}
    removed: dict[RevocationKind, frozenset[bytes]] = {}
    for kind in RevocationKind:
        gone, come = _difference(iter(old(kind)), iter(new(kind)))
        if come:
            added[kind] = {record[:DIGEST_BYTES]: record[DIGEST_BYTES:] for record in come}
        if lost := {record[:DIGEST_BYTES] for record in gone} - added.get(kind, {}).keys():
            removed[kind] = frozenset(lost)
    return Delta(base, added, removed)


def to_body(delta: Delta) -> dict[int, Any]:
    """Write a delta as the body of a signed document.

    Raises:
        ConfigurationError: `revocation.delta_too_large`.
    """
    if any(len(records) > MAX_RECORDS for records in (*delta.added.values(), *delta.removed.values())):
        raise ConfigurationError.of("revocation.delta_too_large", most=MAX_RECORDS)
    return {
        _BASE_VERSION: delta.base.version,
        _BASE_DIGEST: delta.base.digest,
        _ADDED: {
            int(kind): b"".join(name + values[name] for name in sorted(values)) for kind, values in delta.added.items()
        },
        _REMOVED: {int(kind): b"".join(sorted(names)) for kind, names in delta.removed.items()},
    }


def from_body(body: Any, *, version: int, held: State | None) -> Delta:
    """Read the body of a signed document of some version, to be applied to the full list held.

    Raises:
        MalformedError: `document.malformed`, or `revocation.wrong_base` where it is for another full list.
    """
    if type(body) is not dict or not {_BASE_VERSION, _BASE_DIGEST, _ADDED, _REMOVED} <= body.keys():
        raise malformed(fragment("document.delta"))
    base_version, content = body[_BASE_VERSION], body[_BASE_DIGEST]
    if type(base_version) is not int or type(content) is not bytes or len(content) != _DIGEST_BYTES:
        raise malformed(fragment("document.delta_base"))
    added = {
        kind: {record[:DIGEST_BYTES]: record[DIGEST_BYTES:] for record in records}
        for kind, records in _records(body[_ADDED], RECORD_BYTES)
    }
    removed = {
        kind: frozenset(records)
        for kind, records in _records(body[_REMOVED], dict.fromkeys(RevocationKind, DIGEST_BYTES))
    }
    base = State(base_version, content)
    if held != base:
        raise MalformedError.of("revocation.wrong_base", base=base.version, held=held.version if held else 0)
    if version <= base.version:
        raise malformed(fragment("document.delta_version"))
    return Delta(base, added, removed)


def _records(given: Any, sizes: dict[RevocationKind, int]) -> Iterator[tuple[RevocationKind, list[bytes]]]:
    if type(given) is not dict:
        raise malformed(fragment("document.delta"))
    for number, joined in given.items():
        if number not in sizes:
            raise malformed(fragment("document.revocation_kind"))
        kind = RevocationKind(number)
        if type(joined) is not bytes or len(joined) % sizes[kind] or len(joined) > MAX_RECORDS * sizes[kind]:
            raise malformed(fragment("document.record_size"))
        yield kind, [joined[at : at + sizes[kind]] for at in range(0, len(joined), sizes[kind])]


def _difference(old: Iterator[bytes], new: Iterator[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Return what only the old and what only the new records hold, reading each once."""
    gone: list[bytes] = []
    come: list[bytes] = []
    one, other = next(old, None), next(new, None)
    while one is not None and other is not None:
        if one == other:
            one, other = next(old, None), next(new, None)
        elif one < other:
            gone.append(one)
            one = next(old, None)
        else:
            come.append(other)
            other = next(new, None)
    gone += [] if one is None else [one, *old]
    come += [] if other is None else [other, *new]
    return gone, come
