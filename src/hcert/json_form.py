"""Decoded CBOR in a form that JSON can express."""

from __future__ import annotations

import math
from datetime import date
from typing import Any


def to_json_form(value: Any) -> Any:
    """Return content in a form that `json.dumps` can write.

    Bytes become hexadecimal text, dates and times ISO 8601, map keys text, and floats that are not finite None.
    """
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(key): to_json_form(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json_form(item) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value
