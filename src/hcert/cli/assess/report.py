"""The report of an assessment: as a table for a terminal and as JSON; `html_report` has the page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hcert.cli.assess.judgement import OUTCOMES, SEVERITIES, count_by, summarise
from hcert.cli.streams import printable
from hcert.cli.texts import Line, line

if TYPE_CHECKING:
    from hcert import words
    from hcert.cli.assess.judgement import Outcome, Result


@dataclass(frozen=True, slots=True)
class Report:
    """A finished assessment.

    Attributes:
        command: the program that was assessed, as on the command line.
        date: date and time in UTC.
        kit: version of the kit and SHA-256 of its file.
        results: in the order of the kit.
    """

    command: str
    date: str
    kit: Line
    results: list[Result]

    @property
    def failed(self) -> list[Result]:
        """The failures, the gravest first."""
        failed = [result for result in self.results if result.outcome == "failed"]
        return sorted(failed, key=lambda result: SEVERITIES.index(result.vector["severity"]))

    @property
    def unsupported(self) -> Counter[str]:
        """The program's reasons for not supporting something, with their numbers."""
        return Counter(str(result.got) for result in self.results if result.outcome == "unsupported")

    def tables(self) -> dict[str, dict[str, Counter[Outcome]]]:
        """Return the numbers of outcomes by group and by severity."""
        groups = dict.fromkeys(result.vector["group"] for result in self.results)
        return {
            "group": count_by(self.results, "group", groups),
            "severity": count_by(self.results, "severity", SEVERITIES),
        }


def to_text(report: Report, language: words.Language) -> str:
    """Write a report for a terminal."""

    def say(template: str, /, **details: Any) -> str:
        return line(template, **details).in_language(language)

    lines = [
        summarise(report.results).in_language(language),
        "",
        say("program: {command}", command=report.command),
        say("kit: {kit}", kit=report.kit),
        say("date: {date}", date=report.date),
    ]
    for title, table in report.tables().items():
        lines += ["", f"{say(title):14}" + "".join(f"{say(outcome):>16}" for outcome in OUTCOMES)]
        lines += [f"{name:14}" + "".join(f"{row[outcome]:16}" for outcome in OUTCOMES) for name, row in table.items()]
    if report.failed:
        lines += ["", say("What failed:")]
    for result in report.failed:
        vector = result.vector
        explained = say("expected {expected}, got: {got}.", expected=line(vector["expect"]), got=result.got)
        lines.append(f"{say(vector['severity']):8} {vector['id']}: {explained} {vector['shows']}")
    if report.unsupported:
        lines += ["", say("What is not supported, in the words of the program:")]
    lines += [f"{count:8} {reason}" for reason, count in report.unsupported.most_common()]
    return "\n".join(map(printable, lines))


def to_json(report: Report) -> dict[str, Any]:
    """Return a report for programs; its words are English."""
    return {
        "summary": summarise(report.results).in_language("en"),
        "program": printable(report.command),
        "kit": printable(report.kit.in_language("en")),
        "date": report.date,
        "tables": report.tables(),
        "results": [
            {name: printable(one.vector[name]) for name in ("id", "group", "severity", "expect")}
            | {"outcome": one.outcome, "got": printable(in_words(one.got, "en"))}
            for one in report.results
        ],
    }


def in_words(got: Line | str, language: words.Language) -> str:
    """Return what a program answered in a language; its own words stay as they are."""
    return got if isinstance(got, str) else got.in_language(language)
