"""`hcert inspect`: what is inside a code, stage by stage, unverified."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import click

import hcert
from hcert import words
from hcert.cli import options
from hcert.cli.codes import read_code
from hcert.cli.exits import DONE, REFUSED
from hcert.cli.help import Command
from hcert.cli.streams import printable, show, show_json
from hcert.cli.texts import say, translate
from hcert.cli.values import TEXT
from hcert.json_form import to_json_form

if TYPE_CHECKING:
    from datetime import datetime

    from hcert.cli.texts import Settings

KINDS: Final = {
    1: "EU DCC",
    -1405: "citizen record",
    5: "health link",
    -6: "ICVP",
    -7: "medication overview",
    None: "European Vaccination Card",
}
WARNING: Final = "NOT VERIFIED: anybody can write such a code. Check it with `hcert verify`."
STAGES: Final = ("text", "inflate", "cose", "claims")


@click.command(cls=Command, short_help="Show what is inside a code, unverified.")
@click.argument("code", type=TEXT)
@options.as_json
@options.language
@click.pass_obj
def inspect(settings: Settings, /, code: str, *, as_json: bool) -> int:
    """Show what is inside CODE, stage by stage, unverified; to find out what is wrong with a code.

    It shows everything in the code, including the person.

    Exit status: 0 the code could be read, 1 it could not, 2 unusable input.
    """
    text = read_code(code)
    report: dict[str, Any] = {"verified": False, "text": {"characters": len(text)}}
    try:
        found = hcert.read_unverified(text)
    except hcert.MalformedError as error:
        finding = error.findings[0]
        report["broken"] = {
            "stage": finding.code.partition(".")[0],
            "code": finding.code,
            "message": words.message(finding, language=settings.language),
        }
    else:
        report |= _describe_stages(found, settings.language)
    if as_json:
        show_json(report)
    else:
        show(say(WARNING))
        show("\n".join(_format_lines(report)))
    return REFUSED if "broken" in report else DONE


def _describe_stages(found: hcert.UnverifiedCertificate, language: words.Language) -> dict[str, Any]:
    """Return what the stages of a readable code hold."""
    claims = found.claims
    return {
        "cose": {"algorithm": _name_algorithm(found.algorithm), "kid": found.kid.hex()},
        "claims": {
            "issuer": claims.issuer,
            "issued_at": _format_time(claims.issued_at),
            "expires_at": _format_time(claims.expires_at),
        },
        "records": [
            {"subclaim": number, "kind": KINDS.get(number, "unknown"), "payload": to_json_form(payload)}
            for number, payload in found.subclaims.items()
        ],
        "leniencies": [_describe_finding(one, language) for one in found.leniencies],
        "record_findings": [_describe_finding(one, language) for one in found.record_findings],
    }


def _describe_finding(found: hcert.Finding, language: words.Language) -> dict[str, str]:
    return {"code": found.code, "message": words.message(found, language=language)}


def _format_lines(report: dict[str, Any]) -> list[str]:
    broken = report.get("broken")
    lines = [f"text     {say('{count} characters', count=report['text']['characters'])}"]
    if broken is not None:
        lines += [f"{stage:8} {say('read')}" for stage in STAGES[1 : _count_stages(broken["stage"])]]
        return [*lines, f"✗ {broken['stage']}: {broken['message']} [{broken['code']}]"]
    cose, claims = report["cose"], report["claims"]
    lines.append(f"cose     {say('algorithm {algorithm}, kid {kid}', **cose)}")
    times = {name: claims[name] or "-" for name in ("issuer", "issued_at", "expires_at")}
    lines.append(f"claims   {say('issuer {issuer}, issued {issued_at}, expires {expires_at}', **times)}")
    lines += [f"leniency {one['message']} [{one['code']}]" for one in report["leniencies"]]
    lines += [f"finding  {one['message']} [{one['code']}]" for one in report["record_findings"]]
    for record in report["records"]:
        number, kind = record["subclaim"], translate(record["kind"])
        shown = kind if number is None else say("{kind} (subclaim {number})", kind=kind, number=number)
        lines.append(f"record   {shown}")
        lines += json.dumps(record["payload"], ensure_ascii=False, indent=2).split("\n")
    return list(map(printable, lines))


def _count_stages(stage: str) -> int:
    return STAGES.index(stage) if stage in STAGES else 1


def _name_algorithm(number: int) -> str:
    try:
        return hcert.Algorithm(number).name
    except ValueError:
        return str(number)


def _format_time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
