"""What changed from one key list to the next, for the operators who release it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hcert.keys.trusted_key import TrustedKey
    from hcert.trust.trust_list import TrustList


@dataclass(frozen=True, slots=True)
class Changes:
    """The differences of two lists; a key is the same where kid and public key are.

    Attributes:
        added: keys that only the new list has.
        removed: keys that only the old list has.
        changed: keys of which something else differs, as the old and the new list have them.
    """

    added: tuple[TrustedKey, ...]
    removed: tuple[TrustedKey, ...]
    changed: tuple[tuple[TrustedKey, TrustedKey], ...]


def diff(old: TrustList, new: TrustList) -> Changes:
    """Compare two lists, in the order of kids."""
    before, after = ({(key.kid, key.spki): key for key in trust} for trust in (old, new))
    return Changes(
        added=tuple(after[name] for name in sorted(after.keys() - before.keys())),
        removed=tuple(before[name] for name in sorted(before.keys() - after.keys())),
        changed=tuple(
            (before[name], after[name]) for name in sorted(before.keys() & after.keys()) if before[name] != after[name]
        ),
    )
