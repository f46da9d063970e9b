"""Decoding an EU DCC payload: by the schema, and if that fails, again with the named leniencies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hcert.findings import Finding, finding
from hcert.records.eu_dcc import leniencies, rules
from hcert.records.eu_dcc.model import GROUPS, EuDcc, from_wire, schema_problems
from hcert.records.value_sets import ValueSets

if TYPE_CHECKING:
    from hcert.keys.usage import Usage


def decode(payload: Any, *, value_sets: ValueSets | None = None) -> tuple[EuDcc | None, list[Finding]]:
    """Decode a payload, by these value sets (None: those of the package).

    Returns:
        The record, or None if the payload breaks the schema even with the leniencies; and all findings.
    """
    known = value_sets or ValueSets.packaged()
    record = _decode_strictly(payload)
    if record is not None:
        return record, _findings(record, known)
    corrected, found = leniencies.apply(payload)
    record = _decode_strictly(corrected)
    if record is None:  # collecting every problem takes twenty times as long, so it comes last
        problems = schema_problems(corrected)
        if problems:
            return None, found + [finding("record.schema", path=path, problem=problem) for path, problem in problems]
        record = from_wire(corrected)
    return record, found + _findings(record, known)


def _decode_strictly(payload: Any) -> EuDcc | None:
    """Decode a payload without leniencies; None if it breaks the schema or deviates in a way that msgspec ignores."""
    try:
        record = from_wire(payload)
    except msgspec.ValidationError:
        return None
    return None if leniencies.deviates(payload) else record


def _findings(record: EuDcc, known: ValueSets) -> list[Finding]:
    return rules.findings(record, known) + rules.check_character_findings(record)


def usages(payload: Any) -> list[Usage]:
    """Return the usages a payload needs, judging by its groups alone, so that it works for a malformed payload too."""
    return [usage for wire, _, usage in GROUPS if payload.get(wire)] if isinstance(payload, dict) else []
