"""The report: as text, as JSON, and as a page of HTML that needs nothing else, on paper, on a phone, in the dark."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from assessing.judging import OUTCOMES, SEVERITIES, counted, shown_nothing, summary

if TYPE_CHECKING:
    from assessing.judging import Result

STYLE = """
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #fff; --line: #bbb; --bad: #a40000; --good: #00602b;
  --soft: #f3f3f3 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e8; --paper: #16181c; --line: #555; --bad: #ff8a80; --good: #7bd88f; --soft: #23262c }
}
* { box-sizing: border-box }
body { font: 1rem/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0 auto;
  padding: 1rem; max-width: 60rem }
h1 { font-size: 1.5rem; line-height: 1.2; margin: .5rem 0 } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem }
.verdict { border-left: .5rem solid var(--mark); background: var(--soft); padding: .75rem 1rem; font-weight: 600 }
.failed { --mark: var(--bad) } .passed { --mark: var(--good) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem }
dt { font-weight: 600 }
dd { margin: 0; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100%; table-layout: fixed }
th:first-child { width: 30% }
th:last-child { width: 31% }
th, td { text-align: left; padding: .3rem .5rem; border-bottom: 1px solid var(--line) }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
td.bad { color: var(--bad); font-weight: 600 }
article { border: 1px solid var(--line); border-radius: .4rem; padding: .6rem .9rem; margin: .6rem 0;
  break-inside: avoid }
article h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere }
article p { margin: .25rem 0; overflow-wrap: anywhere }
.tag { font-size: .8rem; border: 1px solid currentColor; border-radius: .3rem; padding: 0 .35rem;
  margin-left: .4rem; white-space: nowrap }
.critical { color: var(--bad) }
@media (max-width: 30rem) {
  dl { grid-template-columns: 1fr }
  dt { margin-top: .5rem }
  table { font-size: .8rem }
  th, td { padding: .3rem .1rem }
}
@media print { body { max-width: none; font-size: 10pt } }
"""


@dataclass(frozen=True, slots=True)
class Report:
    """A finished assessment.

    Attributes:
        command: what was assessed.
        date: when, ISO 8601.
        kit: version of the kit and SHA-256 of its file.
        results: in the order of the kit.
    """

    command: str
    date: str
    kit: str
    results: list[Result]

    @property
    def failed(self) -> list[Result]:
        """What failed, the worst first."""
        failed = [result for result in self.results if result.outcome == "failed"]
        return sorted(failed, key=lambda result: SEVERITIES.index(result.vector["severity"]))

    @property
    def unsupported(self) -> Counter[str]:
        """Why the program said that it does not support something, and how often."""
        return Counter(result.got for result in self.results if result.outcome == "unsupported")

    def tables(self) -> dict[str, dict[str, Counter[Any]]]:
        """Return outcomes by group and by severity."""
        groups = list(dict.fromkeys(result.vector["group"] for result in self.results))
        return {
            "group": counted(self.results, "group", groups),
            "severity": counted(self.results, "severity", list(SEVERITIES)),
        }


def as_text(report: Report) -> str:
    """Write the report for a terminal."""
    lines = [
        summary(report.results),
        "",
        f"Program: {report.command}",
        f"Kit:     {report.kit}",
        f"Date:    {report.date}",
    ]
    for title, table in report.tables().items():
        lines += ["", f"{title:14}" + "".join(f"{name:>13}" for name in OUTCOMES)]
        lines += [f"{name:14}" + "".join(f"{row[outcome]:13}" for outcome in OUTCOMES) for name, row in table.items()]
    if report.failed:
        lines += ["", "Failed:"]
    for result in report.failed:
        vector = result.vector
        expected = f"expected {vector['expect']}, got {result.got}. {vector['shows']}"
        lines.append(f"{vector['severity']:8} {vector['id']}: {expected}")
    if report.unsupported:
        lines += ["", "Not supported, in the words of the program:"]
    lines += [f"{count:8} {reason}" for reason, count in report.unsupported.most_common()]
    return "\n".join(map(printable, lines)) + "\n"


def as_json(report: Report) -> str:
    """Write the report for programs."""
    members = {
        "summary": summary(report.results),
        "program": report.command,
        "kit": report.kit,
        "date": report.date,
        "tables": report.tables(),
        "results": [
            {name: one.vector[name] for name in ("id", "group", "severity", "expect")}
            | {"outcome": one.outcome, "got": printable(one.got)}
            for one in report.results
        ],
    }
    return json.dumps(members, indent=1) + "\n"


def as_html(report: Report) -> str:
    """Write the report as a page. Whatever a program said is text in it and nothing else."""
    mark = "failed" if report.failed or shown_nothing(report.results) else "passed"
    sections = "".join(_table(title, table) for title, table in report.tables().items())
    failures = "".join(map(_failure, report.failed)) or "<p>None.</p>"
    reasons = report.unsupported.most_common()
    excuses = "".join(f"<li>{count} vectors: {_said(reason)}</li>" for reason, count in reasons)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Conformance report</title>
<style>{STYLE}</style>
</head>
<body>
<h1>Conformance of a reader of health certificates</h1>
<p class="verdict {mark}">{escape(summary(report.results))}</p>
<dl>
<dt>Program</dt><dd>{_text(report.command)}</dd>
<dt>Kit</dt><dd>{_text(report.kit)}</dd>
<dt>Date</dt><dd>{_text(report.date)}</dd>
</dl>
{sections}
<h2>What failed</h2>
{failures}
<h2>What is not supported, in the words of the program</h2>
{f"<ul>{excuses}</ul>" if excuses else "<p>Nothing.</p>"}
</body>
</html>
"""


def _table(title: str, table: dict[str, Counter[Any]]) -> str:
    heads = "".join(f'<th scope="col" class="number">{name}</th>' for name in OUTCOMES)
    rows = "".join(
        f'<tr><th scope="row">{_text(name)}</th>'
        + "".join(_cell(row[outcome], bad=outcome == "failed") for outcome in OUTCOMES)
        + "</tr>"
        for name, row in table.items()
    )
    head = f'<thead><tr><th scope="col">{title}</th>{heads}</tr></thead>'
    return f"<h2>By {title}</h2>\n<table>{head}<tbody>{rows}</tbody></table>\n"


def _cell(count: int, *, bad: bool) -> str:
    return f'<td class="number{" bad" if bad and count else ""}">{count}</td>'


def _failure(result: Result) -> str:
    vector, severity = result.vector, _text(result.vector["severity"])
    return (
        f'<article><h3>{_text(vector["id"])}<span class="tag {severity}">{severity}</span></h3>'
        f"<p>{_text(vector['shows'])}</p>"
        f"<p>Expected: {_text(vector['expect'])}. Got: {_said(result.got)}.</p>"
        f"<p>Rule: {_text(vector['rule'])} ({_text(vector['source'])})</p></article>\n"
    )


def _text(value: str) -> str:
    return escape(printable(value))


def _said(value: str) -> str:
    return f"<bdi>{_text(value)}</bdi>"  # letters written from right to left turn nothing around them


def printable(value: str) -> str:
    """Replace what could change how the rest is read: control and direction characters."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in value)
