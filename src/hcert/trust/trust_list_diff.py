"""What changed from one key list to the next, its anchors included, for the operators who release it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hcert.keys.trusted_key import TrustedKey
    from hcert.trust.anchors import Anchors
    from hcert.trust.trust_list import TrustList


@dataclass(frozen=True, slots=True)
class TrustListDiff:
    """The differences of two lists; a key is the same where kid and public key are.

    A list may name a key more than once, say active and revoked. Then every entry of it counts.

    Attributes:
        added: keys that only the new list has, or has one entry more of.
        removed: keys that only the old list has, or has one entry more of.
        changed: keys of which something else differs, as the old and the new list have them.
        anchors_before, anchors_after: who signs from then on, as the old and the new list say it; None where a list
            says nothing, so that the anchors before it go on signing.
    """

    added: tuple[TrustedKey, ...]
    removed: tuple[TrustedKey, ...]
    changed: tuple[tuple[TrustedKey, TrustedKey], ...]
    anchors_before: Anchors | None = None
    anchors_after: Anchors | None = None


def diff(old: TrustList, new: TrustList) -> TrustListDiff:
    """Compare two lists, in the order of kids."""
    before, after = _by_name(old), _by_name(new)
    added: list[TrustedKey] = []
    removed: list[TrustedKey] = []
    changed: list[tuple[TrustedKey, TrustedKey]] = []
    for name in sorted(before.keys() | after.keys()):
        had, has = before.get(name, []), after.get(name, [])
        gone, come = [key for key in had if key not in has], [key for key in has if key not in had]
        both = min(len(gone), len(come))
        changed += zip(gone[:both], come[:both], strict=True)
        removed += gone[both:]
        added += come[both:]
    return TrustListDiff(tuple(added), tuple(removed), tuple(changed), _next_anchors(old), _next_anchors(new))


def _next_anchors(trust: TrustList) -> Anchors | None:
    return None if trust.envelope is None else trust.envelope.next_anchors


def _by_name(trust: TrustList) -> dict[tuple[bytes, bytes], list[TrustedKey]]:
    found: dict[tuple[bytes, bytes], list[TrustedKey]] = {}
    for key in trust:
        found.setdefault((key.kid, key.spki), []).append(key)
    return found
