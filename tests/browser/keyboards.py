"""Typing scanners: a scanner presses the keys of a US keyboard, and the computer makes of them what its layout says.

The events go through the DevTools protocol, so that the page gets what a real keyboard would give it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

SHIFT: Final = 8  # of the protocol's modifiers
PROCESS: Final = 229  # virtual key code of a key that an input method has taken
SECONDS_A_KEY: Final = 0.005
PACKET: Final = 231  # virtual key code of a character that a program types

# The keys by which a scanner for the US types the alphabet of Base45: `event.code`, and whether shift is held.
_DIGITS: Final = {str(number): (f"Digit{number}", False) for number in range(10)}
_LETTERS: Final = {letter: (f"Key{letter}", True) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
SCANNER: Final[dict[str, tuple[str, bool]]] = {
    **_DIGITS,
    **_LETTERS,
    " ": ("Space", False),
    "$": ("Digit4", True),
    "%": ("Digit5", True),
    "*": ("Digit8", True),
    "+": ("Equal", True),
    "-": ("Minus", False),
    ".": ("Period", False),
    "/": ("Slash", False),
    ":": ("Semicolon", True),
}
_US: Final = {key: character for character, key in SCANNER.items()}


@dataclass(frozen=True)
class Layout:
    """What a computer makes of the keys.

    Attributes:
        name: of the layout.
        typed: characters that differ from the US layout, by key and shift.
        capitals: whether Caps Lock is on.
        processed: whether an input method takes every key, so that `event.key` is "Process".
    """

    name: str
    typed: dict[tuple[str, bool], str] = field(default_factory=dict)
    capitals: bool = False
    processed: bool = False

    def character(self, key: tuple[str, bool]) -> str:
        """Return what a key types."""
        character = self.typed.get(key, _US[key])
        return character.swapcase() if self.capitals else character


def _plain(**typed: str) -> dict[tuple[str, bool], str]:
    return {(code, False): character for code, character in typed.items()}


def _shifted(**typed: str) -> dict[tuple[str, bool], str]:
    return {(code, True): character for code, character in typed.items()}


def _digits(row: str) -> dict[str, str]:
    """Return what the keys from 1 to 0 type."""
    return {f"Digit{digit}": character for digit, character in zip("1234567890", row, strict=True)}


GERMAN: Final = _plain(Minus="ß", Slash="-") | _shifted(KeyY="Z", KeyZ="Y", Digit8="(", Equal="`", Semicolon="Ö")
TCVN: Final = _plain(**_digits("ăâêô\u0300\u0309\u0303\u0301\u0323đ")) | _shifted(Digit4="Ô")
FRENCH: Final = (
    _plain(Minus=")", Period=":", Slash="!", **_digits("&é\"'(-è_çà"))
    | _shifted(KeyA="Q", KeyQ="A", KeyZ="W", KeyW="Z", KeyM="?", Semicolon="M")
    | _shifted(Digit4="4", Digit5="5", Digit8="8")
)
US: Final = Layout("US")
LAYOUTS: Final = (
    US,
    Layout("US with Caps Lock", capitals=True),
    Layout("German", GERMAN),
    Layout("Vietnamese TCVN", TCVN),
    Layout("French", FRENCH),
    Layout("input method that takes every key", processed=True),
)


class Scanner:
    """A scanner that types into a page.

    The events say that they were 5 ms apart, however long a busy machine takes to hand them over.
    """

    def __init__(self, page: Page, layout: Layout) -> None:
        self._send: Callable[..., Any] = page.context.new_cdp_session(page).send
        self._layout = layout
        self._time = time.time()

    def pause(self, seconds: float) -> None:
        """Let time go by before the next key."""
        self._time += seconds

    def scan(self, text: str) -> None:
        """Type a text and Enter."""
        self.type(text)
        self._press("Enter", "Enter", 13, text="\r")

    def type(self, text: str) -> None:
        """Type a text."""
        for character in text:
            self.pause(SECONDS_A_KEY)
            code, shifted = SCANNER[character]
            modifiers = SHIFT if shifted else 0
            if shifted:
                self._event("rawKeyDown", code="ShiftLeft", key="Shift", windowsVirtualKeyCode=16, modifiers=modifiers)
            if self._layout.processed:
                self._press(code, "Process", PROCESS, modifiers=modifiers)
            else:
                typed = self._layout.character((code, shifted))
                self._press(code, typed, _virtual_key(code), text=typed, modifiers=modifiers)
            if shifted:
                self._event("keyUp", code="ShiftLeft", key="Shift", windowsVirtualKeyCode=16, modifiers=0)

    def type_through_unikey(self, text: str) -> None:
        """Type a text while UniKey is on (Telex): it takes keys away and types Vietnamese letters in their place."""
        for part in _telex(text):
            if part in SCANNER:
                self.type(part)
            else:
                self._press("Backspace", "Backspace", 8)
                self._press("", part, PACKET, text=part)

    def _press(self, code: str, key: str, number: int, *, text: str | None = None, modifiers: int = 0) -> None:
        common = {"code": code, "key": key, "windowsVirtualKeyCode": number, "modifiers": modifiers}
        if text is None:
            self._event("rawKeyDown", **common)
        else:
            self._event("keyDown", text=text, unmodifiedText=text, **common)
        self._event("keyUp", **common)

    def _event(self, kind: str, **members: Any) -> None:
        self._send("Input.dispatchKeyEvent", {"type": kind, "timestamp": self._time, **members})


def _virtual_key(code: str) -> int:
    """Return the virtual key code of a key of the US layout."""
    named = {"Space": 32, "Equal": 187, "Minus": 189, "Period": 190, "Slash": 191, "Semicolon": 186}
    return named.get(code) or ord(code[-1])


_CIRCUMFLEX: Final = {"AA": "Â", "EE": "Ê", "OO": "Ô", "DD": "Đ", "AW": "Ă", "OW": "Ơ", "UW": "Ư"}
_TONES: Final = {"S": "\u0301", "F": "\u0300", "R": "\u0309", "X": "\u0303", "J": "\u0323"}


def _telex(text: str) -> Iterator[str]:
    """Yield what UniKey lets through, a character each, and the Vietnamese letters that replace the one before."""
    last = ""
    for character in text:
        if last + character in _CIRCUMFLEX:
            yield _CIRCUMFLEX[last + character]
            last = ""
        elif last and last in "AEIOUY" and character in _TONES:
            yield last + _TONES[character]
            last = ""
        else:
            yield character
            last = character
