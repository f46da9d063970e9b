"""The keys that vouch for lists: pinned with an application, or named by a list that those in force signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hcert.codec.cose_sign import MAX_SIGNATURES
from hcert.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hcert.keys.trusted_key import TrustedKey

MAX_ANCHORS: Final = MAX_SIGNATURES


@dataclass(frozen=True, slots=True)
class Anchors:
    """The keys that may sign documents, and how many of them must.

    Attributes:
        keys: pinned keys, each once, whatever its kid, and 64 at most.
        threshold: at least 1 and no more than there are keys that can verify.

    Raises:
        ConfigurationError: `document.repeated_anchor`, `document.too_many_anchors` or `document.threshold`.
    """

    keys: tuple[TrustedKey, ...]
    threshold: int

    def __post_init__(self) -> None:
        if len({key.spki for key in self.keys}) < len(self.keys):  # a slip that would lower a threshold of all
            raise ConfigurationError.of("document.repeated_anchor")
        if len(self.keys) > MAX_ANCHORS:
            raise ConfigurationError.of("document.too_many_anchors", most=MAX_ANCHORS)
        able = _able(self.keys)
        if type(self.threshold) is not int or not 1 <= self.threshold <= able:
            raise ConfigurationError.of("document.threshold", threshold=self.threshold, count=able)

    @classmethod
    def of(cls, keys: Anchors | Iterable[TrustedKey], threshold: int | None) -> Anchors:
        """Return anchors as given, with another threshold if one is named; of plain keys all must sign where none is.

        Raises:
            ConfigurationError: `document.repeated_anchor`, `document.too_many_anchors` or `document.threshold`.
        """
        if isinstance(keys, Anchors):
            return keys if threshold is None else cls(keys.keys, threshold)
        pinned = tuple(keys)
        return cls(pinned, _able(pinned) if threshold is None else threshold)


def _able(keys: Iterable[TrustedKey]) -> int:
    """Count the keys that can verify anything; others could lock everybody out."""
    return sum(key.algorithm is not None for key in keys)
