"""Wrong inputs that any command may get, and those of the commands without a table of their own: one line each.

The tables of `issue`, `verify`, `keys`, `trust` and `assess` are beside their other tests: `pytest -k wrong_inputs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from support.command import ANCHORS, ISSUING, assert_one_line, named_rows, run

if TYPE_CHECKING:
    from pathlib import Path

STORE = ("--anchor", "anchor1.pub", "--anchor", "anchor2.pub")


@pytest.fixture(scope="module", autouse=True)
def odd_files(office: Path) -> None:
    """Files that people have, and that no command takes."""
    Image.new("1", (9000, 9000), 1).save(office / "huge.png")
    (office / "ngày sinh.json").write_text("{")
    (office / "utf16.json").write_text("{}", encoding="utf-16")
    (office / "link").symlink_to("nowhere")
    (office / "short.txt").write_text("HC1:")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    named_rows(
        ((), 2, "Missing command."),
        (("frobnicate",), 2, "No such command 'frobnicate'."),
        (("isue",), 2, "No such command 'isue'. Did you mean 'issue'?"),
        (("--frobnicate",), 2, "No such option '--frobnicate'."),
        (("--lang", "fr", "demo", "x"), 2, "Invalid value for '--lang': expected en or vi."),
        (("verify", "--lang"), 2, "Option '--lang' needs a value."),
        (("verify", "--json=yes", "HC1:"), 2, "Option '--json' takes no value."),
        (("verify", "--trust", "trust", "a.png", "b.png"), 2, "Unexpected argument 'b.png'."),
        (("verify", "--trust", "trust", "a.png", "HC1:6BF"), 2, "Unexpected argument 'HC1:'."),
        (("verify", "--trust", "trust", "huge.png"), 2, "huge.png: picture.too_large"),
        (("verify", "--trust", "trust", "link"), 2, "link: No such file or directory"),
        (("verify", "--trust", "link", "HC1:"), 2, "link: No such file or directory"),
        (("verify", "--trust", "trust", "--require", "vaccine", "HC1:"), 2, "expected series, test or recovery."),
        (("verify", "--trust", "trust", "a\0b"), 2, "a text, but the argument is empty"),
        (("issue", *ISSUING, "trust"), 2, "trust: Is a directory"),
        (
            ("issue", *ISSUING, "ngày sinh.json"),
            2,
            "ngày sinh.json: this is not JSON that can be used: line 1, column 2",
        ),
        (("issue", *ISSUING, "utf16.json"), 2, "utf16.json: expected JSON, this is not a text in UTF-8"),
        (("issue", *ISSUING, "record.json", "--seal", "clinic.pub"), 2, "Option '--seal' needs 2 values."),
        (("issue", *ISSUING, "record.json", "--error", "X"), 2, "expected L, M, Q or H."),
        (("issue", *ISSUING, "record.json", "-o", "trust"), 2, "trust: expected a name that ends in .svg"),
        (("issue", *ISSUING, "record.json", "-o", "k.pem/code.png"), 2, "k.pem/code.png: No such file or directory"),
        (("inspect", "none.png"), 2, "none.png: No such file or directory"),
        (("inspect", "blank.png"), 2, "blank.png: picture.no_code"),
        (("inspect", "empty"), 2, "empty: it is empty"),
        (("demo", "trust"), 2, "trust: expected a new or an empty folder"),
        (("demo", "k.pem"), 2, "k.pem: expected a new or an empty folder"),
        (("demo", ""), 2, "a file, but the argument is empty"),
        (("completion", "cmd"), 2, "expected bash, zsh or fish."),
        (("store", "show", "none", *STORE), 2, "none: there is no store"),
        (("store", "show", "empty folder", *STORE), 2, "store.empty"),
        (("store", "show", "empty folder"), 2, "--anchor is needed"),
        (("store", "update", "new", "none.cose", *STORE), 2, "none.cose: No such file or directory"),
        (("store", "update", "new", "keys.cose"), 2, "--anchor is needed"),
        (
            ("store", "update", "new", "keys.cose", "--anchor", "k.pem"),
            2,
            "k.pem: expected a public key or a certificate",
        ),
        (("store", "update", "new", "record.json", *STORE), 1, "record.json: document.malformed"),
        (("store", "update", "new", "keys.cose", *STORE, "--threshold", 3), 2, "--threshold 3: expected 1 to 2"),
        (("store", "verify", "empty folder", "HC1:", *STORE, "--grace-days", "x"), 2, "a number of days above 0"),
        (("trust",), 2, "Missing command."),
        (("trust", "shwo"), 2, "No such command 'shwo'. Did you mean 'show'?"),
        (("trust", "show", "keys.cose", *ANCHORS, "--base", "none"), 2, "none: No such file or directory"),
        (("trust", "seal", "none.pem", "--key", "anchor1.pem", "--version", 1), 2, "Missing option '--valid-days'."),
    ),
)
def test_wrong_inputs_are_one_line(office: Path, arguments: tuple[object, ...], status: int, words: str) -> None:
    """With the file or option at fault, and a status that says whose fault it is."""
    assert_one_line(run(office, *arguments), status, words)


def test_a_text_that_is_not_a_code_is_refused(office: Path) -> None:
    """It is a verdict, not unusable input."""
    for text in ("HC1:", "short.txt"):
        assert run(office, "verify", "--trust", "trust", text).status == 1
