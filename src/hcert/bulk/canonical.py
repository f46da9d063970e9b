"""The digest of a plan: equal for equal plans, on every machine and in every process."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import PurePath
from typing import Any

import msgspec

from hcert.codec import cbor
from hcert.trust.trust_list import TrustList


def digest(value: Any) -> str:
    """Return the SHA-256 of a value's canonical form, in hexadecimal."""
    return hashlib.sha256(cbor.encode(canonical(value))).hexdigest()


def canonical(value: Any) -> Any:
    """Return a value as CBOR can hold it, sets and maps in one order.

    Objects are their type and their state; what they leave out of comparisons is left out.
    """
    if isinstance(value, Enum):
        value = value.value
    form: Any
    if value is None or isinstance(value, bool | str | bytes):
        form = value
    elif isinstance(value, int | float | PurePath | timedelta):
        form = [type(value).__name__, str(value)]
    elif isinstance(value, datetime):
        form = value.astimezone(UTC).isoformat()
    elif isinstance(value, tuple | list):
        form = list(map(canonical, value))
    elif isinstance(value, set | frozenset):
        form = sorted(map(canonical, value), key=cbor.encode)
    elif isinstance(value, dict):
        form = sorted((list(map(canonical, pair)) for pair in value.items()), key=cbor.encode)
    else:
        form = [f"{type(value).__module__}.{type(value).__qualname__}", canonical(_state_of(value))]
    return form


def _state_of(value: Any) -> Any:
    if isinstance(value, TrustList):
        return {"envelope": value.envelope, "keys": frozenset(value)}
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value) if field.compare}
    if isinstance(value, msgspec.Struct):
        return {name: getattr(value, name) for name in value.__struct_fields__}
    return value.__getstate__()
