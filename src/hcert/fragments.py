"""The parts of sentences that fill messages, such as why a document is malformed: codes with words in every language.

The words are in `data/fragments.json`. A fragment writes itself in English when it is formatted, and
`hcert.words.message` asks it for another language; so no message holds words of two languages.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from hcert.package_data import read_data_file


@dataclass(frozen=True, slots=True)
class Fragment:
    """Words to fill a message with.

    Attributes:
        code: stable identifier `topic.reason` of the catalog of fragments.
        details: what the words are filled in with, by name; may hold fragments.
    """

    code: str
    details: tuple[tuple[str, Any], ...] = ()

    def words(self, language: str) -> str:
        """Return the words in a language."""
        return fragments()[self.code][language].format_map(in_language(self.details, language))

    def __str__(self) -> str:
        return self.words("en")

    def __format__(self, form: str) -> str:
        return format(str(self), form)


def fragment(code: str, /, **details: Any) -> Fragment:
    """Make the fragment `code` of the catalog."""
    return Fragment(code, tuple(details.items()))


def fragment_of(error: Exception) -> Fragment:
    """Return the fragment an error was raised with; of any other, whose words may quote the input, a general one."""
    reason = error.args[0] if error.args else None
    return reason if isinstance(reason, Fragment) else Fragment("content.malformed")


def in_language(details: tuple[tuple[str, Any], ...], language: str) -> dict[str, Any]:
    """Return details to fill in, with every fragment written in a language."""
    return {name: value.words(language) if isinstance(value, Fragment) else value for name, value in details}


@cache
def fragments() -> dict[str, dict[str, str]]:
    """Load the catalog of fragments: by code the words by language."""
    rows: dict[str, dict[str, str]] = json.loads(read_data_file(__package__, "fragments.json"))
    return rows
