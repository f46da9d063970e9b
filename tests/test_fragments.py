"""Fragments of sentences: in both languages, and no English literal fills a message."""

from __future__ import annotations

import ast
import re
import string
import unicodedata
from typing import TYPE_CHECKING, Final

import pytest

from conftest import ROOT
from hcert import words
from hcert.findings import catalog, finding
from hcert.fragments import Fragment, fragment, fragment_of, fragments

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = ROOT / "src" / "hcert"
FILES = {str(path.relative_to(SOURCE)): path.read_text("utf-8") for path in sorted(SOURCE.rglob("*.py"))}
MAKERS = {"finding", "finding_at", "fragment", "Finding", "Fragment", "warn"}
RAISERS = {"ValueError", "CborError"}  # whose fragment becomes the reason of a message
PLACES = {"record", "path", "field", "member", "name", "holder", "part", "product"}
MEMBERS = re.compile(r"[A-Za-z_][A-Za-z_0-9]*(?:[.\[\]]+[A-Za-z_0-9]*)*|[.\[\]]+[A-Za-z_0-9.\[\]]*")
NOTATION: Final = {  # that is the same in every language, each in the messages that hold it
    "form": {"PEM", "YYYY-MM-DD", "DDMMYYYY"},
    "known": {"1.3.x", "1.x.x", ".x"},
    "path": {"v, t, r"},
    "allowed": {"0, 1, 2"},
    "extra": {"hsm", "issue", "paper", "spark"},  # what is installed by `pip install hcert[...]`
    "hours": {"g"},
    "generation": {" (", ")"},
    "reason": {"CKA_SIGN", "NoSuchToken"},  # names of PKCS #11
}
PROGRAMMERS = ("AssertionError", "TypeError", "AttributeError", "ImportError", "ModuleNotFoundError")
WORDS_OF_OTHERS: Final[dict[str, set[str]]] = {  # what libraries say, notations, and names of kinds
    "bulk/spark_runner.py": {"No space left on device", "Disk quota exceeded", "File too large"},
    "codec/cbor.py": {"Duplicate map key", "nesting depth"},
    "exchange/write_bundle.py": {"History of past illness", "Allergies and intolerances"},  # sections of the IPS
    "exchange/write_parts.py": {'<div xmlns="'},
    "issue/drawing.py": {
        '<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="',
        '" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h',
    },
    "keys/certificate.py": {"to be signed"},
    "keys/pkcs11_faults.py": {"not initialized", "already initialized", "exception while loading"},
    "records/eu_dcc/model.py": {"Expected a date-time of at most ", "Object missing required field `"},
    "records/icvp/schema.py": {"birth date"},
    "records/medication_overview/decode.py": {"birth date", "partial date"},
    "records/schema_words.py": {
        "Invalid RFC3339 encoded date",
        "Invalid RFC3339 encoded datetime",
        "Expected `datetime` with a timezone component",
    },
    "records/who_payload.py": {"birth date", "partial date"},
    "store/store_update.py": {"key list", "revocation list", "rule list"},
    "store/updater.py": {"key list", "revocation list", "rule list"},
}
MAX_FRAGMENT = 160  # characters
PERSONAL = {"name_of_person", "birth_date", "text", "value", "content"}


def english_details(source: str) -> Iterator[str]:
    """Yield the texts that a source fills into messages and that are neither codes, places nor numbers."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        of_error = (
            name == "of" and isinstance(function, ast.Attribute) and ast.unparse(function.value).endswith("Error")
        )
        if name in MAKERS or of_error:
            for keyword in node.keywords:
                yield from (text for text in texts_in(keyword.value) if not is_told(text, keyword.arg or ""))
        if name in RAISERS:
            yield from (text for argument in node.args for text in texts_in(argument))


def texts_in(node: ast.AST) -> Iterator[str]:
    """Yield the texts of an expression; those of calls in it are looked at on their own."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if not isinstance(node, ast.Call) or (isinstance(node.func, ast.Attribute) and node.func.attr in {"join", "get"}):
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.FormattedValue) or child.format_spec is None:
                yield from texts_in(child)


def is_told(text: str, detail: str) -> bool:
    """Tell whether a text means the same in every language."""
    if not any(character.isalpha() for character in text) or text in catalog() or text in fragments():
        return True
    return text in NOTATION.get(detail, ()) or (detail in PLACES and MEMBERS.fullmatch(text) is not None)


@pytest.mark.parametrize("file", FILES)
def test_no_english_fills_a_message(file: str) -> None:
    """It could not be said in another language."""
    assert list(english_details(FILES[file])) == []


@pytest.mark.parametrize(
    "source",
    [
        pytest.param('finding("record.schema", path="the record")', id="a place"),
        pytest.param('IssueError.of("record.schema", path=path or "the whole")', id="a place that is chosen"),
        pytest.param('fragment("schema.expected", expected="an array")', id="inside a fragment"),
        pytest.param('finding("sealed.no_dose", number=number if number else "other")', id="one word"),
        pytest.param('fragment("schema.expected_got", got=f"tuple of {count}")', id="part of a format"),
        pytest.param('finding("x.y", keys=", ".join("other" for key in keys))', id="joined"),
        pytest.param('raise ValueError("no signature")', id="what an error is raised with"),
        pytest.param('errors.MalformedError.of("key.unreadable", kind="key")', id="an error of a module"),
    ],
)
def test_english_that_fills_a_message_is_found(source: str) -> None:
    """The search above would see it."""
    assert list(english_details(source)) != []


def sentences(source: str) -> Iterator[str]:
    """Yield the texts of several words in a source, but for docstrings, patterns, reprs and errors of programmers."""
    tree = ast.parse(source)
    passed: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):  # docstrings
            passed.add(node.value)
        if isinstance(node, ast.FunctionDef) and node.name == "__repr__":
            passed |= set(ast.walk(node))
        if isinstance(node, ast.Raise) and node.exc is not None and ast.unparse(node.exc).startswith(PROGRAMMERS):
            passed |= set(ast.walk(node))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re."):
            passed |= set(ast.walk(node))
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and node not in passed else None
        if isinstance(text, str) and re.search("[a-z],? [a-z]{2,}", text):
            yield text


@pytest.mark.parametrize("file", [name for name in FILES if not name.startswith("cli/")])
def test_no_english_sentence_is_in_the_source(file: str) -> None:
    """Whatever way it would take into a message: words are in data files, in both languages."""
    assert set(sentences(FILES[file])) <= WORDS_OF_OTHERS.get(file, set())


def test_a_sentence_in_the_source_is_found() -> None:
    """Also where no call shows what it is for."""
    assert list(sentences("problems.append((path or 'the whole', problem))")) == ["the whole"]
    assert list(sentences("NEWER = 'a member of a newer version'")) == ["a member of a newer version"]


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


def test_every_fragment_is_used_and_every_used_one_exists() -> None:
    """No words are dead and none are missing."""
    text = "".join(FILES.values())
    assert set(re.findall(r'\b[fF]ragment\(\s*"([a-z_0-9.]+)"', text)) == set(fragments())


def test_a_fragment_is_said_in_the_language_of_its_message() -> None:
    """Also one inside another, and each of several."""
    found = finding("cose.malformed", reason=fragment("cose.kid", least=1, most=32))
    assert found.message.endswith("its kid is not a byte string of 1 to 32 bytes.")
    assert words.message(found, language="vi").endswith("kid không phải chuỗi từ 1 đến 32 byte.")
    several = finding("claims.other_subclaims", others=(7, fragment("place.other_number")))
    assert f"7, {fragment('place.other_number')}" in several.message
    assert "7, số khác" in words.message(several, language="vi")


def test_an_error_of_another_making_is_not_quoted() -> None:
    """Its words are English, and may quote the input."""
    assert fragment_of(ValueError("Nguyễn")) == Fragment("content.malformed")
    assert fragment_of(ValueError()) == Fragment("content.malformed")
    assert fragment_of(ValueError(fragment("content.empty"))) == Fragment("content.empty")
