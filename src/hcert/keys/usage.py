"""What a key is for: the extended key usages of document signer certificates, and opening sealed parts.

The EU assigned three object identifiers under 1.3.6.1.4.1.1847.2021.1. Many real certificates carry them with a zero
slipped in (1.3.6.1.4.1.0.1847.2021.1); both families count. A certificate that names nothing under either root may sign
any event (WHO HCERT specification, section "Extended key usage"). One that does is restricted to what it names, so a
number that is not known grants nothing; and neither does an extension that cannot be read.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection


class Usage(StrEnum):
    """What a key may be used for: a kind of event that it may sign, or opening what was sealed for its owner."""

    TEST = "test"
    VACCINATION = "vaccination"
    RECOVERY = "recovery"
    OPEN = "open"


ANY_USAGE: Final = frozenset(Usage) - {Usage.OPEN}
OPEN_ONLY: Final = frozenset({Usage.OPEN})

_USAGE_BY_NUMBER: Final = {b"\1": Usage.TEST, b"\2": Usage.VACCINATION, b"\3": Usage.RECOVERY}
# DER contents of the two roots, without the last number.
_ROOTS: Final = (
    bytes.fromhex("2b060104018e378f6501"),  # 1.3.6.1.4.1.1847.2021.1
    bytes.fromhex("2b06010401008e378f6501"),  # 1.3.6.1.4.1.0.1847.2021.1
)


def usages_of(identifiers: Collection[bytes] | None) -> frozenset[Usage]:
    """Return what a key may sign, which may be nothing.

    Args:
        identifiers: the extended key usages of its certificate, DER contents of each; None where it has no such
            extension, empty where that cannot be read.
    """
    if identifiers is None:
        return ANY_USAGE
    under_roots = [
        identifier[len(root) :] for identifier in identifiers for root in _ROOTS if identifier.startswith(root)
    ]
    if identifiers and not under_roots:
        return ANY_USAGE
    known = (_USAGE_BY_NUMBER.get(number) for number in under_roots)
    return frozenset(usage for usage in known if usage is not None)
