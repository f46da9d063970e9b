"""The report of an assessment as a page that needs nothing else: on paper, on a phone, in the dark."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final

from hcert.cli.assess.judgement import OUTCOMES, conforms, summarise
from hcert.cli.streams import printable
from hcert.cli.texts import line, look_up

if TYPE_CHECKING:
    from collections import Counter

    from hcert import words
    from hcert.cli.assess.judgement import Outcome, Result
    from hcert.cli.assess.report import Report

STYLE: Final = """
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
table { border-collapse: collapse; width: 100%; table-layout: fixed; margin-bottom: 1.5rem }
th:first-child { width: 40% }
th:first-child { overflow-wrap: anywhere }
th[scope=row] { font-weight: normal }
th, td { text-align: left; padding: .3rem .5rem; border-bottom: 1px solid var(--line) }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
td.bad { color: var(--bad); font-weight: 600 }
article { border: 1px solid var(--line); border-radius: .4rem; padding: .6rem .9rem; margin: .6rem 0;
  break-inside: avoid }
h3 { font-size: 1rem; margin: 1.2rem 0 .4rem; overflow-wrap: anywhere }
article h4 { font-size: 1rem; margin: 0; overflow-wrap: anywhere }
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


def to_html(report: Report, language: words.Language) -> str:
    """Write a report as a page. What a program said is text in it and nothing else."""
    return _Page(language).write(report)


@dataclass(frozen=True, slots=True)
class _Page:
    """The page in one language."""

    language: words.Language

    def write(self, report: Report) -> str:
        mark = "passed" if conforms(report.results) else "failed"
        tables = "".join(self._write_table(title, table) for title, table in report.tables().items())
        facts = "".join(
            f"<dt>{self._say(label)}</dt><dd>{_escape(fact)}</dd>\n" for label, fact in report.facts.items()
        )
        failures = (
            "".join(self._write_rule(*rule, failed) for rule, failed in report.failed_by_rule.items())
            or f"<p>{self._say('Nothing.')}</p>"
        )
        return f"""<!DOCTYPE html>
<html lang="{self.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{self._say("Conformance report")}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{self._say("Conformance of a reader of health certificates")}</h1>
<p class="verdict {mark}">{_escape(summarise(report.results).in_language(self.language))}</p>
<dl>
{facts}<dt>{self._say("Kit")}</dt><dd>{_escape(report.kit.in_language(self.language))}</dd>
</dl>
{tables}
<h2>{self._say("What failed:")}</h2>
{failures}
<h2>{self._say("What is not supported, in the words of the program:")}</h2>
{self._write_reasons(report)}
</body>
</html>
"""

    def _write_table(self, title: str, table: dict[str, Counter[Outcome]]) -> str:
        heads = "".join(f'<th scope="col" class="number">{self._say(outcome)}</th>' for outcome in OUTCOMES)
        rows = "".join(
            f'<tr><th scope="row">{_escape(look_up(name, self.language))}</th>'
            + "".join(_write_cell(row[outcome], bad=outcome == "failed") for outcome in OUTCOMES)
            + "</tr>"
            for name, row in table.items()
        )
        head = f'<thead><tr><th scope="col">{self._say(title)}</th>{heads}</tr></thead>'
        return f"<table>{head}<tbody>{rows}</tbody></table>\n"

    def _write_rule(self, rule: str, source: str, failed: list[Result]) -> str:
        head = f"<h3>{_escape(look_up(rule, self.language))} ({_escape(source)})</h3>\n"
        return head + "".join(map(self._write_failure, failed))

    def _write_failure(self, result: Result) -> str:
        vector, severity = result.vector, result.vector["severity"]
        expected = self._say("expected {expected}, got: {got}.", expected=line(vector["expect"]), got=result.got)
        return (
            f'<article><h4>{_escape(vector["id"])}<span class="tag {severity}">{self._say(severity)}</span></h4>'
            f"<p>{_escape(look_up(vector['shows'], self.language))}</p>"
            f"<p>{_isolate(expected)}</p></article>\n"
        )

    def _write_reasons(self, report: Report) -> str:
        reasons = report.unsupported.most_common()
        items = "".join(f"<li>{count}: {_isolate(_escape(reason))}</li>" for reason, count in reasons)
        return f"<ul>{items}</ul>" if items else f"<p>{self._say('Nothing.')}</p>"

    def _say(self, template: str, /, **details: Any) -> str:
        return _escape(line(template, **details).in_language(self.language))


def _write_cell(count: int, *, bad: bool) -> str:
    return f'<td class="number{" bad" if bad and count else ""}">{count}</td>'


def _escape(value: str) -> str:
    return escape(printable(value))


def _isolate(escaped: str) -> str:
    return f"<bdi>{escaped}</bdi>"  # letters written from right to left turn nothing around them
