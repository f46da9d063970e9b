"""The text of a code from an argument: the text itself, a text file, a picture or standard input."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import hcert
from hcert.cli.contents import find_picture_format, recognise
from hcert.cli.exits import UnusableInputError
from hcert.cli.texts import Line, line

PREFIXES: Final = ("HC1:", "VC1:")
_MAX_SHOWN: Final = 60  # characters of an argument
MAX_INPUT: Final = 20_000_000  # bytes of a picture; a phone's camera makes a quarter of that


def read_code(argument: str) -> str:
    """Return the text of the code that an argument holds or names.

    Raises:
        UnusableInputError: naming the source.
    """
    if argument == "-":
        if sys.stdin is None:
            raise UnusableInputError.because("standard input: it is closed")
        return _read_text(sys.stdin.buffer.read(MAX_INPUT), line("standard input"))
    if argument.startswith(PREFIXES):
        return argument
    try:
        with Path(argument).open("rb") as file:
            data = file.read(MAX_INPUT)
    except OSError as error:
        if argument.strip().upper().startswith(PREFIXES):  # nothing of a code is shown
            raise UnusableInputError.because(
                "CODE is not a file that can be read, and a code begins with HC1: or VC1:"
            ) from None
        reason = line(error.strerror or "it cannot be read")
        raise UnusableInputError.because("{path}: {reason}", path=argument[:_MAX_SHOWN], reason=reason) from None
    return _read_text(data, argument)


def _read_text(data: bytes, source: str | Line) -> str:
    if not data:
        raise UnusableInputError.because("{source}: it is empty", source=source)
    if data.startswith(b"%PDF-"):
        raise UnusableInputError.because(
            "{source}: this is a PDF, which is not read; give a picture of the code, such as a screenshot",
            source=source,
        )
    if _is_text(data):
        text = data.decode("utf-8").rstrip("\r\n")
        if not text:
            raise UnusableInputError.because("{source}: it is empty", source=source)
        if text.lstrip().startswith(("<svg", "<?xml")):
            raise UnusableInputError.because(
                "{source}: this is a drawing (SVG), which is not read; give a PNG of the code", source=source
            )
        return text
    try:
        return hcert.read_picture(data)
    except hcert.MalformedError as error:
        if error.code != "picture.unreadable":
            raise UnusableInputError(*((source, finding) for finding in error.findings)) from None
    if name := find_picture_format(data):
        raise UnusableInputError.because(
            "{source}: this is a damaged {name} picture; copy or save it again", source=source, name=name
        )
    if known := recognise(data):
        raise UnusableInputError.because(
            "{source}: this is {known}, neither a text that begins with HC1: or VC1: nor a picture (PNG, JPEG, ...)",
            source=source,
            known=line(known),
        )
    raise UnusableInputError.because(
        "{source}: this is neither a text that begins with HC1: or VC1: nor a picture (PNG, JPEG, ...)", source=source
    )


def _is_text(data: bytes) -> bool:
    """Tell a text from a picture, which is not UTF-8 or holds zeros; the verdict says what is wrong with a text."""
    if data.startswith(tuple(prefix.encode() for prefix in PREFIXES)):
        return True
    try:
        return "\0" not in data.decode("utf-8")
    except UnicodeDecodeError:
        return False
