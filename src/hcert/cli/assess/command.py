"""`hcert assess`: run the kit against a program and write the report."""

from __future__ import annotations

import os
import shlex
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import click

from hcert.cli import options
from hcert.cli.assess.html_report import to_html
from hcert.cli.assess.judgement import conforms, judge
from hcert.cli.assess.kit import load_kit
from hcert.cli.assess.report import Report, to_json, to_text
from hcert.cli.assess.runner import Program
from hcert.cli.exits import DONE, REFUSED, UnusableInputError
from hcert.cli.help import Command
from hcert.cli.outputs import check_output, write
from hcert.cli.streams import progress, show, show_json
from hcert.cli.values import COUNT, FILE, SECONDS, TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hcert import words
    from hcert.cli.assess.kit import Kit
    from hcert.cli.texts import Settings


html = click.option("--html", type=FILE, metavar="FILE", help="Write the report to this file, too, as a page.")


@click.command(
    "program",
    cls=Command,
    short_help="Assess a program against the conformance kit.",
    context_settings={"allow_interspersed_args": False},  # options after the program are its own
)
@click.argument("program", nargs=-1, required=True)
@click.option("--vectors", type=FILE, required=True, metavar="FILE", help="The conformance kit: vectors.json.")
@click.option(
    "--group",
    "groups",
    type=TEXT,
    multiple=True,
    metavar="NAME",
    help="Run only the vectors of this group; repeatable.",
)
@click.option("--persistent", is_flag=True, help="Start the program once; it answers case after case.")
@click.option(
    "--timeout", type=SECONDS, default=5, show_default=True, metavar="SECONDS", help="Time limit for each case."
)
@click.option(
    "--jobs", type=COUNT, metavar="N", help="How many programs to run at a time; without it one for each processor."
)
@click.option("--codes", is_flag=True, help="Compare the findings with those of hcert, too.")
@html
@options.force
@options.as_json
@options.language
@click.pass_obj
def assess_program(settings: Settings, /, program: tuple[str, ...], **given: Any) -> int:
    """Assess PROGRAM, in any language, against the conformance kit: hcert assess --vectors vectors.json -- node app.js.

    PROGRAM reads a case as a line of JSON from standard input and writes its verdict as a line of JSON:
    {"accepted": true}, {"accepted": false} or {"unsupported": "why"}. The how-to page on assessing has the details.

    Exit status: 0 the program conforms, 1 it does not, 2 unusable input.
    """
    page: Path | None = given["html"]
    if page is not None:
        check_output(page, inputs=[given["vectors"]], force=given["force"])
    kit = load_kit(given["vectors"], given["groups"])
    if shutil.which(program[0]) is None:
        raise UnusableInputError.because("{program}: there is no such program", program=program[0])
    answers = _run(kit, program, given)
    results = [
        judge(vector, answer, compare_codes=given["codes"]) for vector, answer in zip(kit.vectors, answers, strict=True)
    ]
    facts = {"Program": shlex.join(program), "Date": f"{datetime.now(UTC):%F %R} UTC"}
    return publish(Report(facts, kit.description, results), settings.language, given)


def publish(report: Report, language: words.Language, given: dict[str, Any]) -> int:
    """Show a report, write it as a page if there is an option for it, and return the exit status."""
    if given["html"] is not None:
        write(given["html"], to_html(report, language).encode())
    if given["as_json"]:
        show_json(to_json(report))
    else:
        show(to_text(report, language))
    return DONE if conforms(report.results) else REFUSED


def _run(kit: Kit, command: Sequence[str], given: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the program's answers, in the order of the kit."""
    jobs = min(given["jobs"] or os.cpu_count() or 1, len(kit.vectors))
    idle: SimpleQueue[Program] = SimpleQueue()

    def answer(vector: dict[str, Any], number: int) -> dict[str, Any]:
        program = idle.get()
        try:
            return program.answer(vector, number)
        finally:
            idle.put(program)

    with ExitStack() as stack:  # ends the programs before the pool, so that nobody waits for their answers
        pool = stack.enter_context(ThreadPoolExecutor(jobs))
        for _ in range(jobs):
            program = Program(list(command), timeout=given["timeout"], persistent=given["persistent"])
            idle.put(stack.enter_context(closing(program)))
        numbers = range(1, len(kit.vectors) + 1)
        return list(progress(pool.map(answer, kit.vectors, numbers), "vectors", total=len(kit.vectors)))
