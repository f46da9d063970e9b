"""Reading an ICVP payload of whichever generation, and saying so where it is a mixture.

The generation is told by the members that hold the doses (`hcert.md`, section 2.4). A member that only another
generation has is an error: half of the names mean something else there, and a guess would certify a guess.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final

from hcert.codec.cbor import DateTimeText
from hcert.findings import Finding, finding
from hcert.fragments import Fragment, fragment
from hcert.records import life
from hcert.records.icvp import schema
from hcert.records.icvp.model import MAX_CHARACTERS, MAX_DOSES, Dose, Generation, Icvp
from hcert.records.partial_date import PartialDate
from hcert.records.places import PAYLOAD

if TYPE_CHECKING:
    from hcert.fragments import Place

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME: Final = re.compile(r"[T ].{1,199}")
_SEXES: Final = {"m": "male", "f": "female", "male": "male", "female": "female", "other": "other", "unknown": "unknown"}


def decode(payload: Any) -> tuple[Icvp | None, list[Finding]]:
    """Read a payload.

    Returns:
        The record, or None where the payload breaks its generation; and all that was found.
    """
    reader = _Reader()
    record = reader.certificate(payload)
    broken = any(found.severity == "error" for found in reader.found)
    return None if broken else record, reader.found


def generation_of(payload: dict[Any, Any]) -> Generation | None:
    """Tell the generation of a payload, None where it holds doses in none of the three ways."""
    doses = payload.get("v")
    if "vx" in payload or type(doses) is str:
        return Generation.C
    if type(doses) is list:
        return Generation.B
    if type(doses) is dict:
        return Generation.B if doses.keys().isdisjoint(schema.ONLY_A_DOSE) else Generation.A
    return None


class _Reader:
    """Reads one payload and gathers what there is to say."""

    def __init__(self) -> None:
        self.found: list[Finding] = []

    def certificate(self, payload: Any) -> Icvp | None:
        if type(payload) is list and len(payload) == 1:  # until 2026-05-08 a subclaim could be a list
            self.found.append(finding("record.listed_payload"))
            payload = payload[0]
        if type(payload) is not dict:
            self._broken(PAYLOAD, fragment("content.not_map"))
            return None
        generation = generation_of(payload)
        if generation is None:
            self._broken("v", fragment("icvp.generation"))
            return None
        form = schema.FORMS[generation]
        self._refuse_foreign(payload, schema.ALL_OF_CERTIFICATE - schema.own_of_certificate(generation), "", generation)
        members = self._members(payload, form.certificate, "")
        doses = self._doses(payload.get(form.doses), form, generation)
        if any(found.severity == "error" for found in self.found):
            return None
        record = Icvp(**members, doses=doses, generation=generation)
        self.found += life.findings(schema.life_of(record))
        return record

    def _doses(self, value: Any, form: schema.Form, generation: Generation) -> tuple[Dose, ...]:
        if generation is not Generation.B:
            return self._dose(value, form, form.doses, generation)
        if type(value) is dict:
            self.found.append(finding("record.dose_not_in_list"))
            return self._dose(value, form, form.doses, generation)
        if not 0 < len(value) <= MAX_DOSES:
            self._broken(form.doses, fragment("icvp.doses", most=MAX_DOSES))
            return ()
        return tuple(
            dose
            for index, member in enumerate(value)
            for dose in self._dose(member, form, f"{form.doses}[{index}]", generation)
        )

    def _dose(self, value: Any, form: schema.Form, path: str, generation: Generation) -> tuple[Dose, ...]:
        """Read one dose; none where it is broken."""
        if type(value) is not dict:
            self._broken(path, fragment("content.not_map"))
            return ()
        if generation is Generation.C and "dv" not in value and "dt" in value:
            self.found.append(finding("record.former_member", field=f"{path}.dt", name="dv"))
            value = {"dv" if name == "dt" else name: member for name, member in value.items()}
        before = len(self.found)
        self._refuse_foreign(value, schema.ALL_OF_DOSE - schema.own_of_dose(generation), f"{path}.", generation)
        members = self._members(value, form.dose, f"{path}.")
        if generation is not Generation.A and members.get("issuer") is None and members.get("clinician") is None:
            self._broken(path, fragment("icvp.no_issuer"))
        if any(found.severity == "error" for found in self.found[before:]):
            return ()
        return (Dose(**members),)

    def _members(self, given: dict[Any, Any], members: tuple[schema.Member, ...], path: str) -> dict[str, Any]:
        read: dict[str, Any] = {}
        for member in members:
            value = given.get(member.wire)
            if value is not None:
                read[member.attribute] = self._value(value, member.kind, path + member.wire)
            elif member.required:
                self._broken(path + member.wire, fragment("schema.missing"))
            elif member.wire in given:
                self.found.append(finding("record.null_member", field=path + member.wire))
        return read

    def _value(self, value: Any, kind: schema.Kind, path: str) -> Any:
        if not isinstance(value, str) or (isinstance(value, DateTimeText) and kind not in {"date", "birth date"}):
            return self._broken(path, fragment("schema.not_text"))
        if not 0 < len(value) <= MAX_CHARACTERS:
            return self._broken(path, fragment("schema.characters", most=MAX_CHARACTERS))
        if kind == "text":
            return value
        if kind == "sex":
            return _SEXES.get(value.lower(), value)
        return self._date(value, kind, path)

    def _date(self, value: str, kind: schema.Kind, path: str) -> dt.date | PartialDate | None:
        if isinstance(value, DateTimeText):
            self.found.append(finding("record.tagged_time", field=path))
            value = str(value)
        day = _DAY.match(value)
        if day and _TIME.fullmatch(value, day.end()):
            self.found.append(finding("record.date_with_time", field=path))
            value = day[0]
        try:
            if kind == "birth date":
                return PartialDate.parse(value)
            if _DAY.fullmatch(value):
                return dt.date.fromisoformat(value)
        except ValueError:
            pass
        self._broken(path, fragment("schema.date"))
        return None

    def _refuse_foreign(
        self, given: dict[Any, Any], foreign: frozenset[str], path: str, generation: Generation
    ) -> None:
        for name in sorted(foreign & given.keys()):
            self.found.append(
                finding("record.mixed_generations", field=path + name, generation=f"{generation.name} ({generation})")
            )

    def _broken(self, path: Place, problem: Fragment) -> None:
        self.found.append(finding("record.schema", path=path, problem=problem))
