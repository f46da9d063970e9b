"""Decoded CBOR as JSON can have it."""

from __future__ import annotations

import math
from datetime import date
from typing import Any


def json_form(value: Any) -> Any:
    """Return content as JSON can have it.

    Bytes become hexadecimal text, times ISO 8601, keys of maps text, and a float that is not a finite number null.
    """
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(key): json_form(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_form(item) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value
