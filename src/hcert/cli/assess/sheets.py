"""`hcert assess sheets`: what an assessor of an app on a phone needs, in a folder."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from hcert.cli import options
from hcert.cli.assess.app_lists import write_lists
from hcert.cli.assess.filled_form import write_form
from hcert.cli.assess.fresh_kit import GROUPS, make_vectors
from hcert.cli.assess.instructions import Instructions
from hcert.cli.assess.kit import VERSION, load_kit
from hcert.cli.assess.one_setup import Setup, find_setup
from hcert.cli.assess.screen_page import write_screen_page
from hcert.cli.exits import UnusableInputError
from hcert.cli.help import Command
from hcert.cli.outputs import write
from hcert.cli.streams import progress, show, show_json
from hcert.cli.texts import say, translate
from hcert.cli.values import COUNT, FILE, MOMENT, TEXT
from hcert.paper.kit_sheets import draw_any, typeset_form, typeset_sheets

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hcert import words
    from hcert.cli.texts import Settings

CONTENT: Final = {
    "sheets.pdf": "the codes on paper, each with its number",
    "screen.html": "the codes on a screen, one at a time",
    "form.pdf": "the form on paper",
    "form.csv": "the form for a spreadsheet, which hcert assess form reads",
    "keys.pem": "the keys as certificates",
    "keys.json": "the keys with their kids, and what is revoked",
    "keys.did.json": "the keys as a DID document, in the form of the WHO's list",
    "keys.cose, revocations.bin": "the same as signed lists of hcert",
    "anchor.pub": "the anchor of the signed lists",
    "vectors.json": "the codes with what is expected of them: keep it from those who are assessed",
}


@click.command(cls=Command, short_help="Make sheets of codes to show to an app on a phone.")
@click.option("--vectors", type=FILE, metavar="FILE", help="The conformance kit: vectors.json.")
@click.option("--seed", type=COUNT, metavar="N", help="Make fresh codes from this number, in place of the kit.")
@click.option("--at", type=MOMENT, metavar="TIME", help="Time of the check for fresh codes, such as "
    "2026-06-01T08:00:00+00:00; without it now.")  # fmt: skip
@click.option(
    "--group",
    "groups",
    type=TEXT,
    multiple=True,
    metavar="NAME",
    help="Take only the vectors of this group; repeatable.",
)
@click.option("-o", "--output", "folder", type=FILE, required=True, metavar="DIRECTORY", help="New or empty folder.")
@options.as_json
@options.language
@click.pass_obj
def sheets(settings: Settings, /, folder: Path, **given: Any) -> None:
    """Make sheets of codes for the assessment of an app on a phone, with its lists and a form.

    The codes are those of the kit that share the commonest list of keys and time, or fresh ones: no program can have
    been tuned to codes from a number that nobody knows. Whoever knows the number can make them too.

    Exit status: 0 done, 2 unusable input.
    """
    _check_options(folder, given)
    vectors = _make_or_load(given)
    setup = find_setup(vectors)
    drawn = progress(map(draw_any, [vector["text"] for vector in setup.vectors]), "vectors", total=len(setup.vectors))
    symbols = {number: svg for number, svg in enumerate(drawn) if svg is not None}
    chosen = [setup.vectors[number] for number in symbols]
    if not chosen:
        raise UnusableInputError.because("no vector fits a QR code")
    files = _make_files(setup, chosen, list(symbols.values()), settings.language)
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        write(folder / name, data)
    if given["as_json"]:
        left_out = len(vectors) - len(chosen)
        show_json({"directory": str(folder), "files": sorted(files), "codes": len(chosen), "left_out": left_out})
        return
    _show_files(folder, len(chosen), len(vectors))


def _check_options(folder: Path, given: dict[str, Any]) -> None:
    if (given["vectors"] is None) == (given["seed"] is None):
        raise UnusableInputError.because("name either --vectors or --seed")
    if given["at"] is not None and given["seed"] is None:
        raise UnusableInputError.because("--at goes with --seed; vectors of a file have their own times")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UnusableInputError.because("{directory}: expected a new or an empty folder", directory=folder)


def _make_or_load(given: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the vectors of the groups that are named, or all."""
    groups = given["groups"]
    if given["seed"] is None:
        return load_kit(given["vectors"], groups).vectors
    for group in groups:
        if group not in GROUPS:
            raise UnusableInputError.because("{path}: no vector is of the group {group}", path="--group", group=group)
    fresh = make_vectors(given["seed"], given["at"] or datetime.now(UTC))
    return [vector for vector in fresh if not groups or vector["group"] in groups]


def _make_files(
    setup: Setup, chosen: Sequence[dict[str, Any]], symbols: Sequence[str], language: words.Language
) -> dict[str, bytes]:
    """Return the files by name."""
    vectors = (json.dumps({"version": VERSION, "vectors": chosen}, ensure_ascii=False, indent=1) + "\n").encode()
    notes = Instructions(language, setup.clock, len(chosen), hashlib.sha256(vectors).hexdigest())
    page = write_screen_page(symbols, title=notes.title, facts=notes.facts, steps=notes.steps, language=language)
    return {
        **write_lists(setup),
        "sheets.pdf": typeset_sheets(symbols, words=notes.for_sheets(), language=language),
        "screen.html": page.encode(),
        "form.pdf": typeset_form(len(chosen), words=notes.for_form(), language=language),
        "form.csv": write_form(len(chosen), language),
        "vectors.json": vectors,
    }


def _show_files(folder: Path, chosen: int, given: int) -> None:
    show(say("{directory}: {count} codes to show to an app", directory=folder, count=chosen))
    width = max(map(len, CONTENT))
    show("\n".join(f"  {names:{width}}  {translate(text)}" for names, text in CONTENT.items()))
    if chosen < given:
        show(say("{count} vectors are left out: they need other lists or another time, or fit no QR code.",
            count=given - chosen))  # fmt: skip
