"""`hcert trust show` and `diff`: the content of a list, for those who sign or distribute it."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click
from cryptography import x509

import hcert
from hcert import lists
from hcert.cli import options
from hcert.cli.exits import DONE, REFUSED, RefusedError, UnusableInputError
from hcert.cli.help import Command
from hcert.cli.inputs import is_full_list, read_list
from hcert.cli.signed_lists import Pins, describe_signers, find_signed, name_errors, open_keys
from hcert.cli.streams import printable, show, show_json
from hcert.cli.texts import line, say, translate
from hcert.cli.trust.envelopes import describe_envelope, describe_quarantined, list_anchors
from hcert.cli.trust.show_rules import describe_rules
from hcert.cli.values import FILE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@click.command("show", cls=Command, short_help="Show what is in a list and who has signed it.")
@click.argument("file", type=FILE)
@click.option("--base", type=FILE, metavar="FULL", help="Full list to which FILE is a delta.")
@options.anchors
@options.as_json
@options.language
def show_list(file: Path, base: Path | None, **given: Any) -> int:
    """Show the list in FILE: who has signed and who is missing, its version, times and content.

    Exit status: 0 enough anchors have signed, 1 refused or not signed by enough anchors yet, 2 unusable input.
    """
    pins = Pins.of(given["anchors"], given["threshold"], datetime.now(UTC))
    data = read_list(file)
    with name_errors(file):
        done, missing = find_signed(data, pins)
    if not done:
        raise RefusedError.because(
            "{file}: {signatures}; do not use it, and do not sign it unseen",
            file=file,
            signatures=describe_signers(done, missing, pins.threshold),
        )
    threshold = min(len(done), pins.threshold)
    if base is not None:
        report, lines = _describe_delta(file, base, pins, threshold)
    elif is_full_list(file):
        report, lines = _describe_revocations(file, pins, threshold)
    else:
        report, lines = describe_rules(file, pins, threshold) or _describe_keys(file, pins, threshold)
    enough = len(done) >= pins.threshold
    signatures = {"signed_by": list(map(str, done)), "missing": list(map(str, missing)), "threshold": pins.threshold}
    if given["as_json"]:
        show_json(signatures | report)
    else:
        show("\n".join(map(printable, lines)))
        state = "{signatures}" if enough else "{signatures}; NOT YET VALID"
        show(say(state, signatures=describe_signers(done, missing, pins.threshold)))
    return DONE if enough else REFUSED


@click.command("diff", cls=Command, short_help="Compare two key lists, the anchors first.")
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@options.anchors
@options.as_json
@options.language
def diff_lists(old: Path, new: Path, **given: Any) -> None:
    """Show what changes from the key list OLD to the key list NEW, the anchors first.

    Exit status: 0 done, 1 a list is refused, 2 unusable input.
    """
    pins = Pins.of(given["anchors"], given["threshold"], datetime.now(UTC))
    changes = lists.diff(open_keys(old, pins), open_keys(new, pins))
    held = changes.anchors_before or lists.Anchors(pins.keys, pins.threshold)
    coming = changes.anchors_after or held
    lines = list(_compare_anchors(held, coming))
    lines += [f"+ {describe_key(key)}" for key in sort_keys(changes.added)]
    lines += [f"- {describe_key(key)}" for key in sort_keys(changes.removed)]
    for before, after in changes.changed:
        lines += [f"~ {describe_key(before)}", f"  {describe_key(after)}"]
    added, removed, changed = map(len, (changes.added, changes.removed, changes.changed))
    counts = line("{added} added, {removed} removed, {changed} changed", added=added, removed=removed, changed=changed)
    rotates = list_anchors(held) != list_anchors(coming)
    if given["as_json"]:
        show_json(
            {
                "anchors": {"rotates": rotates, "before": list_anchors(held), "after": list_anchors(coming)},
                "added": [to_members(key) for key in sort_keys(changes.added)],
                "removed": [to_members(key) for key in sort_keys(changes.removed)],
                "changed": [[to_members(one), to_members(other)] for one, other in changes.changed],
            }
        )
    else:
        anchors = "THE ANCHORS CHANGE" if rotates else "the same anchors"
        lines.append(say("{counts}; {anchors}", counts=counts, anchors=line(anchors)))
        show("\n".join(map(printable, lines)))


def _compare_anchors(held: lists.Anchors, coming: lists.Anchors) -> Iterable[str]:
    before, after = ({key.spki: key for key in anchors.keys} for anchors in (held, coming))
    for spki, key in after.items():
        if spki not in before:
            yield say("+ anchor {kid}", kid=key.kid.hex())
    for spki, key in before.items():
        if spki not in after:
            yield say("- anchor {kid}", kid=key.kid.hex())
    if list_anchors(held) != list_anchors(coming):
        yield say(
            "~ anchors: {threshold} of {count} must sign until now, {next_threshold} of {next_count} from now on",
            threshold=held.threshold,
            count=len(held.keys),
            next_threshold=coming.threshold,
            next_count=len(coming.keys),
        )


def _describe_keys(file: Path, pins: Pins, threshold: int) -> tuple[dict[str, Any], list[str]]:
    """Describe a key list, key by key."""
    try:
        with name_errors(file):
            trust = hcert.TrustList.open(
                read_list(file), anchors=pins.anchors(threshold), at=pins.at, grace=timedelta.max
            )
    except RefusedError as error:
        if any(isinstance(line, tuple) and line[1].code == "document.kind" for line in error.lines):
            raise UnusableInputError.because(
                "{file}: this is not a key list; of a delta, name the full list with --base", file=file
            ) from None
        raise
    report, lines = describe_envelope(trust.envelope, pins.at)
    lines += map(describe_key, sort_keys(trust))
    lines += [describe_quarantined(found) for found in trust.quarantined]
    lines.append(
        say("{count} in the list, {quarantined} quarantined", count=len(trust), quarantined=len(trust.quarantined))
    )
    report["keys"] = [to_members(key) for key in sort_keys(trust)]
    report["quarantined"] = [{"entry": found.record, "message": found.message} for found in trust.quarantined]
    return report, lines


def _describe_revocations(file: Path, pins: Pins, threshold: int) -> tuple[dict[str, Any], list[str]]:
    """Count the items of a full revocation list by kind; it holds digests only."""
    with name_errors(file):
        revocations = hcert.RevocationList.open(file, anchors=pins.anchors(threshold), at=pins.at, grace=timedelta.max)
        revocations.check()
    report, lines = describe_envelope(revocations.envelope, pins.at)
    report["counts"] = {kind.name.lower(): count for kind in lists.RevocationKind if (count := revocations.count(kind))}
    lines += [say("{kind}: {count}", kind=line(name), count=count) for name, count in report["counts"].items()]
    return report, [*lines, say("{count} in the list", count=len(revocations))]


def _describe_delta(file: Path, base: Path, pins: Pins, threshold: int) -> tuple[dict[str, Any], list[str]]:
    """Count what a delta adds and removes by kind.

    A lowered revision counts as removed, too: revoked codes become valid again.
    """
    with name_errors(base):
        full = hcert.RevocationList.open(base, anchors=pins.anchors(), at=pins.at, grace=timedelta.max)
    with name_errors(file):
        updated = full.apply_delta(read_list(file), anchors=pins.anchors(threshold), at=pins.at, grace=timedelta.max)
    delta = updated.delta
    assert delta is not None  # noqa: S101 - it was just applied
    report, lines = describe_envelope(updated.envelope, pins.at)
    report |= {"base_version": delta.base.version, "added": {}, "removed": {}}
    lines.append(say("delta to version {version}", version=delta.base.version))
    for kind in lists.RevocationKind:
        added, removed = delta.added.get(kind, {}), len(delta.removed.get(kind, ()))
        if kind is lists.RevocationKind.SUPERSEDED:
            removed += sum(updated.oldest_revision(name) < full.oldest_revision(name) for name in added)
        if added or removed:
            report["added"][kind.name.lower()], report["removed"][kind.name.lower()] = len(added), removed
            name = kind.name.lower()
            template = "{kind}: {added} added, {removed} removed"
            lines.append(say(template, kind=line(name), added=len(added), removed=removed))
    return report, [*lines, say("{count} in the list then", count=len(updated))]


def sort_keys(keys: Iterable[hcert.TrustedKey]) -> list[hcert.TrustedKey]:
    """Sort keys by country, subject and kid, so that every run shows the same order."""
    return sorted(keys, key=lambda key: (key.country or "", subject_of(key), key.kid, key.spki, key.status))


def subject_of(key: hcert.TrustedKey) -> str:
    """Return the subject of a key's certificate; empty if it has none or it cannot be read."""
    if key.certificate is not None:
        with suppress(Exception):  # the library refuses certificates that sign valid codes; see hcert.keys.certificate
            return x509.load_der_x509_certificate(key.certificate).subject.rfc4514_string()
    return ""


def describe_key(key: hcert.TrustedKey) -> str:
    """Return a key in one line."""
    known = to_members(key)
    start, end = (f"{moment:%F}" if moment else "-" for moment in (key.not_before, key.not_after))
    parts = [
        f"{known['kid']:16} {known['algorithm'] or '-':5} {key.country or '-':2}",
        say("{start} to {end}", start=start, end=end),
        ",".join(map(translate, known["usages"])) or say("no usage"),
        translate(known["status"]),
        f'"{known["subject"]}"' if known["subject"] else "",
        key.origin or "",
    ]
    return " ".join(filter(None, parts))


def to_members(key: hcert.TrustedKey) -> dict[str, Any]:
    """Return a key in JSON form."""
    return {
        "kid": key.kid.hex(),
        "algorithm": key.algorithm.name if key.algorithm else None,
        "country": key.country,
        "not_before": key.not_before and key.not_before.isoformat(),
        "not_after": key.not_after and key.not_after.isoformat(),
        "usages": sorted(key.usages),
        "status": str(key.status),
        "subject": subject_of(key) or None,
        "origin": key.origin,
    }
