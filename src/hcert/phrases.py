"""The words of the data files in a language: of findings, labels and codes."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Literal, get_args

from hcert import findings
from hcert.errors import ConfigurationError
from hcert.findings import catalog
from hcert.fragments import in_language
from hcert.package_data import read_data_file
from hcert.records.value_sets import TABLES, ValueSets

if TYPE_CHECKING:
    from hcert.findings import Finding
    from hcert.records.value_sets import Code

Language = Literal["en", "vi"]


def message(finding: Finding, *, language: Language) -> str:
    """Return the message of a finding; the finding of a custom policy keeps its own.

    Raises:
        ConfigurationError: `words.language`.
    """
    require_language(language)
    row = catalog().get(finding.code)
    try:
        return finding.message if row is None else str(row[language].format_map(in_language(finding.details, language)))
    except (LookupError, ValueError):  # somebody's own finding under a code of the catalog
        return finding.message


def short(finding: Finding, *, language: Language) -> str:
    """Return what a finding says in at most 28 characters, for a screen at a gate.

    Raises:
        ConfigurationError: `words.language`.
    """
    return findings.short(finding, language=require_language(language))


def label(name: str, *, language: Language) -> str:
    """Return the label of a member of a record, such as `sampled_at`; the name itself if it has no label.

    Raises:
        ConfigurationError: `words.language`.
    """
    require_language(language)
    words = _words().get(name)
    return name if words is None else words[language]


def code_name(code: str, *, language: Language, value_sets: ValueSets | None = None) -> str:
    """Return what a code of a record means, or the code itself where the value sets do not know it.

    Args:
        code: of any table of the code registry.
        language: of the name.
        value_sets: where to look; those of the package where None.

    Raises:
        ConfigurationError: `words.language`.
    """
    require_language(language)
    row = row_of(code, value_sets)
    if row is None:
        return code
    return row.vi or row.name if language == "vi" else row.name


def row_of(code: str, value_sets: ValueSets | None) -> Code | None:
    """Return what the value sets say of a code; None where they do not know it."""
    sets = (value_sets or ValueSets.packaged()).sets
    return next((sets[table].codes[code] for table in TABLES if code in sets[table].codes), None)


def say(name: str, language: Language, **details: object) -> str:
    """Return the words for a label, filled in."""
    return _words()[name][language].format(**details)


def require_language(language: Language) -> Language:
    """Return a language for which there are words.

    Raises:
        ConfigurationError: `words.language`.
    """
    if language not in get_args(Language):
        raise ConfigurationError.of("words.language", language=ascii(language), languages=get_args(Language))
    return language


@cache
def _words() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = json.loads(read_data_file(__package__, "words.json"))
    return words
