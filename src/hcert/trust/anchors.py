"""The keys that vouch for lists: pinned with an application, or named by a list that those in force signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcert.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hcert.keys.trusted_key import TrustedKey


@dataclass(frozen=True, slots=True)
class Anchors:
    """The keys that may sign documents, and how many of them must.

    Attributes:
        keys: pinned keys.
        threshold: at least 1 and no more than there are different keys that can verify.

    Raises:
        ConfigurationError: `document.threshold`.
    """

    keys: tuple[TrustedKey, ...]
    threshold: int

    def __post_init__(self) -> None:
        different = _able(self.keys)
        if type(self.threshold) is not int or not 1 <= self.threshold <= different:
            raise ConfigurationError.of("document.threshold", threshold=self.threshold, count=different)

    @classmethod
    def of(cls, keys: Iterable[TrustedKey], threshold: int | None) -> Anchors:
        """Return anchors of which all must sign where no threshold is given.

        Raises:
            ConfigurationError: `document.threshold`.
        """
        pinned = tuple(keys)
        return cls(pinned, _able(pinned) if threshold is None else threshold)


def _able(keys: Iterable[TrustedKey]) -> int:
    """Count the different keys that can verify anything; others could lock everybody out."""
    return len({key.spki for key in keys if key.algorithm is not None})
