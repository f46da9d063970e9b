"""How far clocks may be apart, and how long lists are used after their expiry."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Final

from hcert.errors import ConfigurationError

CLOCK_SKEW: Final = timedelta(minutes=5)
NONE: Final = timedelta(0)
_MAX: Final = timedelta(days=36500)  # so that it can be added to most times


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerances:
    """The tolerances of a verifier.

    Attributes:
        clock_skew: how far in the future an issue time, a sample or a list may lie, for gates whose clock is behind. An
            expiry gets no such grace.
        list_grace: how long after its expiry a key list or revocation list is still used, with a warning. The publisher
            chooses the expiry, so none by default.

    Raises:
        ConfigurationError: `tolerances.value` for anything but a timedelta from 0 to 36 500 days.
    """

    clock_skew: timedelta = CLOCK_SKEW
    list_grace: timedelta = NONE

    def __post_init__(self) -> None:
        """Refuse what times could not be compared with."""
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            if not isinstance(value, timedelta) or not NONE <= value <= _MAX:
                raise ConfigurationError.of("tolerances.value", name=name, days=_MAX.days)
