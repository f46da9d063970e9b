"""The report of an assessment: as a table for a terminal and as JSON; `html_report` has the page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hcert.cli.assess.judgement import OUTCOMES, SEVERITIES, count_by, summarise
from hcert.cli.streams import printable
from hcert.cli.texts import Line, line, look_up

if TYPE_CHECKING:
    from hcert import words
    from hcert.cli.assess.judgement import Outcome, Result


@dataclass(frozen=True, slots=True)
class Report:
    """A finished assessment.

    Attributes:
        facts: what was assessed, by whom and when, by label.
        kit: version of the kit and SHA-256 of its file.
        results: in the order of the kit.
    """

    facts: dict[str, str]
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

    @property
    def failed_by_rule(self) -> dict[tuple[str, str], list[Result]]:
        """The failures by rule and its source, the rule with the gravest first."""
        found: dict[tuple[str, str], list[Result]] = {}
        for result in self.failed:
            found.setdefault((result.vector["rule"], result.vector["source"]), []).append(result)
        return found

    def tables(self) -> dict[str, dict[str, Counter[Outcome]]]:
        """Return the numbers of outcomes by group, by rule and by severity."""
        groups, rules = (dict.fromkeys(result.vector[name] for result in self.results) for name in ("group", "rule"))
        return {
            "group": count_by(self.results, "group", groups),
            "rule": count_by(self.results, "rule", rules),
            "severity": count_by(self.results, "severity", SEVERITIES),
        }


def to_text(report: Report, language: words.Language) -> str:
    """Write a report for a terminal."""

    def say(template: str, /, **details: Any) -> str:
        return line(template, **details).in_language(language)

    lines = [
        summarise(report.results).in_language(language),
        "",
        *(f"{say(label)}: {fact}" for label, fact in report.facts.items()),
        f"{say('Kit')}: {report.kit.in_language(language)}",
    ]
    tables = report.tables()
    for title in ("group", "severity"):
        table = tables[title]
        lines += ["", f"{say(title):14}" + "".join(f"{say(outcome):>16}" for outcome in OUTCOMES)]
        lines += [
            f"{look_up(name, language):14}" + "".join(f"{row[outcome]:16}" for outcome in OUTCOMES)
            for name, row in table.items()
        ]
    if report.failed:
        lines += ["", say("What failed:")]
    for (rule, source), failed in report.failed_by_rule.items():
        lines += ["", f"{look_up(rule, language)} ({source})"]
        for result in failed:
            vector = result.vector
            explained = say("expected {expected}, got: {got}.", expected=line(vector["expect"]), got=result.got)
            shown = look_up(vector["shows"], language)
            lines.append(f"{say(vector['severity']):8} {vector['id']}: {explained} {shown}")
    if report.unsupported:
        lines += ["", say("What is not supported, in the words of the program:")]
    lines += [f"{count:8} {reason}" for reason, count in report.unsupported.most_common()]
    return "\n".join(map(printable, lines))


def to_json(report: Report) -> dict[str, Any]:
    """Return a report for programs; its words are English."""
    return {
        "summary": summarise(report.results).in_language("en"),
        **{label.lower(): printable(fact) for label, fact in report.facts.items()},
        "kit": printable(report.kit.in_language("en")),
        "tables": report.tables(),
        "results": [
            {name: printable(one.vector[name]) for name in ("id", "group", "rule", "severity", "expect")}
            | {"outcome": one.outcome, "got": printable(in_words(one.got, "en"))}
            for one in report.results
        ],
    }


def in_words(got: Line | str, language: words.Language) -> str:
    """Return what a program answered in a language; its own words stay as they are."""
    return got if isinstance(got, str) else got.in_language(language)
