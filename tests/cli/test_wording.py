"""The command in Vietnamese: every text that it can print has a translation, with the same details."""

from __future__ import annotations

import ast
import json
import string
from functools import cache
from typing import TYPE_CHECKING, Any

import click
import pytest

import hcert
from conftest import ROOT
from hcert import lists
from hcert.cli import values
from hcert.cli.assess.filled_form import COLUMNS, SEEN
from hcert.cli.assess.fresh_kit import make_vectors
from hcert.cli.assess.judgement import OUTCOMES, SEVERITIES
from hcert.cli.assess.sheets import CONTENT
from hcert.cli.commands import hcert as program
from hcert.cli.contents import PICTURES
from hcert.cli.help import paragraphs_of
from hcert.cli.texts import Line, line, vietnamese
from hcert.keys.trusted_key import Status
from support.command import ANCHORS, by, issue, run, trust
from support.signers import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCE = ROOT / "src" / "hcert" / "cli"
KIT = ROOT / "docs" / "conformance" / "vectors.json"
TEXT_PLACES = {
    **dict.fromkeys(("line", "say", "_say", "because", "Line", "translate", "AnswerError"), 0),
    "progress": 1,
}
OF_THE_SYSTEM = {
    *("No such file or directory", "Is a directory", "Permission denied", "No space left on device", "Broken pipe"),
    "Address already in use",
}
OF_CLICK = {"Missing command."}
OF_JSON = {
    *("Expecting value", "Expecting property name enclosed in double quotes", "Expecting ':' delimiter"),
    *("Expecting ',' delimiter", "Extra data", "Unterminated string starting at", "Invalid control character at"),
    *("Invalid \\escape", "Illegal trailing comma before end of object", "Illegal trailing comma before end of array"),
}
NOUNS = {
    *(f"{{number}} {noun}{end}" for noun in ("key", "anchor", "rule") for end in ("", "s")),
    *(f"a {name} picture" for name in PICTURES.values()),
}
OF_LISTS = {*(kind.name.lower() for kind in lists.RevocationKind), *hcert.Usage, *Status}
RULES_OF_THE_KIT = {vector["rule"] for vector in json.loads(KIT.read_text(encoding="utf-8"))["vectors"]}
WORDS = {
    *RULES_OF_THE_KIT,
    *(vector["shows"] for vector in make_vectors(1, NOW)),
    *(
        *OUTCOMES,
        *SEVERITIES,
        "accept",
        "refuse",
        "either",
        "group",
        "rule",
        "severity",
        *COLUMNS,
        *SEEN,
        *CONTENT.values(),
    ),
    *("citizen record", "health link", "unknown"),
    *(*NOUNS, *OF_LISTS, *OF_THE_SYSTEM, *OF_CLICK),
}
NAMES = {
    "CODE",
    "CODES...",
    "DIRECTORY",
    "FILE",
    "FILES...",
    "[FILES]...",
    "FORM",
    "INPUTS...",
    "JOB",
    "NAME",
    "NEW",
    "OLD",
    "PROGRAM...",
    "RECORD",
    "SHELL",
}


def line_templates() -> Iterator[tuple[str, str]]:
    """Yield the templates of lines in the source, with the names of their files."""
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (position := place_of_text(node.func)) is not None:
                for text in texts_of(node.args[position], tree):
                    yield path.name, text


def place_of_text(function: ast.expr) -> int | None:
    """Return which argument of a function is a text that is printed; None if none is."""
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return TEXT_PLACES.get(name)


def texts_of(expression: ast.expr, tree: ast.Module) -> Iterator[str]:
    """Yield the texts that an expression can be, also by a name that the file assigns."""
    if isinstance(expression, ast.Constant):
        yield str(expression.value)
    elif isinstance(expression, ast.IfExp):
        yield from texts_of(expression.body, tree)
        yield from texts_of(expression.orelse, tree)
    elif isinstance(expression, ast.Name):
        for node in ast.walk(tree):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            named = any(isinstance(target, ast.Name) and target.id == expression.id for target in targets)
            if named and isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                yield from texts_of(node.value, tree)


def commands(command: click.Command) -> Iterator[click.Command]:
    """Yield a command and all below it."""
    yield command
    for child in getattr(command, "commands", {}).values():
        yield from commands(child)


def help_texts() -> Iterator[str]:
    """Yield every text of the help, but for names of arguments."""
    for command in commands(program):
        with click.Context(command, help_option_names=["-h", "--help"]) as context:  # click keeps the option it makes
            yield from paragraphs_of(command)
            yield from filter(None, [command.short_help])
            yield from (str(one.help) for one in command.get_params(context) if isinstance(one, click.Option))
            yield from set(command.collect_usage_pieces(context)) - NAMES
    yield from (value.expected for value in vars(values).values() if isinstance(value, values.Value))


@cache
def texts_in_source() -> frozenset[str]:
    """Return every text in the source."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return frozenset(found)


def names_in(template: str) -> set[str | None]:
    """Return the names of details in a template."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@pytest.mark.parametrize(("file", "template"), sorted(set(line_templates())))
def test_every_line_has_a_translation(file: str, template: str) -> None:
    """With the same details; a new line has to be translated."""
    assert template in vietnamese(), file
    assert names_in(vietnamese()[template]) == names_in(template)


@pytest.mark.parametrize("text", sorted(set(help_texts())))
def test_every_text_of_the_help_has_a_translation(text: str) -> None:
    """Usage, paragraphs, options, short descriptions, and what values are expected to be."""
    assert text in vietnamese()


def test_every_word_that_fills_a_line_has_a_translation() -> None:
    """Those that the source puts together, and those of the system."""
    assert (WORDS | OF_JSON) - set(vietnamese()) == set()


def test_no_translation_is_left_over() -> None:
    """Each belongs to a text of the command, of click, of Python or of the operating system."""
    assert set(vietnamese()) - texts_in_source() - set(help_texts()) - WORDS - OF_JSON == set()


def test_lines_among_the_details_are_in_the_same_language() -> None:
    """A text among them, such as the name of a file, is never taken for a word."""
    given = line("{path}: {fault}", path="valid", fault=line("expected {what}", what=line("a day as YYYY-MM-DD")))
    assert given.in_language("vi") == "valid: cần ngày dạng YYYY-MM-DD"
    assert given.in_language("en") == "valid: expected a day as YYYY-MM-DD"
    assert Line("expires soon", {}).in_language("vi") == "sắp hết hạn"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("--lang", "vi", "--help"), ("Cách dùng: hcert", "Tùy chọn:", "Lệnh:"), id="before the help"),
        pytest.param(("--help", "--lang=vi"), ("Cách dùng: hcert", "Lệnh:"), id="after the help"),
        pytest.param(
            ("verify", "--help", "--lang", "vi"), ("Cách dùng: hcert verify", "[bắt buộc]"), id="of a command"
        ),
        pytest.param(("--lang", "vi", "trust", "-h"), ("Cách dùng: hcert trust", "revoke"), id="of a group"),
    ],
)
def test_help_is_in_the_language_asked_for(tmp_path: Path, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    """Wherever the option is on the command line."""
    done = run(tmp_path, *arguments)
    assert done.status == 0
    for word in words:
        assert word in done.stdout
    for english in ("Usage", "Options", "Commands", "Show this message", "Exit status", "[required]"):
        assert english not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param((), "Thiếu lệnh.", id="no command"),
        pytest.param(("verifi",), "Không có lệnh 'verifi'. Có phải ý bạn là 'verify'?", id="no such command"),
        pytest.param(("verify", "--trust", "x"), "Thiếu tham số 'CODE'.", id="missing argument"),
        pytest.param(("verify", "x"), "Thiếu tùy chọn '--trust'.", id="missing option"),
        pytest.param(("verify", "--tru", "x"), "Không có tùy chọn '--tru'.", id="no such option"),
        pytest.param(("verify", "--trust"), "Tùy chọn '--trust' cần 1 giá trị.", id="option without a value"),
        pytest.param(("issue", "x", "--seal", "x"), "Tùy chọn '--seal' cần 2 giá trị.", id="option with one of two"),
        pytest.param(("verify", "--json=1", "x"), "Tùy chọn '--json' không có giá trị.", id="flag with a value"),
        pytest.param(("verify", "--trust", "x", "y", "z"), "Thừa tham số 'z'.", id="unexpected argument"),
        pytest.param(("verify", "--trust", "x", "y", "HC1:ABC"), "Thừa tham số 'HC1:'.", id="a code is not repeated"),
        pytest.param(
            ("trust", "show", "x", "--threshold", "0"), "'--threshold': cần số nguyên từ 1 trở lên.", id="value"
        ),
        pytest.param(("completion", "sh"), "cần bash, zsh hoặc fish.", id="choice"),
    ],
)
def test_usage_errors_are_in_the_language_asked_for(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    """One line, which ends with where the help is."""
    done = run(tmp_path, "--lang", "vi", *arguments)
    assert done.status == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith("--help'.\n")
    assert "Xem 'hcert" in done.stderr


def test_an_unknown_language_is_one_line_in_english(tmp_path: Path) -> None:
    """With what exists."""
    done = run(tmp_path, "verify", "--lang", "fr", "x")
    assert (done.status, done.stderr.count("\n")) == (2, 1)
    assert "Invalid value for '--lang': expected en or vi." in done.stderr


def test_reports_and_errors_are_in_vietnamese(office: Path, tmp_path: Path) -> None:
    """What is printed, and what is wrong."""
    vi: tuple[Any, ...] = ("--lang", "vi")
    twice = trust(office, "show", "keys.cose", *ANCHORS[:2], *ANCHORS, *vi)
    assert twice.stderr == "hcert: --anchor: anchor1.pub và anchor1.pub là cùng một khóa; mỗi khóa chỉ nêu một lần\n"
    sealed = trust(office, "seal", "trust/dsc.der", *by(1), "-o", tmp_path / "x", *vi)
    assert "1 khóa, phiên bản 1, hiệu lực đến " in sealed.stdout
    assert "ký bởi 1 khóa neo: anchor1.pem" in sealed.stdout
    shown = trust(office, "show", tmp_path / "x", *ANCHORS, *vi)
    assert shown.lines[-1].endswith("còn thiếu: anchor2.pub; CHƯA CÓ HIỆU LỰC")
    wrong = issue(office, "record.json", "--key", "trust/dsc.der", *vi)
    assert "cần khóa riêng, nhưng đây là chứng thư" in wrong.stderr
    assert "cơ quan chứng thực của quốc gia" in run(tmp_path, "demo", "demo", *vi).stdout
    assert "none.png: không có tệp hoặc thư mục này" in run(tmp_path, "inspect", "none.png", *vi).stderr
