"""`hcert assess form`: the report on an app that an assessor watched."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from hcert.cli import options
from hcert.cli.assess.command import html, publish
from hcert.cli.assess.filled_form import read_form
from hcert.cli.assess.judgement import Result, judge
from hcert.cli.assess.kit import load_kit
from hcert.cli.assess.report import Report
from hcert.cli.help import Command
from hcert.cli.outputs import check_output
from hcert.cli.texts import line
from hcert.cli.values import DAY, FILE, TEXT

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from hcert.cli.assess.filled_form import Row
    from hcert.cli.texts import Settings


@click.command(cls=Command, short_help="Make the report from the form of an assessor.")
@click.argument("filled", type=FILE, metavar="FORM")
@click.option("--vectors", type=FILE, required=True, metavar="FILE", help="The vectors.json of the sheets.")
@click.option("--app", type=TEXT, required=True, metavar="NAME", help="Name of the app.")
@click.option("--app-version", type=TEXT, required=True, metavar="VERSION", help="Version of the app.")
@click.option("--assessor", type=TEXT, required=True, metavar="NAME", help="Who assessed the app.")
@click.option("--date", "day", type=DAY, metavar="DATE", help="Day of the assessment, YYYY-MM-DD; without it today.")
@html
@options.force
@options.as_json
@options.language
@click.pass_obj
def form(settings: Settings, /, filled: Path, **given: Any) -> int:
    """Make the report on an app on a phone from FORM, the form.csv of hcert assess sheets as the assessor filled it in.

    Every number needs a result: accepted, refused, unsupported or crashed, in English or Vietnamese.

    Exit status: 0 the app conforms, 1 it does not, 2 unusable input.
    """
    if given["html"] is not None:
        check_output(given["html"], inputs=[filled, given["vectors"]], force=given["force"])
    kit = load_kit(given["vectors"], ())
    rows = read_form(filled, len(kit.vectors))
    results = [_judge(vector, row) for vector, row in zip(kit.vectors, rows, strict=True)]
    day: date = given["day"] or datetime.now(UTC).astimezone().date()
    facts = {
        "App": given["app"],
        "Version": given["app_version"],
        "Assessor": given["assessor"],
        "Date": day.isoformat(),
    }
    return publish(Report(facts, kit.description, results), settings.language, given)


def _judge(vector: dict[str, Any], row: Row) -> Result:
    """Judge a row; a failure is reported with the remark of the assessor."""
    result = judge(vector, row.answer)
    if result.outcome != "failed" or not row.remark or row.remark == row.answer.get("unsupported"):
        return result
    return Result(vector, "failed", line("{got} ({remark})", got=result.got, remark=row.remark))
