"""Parts of FHIR resources as hcert writes them: codings, references, names, dates, extensions."""

from __future__ import annotations

import datetime as dt
import re
from html import escape
from typing import TYPE_CHECKING, Any, Final

from hcert.exchange import codes, systems
from hcert.times import to_zone

if TYPE_CHECKING:
    from hcert.records.partial_date import PartialDate

MAX_POSITIVE_INT: Final = 2**31 - 1  # of FHIR
NOT_KNOWN: Final = {"extension": [{"url": systems.ABSENT, "valueCode": systems.UNKNOWN}]}
_XHTML: Final = "http://www.w3.org/1999/xhtml"


def coding(system: str, code: str, *, chosen: bool = False) -> dict[str, Any]:
    """Write a coding; one that the record has itself is marked as chosen, among its translations."""
    return {"system": system, "code": code} | ({"userSelected": True} if chosen else {})


def concept(*codings: dict[str, Any]) -> dict[str, Any]:
    """Write a CodeableConcept."""
    return {"coding": list(codings)}


def vaccine_concept(product: str | None, vaccine: str | None, implied: str | None) -> dict[str, Any]:
    """Write what was given: the codes of the record, then those that mean exactly the same."""
    own = [coding(_product_system(product), product, chosen=True)] if product else []
    own += [coding(_vaccine_system(vaccine), vaccine, chosen=True)] if vaccine else []
    beside = vaccine or implied
    others = codes.codes_beside(beside) if beside else {}
    translations = [coding(systems.SYSTEM_OF[system], code) for system, code in others.items()]
    if implied and not vaccine:
        translations.insert(0, coding(_vaccine_system(implied), implied))
    return concept(*own, *translations) if own else concept(coding(systems.ABSENT_CODE, systems.UNKNOWN))


def manufacturer(code: str) -> dict[str, Any]:
    """Write a Reference to a manufacturer by its code."""
    known = re.fullmatch("ORG-[0-9]{9}", code)
    return {"identifier": {"system": systems.MANUFACTURER if known else systems.MANUFACTURER_NAME, "value": code}}


def dose_number(name: str, count: int | None) -> dict[str, Any]:
    """Write the number of a dose, or of the doses of a series, where R4 has an integer for it and where it has none."""
    if count is None:
        return {}
    return {f"{name}PositiveInt": count} if count <= MAX_POSITIVE_INT else {f"{name}String": str(count)}


def inner(url: str, **texts: str | None) -> list[dict[str, Any]]:
    """Write an extension of ours with texts by name; no extension where there are none."""
    parts = [{"url": name, "valueString": text} for name, text in texts.items() if text]
    return [{"url": url, "extension": parts}] if parts else []


def human_name(family: str | None, given: str | None) -> dict[str, Any]:
    """Write a name: the given name word by word, unless it could not be joined again."""
    words = given.split(" ") if given else []
    return without_empty({"family": family, "given": words if all(words) else [given]})


def birth_date(date: PartialDate | None) -> dict[str, Any]:
    """Write a birth date as far as it is known."""
    return {"birthDate": str(date)} if date is not None and str(date) else {"_birthDate": NOT_KNOWN}


def moment(when: dt.datetime) -> str:
    """Write a moment in whole seconds, with its zone; one whose zone has seconds in UTC."""
    offset = when.utcoffset() or dt.timedelta()
    if offset % dt.timedelta(minutes=1):
        when = to_zone(when, dt.UTC)
    return when.isoformat(timespec="seconds")


def narrative(*lines: str) -> dict[str, Any]:
    """Write what a section says for people."""
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return {"status": "generated", "div": f'<div xmlns="{_XHTML}">{paragraphs}</div>'}


def without_empty(members: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is not there; R4 has neither null nor anything empty."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}


def _product_system(product: str) -> str:
    if re.fullmatch("VAC[0-9]{4}", product):
        return systems.NUVA
    return systems.PRODUCT if product.startswith("EU/") else systems.PRODUCT_NAME


def _vaccine_system(vaccine: str) -> str:
    if re.fullmatch("VAC[0-9]{4}", vaccine):
        return systems.NUVA
    return systems.SNOMED if vaccine.isdecimal() else systems.ATC
