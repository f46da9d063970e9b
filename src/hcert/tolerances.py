"""How far clocks may differ, and how long lists may be used after they expire."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Final

from hcert.errors import ConfigurationError

CLOCK_SKEW: Final = timedelta(minutes=5)
NONE: Final = timedelta(0)
_MAX: Final = timedelta(days=36500)  # can be added to every time that occurs


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerances:
    """The tolerances of a verifier.

    Attributes:
        clock_skew: how far in the future an issue time, a sample or a list may be, for devices whose clock is slow. It
            does not extend an expiry.
        list_grace: how long after its expiry a key list, revocation list or rule list may be used, with a warning. The
            publisher chooses the expiry, so the default is zero.

    Raises:
        ConfigurationError: `tolerances.value`: a tolerance is not a timedelta from 0 to 36 500 days.
    """

    clock_skew: timedelta = CLOCK_SKEW
    list_grace: timedelta = NONE

    def __post_init__(self) -> None:
        """Refuse values that cannot be added to a time."""
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            if not isinstance(value, timedelta) or not NONE <= value <= _MAX:
                raise ConfigurationError.of("tolerances.value", name=name, days=_MAX.days)
