"""`hcert bulk resume`, `status`, `rejects` and `superseded`: what there is to do and to know about a job."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final

import click

import hcert
from hcert.cli import options
from hcert.cli.bulk.issue import make_issue_plan
from hcert.cli.bulk.running import check_engine, engine, job_folder, report, run
from hcert.cli.bulk.verify import make_verify_plan
from hcert.cli.exits import UnusableInputError
from hcert.cli.help import Command
from hcert.cli.outputs import check_output, write_with
from hcert.cli.streams import show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from hcert import bulk

COLUMNS: Final = ("row_id", "code", "entry", "path", "message")


@click.command(cls=Command, short_help="Run what is left of a job.")
@job_folder
@engine
@options.as_json
@options.language
def resume(job: Path, **given: Any) -> int:
    """Run what is left of the job in the folder JOB, with the key, times and options it was made with.

    Exit status: 0 all rows done, 1 some are refused, 2 unusable input.
    """
    check_engine(given)
    opened = hcert.bulk.Job.open(job)
    make = make_issue_plan if opened.kind == "issue" else make_verify_plan
    try:
        plan = make(opened.request)
    except (KeyError, TypeError, ValueError):
        raise UnusableInputError.because(
            "{path}: this job was not made by `hcert bulk`; its program resumes it", path=job
        ) from None
    return run(opened, plan, given)


@click.command(cls=Command, short_help="Show how far a job is.")
@job_folder
@options.as_json
@options.language
def status(job: Path, **given: Any) -> int:
    """Show how far the job in the folder JOB is, and its findings by code. The job may be running.

    Exit status: 0 complete and nothing refused, 1 not complete or rows refused, 2 unusable input.
    """
    opened = hcert.bulk.Job.open(job)
    return report(opened, opened.status(), as_json=given["as_json"])


@click.command(cls=Command, short_help="List the rows that were refused, and why.")
@job_folder
@options.output(required=False, text="CSV file to write; without it the list is printed.")
@options.force
@options.language
def rejects(job: Path, output: Path | None, *, force: bool) -> None:
    """List the refused rows of the committed slices of JOB as CSV: row_id, code, entry, path, message.

    There is a line for each finding, and no value of any row but its row_id.

    Exit status: 0 done, 2 unusable input.
    """
    _write_lines(_format_rejects(hcert.bulk.Job.open(job)), output, job=job, force=force)


@click.command(cls=Command, short_help="List which revisions no longer count.")
@job_folder
@options.output(required=False, text="Text file to write; without it the list is printed.")
@options.force
@options.language
def superseded(job: Path, output: Path | None, *, force: bool) -> None:
    """List the oldest revision that still counts for each certificate that JOB issued again, as ID=N.

    `hcert trust revoke --ids` takes the file. Revoke only once the new codes have reached their holders.

    Exit status: 0 done, 2 unusable input.
    """
    oldest = hcert.bulk.superseded(hcert.bulk.issued(hcert.bulk.Job.open(job)))
    lines = (f"{name.hex().upper()}={revision}\n" for name, revision in oldest.items())
    _write_lines(lines, output, job=job, force=force)


def _format_rejects(job: bulk.Job) -> Iterator[str]:
    """Yield the lines of a CSV file."""
    yield _format_row(COLUMNS)
    for batch in hcert.bulk.rejects(job):
        for row in batch.to_pylist():
            found = row["findings"] if job.kind == "issue" else [{"code": code} for code in row["codes"]]
            for one in found:
                yield _format_row([row["row_id"], *(one.get(name) for name in COLUMNS[1:])])


def _format_row(values: Iterable[str | None]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue()


def _write_lines(lines: Iterable[str], output: Path | None, *, job: Path, force: bool) -> None:
    if output is None:
        for text in lines:
            show(text.removesuffix("\n"))
        return
    check_output(output, inputs=job.rglob("*"), force=force)

    def save(path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(lines)

    write_with(output, save)
