"""The files: tagged PDFs with their fonts inside, the same in every process, drawn without anything from outside."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from conftest import ROOT
from hcert import paper
from hcert.paper.letters import LETTERS, to_drawable
from hcert.paper.typesetting import typeset
from support import pages
from support.citizen_records import citizen_record, recovered
from support.printing import FORMS, PDF, SIGNER, TRUST, code_of, printed
from support.signers import NOW

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEXT = code_of(citizen_record(2, 2, recoveries=(recovered(9),)))
TEMPLATES = ROOT / "src" / "hcert" / "paper" / "data"


@pytest.mark.parametrize("draw", PDF)
def test_the_fonts_are_inside(draw: Callable[..., bytes]) -> None:
    """So that a print shop sees the same page."""
    fonts = pages.fonts_of(printed(draw, TEXT))
    assert len(fonts) >= 3
    assert all(fonts.values())
    assert all("LibertinusSerif" in name for name in fonts)


def test_a_screen_reader_finds_headings_tables_and_the_code() -> None:
    """The structure of a sheet, in its order."""
    tags = pages.tags_of(printed(paper.sheet, TEXT))
    kinds = [tag.kind for tag in tags]
    assert kinds.count("H1") == 1
    assert kinds.count("H2") == 4
    assert kinds.count("Table") == kinds.count("THead") == 3
    assert kinds.count("TH") == 12
    assert kinds.count("TD") == 20
    assert kinds.count("LI") == 3
    (figure,) = [tag for tag in tags if tag.kind == "Figure"]
    assert "Mã QR" in figure.alternative
    assert kinds.index("H1") < kinds.index("Figure") < kinds.index("H2") < kinds.index("Table")


@pytest.mark.parametrize(("draw", "language"), [(draw, language) for draw in PDF for language in ("vi", "en")])
def test_a_document_says_its_language_and_names_nobody_in_its_properties(
    draw: Callable[..., bytes], language: str
) -> None:
    """A list of files shows its title."""
    data = printed(draw, TEXT, language=language)
    assert f"/Lang({language})".encode() in data.replace(b" ", b"")
    with pages.open_pdf(data) as document:
        properties = document.get_metadata_dict()
    assert properties["Title"] == {"vi": "Chứng nhận y tế", "en": "Health certificate"}[language]
    assert "Nguy" not in str(properties)
    assert not properties["CreationDate"]


@pytest.mark.process
@pytest.mark.parametrize("draw", FORMS)
def test_two_processes_give_the_same_bytes(draw: Callable[..., bytes], tmp_path: Path) -> None:
    """In another time zone and with other hashes too, and whenever the code is checked."""
    (tmp_path / "code.txt").write_text(TEXT, encoding="ascii")
    (tmp_path / "dsc.der").write_bytes(SIGNER.certificate)
    program = f"""
import datetime, hashlib, pathlib, sys
import hcert
folder = pathlib.Path(sys.argv[1])
trust = hcert.TrustList([hcert.TrustedKey.from_certificate((folder / "dsc.der").read_bytes())])
at = datetime.datetime.fromisoformat("{NOW.isoformat()}") + datetime.timedelta(days=3)
data = hcert.paper.{draw.__name__}((folder / "code.txt").read_text(), trust=trust, at=at)
print(hashlib.sha256(data).hexdigest())
"""
    environment = os.environ | {"TZ": "Asia/Ho_Chi_Minh", "PYTHONHASHSEED": "7", "SOURCE_DATE_EPOCH": "1"}
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True, env=environment
    )
    own = draw(TEXT, trust=TRUST, at=NOW)
    assert done.stdout.strip() == hashlib.sha256(own).hexdigest()


def test_the_templates_load_nothing_from_outside() -> None:
    """No package of typst's registry, no file but their own."""
    for path in TEMPLATES.glob("*.typ"):
        text = path.read_text(encoding="utf-8")
        assert "@preview" not in text
        assert set(re.findall(r"#?import \"([^\"]+)\"", text)) <= {"parts.typ"}
        assert not re.search(r"\b(?:read|include|eval|plugin)\(", text)


def test_every_letter_that_is_called_drawable_can_be_drawn() -> None:
    """In every face that a page uses; typst refuses a tagged PDF with a letter that its font lacks."""
    letters = sorted(LETTERS)
    assert set("ẾẬữỹĐđƠơƯư") <= LETTERS
    rows = [{"rank": 0, "cells": [[["x"]], [["".join(letters), "".join(letters)]], [], []]}]
    page = {
        "name": ["".join(letters)],
        "latin_only": [],
        "country": ["".join(letters), "".join(letters)],
        "born": [["x"], ["x"]],
        "expires": [["x"], ["x"]],
        "facts": [],
        "identifiers": [],
        "groups": [{"title": ["".join(letters), "".join(letters)], "columns": [["x"]] * 4, "rows": rows}],
        "left_out": [],
        "symbol": '<svg xmlns="http://www.w3.org/2000/svg" width="9mm" height="9mm" viewBox="0 0 9 9"/>',
        "pixels": 9,
    }
    words = {
        **{name: ["x"] for name in ("title", "symbol", "certificate", "name_label", "more", "only_if_read", "fold")},
        "notes": [["x"]],
        "language": "vi",
    }
    assert typeset("sheet.typ", {"words": words, "pages": [page]}).startswith(b"%PDF")


@pytest.mark.parametrize("text", ["阮", "א", "ع", "e\u0308\u0301", "\u200b", "\u202e", "A\x00", "☺", "\U0001f489"])
def test_letters_of_other_scripts_are_not_called_drawable(text: str) -> None:
    """Nor marks that could pile up, nor what is not seen."""
    assert to_drawable(text) is None


def test_a_text_becomes_one_line_in_nfc() -> None:
    """Line ends, tabs and wide spaces are spaces."""
    assert to_drawable(" Nguye\u0302\u0303n \n\t\u3000A\u00a0") == "Nguyễn A"
