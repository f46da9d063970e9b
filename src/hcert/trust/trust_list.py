"""The keys a verifier trusts, found by their kid.

A kid is a label, not a name: unrelated keys may share one, and then every one of them is a candidate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcert.keys.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hcert.keys.trusted_key import TrustedKey


class TrustList:
    """An unchangeable collection of trusted keys.

    Made of keys directly it is a set of local pins: no envelope, no version, no expiry of its own.
    """

    def __init__(self, keys: Iterable[TrustedKey] = ()) -> None:
        by_kid: dict[bytes, list[TrustedKey]] = {}
        for key in keys:
            candidates = by_kid.setdefault(key.kid, [])
            if key not in candidates:
                candidates.append(key)
        self._by_kid = {kid: tuple(candidates) for kid, candidates in by_kid.items()}

    def candidates(self, kid: bytes) -> tuple[TrustedKey, ...]:
        """Return all keys under `kid`, none where it is unknown."""
        return self._by_kid.get(kid, ())

    def readers(self) -> tuple[TrustedKey, ...]:
        """Return the keys by which sealed parts are read; issuers seal for them."""
        return tuple(key for key in self if Usage.OPEN in key.usages)

    def __iter__(self) -> Iterator[TrustedKey]:
        return (key for candidates in self._by_kid.values() for key in candidates)

    def __len__(self) -> int:
        return sum(map(len, self._by_kid.values()))

    def __repr__(self) -> str:
        return f"<TrustList of {len(self)} keys>"
