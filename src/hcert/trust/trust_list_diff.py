"""What changed between two key lists, including their anchors, for operators to review before release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hcert.keys.trusted_key import TrustedKey
    from hcert.trust.anchors import Anchors
    from hcert.trust.trust_list import TrustList


@dataclass(frozen=True, slots=True)
class TrustListDiff:
    """The differences between two lists. Entries with the same kid and public key are the same key.

    A list may have several entries for one key, for example active and revoked. Then each entry is compared.

    Attributes:
        added: keys, or further entries of a key, that only the new list has.
        removed: keys, or further entries of a key, that only the old list has.
        changed: keys of which something else differs, each as in the old and as in the new list.
        anchors_before, anchors_after: the next anchors that the old and the new list name; None where a list names
            none, so that the present anchors go on signing.
    """

    added: tuple[TrustedKey, ...]
    removed: tuple[TrustedKey, ...]
    changed: tuple[tuple[TrustedKey, TrustedKey], ...]
    anchors_before: Anchors | None = None
    anchors_after: Anchors | None = None


def diff(old: TrustList, new: TrustList) -> TrustListDiff:
    """Compare two lists; the differences are in the order of kids."""
    before, after = _group_by_key(old), _group_by_key(new)
    added: list[TrustedKey] = []
    removed: list[TrustedKey] = []
    changed: list[tuple[TrustedKey, TrustedKey]] = []
    for kid_and_spki in sorted(before.keys() | after.keys()):
        old_entries, new_entries = before.get(kid_and_spki, []), after.get(kid_and_spki, [])
        only_old = [key for key in old_entries if key not in new_entries]
        only_new = [key for key in new_entries if key not in old_entries]
        both = min(len(only_old), len(only_new))
        changed += zip(only_old[:both], only_new[:both], strict=True)
        removed += only_old[both:]
        added += only_new[both:]
    return TrustListDiff(tuple(added), tuple(removed), tuple(changed), _next_anchors(old), _next_anchors(new))


def _next_anchors(trust: TrustList) -> Anchors | None:
    return None if trust.envelope is None else trust.envelope.next_anchors


def _group_by_key(trust: TrustList) -> dict[tuple[bytes, bytes], list[TrustedKey]]:
    found: dict[tuple[bytes, bytes], list[TrustedKey]] = {}
    for key in trust:
        found.setdefault((key.kid, key.spki), []).append(key)
    return found
