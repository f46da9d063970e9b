"""Decoding an ICVP payload of any generation, and refusing mixtures of generations that could be misread.

The member that holds the doses tells the generation. A member that only another generation has is an error: half of the
names mean something else there, so its meaning would be a guess. One mixture is signed by participants of the WHO's
network and read with a warning: members of generation B with the dose by itself, as in A. They mean the same in both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcert.findings import Finding, finding
from hcert.fragments import Fragment, fragment
from hcert.records.icvp import rules, schema
from hcert.records.icvp.model import MAX_DOSES, Dose, Generation, Icvp
from hcert.records.places import PAYLOAD
from hcert.records.value_sets import ValueSets
from hcert.records.who_payload import MemberDecoder

if TYPE_CHECKING:
    from hcert.fragments import Place


def decode(payload: Any, *, value_sets: ValueSets | None = None) -> tuple[Icvp | None, list[Finding]]:
    """Decode a payload, by these value sets (None: those of the package).

    Returns:
        The record, or None if the payload breaks the format of its generation; and all findings.
    """
    found: list[Finding] = []
    if type(payload) is list and len(payload) == 1:  # until 2026-05-08 WHO allowed a list as a subclaim
        found.append(finding("record.listed_payload"))
        payload = payload[0]
    if type(payload) is not dict:
        return None, [*found, _schema_problem(PAYLOAD, fragment("content.not_map"))]
    generation = generation_of(payload)
    if generation is None:
        return None, [*found, _schema_problem("v", fragment("icvp.generation"))]
    decoder = _Decoder(generation)
    record = decoder.decode_certificate(payload)
    found += decoder.findings
    if record is None:
        return None, found
    return record, found + rules.findings(record, value_sets or ValueSets.packaged())


def generation_of(payload: dict[Any, Any]) -> Generation | None:
    """Return the generation of a payload, or None if it holds no doses in any of the three ways."""
    doses = payload.get("v")
    if "vx" in payload or type(doses) is str:
        return Generation.C
    if type(doses) is list:
        return Generation.B
    if type(doses) is dict:
        return Generation.B if doses.keys().isdisjoint(schema.DOSE_MEMBERS_OF_A_ONLY) else Generation.A
    return None


class _Decoder(MemberDecoder):
    """Decodes one payload by the schema of its generation."""

    def __init__(self, generation: Generation) -> None:
        super().__init__()
        self._generation = generation
        self._schema = schema.SCHEMAS[generation]

    def decode_certificate(self, payload: dict[Any, Any]) -> Icvp | None:
        foreign = schema.ALL_CERTIFICATE_MEMBERS - schema.certificate_members(self._generation)
        self._refuse_foreign(payload, foreign, "")
        members = self.decode_members(payload, self._schema.certificate)
        doses = self._decode_doses(payload)
        if self.failed:
            return None
        return Icvp(**members, doses=doses, generation=self._generation)

    def _decode_doses(self, payload: dict[Any, Any]) -> tuple[Dose, ...]:
        name = self._schema.doses
        value: Any = payload.get(name)
        if self._generation is not Generation.B:
            return self._decode_dose(value, name)
        if type(value) is dict:
            beside = sorted(schema.CERTIFICATE_MEMBERS_OF_B_ONLY & payload.keys())
            self.findings.append(
                finding("record.mixed_generation", field=beside[0]) if beside else finding("record.dose_not_in_list")
            )
            return self._decode_dose(value, name)
        if not 0 < len(value) <= MAX_DOSES:
            self.add_problem(name, fragment("icvp.doses", most=MAX_DOSES))
            return ()
        return tuple(
            dose for index, member in enumerate(value) for dose in self._decode_dose(member, f"{name}[{index}]")
        )

    def _decode_dose(self, value: Any, path: str) -> tuple[Dose, ...]:
        """Decode one dose; return nothing if it is malformed."""
        if type(value) is not dict:
            self.add_problem(path, fragment("content.not_map"))
            return ()
        if self._generation is Generation.C and "dv" not in value and "dt" in value:
            self.findings.append(finding("record.former_member", field=f"{path}.dt", name="dv"))
            value = {"dv" if name == "dt" else name: member for name, member in value.items()}
        before = len(self.findings)
        self._refuse_foreign(value, schema.ALL_DOSE_MEMBERS - schema.dose_members(self._generation), f"{path}.")
        members = self.decode_members(value, self._schema.dose, f"{path}.")
        if self._generation is not Generation.A and members.get("issuer") is None and members.get("clinician") is None:
            self.findings.append(finding("record.no_issuer", field=path))
        if any(found.severity == "error" for found in self.findings[before:]):
            return ()
        return (Dose(**members),)

    def _refuse_foreign(self, given: dict[Any, Any], foreign: frozenset[str], path: str) -> None:
        """Add an error for each member that only another generation has."""
        generation = f"{self._generation.name} ({self._generation})"
        self.findings += [
            finding("record.ambiguous_generation", field=path + name, generation=generation)
            for name in sorted(foreign & given.keys())
        ]


def _schema_problem(path: Place, problem: Fragment) -> Finding:
    return finding("record.schema", path=path, problem=problem)
