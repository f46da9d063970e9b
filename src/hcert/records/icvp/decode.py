"""Decoding an ICVP payload of any generation, and refusing mixtures of generations that could be misread.

The member that holds the doses tells the generation. A member that only another generation has is an error: half of the
names mean something else there, so its meaning would be a guess. One mixture is signed by participants of the WHO's
network and read with a warning: members of generation B with the dose by itself, as in A. They mean the same in both.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final

from hcert.codec.cbor import DateTimeText
from hcert.findings import Finding, finding
from hcert.fragments import Fragment, fragment
from hcert.records.icvp import rules, schema
from hcert.records.icvp.model import MAX_CHARACTERS, MAX_DOSES, Dose, Generation, Icvp
from hcert.records.partial_date import PartialDate
from hcert.records.places import PAYLOAD
from hcert.records.value_sets import ValueSets

if TYPE_CHECKING:
    from hcert.fragments import Place

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME: Final = re.compile(r"[T ].{1,199}")
_SEXES: Final = {"m": "male", "f": "female", "male": "male", "female": "female", "other": "other", "unknown": "unknown"}


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


class _Decoder:
    """Decodes one payload by the schema of its generation, and collects the findings."""

    def __init__(self, generation: Generation) -> None:
        self.findings: list[Finding] = []
        self._generation = generation
        self._schema = schema.SCHEMAS[generation]

    def decode_certificate(self, payload: dict[Any, Any]) -> Icvp | None:
        foreign = schema.ALL_CERTIFICATE_MEMBERS - schema.certificate_members(self._generation)
        self._refuse_foreign(payload, foreign, "")
        members = self._decode_members(payload, self._schema.certificate, "")
        doses = self._decode_doses(payload)
        if any(found.severity == "error" for found in self.findings):
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
            self._add_problem(name, fragment("icvp.doses", most=MAX_DOSES))
            return ()
        return tuple(
            dose for index, member in enumerate(value) for dose in self._decode_dose(member, f"{name}[{index}]")
        )

    def _decode_dose(self, value: Any, path: str) -> tuple[Dose, ...]:
        """Decode one dose; return nothing if it is malformed."""
        if type(value) is not dict:
            self._add_problem(path, fragment("content.not_map"))
            return ()
        if self._generation is Generation.C and "dv" not in value and "dt" in value:
            self.findings.append(finding("record.former_member", field=f"{path}.dt", name="dv"))
            value = {"dv" if name == "dt" else name: member for name, member in value.items()}
        before = len(self.findings)
        self._refuse_foreign(value, schema.ALL_DOSE_MEMBERS - schema.dose_members(self._generation), f"{path}.")
        members = self._decode_members(value, self._schema.dose, f"{path}.")
        if self._generation is not Generation.A and members.get("issuer") is None and members.get("clinician") is None:
            self.findings.append(finding("record.no_issuer", field=path))
        if any(found.severity == "error" for found in self.findings[before:]):
            return ()
        return (Dose(**members),)

    def _decode_members(
        self, given: dict[Any, Any], members: tuple[schema.MemberSchema, ...], path: str
    ) -> dict[str, Any]:
        decoded: dict[str, Any] = {}
        for member in members:
            value = given.get(member.wire)
            if value is not None:
                decoded[member.attribute] = self._decode_value(value, member.type, path + member.wire)
            elif member.required:
                self._add_problem(path + member.wire, fragment("schema.missing"))
            elif member.wire in given:
                self.findings.append(finding("record.null_member", field=path + member.wire))
        return decoded

    def _decode_value(self, value: Any, member_type: schema.MemberType, path: str) -> Any:
        if not isinstance(value, str) or (
            isinstance(value, DateTimeText) and member_type not in {"date", "birth date"}
        ):
            return self._add_problem(path, fragment("schema.not_text"))
        if not 0 < len(value) <= MAX_CHARACTERS:
            return self._add_problem(path, fragment("schema.characters", most=MAX_CHARACTERS))
        if member_type == "text":
            return value
        if member_type == "sex":
            return _SEXES.get(value.lower(), value)
        return self._decode_date(value, member_type, path)

    def _decode_date(self, value: str, member_type: schema.MemberType, path: str) -> dt.date | PartialDate | None:
        if isinstance(value, DateTimeText):
            self.findings.append(finding("record.tagged_time", field=path))
            value = str(value)
        day = _DAY.match(value)
        if day and _TIME.fullmatch(value, day.end()):
            self.findings.append(finding("record.date_with_time", field=path))
            value = day[0]
        try:
            if member_type == "birth date":
                return PartialDate.parse(value)
            if _DAY.fullmatch(value):
                return dt.date.fromisoformat(value)
        except ValueError:
            pass
        self._add_problem(path, fragment("schema.date"))
        return None

    def _refuse_foreign(self, given: dict[Any, Any], foreign: frozenset[str], path: str) -> None:
        """Add an error for each member that only another generation has."""
        generation = f"{self._generation.name} ({self._generation})"
        self.findings += [
            finding("record.mixed_generations", field=path + name, generation=generation)
            for name in sorted(foreign & given.keys())
        ]

    def _add_problem(self, path: str, problem: Fragment) -> None:
        self.findings.append(_schema_problem(path, problem))


def _schema_problem(path: Place, problem: Fragment) -> Finding:
    return finding("record.schema", path=path, problem=problem)
