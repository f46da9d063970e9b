"""What the command itself says, in the language of the person: English in the code, other languages in a table.

A line is a template and its details. The English template is the key under which the table has the others, so that the
code reads as what it prints. Words among the details, such as `a private key`, are looked up too.
"""

from __future__ import annotations

import json
import pkgutil
from dataclasses import dataclass
from functools import cache
from typing import Any

import click

from hcert import Finding, words
from hcert.fragments import Fragment


@dataclass
class Settings:
    """What every command of one run shares.

    Attributes:
        language: of what people read.
    """

    language: words.Language = "en"


@dataclass(frozen=True)
class Line:
    """One line, not yet in any language.

    Attributes:
        template: in English, with the names of details in braces.
        details: what fills it in; a line, a finding or a fragment among them is said in the same language.
    """

    template: str
    details: dict[str, Any]

    def said(self, language: words.Language) -> str:
        """Return the line in a language."""
        filled = {name: _detail(value, language) for name, value in self.details.items()}
        return _template(self.template, language).format(**filled)


def line(template: str, /, **details: Any) -> Line:
    """Make a line."""
    return Line(template, details)


def say(template: str, /, **details: Any) -> str:
    """Return a line in the language of this run."""
    context = click.get_current_context(silent=True)
    settings = context and context.find_object(Settings)
    return Line(template, details).said(settings.language if settings else "en")


def _detail(value: Any, language: words.Language) -> Any:
    if isinstance(value, Line):
        return value.said(language)
    if isinstance(value, Fragment):
        return value.words(language)
    if isinstance(value, Finding):
        return words.message(value, language=language)
    return _template(value, language) if isinstance(value, str) else value


def _template(text: str, language: words.Language) -> str:
    return text if language == "en" else vietnamese().get(text, text)


@cache
def vietnamese() -> dict[str, str]:
    """Load the table, once."""
    data = pkgutil.get_data(__package__, "data/vi.json")
    if data is None:  # pragma: no cover - only a loader without data support answers so
        raise FileNotFoundError("data/vi.json")
    table: dict[str, str] = json.loads(data)
    return table
