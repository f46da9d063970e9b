"""`hcert print`: what verifies is printed, in the language of the person, and nothing is overwritten."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from hcert import citizen
from support import pages
from support.citizen_records import citizen_person, citizen_record, sampled
from support.command import ANCHORS, Done, assert_one_line, issue, run, text_of
from support.signers import document_signer, p256

if TYPE_CHECKING:
    from pathlib import Path


def print_codes(folder: Path, *arguments: object) -> Done:
    """Print under the certificate of the desk."""
    return run(folder, "print", "--trust", "trust", *arguments)


@pytest.mark.parametrize("source", ["text", "file", "picture"])
def test_a_code_is_printed_as_a_sheet(office: Path, tmp_path: Path, source: str) -> None:
    """From its text, a text file, or a picture."""
    text = (office / "dcc.txt").read_text()
    given = {"text": text, "file": "dcc.txt", "picture": "dcc.png"}[source]
    output = tmp_path / "sheet.pdf"
    done = print_codes(office, given, "-o", output)
    assert (done.status, done.stdout, done.stderr) == (0, "", "")
    (read,) = pages.read(pages.render(output.read_bytes(), dpi=150))
    assert source == "picture" or read == text
    assert "Health certificate" in pages.text_of(output.read_bytes())


def test_a_vietnamese_sheet_is_printed(office: Path, tmp_path: Path) -> None:
    """With English beside."""
    output = tmp_path / "sheet.pdf"
    assert print_codes(office, "life.txt", "--lang", "vi", "-o", output).status == 0
    text = pages.text_of(output.read_bytes())
    assert "Chứng nhận y tế Health certificate" in text


@pytest.mark.parametrize(("option", "name", "count"), [("--card", "card.pdf", 2), ("--phone", "phone.png", None)])
def test_a_code_is_printed_as_a_card_and_as_a_picture(
    office: Path, tmp_path: Path, option: str, name: str, count: int | None
) -> None:
    """A card has two sides."""
    output = tmp_path / name
    assert print_codes(office, "life.txt", option, "-o", output).status == 0
    data = output.read_bytes()
    picture = pages.open_png(data) if count is None else pages.render(data, dpi=300)
    assert pages.read(picture) == [(office / "life.txt").read_text()]
    if count is not None:
        with pages.open_pdf(data) as document:
            assert len(document) == count


def test_many_codes_are_printed_as_one_book(office: Path, tmp_path: Path) -> None:
    """In the order of the command line."""
    output = tmp_path / "book.pdf"
    assert print_codes(office, "--book", "life.txt", "dcc.txt", "life.txt", "-o", output).status == 0
    read = [pages.read(pages.render(output.read_bytes(), dpi=150, page=page)) for page in range(3)]
    life, dcc = ((office / name).read_text() for name in ("life.txt", "dcc.txt"))
    assert read == [[life], [dcc], [life]]


def test_signed_lists_decide_what_is_printed(office: Path, tmp_path: Path) -> None:
    """A published key list needs its revocation list, as for `hcert verify`."""
    given = ("print", "dcc.txt", "--trust", "keys.cose", *ANCHORS, "-o", tmp_path / "sheet.pdf")
    assert_one_line(run(office, *given), 1, "revocation.list_missing")
    assert run(office, *given, "--revocations", "full.bin").status == 0


def test_a_refused_code_is_not_printed(office: Path, tmp_path: Path) -> None:
    """The line names the file and the reason; of a book nothing is printed."""
    output = tmp_path / "book.pdf"
    stranger = document_signer(p256()).issue().text
    (tmp_path / "stranger.txt").write_text(stranger)
    done = print_codes(office, "--book", "dcc.txt", tmp_path / "stranger.txt", "-o", output)
    assert_one_line(done, 1, "stranger.txt: trust.unknown_key")
    assert not output.exists()
    assert "HC1:NC" not in print_codes(office, stranger, "-o", output).stderr


def test_a_code_that_does_not_fit_is_named(office: Path, tmp_path: Path) -> None:
    """With the file it came from."""
    members = citizen.to_dict(citizen_record(2, 2, person=citizen_person(family_name="阮", given_name=None)))
    (tmp_path / "han.json").write_text(json.dumps(members))
    (tmp_path / "han.txt").write_text(text_of(office, str(tmp_path / "han.json")))
    done = print_codes(office, "--book", "dcc.txt", tmp_path / "han.txt", "-o", tmp_path / "book.pdf")
    assert_one_line(done, 1, "han.txt: paper.letters")
    letters = [hashlib.sha512(bytes([number])).hexdigest()[:80] for number in range(40)]
    tests = tuple(sampled(number, centre=text) for number, text in enumerate(letters, 1))
    (tmp_path / "long.json").write_text(json.dumps(citizen.to_dict(citizen_record(0, 0).revise(tests=tests))))
    assert issue(office, tmp_path / "long.json", "-o", tmp_path / "long.txt").status == 0
    assert print_codes(office, tmp_path / "long.txt", "-o", tmp_path / "long.pdf").status == 0
    assert_one_line(
        print_codes(office, "--card", tmp_path / "long.txt", "-o", tmp_path / "card.pdf"), 1, "paper.too_dense"
    )


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("dcc.txt", "-o", "sheet.png"), ".pdf"),
        (("dcc.txt", "--phone", "-o", "sheet.pdf"), ".png"),
        (("dcc.txt", "life.txt", "-o", "sheet.pdf"), "--book"),
        (("dcc.txt", "--card", "--phone", "-o", "sheet.pdf"), "--card"),
        (("dcc.txt", "--card", "--book", "-o", "sheet.pdf"), "--book"),
        (("dcc.txt",), "--output"),
        (("-o", "sheet.pdf"), "CODES"),
        (("nothing.txt", "-o", "sheet.pdf"), "nothing.txt"),
        (("dcc.txt", "-o", "nowhere/sheet.pdf"), "nowhere"),
        (("dcc.txt", "-o", "paper.pdf"), "--force"),
    ],
)
def test_a_slip_is_one_line(office: Path, arguments: tuple[str, ...], named: str) -> None:
    """That names what is at fault; nothing is written."""
    before = {path.name for path in office.iterdir()}
    assert_one_line(print_codes(office, *arguments), 2, named)
    assert {path.name for path in office.iterdir()} == before
