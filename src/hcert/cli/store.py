"""`hcert store`: keep the lists of a device in a folder, and check codes with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

import hcert
from hcert.cli import options
from hcert.cli.exits import DONE, REFUSED, UnusableInputError
from hcert.cli.help import Group
from hcert.cli.inputs import read_list
from hcert.cli.program import describe_finding
from hcert.cli.signed_lists import Pins
from hcert.cli.streams import note, show, show_json
from hcert.cli.texts import line, say
from hcert.cli.trust.envelopes import list_age
from hcert.cli.trust.seal import count_noun
from hcert.cli.trust.show import sort_keys, to_members
from hcert.cli.values import FILE, TEXT
from hcert.cli.verify import check_and_show, checking

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hcert import certlogic, lists
    from hcert.cli.texts import Line, Settings


@click.group(cls=Group, no_args_is_help=False, short_help="Keep the lists of a device.")
@options.language
def store() -> None:
    """Keep the lists of a device in a folder. It never takes a list older than one it has seen."""


@store.command(short_help="Put lists of any kind into a store.")
@click.argument("directory", type=FILE)
@click.argument("files", type=FILE, nargs=-1, required=True)
@options.anchors
@options.as_json
@options.language
@click.pass_obj
def update(settings: Settings, /, directory: Path, files: Sequence[Path], **given: Any) -> int:
    """Put the lists in FILES into the store in DIRECTORY, of any kind and in any order.

    There are key lists, full revocation lists, deltas and rule lists.

    A list that is refused leaves the store as it is.

    Exit status: 0 all were taken, 1 one was refused, 2 unusable input.
    """
    pins = Pins.of(given["anchors"], given["threshold"], datetime.now(UTC))
    contents = {str(path): read_list(path) for path in files}
    taken, refused = hcert.TrustStore(directory, anchors=pins.anchors()).update_all(contents)
    if given["as_json"]:
        show_json(
            {
                "taken": [{"file": path, "what": _name(one)} for path, one in taken.items()],
                "refused": [
                    {"file": path, "code": error.code, "message": str(error)} for path, error in refused.items()
                ],
            }
        )
    else:
        for path, one in taken.items():
            show(f"{path}: {_name(one)}")
    for path, error in refused.items():
        note(f"{path}: {describe_finding(error.findings[0], settings.language)}")
    return REFUSED if refused else DONE


def _name(taken: lists.StoreUpdate) -> str:
    """Return what a list was."""
    version = taken.envelope.state.version
    names = {
        "key list": say("key list, version {version}", version=version),
        "revocation list": say("revocation list, version {version}", version=version),
        "delta": say("delta, version {version}", version=version),
        "rule list": say("rule list, version {version}", version=version),
    }
    return names[taken.kind]


@store.command("show", short_help="Show the lists of a store and how old they are.")
@click.argument("directory", type=FILE)
@options.anchors
@options.as_json
@options.language
def show_store(directory: Path, **given: Any) -> int:
    """Show the lists of the store in DIRECTORY, and how old they are.

    Exit status: 0 all lists are current, 1 a list is missing or has expired, 2 unusable input.
    """
    now = datetime.now(UTC)
    held = _open_store(directory, given, now)
    trust, revocations = held.trust_list(), held.revocations()
    keys, age = _describe_age(trust.envelope, now)
    keys["keys"] = list(map(to_members, sort_keys(trust)))
    report: dict[str, Any] = {"keys": keys, "revocations": None, "rules": None}
    lines = [say("key list: {count}, {age}", count=count_noun(len(trust), "key"), age=age)]
    if revocations.is_missing:
        lines.append(say("revocation list: NONE; nothing is accepted until one arrives"))
    else:
        revoked, age = _describe_age(revocations.envelope, now)
        report["revocations"] = {**revoked, "count": len(revocations)}
        lines.append(say("revocation list: {count} revoked, {age}", count=len(revocations), age=age))
    rules = _held_rules(held)
    if rules is not None:
        known, age = _describe_age(rules.envelope, now)
        report["rules"] = {**known, "count": len(rules)}
        lines.append(say("rule list: {count}, {age}", count=count_noun(len(rules), "rule"), age=age))
    if given["as_json"]:
        show_json(report)
    else:
        for text in lines:
            show(text)
    current = not revocations.is_missing and not any(one["expired"] for one in report.values() if one)
    return DONE if current else REFUSED


def _held_rules(held: hcert.TrustStore) -> certlogic.RuleList | None:
    """Return the rule list of a store; None where it has none, which most stores need not have."""
    try:
        return held.rules()
    except hcert.ConfigurationError as error:
        if error.code != "store.no_rules":
            raise
        return None


@store.command(short_help="Check a code with the lists of a store.")
@click.argument("directory", type=FILE)
@click.argument("code", type=TEXT)
@options.anchors
@options.grace
@checking
@click.pass_obj
def verify(settings: Settings, /, directory: Path, code: str, **given: Any) -> int:
    """Check CODE with the lists of the store in DIRECTORY; with --country also by the rules that it holds.

    Exit status: 0 accepted, 1 refused, 2 unusable input.
    """
    held = _open_store(directory, given, datetime.now(UTC))
    tolerances = hcert.Tolerances(list_grace=timedelta(days=given["grace_days"] or 0))
    trust, revocations = held.trust_list(), held.revocations()
    rules = held.rules() if given["country"] and given["rules"] is None else None
    return check_and_show(trust, revocations, code, given, settings.language, tolerances=tolerances, rules=rules)


def _open_store(directory: Path, given: dict[str, Any], now: datetime) -> hcert.TrustStore:
    """Open an existing store; a mistyped name must not make a new one."""
    if not directory.is_dir():
        raise UnusableInputError.because(
            "{directory}: there is no store; make one with `hcert store update`", directory=directory
        )
    pins = Pins.of(given["anchors"], given["threshold"], now)
    return hcert.TrustStore(directory, anchors=pins.anchors())


def _describe_age(envelope: lists.Envelope | None, now: datetime) -> tuple[dict[str, Any], Line]:
    """Return version and times of a list that is held, for JSON and as words."""
    assert envelope is not None  # noqa: S101 - what a store holds was opened
    report = list_age(envelope, now)
    expired = "version {version}, valid until {expiry} UTC (EXPIRED)"
    current = "version {version}, valid until {expiry} UTC"
    words = line(
        expired if report["expired"] else current, version=report["version"], expiry=f"{envelope.expires_at:%F %R}"
    )
    return report, words
