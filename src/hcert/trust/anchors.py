"""Anchors: the keys that sign lists. Applications pin them; later lists may name new ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hcert.codec.cose_sign import MAX_SIGNATURES
from hcert.errors import ConfigurationError
from hcert.keys.trusted_key import TrustedKey, require_keys

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_ANCHORS: Final = MAX_SIGNATURES


@dataclass(frozen=True, slots=True)
class Anchors:
    """The keys that may sign documents, and how many of them must.

    Attributes:
        keys: 1 to 64 different public keys.
        threshold: from 1 to the number of these keys that can verify signatures.

    Raises:
        ConfigurationError: `document.repeated_anchor`, `document.too_many_anchors` or `document.threshold`.
    """

    keys: tuple[TrustedKey, ...]
    threshold: int

    def __post_init__(self) -> None:
        if len({key.spki for key in self.keys}) < len(self.keys):  # the threshold "all" would be lower than it looks
            raise ConfigurationError.of("document.repeated_anchor")
        if len(self.keys) > MAX_ANCHORS:
            raise ConfigurationError.of("document.too_many_anchors", most=MAX_ANCHORS)
        count = _count_usable(self.keys)
        if type(self.threshold) is not int or not 1 <= self.threshold <= count:
            raise ConfigurationError.of("document.threshold", threshold=self.threshold, count=count)

    @classmethod
    def of(cls, keys: Anchors | Iterable[TrustedKey], threshold: int | None) -> Anchors:
        """Return anchors from keys or other anchors.

        Args:
            keys: plain keys, or anchors.
            threshold: how many must sign; None means all of plain keys, and the threshold of anchors.

        Raises:
            ConfigurationError: `trust.type`, `document.repeated_anchor`, `document.too_many_anchors` or
                `document.threshold`; `document.two_thresholds` for another one than that of anchors.
        """
        if isinstance(keys, Anchors):
            if threshold not in {None, keys.threshold}:  # it could be the lower one, and nobody would notice
                raise ConfigurationError.of("document.two_thresholds", threshold=threshold, pinned=keys.threshold)
            return keys
        pinned = require_keys(keys)
        return cls(pinned, _count_usable(pinned) if threshold is None else threshold)


def _count_usable(keys: Iterable[TrustedKey]) -> int:
    """Count the keys that can verify signatures. Counting the others could set a threshold that nobody can meet."""
    return sum(key.algorithm is not None for key in keys)
