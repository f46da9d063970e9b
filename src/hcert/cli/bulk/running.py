"""Running a job on the command line: progress on a terminal, and a summary at the end."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import click

import hcert
from hcert.cli import options
from hcert.cli.exits import DONE, REFUSED, UnusableInputError
from hcert.cli.streams import note, show, show_json
from hcert.cli.texts import line, say
from hcert.cli.values import COUNT, FILE, Choice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hcert import bulk

job_folder = click.argument("job", type=FILE)
workers = click.option("--workers", type=COUNT, metavar="N", help="How many processes; without it one for each core.")
engine = options.combine(
    workers,
    click.option(
        "--engine",
        type=Choice(["local", "spark"]),
        default="local",
        show_default=True,
        help="What makes the slices: processes of this machine, or Spark.",
    ),
    click.option("--master", metavar="URL", help="Master of Spark, such as yarn; without it this machine."),
)
making = options.combine(
    click.argument("inputs", type=FILE, nargs=-1, required=True),
    click.option(
        "--job", type=FILE, required=True, metavar="DIR", help="New folder for the job; results and ledger are there."
    ),
)
slicing = options.combine(
    engine,
    click.option(
        "--slice-rows",
        type=COUNT,
        default=50_000,
        show_default=True,
        metavar="N",
        help="Rows of a slice, which is committed as a whole.",
    ),
    options.as_json,
    options.language,
)


def run(job: bulk.Job, plan: bulk.IssuePlan | bulk.VerifyPlan, given: dict[str, Any]) -> int:
    """Run a job or what is left of it, show how it ended, and return the exit status."""
    go = _choose_runner(given)
    before = job.status()
    if before.torn:
        note(
            say(
                "{path}: the last line was cut off by a crash and never counted; its slice is made again",
                path=job.path / "ledger.jsonl",
            )
        )
    try:
        with _progress(before) as advance:
            status = go(job, plan, on_commit=advance)
    except BaseException:
        if job.status().slices_done < job.slices:
            note(say("what is committed stays; the rest is done by: hcert bulk resume {path}", path=job.path))
        raise
    return report(job, status, as_json=given["as_json"])


def check_engine(given: dict[str, Any]) -> None:
    """Check the options of engines against each other, before there is a job.

    Raises:
        UnusableInputError: naming the option that belongs to the other engine.
    """
    if given["engine"] == "spark" and given["workers"] is not None:
        raise UnusableInputError.because("--workers belongs to the local engine; Spark's settings say how many it has")
    if given["engine"] == "local" and given["master"] is not None:
        raise UnusableInputError.because("--master belongs to --engine spark")


def _choose_runner(given: dict[str, Any]) -> Callable[..., bulk.JobStatus]:
    if given["engine"] == "local":
        return partial(hcert.bulk.run_local, workers=given["workers"] or _cores())
    return partial(hcert.bulk.run_spark, **({} if given["master"] is None else {"master": given["master"]}))


def report(job: bulk.Job, status: bulk.JobStatus, *, as_json: bool) -> int:
    """Show how far a job is, and return the exit status: whether every row was accepted."""
    if as_json:
        show_json(_to_members(job, status))
    else:
        for text in _describe(job, status):
            show(text)
    return DONE if status.complete and not status.refused else REFUSED


def _to_members(job: bulk.Job, status: bulk.JobStatus) -> dict[str, Any]:
    return {
        "job": str(job.path),
        "kind": job.kind,
        "complete": status.complete,
        "rows": status.rows,
        "rows_done": status.rows_done,
        "slices": status.slices,
        "slices_done": status.slices_done,
        "accepted": status.accepted,
        "refused": status.refused,
        "skipped": status.skipped,
        "codes": status.codes,
    }


def _describe(job: bulk.Job, status: bulk.JobStatus) -> Iterator[str]:
    state = line("complete") if status.complete else line("not complete; go on with `hcert bulk resume`")
    yield say(
        "{job}: {done} of {rows} rows, {slices_done} of {slices} slices, {state}",
        job=job.path,
        done=status.rows_done,
        rows=status.rows,
        slices_done=status.slices_done,
        slices=status.slices,
        state=state,
    )
    template = "{accepted} issued, {refused} refused, {skipped} committed before"
    if job.kind == "verify":
        template = "{accepted} accepted, {refused} refused"
    yield say(template, accepted=status.accepted, refused=status.refused, skipped=status.skipped)
    width = len(str(max(status.codes.values(), default=0)))
    for code, count in sorted(status.codes.items(), key=lambda row: (-row[1], row[0])):
        yield f"  {count:>{width}} {code}"


@contextmanager
def _progress(status: bulk.JobStatus) -> Iterator[Callable[[bulk.CommittedSlice], object] | None]:
    """Show rows, rate and time left on a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    start, done = time.monotonic(), 0

    def rate(_: object) -> str | None:
        return say("{rate} a second", rate=round(done / (time.monotonic() - start))) if done else None

    bar: Any = click.progressbar(
        length=status.rows, label=say("rows"), show_pos=True, file=sys.stderr, item_show_func=rate
    )
    with bar:
        bar.update(status.rows_done)

        def advance(made: bulk.CommittedSlice) -> None:
            nonlocal done
            done += made.rows
            bar.update(made.rows, made)

        yield advance


def _cores() -> int:
    return os.cpu_count() or 1
