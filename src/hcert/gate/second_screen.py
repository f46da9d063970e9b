"""The sealed part of the code in view, opened on purpose and shown on a second screen for a minute."""

from __future__ import annotations

import time
from threading import Lock
from typing import TYPE_CHECKING, Final, Literal

from hcert.errors import MalformedError
from hcert.frozen import Frozen
from hcert.gate.answers import LANGUAGES, in_every_language
from hcert.phrases import label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hcert.keys.hpke import ReaderKey
    from hcert.phrases import Language
    from hcert.records.citizen.person import Confidential
    from hcert.records.citizen.sealed import Sealed

SECONDS: Final = 60.0
_MEMBERS: Final = ("id_number", "former_id_number", "insurance_number", "phone", "lot_numbers", "notes")


class Content(Frozen, frozen=True):
    """What the second screen shows.

    Attributes:
        state: whether there is anything to show.
        remaining: seconds until it is gone.
        lines: by language, pairs of label and value.
    """

    state: Literal["empty", "open"] = "empty"
    remaining: float = 0.0
    lines: dict[Language, list[tuple[str, str]]] | None = None


class Opened(Frozen, frozen=True):
    """Whether the sealed part is open, and the reason by language if it could not be opened."""

    opened: bool
    reason: dict[Language, str] | None = None


class SecondScreen:
    """Holds at most one sealed part, that of the last verdict, and its content once somebody asked for it.

    Args:
        readers: the keys that open sealed parts.
        clock: seconds that only increase.
    """

    def __init__(self, readers: Sequence[ReaderKey], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._readers = tuple(readers)
        self._clock = clock
        self._lock = Lock()
        self._offered: tuple[str, Sealed, float] | None = None
        self._shown: tuple[str, Content, float] | None = None

    def offer(self, view: str, sealed: Sealed | None) -> bool:
        """Keep the sealed part of the code in view, and close that of another; tell whether it can be asked for."""
        with self._lock:
            if self._shown is not None and self._shown[0] != view:
                self._shown = None
            can_open = sealed is not None and bool(self._readers)
            self._offered = (view, sealed, self._clock() + SECONDS) if sealed is not None and can_open else None
            return can_open

    def open(self, view: str) -> Opened | None:
        """Open the sealed part of a code for a minute; None if that code is not the last one or was long ago."""
        with self._lock:
            if self._offered is None or self._offered[0] != view or self._clock() > self._offered[2]:
                return None
            content = _open_with(self._offered[1], self._readers)
            if isinstance(content, MalformedError):
                return Opened(opened=False, reason=in_every_language(content.findings[0]))
            lines = {language: _lines(content, language) for language in LANGUAGES}
            self._shown = (view, Content("open", SECONDS, lines), self._clock() + SECONDS)
            return Opened(opened=True)

    def close(self) -> None:
        """Forget the content."""
        with self._lock:
            self._shown = None

    def look(self) -> Content:
        """Return what to show now."""
        with self._lock:
            remaining = 0.0 if self._shown is None else self._shown[2] - self._clock()
            if self._shown is None or remaining <= 0:
                self._shown = None
                return Content()
            return Content("open", round(remaining, 1), self._shown[1].lines)


def _open_with(sealed: Sealed, readers: tuple[ReaderKey, ...]) -> Confidential | MalformedError:
    """Open a sealed part with the first key that fits; the error of the last one if none does."""
    problem: MalformedError | None = None
    for reader in readers:
        try:
            return sealed.open(reader)
        except MalformedError as error:
            problem = error
    return problem or MalformedError.of("sealed.unverified")


def _lines(content: Confidential, language: Language) -> list[tuple[str, str]]:
    """Return label and value of every member that there is."""
    lines: list[tuple[str, str]] = []
    for name in _MEMBERS:
        value = getattr(content, name)
        if value:
            shown = ", ".join(f"{number}: {lot}" for number, lot in value) if name == "lot_numbers" else str(value)
            lines.append((label(name, language=language), shown))
    return lines
