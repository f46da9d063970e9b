"""Decoding the payload of a European Vaccination Card, strictly: few exist, and none deviates within its payload.

Members that CLVR does not define are ignored, as in every format here.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final

from hcert.codec.limits import MAX_ENTRIES, MAX_INTEGER, MAX_TEXT
from hcert.findings import Finding, finding
from hcert.fragments import Fragment, fragment
from hcert.records.clvr import rules
from hcert.records.clvr.model import (
    MAX_NUVA,
    MAX_REGISTRY,
    REGISTRY,
    VERSION,
    VERSIONS,
    Dose,
    VaccinationCard,
)
from hcert.records.places import PAYLOAD

_DAY: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_SHOWN_VERSION: Final = r"[0-9.]{1,20}"


def decode(payload: Any) -> tuple[VaccinationCard | None, list[Finding]]:
    """Decode a payload.

    Returns:
        The record, or None if the payload breaks the format; and all findings, named by the members of the payload.
    """
    decoder = _Decoder()
    record = decoder.decode_card(payload)
    if record is None:
        return None, decoder.findings
    return record, decoder.findings + rules.findings(record)


class _Decoder:
    """Decodes one payload, and collects the findings."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def decode_card(self, payload: Any) -> VaccinationCard | None:
        card = self._map(payload, PAYLOAD)
        if card is None:
            return None
        self._check_version(card.get("ver"))
        names = self._map(card.get("nam"), "nam")
        family_name, given_name = ("", "") if names is None else (self._name(names, wire) for wire in ("fnt", "gnt"))
        birth_date = self._birth_date(card.get("dob"))
        doses = self._doses(card.get("v", []), birth_date)
        if self.findings or birth_date is None:
            return None
        return VaccinationCard(
            family_name=family_name,
            given_name=given_name,
            birth_date=birth_date,
            doses=doses,
            schema_version=card["ver"],
        )

    def _doses(self, value: Any, birth_date: dt.date | None) -> tuple[Dose, ...]:
        if type(value) is not list:
            self._add_problem("v", fragment("schema.array"))
            return ()
        if len(value) > MAX_ENTRIES:
            self._add_problem("v", fragment("clvr.doses", most=MAX_ENTRIES))
            return ()
        return tuple(self._dose(member, f"v[{index}]", birth_date) for index, member in enumerate(value))

    def _dose(self, value: Any, path: str, birth_date: dt.date | None) -> Any:
        """Decode one dose; the result counts only if nothing was found."""
        dose = self._map(value, path)
        if dose is None:
            return None
        repository, index, age = (self._count(dose, path, wire) for wire in ("rep", "i", "a"))
        nuva = self._count(dose, path, "mp", most=MAX_NUVA)
        registry = dose.get("reg")
        if type(registry) is not str or not re.fullmatch(REGISTRY, registry):
            self._add_problem(f"{path}.reg", fragment("clvr.registry", most=MAX_REGISTRY))
        try:
            day = birth_date and birth_date + dt.timedelta(days=age)
        except OverflowError:
            self._add_problem(f"{path}.a", fragment("schema.day_range"))
            return None
        if self.findings or day is None:
            return None
        return Dose(date=day, vaccine=f"VAC{nuva:04}", registry=str(registry), repository=repository, index=index)

    def _count(self, dose: dict[Any, Any], path: str, wire: str, *, most: int = MAX_INTEGER) -> int:
        value = dose.get(wire)
        if type(value) is int and 0 <= value <= most:
            return value
        self._add_problem(f"{path}.{wire}", fragment("schema.unsigned", most=most))
        return 0

    def _birth_date(self, value: Any) -> dt.date | None:
        if type(value) is str and re.fullmatch(_DAY, value):
            try:
                return dt.date.fromisoformat(value)
            except ValueError:
                pass
        self._add_problem("dob", fragment("schema.date"))
        return None

    def _name(self, names: dict[Any, Any], wire: str) -> str:
        value = names.get(wire)
        if type(value) is str and 0 < len(value) <= MAX_TEXT:
            return value
        self._add_problem(f"nam.{wire}", fragment("schema.text", most=MAX_TEXT))
        return ""

    def _check_version(self, value: Any) -> None:
        if type(value) is not str:
            self._add_problem("ver", fragment("schema.any_text"))
        elif not re.fullmatch(VERSIONS, value):
            shown = value if re.fullmatch(_SHOWN_VERSION, value) else fragment("place.other_number")
            self.findings.append(finding("record.unsupported_version", version=shown, known=VERSION))

    def _map(self, value: Any, path: str | Fragment) -> dict[Any, Any] | None:
        if type(value) is dict:
            return value
        self._add_problem(path, fragment("content.not_map"))
        return None

    def _add_problem(self, path: str | Fragment, problem: Fragment) -> None:
        self.findings.append(finding("record.schema", path=path, problem=problem))
