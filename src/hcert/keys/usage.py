"""What a key is for: the extended key usages of document signer certificates, and opening sealed parts.

The EU assigned three object identifiers under 1.3.6.1.4.1.1847.2021.1. Many real certificates carry them with a zero
slipped in (1.3.6.1.4.1.0.1847.2021.1); both families count. A certificate with none of them may sign any event
(WHO HCERT specification, section "Extended key usage").
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable


class Usage(StrEnum):
    """What a key may be used for: a kind of event that it may sign, or opening what was sealed for its owner."""

    TEST = "test"
    VACCINATION = "vaccination"
    RECOVERY = "recovery"
    OPEN = "open"


ANY_USAGE: Final = frozenset(Usage) - {Usage.OPEN}
OPEN_ONLY: Final = frozenset({Usage.OPEN})

_USAGE_BY_NUMBER: Final = {1: Usage.TEST, 2: Usage.VACCINATION, 3: Usage.RECOVERY}
# DER contents of the two roots, without the last number.
_ROOTS: Final = (
    bytes.fromhex("2b060104018e378f6501"),  # 1.3.6.1.4.1.1847.2021.1
    bytes.fromhex("2b06010401008e378f6501"),  # 1.3.6.1.4.1.0.1847.2021.1
)


def usages_of(identifiers: Iterable[bytes]) -> frozenset[Usage]:
    """Return what a key may sign whose certificate has these extended key usages (DER contents of each)."""
    found = {
        usage
        for identifier in identifiers
        for root in _ROOTS
        if identifier[:-1] == root and (usage := _USAGE_BY_NUMBER.get(identifier[-1]))
    }
    return frozenset(found) or ANY_USAGE
