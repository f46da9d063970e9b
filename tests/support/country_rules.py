"""Rules as countries publish them, about nothing in particular."""

from __future__ import annotations

from typing import Any

HOLDS, FAILS, BREAKS = {"===": [1, 1]}, {"===": [1, 2]}, {"+": [1, "x"]}


def rule(identifier: str = "GR-VN-0001", logic: Any = HOLDS, **changes: Any) -> dict[str, Any]:
    """Return a rule as countries publish it."""
    members = {
        "Identifier": identifier,
        "Type": "Acceptance",
        "Country": "VN",
        "Version": "1.0.0",
        "SchemaVersion": "1.0.0",
        "Engine": "CERTLOGIC",
        "EngineVersion": "0.7.5",
        "CertificateType": "General",
        "Description": [{"lang": "en", "desc": "It must hold."}, {"lang": "vi", "desc": "Phải đúng."}],
        "ValidFrom": "2026-01-01T00:00:00Z",
        "ValidTo": "2027-01-01T00:00:00+07:00",
        "AffectedFields": ["v.0"],
        "Logic": logic,
    }
    return members | changes
