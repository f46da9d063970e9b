"""The command in Vietnamese: every line it can print has one, with the same details."""

from __future__ import annotations

import ast
import string
from functools import cache
from typing import TYPE_CHECKING

import pytest

import hcert
from conftest import ROOT
from hcert import lists
from hcert.cli.texts import Line, vietnamese
from hcert.keys.trusted_key import Status
from support.command import ANCHORS, by, issue, run, trust

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCE = ROOT / "src" / "hcert" / "cli"
MAKERS = {"line", "say", "Line"}
OF_OTHERS = {
    "No such file or directory",
    "Permission denied",
    "No space left on device",
    "Broken pipe",
    "Expecting value",
    "Expecting property name enclosed in double quotes",
    "Expecting ':' delimiter",
    "Expecting ',' delimiter",
    "Unterminated string starting at",
    "Invalid control character at",
    "Invalid \\escape",
    "Invalid \\uXXXX escape",
    "Extra data",
    "Illegal trailing comma before end of object",
    "Illegal trailing comma before end of array",
    *(kind.name.lower() for kind in lists.RevocationKind),
    *hcert.Usage,
    *Status,
}


def templates() -> Iterator[tuple[str, str]]:
    """Yield the lines that stand in the source, with the names of their files."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and is_maker(node.func):
                first = node.args[0]
                for part in (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,):
                    if isinstance(part, ast.Constant):
                        yield path.name, str(part.value)


def is_maker(function: ast.expr) -> bool:
    """Tell whether a call makes a line."""
    if isinstance(function, ast.Attribute):
        return function.attr == "saying" and ast.unparse(function.value).endswith("Error")
    return isinstance(function, ast.Name) and function.id in MAKERS


@cache
def constants() -> frozenset[str]:
    """Return every text in the source, and those of nouns with their numbers."""
    found = {f"{{number}} {noun}{end}" for noun in ("key", "anchor") for end in ("", "s")}
    for path in (*SOURCE.rglob("*.py"), ROOT / "src" / "hcert" / "records" / "uvci.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return frozenset(found)


def names_in(template: str) -> set[str | None]:
    """Return the names of details in a template."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@pytest.mark.parametrize(("file", "template"), sorted(set(templates())))
def test_every_line_is_there_in_vietnamese(file: str, template: str) -> None:
    """A new one has to be translated."""
    assert template in vietnamese(), file


@pytest.mark.parametrize("template", vietnamese())
def test_a_translation_has_the_same_details_and_belongs_to_a_line(template: str) -> None:
    """What nobody says any more goes, but for words of the operating system, the JSON parser and enumerations."""
    assert names_in(vietnamese()[template]) == names_in(template)
    assert template in constants() | OF_OTHERS | {"a public key or a certificate", "Is a directory"}


def test_lines_among_the_details_are_said_in_the_same_language() -> None:
    """And names of files are never taken for words."""
    line = Line(
        "{path}: {fault}", {"path": ROOT / "valid", "fault": Line("expected {what}", {"what": "a day as YYYY-MM-DD"})}
    )
    assert line.said("vi") == f"{ROOT / 'valid'}: cần ngày dạng YYYY-MM-DD"
    assert line.said("en") == f"{ROOT / 'valid'}: expected a day as YYYY-MM-DD"


def test_reports_and_slips_are_told_in_vietnamese(office: Path, tmp_path: Path) -> None:
    """By the option, or by the environment for all commands."""
    vi = ("--lang", "vi")
    twice = trust(office, "show", "keys.cose", *ANCHORS[:2], *ANCHORS, *vi)
    assert twice.stderr == "hcert: --anchor: anchor1.pub và anchor1.pub là cùng một khóa; mỗi khóa chỉ nêu một lần\n"
    sealed = trust(office, "seal", "trust/dsc.der", *by(1), "-o", tmp_path / "x", *vi)
    assert "1 khóa, phiên bản 1, hiệu lực đến " in sealed.stdout
    assert "ký bởi 1 khóa neo: anchor1.pem" in sealed.stdout
    shown = trust(office, "show", tmp_path / "x", *ANCHORS, *vi)
    assert shown.lines[-1].endswith("còn thiếu: anchor2.pub; CHƯA CÓ HIỆU LỰC")
    assert (
        "cần khóa riêng, nhưng đây là chứng thư" in issue(office, "record.json", "--key", "trust/dsc.der", *vi).stderr
    )
    (tmp_path / "demo").mkdir()
    told = run(tmp_path, "demo", "demo", *vi)
    assert "cơ quan chứng thực của quốc gia" in told.stdout
