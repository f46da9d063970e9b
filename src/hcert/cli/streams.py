"""Standard output and standard error, which may be closed, full, or unable to show a letter."""

from __future__ import annotations

import json
import sys
import unicodedata
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from hcert.cli.exits import UnusableInputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

T = TypeVar("T")
MANY: Final = 50  # files, which take a moment to read

# What a terminal without these letters shows for them: the marks alone tell accepted from refused at a glance.
_INSTEAD: Final = {"✓": "[OK]", "✗": "[X]", "·": "-", "đ": "d", "Đ": "D", "\N{EN DASH}": "-", "…": "...", "→": "->"}


def show(text: str) -> None:
    """Print a text; a reader that closed the output has seen enough, and the exit status tells the rest.

    Raises:
        UnusableInputError: where the output cannot be written.
    """
    _write(text, end="\n", broken_pipe_ends=False)


def hand_out(text: str) -> None:
    """Print a code, without a line end unless a person is watching; a code that nobody received was not handed out.

    Raises:
        UnusableInputError: where the output is closed or cannot be written.
    """
    if sys.stdout is None:
        raise UnusableInputError.saying("standard output: it is closed")
    _write(text, end="\n" if sys.stdout.isatty() else "", broken_pipe_ends=True)


def show_json(value: Any) -> None:
    """Print a value as JSON, with escapes where the output cannot hold a letter."""
    text = json.dumps(value, ensure_ascii=False)
    show(text if _holds(sys.stdout, text) else json.dumps(value))


def progress(items: Sequence[T], label: str) -> Iterator[T]:
    """Yield items, with a bar on standard error while a person is watching and there are many."""
    if sys.stderr is None or not sys.stderr.isatty() or len(items) < MANY:
        yield from items
        return
    with click.progressbar(items, label=label, file=sys.stderr) as bar:
        yield from bar


def note(text: str) -> None:
    """Print a line for the person at the keyboard, beside the output."""
    if sys.stderr is not None:
        line = fitting(printable(f"hcert: {text}"), sys.stderr)
        print(line, file=sys.stderr, flush=True)  # noqa: T201


def printable(text: str) -> str:
    """Return a text without anything that could steer the terminal, which signed texts and names of files may hold."""
    return "".join(character if character.isprintable() else "?" for character in text)


def fitting(text: str, stream: TextIO) -> str:
    """Return a text in letters that a stream can hold: without marks where it lacks them, else with `?`."""
    if _holds(stream, text):
        return text
    return "".join(character if _holds(stream, character) else _plain(character, stream) for character in text)


def _plain(character: str, stream: TextIO) -> str:
    if character in _INSTEAD:
        return _INSTEAD[character]
    base = unicodedata.normalize("NFD", character)[0]
    return base if _holds(stream, base) else "?"


def _holds(stream: TextIO | None, text: str) -> bool:
    try:
        text.encode((stream and stream.encoding) or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _write(text: str, *, end: str, broken_pipe_ends: bool) -> None:
    if sys.stdout is None:
        return
    try:
        print(fitting(text, sys.stdout), end=end, flush=True)  # noqa: T201
    except OSError as error:
        sys.stdout = None  # nothing is left to be written at the end of the process
        if broken_pipe_ends or not isinstance(error, BrokenPipeError):
            raise UnusableInputError.saying("standard output: {reason}", reason=error.strerror) from None
