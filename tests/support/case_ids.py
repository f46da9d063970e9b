"""Names of the cases of a table, for values that pytest would only number."""

from __future__ import annotations

from hcert.fragments import Fragment

_MAX_CHARACTERS = 60


def case_id(value: object) -> str | None:
    """Return the start of a value as Python writes it; None for what pytest names by itself, or what has an address."""
    text = value.code if isinstance(value, Fragment) else repr(value)
    return None if isinstance(value, str | int | float | bytes | None) or " at 0x" in text else text[:_MAX_CHARACTERS]
