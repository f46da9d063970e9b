"""The values of options and arguments; the error for a wrong one says what is expected."""

from __future__ import annotations

import math
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.shell_completion import CompletionItem

import hcert
from hcert.cli.texts import line, say
from hcert.cli.token_uri import parse_key_place

if TYPE_CHECKING:
    from collections.abc import Callable

    _ParamType = click.ParamType[Any]
else:
    _ParamType = click.ParamType  # generic in newer releases only

MAX_DAYS: Final = 36_500
_MAX_PORT: Final = 65_535
_COUNTRY_LETTERS: Final = 2
_CERTIFICATE_ID_DIGITS: Final = 32


class Value(_ParamType):
    """A kind of value.

    Args:
        name: of the kind.
        read: returns the value that a text stands for, or raises a ValueError.
        expected: what the error says of a text that cannot be read.
    """

    def __init__(self, name: str, read: Callable[[str], Any], expected: str) -> None:
        self.name = name
        self.expected = expected
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read a value."""
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except ValueError:
            self.fail(say("expected {what}.", what=line(self.expected)), param, ctx)

    def parse(self, text: str) -> Any:
        """Read a value from a file; None if it cannot be read."""
        try:
            return self._read(text)
        except ValueError:
            return None

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Let the shell complete the names of files."""
        if self.name == "file":
            return [CompletionItem(incomplete, type="file")]
        return super().shell_complete(ctx, param, incomplete)


class Choice(click.Choice[str]):
    """One of several words."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Check a value."""
        if value not in self.choices:
            *others, last = self.choices
            self.fail(
                say("{problem}.", problem=line("expected {others} or {last}", others=", ".join(others), last=last)),
                param,
                ctx,
            )
        return value


def _path(value: str) -> Path:
    if not value or "\0" in value:
        raise ValueError
    return Path(value)


def _text(value: str) -> str:
    if not value.strip() or "\0" in value:
        raise ValueError
    return value


def _days(value: str) -> float:
    number = float(value)
    if not 0 < number <= MAX_DAYS:
        raise ValueError
    return number


def _count(value: str) -> int:
    number = int(value)
    if number < 1:
        raise ValueError
    return number


def _port(value: str) -> int:
    number = int(value)
    if not 0 <= number <= _MAX_PORT:
        raise ValueError
    return number


def _seconds(value: str) -> float:
    number = float(value)
    if not 0 < number < math.inf:
        raise ValueError
    return number


def _moment(value: str) -> datetime:
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError
    return time


def _day(value: str) -> date:
    if len(value) != len("2026-06-01"):
        raise ValueError
    return date.fromisoformat(value)


def _certificate_id(value: str) -> bytes:
    digits = value.replace("-", "")
    if len(digits) != _CERTIFICATE_ID_DIGITS:
        raise ValueError
    return bytes.fromhex(digits)


def _entry_id(value: str) -> str:
    name, mark, number = value.partition("/")
    if not mark or not number.isascii() or not number.isdigit() or number.startswith("0"):
        raise ValueError
    return f"{_certificate_id(name).hex().upper()}/{number}"


def _oldest_revision(value: str) -> tuple[bytes, int]:
    name, _, least = value.partition("=")
    if not least.isascii() or not least.isdigit():
        raise ValueError
    return _certificate_id(name), int(least)


def _country_code(value: str) -> str:
    if len(value) != _COUNTRY_LETTERS or not value.isascii() or not value.isupper():
        raise ValueError
    return value


def _country(value: str) -> str:
    if value not in hcert.ValueSets.packaged().sets["country-2-codes"].codes:
        raise ValueError
    return value


def _country_and_uci(value: str) -> tuple[str, str]:
    country, _, identifier = value.partition("=")
    if not country or not identifier:
        raise ValueError
    return country, identifier


def _hash(value: str) -> bytes:
    digits = bytes.fromhex(value)
    if len(digits) != _CERTIFICATE_ID_DIGITS // 2:
        raise ValueError
    return digits


FILE: Final = Value("file", _path, "a file, but the argument is empty")
SIGNING_KEY: Final = Value("file", parse_key_place, "a file or a PKCS #11 URI, but the argument is empty")
TEXT: Final = Value("text", _text, "a text, but the argument is empty")
DAYS: Final = Value("days", _days, f"a number of days above 0, at most {MAX_DAYS}")
COUNT: Final = Value("n", _count, "a whole number of 1 or more")
PORT: Final = Value("port", _port, "a port from 0 to 65535; 0 takes one that is free")
SECONDS: Final = Value("seconds", _seconds, "a number of seconds above 0")
MOMENT: Final = Value("time", _moment, "a time with an offset, such as 2026-06-01T08:00:00+00:00")
DAY: Final = Value("day", _day, "a day as YYYY-MM-DD")
COUNTRY: Final = Value("country", _country, "a country that exists, as two capital letters (ISO 3166-1), such as VN")
COUNTRY_CODE: Final = Value("country", _country_code, "a country as two capital letters, such as VN")
CERTIFICATE_ID: Final = Value(
    "id", _certificate_id, "a certificate id: 32 hexadecimal digits, such as 5B1CF2A08E4D4A1C9A3D7E60F2B84C11"
)
ENTRY_ID: Final = Value("id/n", _entry_id, "an entry id: a certificate id, / and the entry's number, such as 5B1C.../2")
OLDEST_REVISION: Final = Value(
    "id=n", _oldest_revision, "a certificate id, = and the oldest revision that still counts, such as 5B1C...=3"
)
COUNTRY_AND_UCI: Final = Value(
    "cc=uvci", _country_and_uci, "a country, = and an identifier, such as VN=URN:UVCI:01:VN:..."
)
HASH: Final = Value("hash", _hash, "an EU hash: 32 hexadecimal digits")
