"""Decoding the payload of a medication overview."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hcert.findings import finding
from hcert.fragments import fragment
from hcert.records.medication_overview import rules
from hcert.records.medication_overview.model import MAX_LINES, MedicationOverview, TreatmentLine
from hcert.records.places import PAYLOAD
from hcert.records.value_sets import ValueSets
from hcert.records.who_payload import MemberDecoder, MemberSchema

if TYPE_CHECKING:
    from hcert.findings import Finding

PERSON: Final = (
    MemberSchema("n", "name", required=True),
    MemberSchema("dob", "birth_date", "birth date", required=True),
    MemberSchema("s", "sex", "sex", required=True),
    MemberSchema("nt", "nationality"),
    MemberSchema("id", "identifier"),
    MemberSchema("dt", "identifier_type"),
)
LINES: Final = "m"
LINE: Final = (
    MemberSchema("m", "medication", required=True),
    MemberSchema("es", "effective_from", "partial date"),
    MemberSchema("ee", "effective_until", "partial date"),
    MemberSchema("da", "asserted_on", "partial date"),
    MemberSchema("d", "dosage"),
    MemberSchema("r", "reason"),
    MemberSchema("a", "adherence"),
)


def decode(payload: Any, *, value_sets: ValueSets | None = None) -> tuple[MedicationOverview | None, list[Finding]]:
    """Decode a payload, by these value sets (None: those of the package).

    Returns:
        The record, or None if the payload breaks the format; and all findings.
    """
    decoder = _Decoder()
    record = decoder.decode_overview(payload)
    if record is None:
        return None, decoder.findings
    return record, decoder.findings + rules.findings(record, value_sets or ValueSets.packaged())


class _Decoder(MemberDecoder):
    """Decodes one payload."""

    def decode_overview(self, payload: Any) -> MedicationOverview | None:
        if type(payload) is not dict:
            self.add_problem(PAYLOAD, fragment("content.not_map"))
            return None
        members = self.decode_members(payload, PERSON)
        lines = self._decode_lines(payload)
        return None if self.failed else MedicationOverview(**members, treatment_lines=lines)

    def _decode_lines(self, payload: dict[Any, Any]) -> tuple[TreatmentLine, ...]:
        given = payload.get(LINES, [])
        if given is None:
            self.findings.append(finding("record.null_member", field=LINES))
            return ()
        if type(given) is not list:
            self.add_problem(LINES, fragment("schema.array"))
            return ()
        if len(given) > MAX_LINES:
            self.add_problem(LINES, fragment("size.entries", most=MAX_LINES))
            return ()
        return tuple(line for index, one in enumerate(given) for line in self._decode_line(one, f"{LINES}[{index}]"))

    def _decode_line(self, value: Any, path: str) -> tuple[TreatmentLine, ...]:
        """Decode one line; return nothing if the payload is malformed."""
        if type(value) is not dict:
            self.add_problem(path, fragment("content.not_map"))
            return ()
        members = self.decode_members(value, LINE, f"{path}.")
        return () if self.failed else (TreatmentLine(**members),)
