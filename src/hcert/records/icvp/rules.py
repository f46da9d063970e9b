"""The rules of an ICVP that its types cannot express, for decoding and issuing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hcert.records import life
from hcert.records.icvp import schema
from hcert.records.icvp.model import Generation
from hcert.records.partial_date import PartialDate
from hcert.records.text_rules import blank_findings, replacement_findings, text_findings
from hcert.records.who_payload import MemberSchema, nationality_findings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.findings import Finding
    from hcert.records.icvp.model import Dose, Icvp
    from hcert.records.value_sets import ValueSets


def _birth_date(record: Icvp) -> PartialDate:
    return record.birth_date or PartialDate()


def _describe(generation: Generation) -> life.Layout:
    generation_schema = schema.SCHEMAS[generation]
    path = f"{generation_schema.doses}[{{}}]" if generation is Generation.B else generation_schema.doses
    shown = {member.attribute: member.wire for member in generation_schema.dose}
    doses = life.Group("doses", path, "date", order=("valid_from", "valid_until"), shown=shown)
    return life.Layout(_birth_date, "dob", (doses,), "issued_on", "d")


LIVES: Final = {generation: _describe(generation) for generation in Generation}


def findings(record: Icvp, known: ValueSets) -> list[Finding]:
    """Check the rules that types cannot express, by the value sets `known`."""
    return [
        *replacement_findings(("n", record.name), ("gn", record.guardian)),
        *_nationality_findings(record, known),
        *life.findings(record, LIVES[record.generation]),
    ]


def text_faults(record: Icvp) -> Iterator[Finding]:
    """Yield findings for every text of the record that must not be signed."""
    generation_schema = schema.SCHEMAS[record.generation]
    holders: list[tuple[str, Icvp | Dose, tuple[MemberSchema, ...]]] = [
        ("", record, generation_schema.certificate),
        *((f"{generation_schema.doses}.", dose, generation_schema.dose) for dose in record.doses),
    ]
    for path, holder, members in holders:
        for member in members:
            value = getattr(holder, member.attribute)
            if isinstance(value, str):
                yield from text_findings(value, field=path + member.wire)
                yield from blank_findings(value, field=path + member.wire)


def _nationality_findings(record: Icvp, known: ValueSets) -> Iterator[Finding]:
    members = schema.SCHEMAS[record.generation].certificate
    field = next(member.wire for member in members if member.attribute == "nationality")
    return nationality_findings(record.nationality, field, known)
