"""What every signed list has: version, times, next anchors, entries that were quarantined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcert.cli.texts import say

if TYPE_CHECKING:
    from datetime import datetime

    import hcert
    from hcert import lists


def list_age(envelope: lists.Envelope, now: datetime) -> dict[str, Any]:
    """Return version and times of a list for JSON, and whether it has expired."""
    return {
        "version": envelope.state.version,
        "issued_at": envelope.issued_at.isoformat(),
        "expires_at": envelope.expires_at.isoformat(),
        "expired": envelope.expires_at < now,
    }


def describe_envelope(envelope: lists.Envelope | None, now: datetime) -> tuple[dict[str, Any], list[str]]:
    """Return version, times and next anchors, for JSON and as lines."""
    assert envelope is not None  # noqa: S101 - an opened list has one
    report = list_age(envelope, now)
    lines = [
        say("version {version}", version=envelope.state.version),
        say(
            "valid from {start} to {end} UTC (expired)" if report["expired"] else "valid from {start} to {end} UTC",
            start=f"{envelope.issued_at:%F %R}",
            end=f"{envelope.expires_at:%F %R}",
        ),
    ]
    if envelope.next_anchors is not None:
        report["next_anchors"] = list_anchors(envelope.next_anchors)
        names = ", ".join(list_anchors(envelope.next_anchors)["keys"])
        threshold = envelope.next_anchors.threshold
        lines.append(say("next anchors, {threshold} of: {names}", threshold=threshold, names=names))
    return report, lines


def describe_quarantined(found: hcert.Finding) -> str:
    """Return an entry that was quarantined, in one line."""
    return say("quarantined: {entry}: {message}", entry=found.record, message=found)


def list_anchors(anchors: lists.Anchors) -> dict[str, Any]:
    """Return anchors for JSON."""
    return {"keys": sorted(key.kid.hex() for key in anchors.keys), "threshold": anchors.threshold}
