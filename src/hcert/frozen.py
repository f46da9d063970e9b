"""The base class of small immutable objects that hcert makes for every verdict. None of them is a type of input."""

from __future__ import annotations

import msgspec


class Frozen(msgspec.Struct, frozen=True):
    """An immutable object that is compared by its values, made in a fifth of the time of a frozen dataclass."""
