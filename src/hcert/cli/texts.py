"""What the command says, in the language of the person: English in the code, other languages in a table.

A line is a template and its details. The English template is the key under which the table has the others, so that the
code reads as what it prints. A word among the details, such as `a private key`, is a line of its own.
"""

from __future__ import annotations

import json
import pkgutil
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import click

from hcert import Finding, words
from hcert.fragments import Fragment, Translated

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

LANGUAGE_OPTION: Final = "--lang"
LANGUAGES: Final[tuple[words.Language, ...]] = ("en", "vi")


@dataclass(frozen=True)
class Settings:
    """What every command of one run shares.

    Attributes:
        language: of what people read.
    """

    language: words.Language = "en"

    @classmethod
    def from_arguments(cls, arguments: Sequence[str]) -> Self:
        """Find the language on a command line, which has to be known before the line is read: errors are in it, too."""
        language = cls.language
        for word, following in pairwise([*arguments, ""]):
            if word == "--":
                break
            name, _, value = word.partition("=")
            if name == LANGUAGE_OPTION:
                language = next((one for one in LANGUAGES if one == (value or following)), language)
        return cls(language)


@dataclass(frozen=True)
class Line:
    """One line, not yet in any language.

    Attributes:
        template: in English, with the names of details in braces.
        details: what fills it in; lines, findings and fragments among them are put into the same language.
    """

    template: str
    details: dict[str, Any]

    def in_language(self, language: words.Language) -> str:
        """Return the line in a language."""
        filled = {name: _put_in_language(value, language) for name, value in self.details.items()}
        return look_up(self.template, language).format(**filled)


def line(template: str, /, **details: Any) -> Line:
    """Make a line."""
    return Line(template, details)


def say(template: str, /, **details: Any) -> str:
    """Return a line in the language of this run."""
    return Line(template, details).in_language(_current_language())


def translate(text: str) -> str:
    """Return a text without details in the language of this run."""
    return look_up(text, _current_language())


def _current_language() -> words.Language:
    context = click.get_current_context(silent=True)
    settings = context and context.find_object(Settings)
    return settings.language if settings else "en"


def _put_in_language(value: Any, language: words.Language) -> Any:
    if isinstance(value, Line):
        return value.in_language(language)
    if isinstance(value, Finding):
        return words.message(value, language=language)
    return value.words(language) if isinstance(value, Fragment | Translated) else value


def look_up(text: str, language: words.Language) -> str:
    """Return a text in a language, as it is where the table lacks it."""
    return text if language == "en" else vietnamese().get(text, text)


@cache
def vietnamese() -> dict[str, str]:
    """Load the table, once."""
    data = pkgutil.get_data(__package__, "data/vi.json")
    if data is None:  # pragma: no cover - only a loader without data support answers so
        raise FileNotFoundError("data/vi.json")
    table: dict[str, str] = json.loads(data)
    return table
