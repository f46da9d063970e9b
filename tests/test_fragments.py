"""Fragments of sentences: in both languages, and no English literal fills a message."""

from __future__ import annotations

import ast
import re
import string
import unicodedata
from typing import TYPE_CHECKING

import pytest

from conftest import ROOT
from hcert import words
from hcert.findings import finding
from hcert.fragments import Fragment, fragment, fragment_of, fragments

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCE = ROOT / "src" / "hcert"
ROOMS = ("codec", "issue", "keys", "records", "trust")
FILES = [path for room in ROOMS for path in sorted((SOURCE / room).rglob("*.py"))]
FILLS = {"finding", "of", "malformed", "_malformed", "_unproven", "_unreadable", "CborError"}
PLACES = {"record", "path", "field", "allowed", "generation"}  # names of members and entries
MAX_FRAGMENT = 160  # characters
PERSONAL = {"name_of_person", "birth_date", "text", "value", "content"}


def is_sentence(node: ast.AST) -> bool:
    """Tell whether a literal holds words of a language rather than a code or an ISO time."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return any(isinstance(part, ast.Constant) and isinstance(part.value, str) and " " in part.value for part in parts)


def literals_that_fill(path: Path) -> Iterator[str]:
    """Yield literal sentences handed to what makes findings and errors with reasons."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            named = (keyword.value for keyword in node.keywords if keyword.arg not in PLACES)
            given = [*node.args, *named]
            if name in FILLS:
                yield from (f"{path.name}:{one.lineno}" for one in given if is_sentence(one))


def test_no_english_literal_fills_a_message() -> None:
    """It could not be said in another language."""
    assert FILES
    assert [found for path in FILES for found in literals_that_fill(path)] == []


@pytest.mark.parametrize("code", fragments())
def test_every_fragment_is_complete_in_both_languages(code: str) -> None:
    """The same details, in Unicode form NFC, short, and part of a sentence rather than one."""
    row = fragments()[code]
    assert set(row) == {"en", "vi"}
    en, vi = ({name for _, name, _, _ in string.Formatter().parse(text) if name} for text in row.values())
    assert en == vi
    assert not en & PERSONAL
    for text in row.values():
        assert unicodedata.is_normalized("NFC", text)
        assert 0 < len(text) <= MAX_FRAGMENT
        assert text == text.strip()
        assert not text.endswith(".")
    assert not re.search(r"\bis no\b|\bhas not\b|\bis due\b|\bnone that\b", row["en"])


def test_every_fragment_is_used_and_every_used_one_exists() -> None:
    """No words are dead and none are missing."""
    text = "".join(path.read_text("utf-8") for path in SOURCE.rglob("*.py"))
    assert set(re.findall(r'\b[fF]ragment\(\s*"([a-z_0-9.]+)"', text)) == set(fragments())


def test_a_fragment_is_told_in_the_language_of_its_message() -> None:
    """Also one inside another."""
    found = finding("cose.malformed", reason=fragment("cose.kid", least=1, most=32))
    assert found.message.endswith("its kid is not a byte string of 1 to 32 bytes.")
    assert words.message(found, language="vi").endswith("kid không phải chuỗi từ 1 đến 32 byte.")


def test_an_error_of_another_making_is_not_quoted() -> None:
    """Its words are English, and may quote the input."""
    assert fragment_of(ValueError("Nguyễn")) == Fragment("content.malformed")
    assert fragment_of(ValueError()) == Fragment("content.malformed")
    assert fragment_of(ValueError(fragment("content.empty"))) == Fragment("content.empty")
