"""The payload of a medication overview as participants of the WHO's network sign it, with other values."""

from __future__ import annotations

from typing import Any

LINE: dict[str, Any] = {
    "m": "L02BG03",
    "es": "2026-01-01",
    "ee": "2026-12-31",
    "da": "2026-01-10",
    "d": "1 comp. por día",
    "r": "text",
}
OVERVIEW: dict[str, Any] = {
    "n": "María Pérez",
    "dob": "1971-02-03",
    "s": "female",
    "id": "11111111-1",
    "dt": "NI",
    "m": [LINE],
}


def with_line(**changes: Any) -> dict[str, Any]:
    """Return the payload with members of its line put; a None stands in the payload."""
    return {**OVERVIEW, "m": [{**LINE, **changes}]}
