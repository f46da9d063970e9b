"""Standard output and standard error, which may be closed, full, or unable to show a letter."""

from __future__ import annotations

import json
import sys
import unicodedata
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from hcert.cli.exits import UnusableInputError
from hcert.cli.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

T = TypeVar("T")
MANY: Final = 20  # files to read or programs to run, which take a moment

# What a terminal without these letters shows for them: the marks alone tell accepted from refused at a glance.
_INSTEAD: Final = {"✓": "[OK]", "✗": "[X]", "·": "-", "đ": "d", "Đ": "D", "\N{EN DASH}": "-", "…": "...", "→": "->"}


def show(text: str) -> None:
    """Print a text. If the reader has closed the output, that is not an error: the exit status tells the rest.

    Raises:
        UnusableInputError: if the output cannot be written.
    """
    _write(text, end="\n", broken_pipe_ends=False)


def print_code(text: str) -> None:
    """Print a code, with a line end on a terminal only. A code that nobody received was not issued.

    Raises:
        UnusableInputError: if the output is closed or cannot be written.
    """
    if sys.stdout is None:
        raise UnusableInputError.because("standard output: it is closed")
    _write(text, end="\n" if sys.stdout.isatty() else "", broken_pipe_ends=True)


def show_json(value: Any) -> None:
    """Print a value as JSON, with escapes where the output cannot hold a letter."""
    text = json.dumps(value, ensure_ascii=False)
    show(text if _can_encode(sys.stdout, text) else json.dumps(value))


def progress(items: Iterable[T], label: str, *, total: int) -> Iterator[T]:
    """Yield items, with a bar on standard error if it is a terminal and there are many items."""
    if sys.stderr is None or not sys.stderr.isatty() or total < MANY:
        yield from items
        return
    with click.progressbar(items, length=total, label=say(label), show_pos=True, file=sys.stderr) as bar:
        yield from bar


def note(text: str) -> None:
    """Print a line for the user on standard error."""
    if sys.stderr is not None:
        line = fit(printable(f"hcert: {text}"), sys.stderr)
        print(line, file=sys.stderr, flush=True)  # noqa: T201


def printable(text: str) -> str:
    """Replace control characters, with which a signed text or the name of a file could steer the terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def fit(text: str, stream: TextIO) -> str:
    """Write a text in the letters of a stream: without diacritics if it lacks them, else with `?`."""
    if _can_encode(stream, text):
        return text
    return "".join(
        character if _can_encode(stream, character) else _replace_letter(character, stream) for character in text
    )


def _replace_letter(character: str, stream: TextIO) -> str:
    if character in _INSTEAD:
        return _INSTEAD[character]
    base = unicodedata.normalize("NFD", character)[0]
    return base if _can_encode(stream, base) else "?"


def _can_encode(stream: TextIO | None, text: str) -> bool:
    try:
        text.encode((stream and stream.encoding) or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _write(text: str, *, end: str, broken_pipe_ends: bool) -> None:
    if sys.stdout is None:
        return
    try:
        print(fit(text, sys.stdout), end=end, flush=True)  # noqa: T201
    except OSError as error:
        sys.stdout = None  # so that Python writes nothing more to it
        if broken_pipe_ends or not isinstance(error, BrokenPipeError):
            raise UnusableInputError.because("standard output: {reason}", reason=error.strerror) from None
