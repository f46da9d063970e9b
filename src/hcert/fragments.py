"""Fragments: parts of sentences that are filled into messages, such as the reason why a document is malformed.

Each has a code, and its words in every language are in `data/fragments.json`. A fragment is formatted in English;
`hcert.words.message` asks for another language. So no message mixes two languages.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from hcert.package_data import read_data_file


@dataclass(frozen=True, slots=True)
class Fragment:
    """A part of a sentence.

    Attributes:
        code: stable identifier `topic.reason` in the catalog of fragments.
        details: values for the placeholders, by name; they may be fragments too, and tuples of fragments.
    """

    code: str
    details: tuple[tuple[str, Any], ...] = ()

    def words(self, language: str) -> str:
        """Return the words in a language, with the details filled in."""
        return fragments()[self.code][language].format_map(in_language(self.details, language))

    def __str__(self) -> str:
        return self.words("en")

    def __format__(self, form: str) -> str:
        return format(str(self), form)


Place: TypeAlias = str | Fragment  # a path of member names, such as `tests[1].result`; or words for what has no name


@dataclass(frozen=True, slots=True)
class Translated:
    """Words that came in with data, in the languages their author wrote, such as the description of a country's rule.

    Attributes:
        texts: pairs of language and words, at least one: ISO 639-1 in small letters, or with a region, such as `vi-vn`.
    """

    texts: tuple[tuple[str, str], ...]

    def words(self, language: str) -> str:
        """Return the words in a language, those of any region rather than none; else in English, else the first."""
        texts = {tag.partition("-")[0]: text for tag, text in reversed(self.texts)} | dict(self.texts)
        return texts.get(language) or texts.get("en") or self.texts[0][1]

    def __str__(self) -> str:
        return self.words("en")

    def __format__(self, form: str) -> str:
        return format(str(self), form)


def fragment(code: str, /, **details: Any) -> Fragment:
    """Return the fragment `code` of the catalog."""
    return Fragment(code, tuple(details.items()))


def fragment_of(error: Exception) -> Fragment:
    """Return the fragment that an error was raised with; for other errors, which may quote the input, a general one."""
    reason = error.args[0] if error.args else None
    return reason if isinstance(reason, Fragment) else Fragment("content.malformed")


def in_language(details: tuple[tuple[str, Any], ...], language: str) -> dict[str, Any]:
    """Return the details by name, with the words of each fragment in a language, and tuples as lists with commas."""
    return {name: _in_language(value, language) for name, value in details}


def _in_language(value: Any, language: str) -> Any:
    if isinstance(value, tuple):
        return ", ".join(str(_in_language(part, language)) for part in value)
    return value.words(language) if isinstance(value, Fragment | Translated) else value


@cache
def fragments() -> dict[str, dict[str, str]]:
    """Load the catalog of fragments: by code the words by language."""
    rows: dict[str, dict[str, str]] = json.loads(read_data_file(__package__, "fragments.json"))
    return rows
