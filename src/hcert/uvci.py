"""Unique vaccination certificate identifiers (UVCI): made, and checked (eHealth Network, annex 2)."""

from __future__ import annotations

from hcert.records.uvci import (
    check,
    check_character,
    check_character_holds,
    country_of,
    entry_id_of,
    make_opaque,
    make_semi_structured,
    make_structured,
    random_opaque,
    with_check_character,
)

__all__ = [
    "check",
    "check_character",
    "check_character_holds",
    "country_of",
    "entry_id_of",
    "make_opaque",
    "make_semi_structured",
    "make_structured",
    "random_opaque",
    "with_check_character",
]
