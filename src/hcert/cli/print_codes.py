"""`hcert print`: codes as sheets of paper, as a card, or as a picture for a phone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import hcert
from hcert import paper
from hcert.cli import options
from hcert.cli.codes import PREFIXES, read_code
from hcert.cli.exits import RefusedError, UnusableInputError
from hcert.cli.help import Command
from hcert.cli.json_files import read_value_sets
from hcert.cli.outputs import check_output, write
from hcert.cli.texts import Line, line
from hcert.cli.values import TEXT
from hcert.cli.verify import open_lists, trusting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hcert.cli.texts import Settings


@click.command("print", cls=Command, short_help="Print a code on paper.")
@click.argument("codes", type=TEXT, nargs=-1, required=True)
@trusting
@click.option("--card", is_flag=True, help="A card of the size ID-1 with two sides, instead of a sheet.")
@click.option("--phone", is_flag=True, help="A picture (.png) for the gallery of a phone, instead of a sheet.")
@click.option("--book", is_flag=True, help="Sheets of several codes in one file, in their order.")
@options.output(required=True, text="File to write: .pdf, with --phone .png.")
@options.force
@options.value_sets
@options.language
@click.pass_obj
def print_codes(settings: Settings, /, codes: Sequence[str], **given: Any) -> None:
    """Check CODES offline and print them: texts of codes (HC1:...), pictures, text files, or - for standard input.

    A sheet is A4 and is folded twice to A6. All that stands on it was read back from the code; a code that is refused
    is not printed. With --lang vi the page is in Vietnamese and English.

    Exit status: 0 printed, 1 a code is refused or does not fit, 2 unusable input.
    """
    output: Path = given["output"]
    _check_options(codes, output, given)
    files = [Path(code) for code in codes if code != "-" and not code.startswith(PREFIXES)]
    lists = [*given["trust"], *given["anchors"], *given["revocations"]]
    check_output(output, inputs=[*files, *lists], force=given["force"])
    texts = [read_code(code) for code in codes]
    sources = [_name(code) for code in codes]
    trust, revocations = open_lists(given)
    known = read_value_sets(given["value_sets"])
    _check(texts, sources, hcert.Verifier(trust, revocations=revocations, value_sets=known))
    options_of_page: dict[str, Any] = {
        "trust": trust,
        "revocations": revocations,
        "language": settings.language,
        "zone": datetime.now().astimezone().tzinfo or UTC,
        "value_sets": known,
    }
    draw = paper.card if given["card"] else paper.picture if given["phone"] else paper.sheet
    try:
        data = paper.book(texts, **options_of_page) if given["book"] else draw(texts[0], **options_of_page)
    except hcert.IssueError:
        for text, source in zip(texts, sources, strict=True):  # find the one at fault
            try:
                draw(text, **options_of_page)
            except hcert.IssueError as error:
                raise RefusedError(*((source, found) for found in error.findings)) from None
        raise
    write(output, data)


def _check_options(codes: Sequence[str], output: Path, given: dict[str, Any]) -> None:
    if given["card"] + given["phone"] + given["book"] > 1:
        raise UnusableInputError.because("--card, --phone and --book contradict each other")
    if len(codes) > 1 and not given["book"]:
        raise UnusableInputError.because("several codes are printed as one file with --book")
    suffix = ".png" if given["phone"] else ".pdf"
    if output.suffix.lower() != suffix:
        raise UnusableInputError.because(
            "{output}: expected a name that ends in {suffix}", output=output, suffix=suffix
        )


def _check(texts: Sequence[str], sources: Sequence[str | Line], verifier: hcert.Verifier) -> None:
    """Refuse what does not verify, each code with its reasons."""
    reasons = [
        (source, found)
        for source, verdict in zip(sources, verifier.check_many(texts), strict=True)
        for found in verdict.errors
    ]
    if reasons:
        raise RefusedError(*reasons)


def _name(code: str) -> str | Line:
    """Name the source of a code; nothing of a code is shown."""
    if code == "-":
        return line("standard input")
    return next((prefix for prefix in PREFIXES if code.startswith(prefix)), code)
