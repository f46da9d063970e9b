"""Key usages: the extended key usages of document signer certificates, and the usage of reader keys.

The EU assigned three object identifiers under 1.3.6.1.4.1.1847.2021.1. Many real certificates have an extra zero in
them (1.3.6.1.4.1.0.1847.2021.1); both families are accepted. A certificate without any identifier under these roots may
sign every event (WHO HCERT specification, section "Extended key usage"). One with such identifiers is restricted to
them. An unknown number under the roots grants nothing, and neither does an unreadable extension.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection


class Usage(StrEnum):
    """What a key may be used for: to sign one kind of event, or to open what was sealed for its owner."""

    TEST = "test"
    VACCINATION = "vaccination"
    RECOVERY = "recovery"
    OPEN = "open"


ANY_USAGE: Final = frozenset(Usage) - {Usage.OPEN}
OPEN_ONLY: Final = frozenset({Usage.OPEN})

_USAGE_BY_NUMBER: Final = {b"\1": Usage.TEST, b"\2": Usage.VACCINATION, b"\3": Usage.RECOVERY}
# Contents of the DER object identifiers, without the last number.
_ROOTS: Final = (
    bytes.fromhex("2b060104018e378f6501"),  # 1.3.6.1.4.1.1847.2021.1
    bytes.fromhex("2b06010401008e378f6501"),  # 1.3.6.1.4.1.0.1847.2021.1
)


def usages_of(identifiers: Collection[bytes] | None) -> frozenset[Usage]:
    """Return the events that a key may sign, possibly none.

    Args:
        identifiers: contents of the DER object identifiers in the extended key usage of its certificate. None if there
            is no such extension, empty if it is unreadable.
    """
    if identifiers is None:
        return ANY_USAGE
    numbers = [identifier[len(root) :] for identifier in identifiers for root in _ROOTS if identifier.startswith(root)]
    if identifiers and not numbers:
        return ANY_USAGE
    return frozenset(_USAGE_BY_NUMBER[number] for number in numbers if number in _USAGE_BY_NUMBER)
