"""`trust.py show` and `trust.py diff`: what a list says, for those who are to sign or carry it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import hcert
from command_line import UnusableInputError, show
from hcert import lists
from publishing.inputs import NOW, pins

if TYPE_CHECKING:
    import argparse

FILE_MAGIC = b"HCERTDOC"


def run_show(options: argparse.Namespace) -> None:
    """Print what a list says."""
    with options.file.open("rb") as file:
        is_full = file.read(len(FILE_MAGIC)) == FILE_MAGIC
    if options.base is not None:
        show_delta(options)
    elif is_full:
        show_withdrawals(options)
    else:
        show_keys(options)


def show_keys(options: argparse.Namespace) -> None:
    """Print a key list, key by key."""
    try:
        trust = hcert.TrustList.open(options.file.read_bytes(), **pins(options))
    except hcert.MalformedError as error:
        if error.code == "document.kind":
            raise UnusableInputError("this is no key list; of a delta, name the full list with --base") from None
        raise
    show_envelope(trust.envelope)
    for key in trust:
        show(describe(key))
    for found in trust.quarantined:
        show(f"quarantined: {found.record}: {found.message}")
    show(f"{len(trust)} in the list, {len(trust.quarantined)} quarantined")


def show_withdrawals(options: argparse.Namespace) -> None:
    """Print how much a full withdrawal list holds of each kind; items stand there as digests only."""
    revocations = hcert.RevocationList.open(options.file, **pins(options))
    revocations.check()
    show_envelope(revocations.envelope)
    for kind in lists.Withdrawal:
        if count := revocations.count(kind):
            show(f"{kind.name.lower()}: {count}")
    show(f"{len(revocations)} in the list")


def show_delta(options: argparse.Namespace) -> None:
    """Print how much a delta adds and removes of each kind.

    A revision that is lowered counts as removed too: codes that were withdrawn come back.
    """
    base = hcert.RevocationList.open(options.base, **pins(options))
    updated = base.updated(options.file.read_bytes(), **pins(options))
    delta = updated.delta
    assert delta is not None  # noqa: S101 - it was just applied
    show_envelope(updated.envelope)
    show(f"delta to version {delta.base.version}")
    for kind in lists.Withdrawal:
        added, removed = delta.added.get(kind, {}), len(delta.removed.get(kind, ()))
        if kind is lists.Withdrawal.SUPERSEDED:
            removed += sum(updated.oldest_revision(name) < base.oldest_revision(name) for name in added)
        if added or removed:
            show(f"{kind.name.lower()}: {len(added)} added, {removed} removed")
    show(f"{len(updated)} in the list then")


def show_envelope(envelope: lists.Envelope | None) -> None:
    """Print version, times and next anchors."""
    assert envelope is not None  # noqa: S101 - an opened list has one
    late = " (expired)" if envelope.expires_at < NOW else ""
    show(f"version {envelope.state.version}")
    show(f"valid from {envelope.issued_at:%F %R} to {envelope.expires_at:%F %R} UTC{late}")
    if envelope.next_anchors is not None:
        names = ", ".join(key.kid.hex() for key in envelope.next_anchors.keys)
        show(f"next anchors, {envelope.next_anchors.threshold} of: {names}")


def describe(key: hcert.TrustedKey) -> str:
    """Return a key in one line."""
    algorithm = key.algorithm.name if key.algorithm else "-"
    until = f"until {key.not_after:%F}" if key.not_after else "no end"
    usages = ",".join(sorted(key.usages))
    parts = [f"{key.kid.hex():16} {algorithm:5}", key.country or "-", until, usages, key.status, key.origin or ""]
    return " ".join(parts).rstrip()


def run_diff(options: argparse.Namespace) -> None:
    """Print what changed from one key list to the next."""
    old, new = (hcert.TrustList.open(path.read_bytes(), **pins(options)) for path in (options.old, options.new))
    changes = lists.diff(old, new)
    for key in changes.added:
        show(f"+ {describe(key)}")
    for key in changes.removed:
        show(f"- {describe(key)}")
    for before, after in changes.changed:
        show(f"~ {describe(before)}\n  {describe(after)}")
    show(f"{len(changes.added)} added, {len(changes.removed)} removed, {len(changes.changed)} changed")
