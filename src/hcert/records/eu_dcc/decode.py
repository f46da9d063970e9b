"""Reading an EU DCC payload: by the schema; failing that, once more with the named leniencies."""

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
    """Read a payload by the value sets, those of the package where None.

    Returns:
        The record, or None where the schema does not hold even with the leniencies; and all that was found.
    """
    known = value_sets or ValueSets.packaged()
    record = _fitting(payload)
    if record is not None:
        return record, _findings(record, known)
    mended, found = leniencies.mend(payload)
    record = _fitting(mended)
    if record is None:  # only now is it worth looking at each member by itself, which takes twenty times as long
        problems = schema_problems(mended)
        if problems:
            return None, found + [finding("record.schema", path=path, problem=words) for path, words in problems]
        record = from_wire(mended)
    return record, found + _findings(record, known)


def _fitting(payload: Any) -> EuDcc | None:
    """Return the record if the payload fits the types, and holds nothing that these let pass but should not."""
    try:
        record = from_wire(payload)
    except msgspec.ValidationError:
        return None
    return None if leniencies.needed(payload) else record


def _findings(record: EuDcc, known: ValueSets) -> list[Finding]:
    return rules.findings(record, known) + rules.check_characters(record)


def usages(payload: Any) -> list[Usage]:
    """Return the kinds of events a payload holds, by its groups alone, so that a broken record is judged too."""
    return [usage for wire, _, usage in GROUPS if payload.get(wire)] if isinstance(payload, dict) else []
