"""The rules of a European Vaccination Card that its types cannot express, for decoding and issuing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hcert.findings import Finding, finding
from hcert.records import life
from hcert.records.partial_date import PartialDate
from hcert.records.text_rules import blank_findings, replacement_findings, text_findings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.records.clvr.model import VaccinationCard

_WIRE: Final = {"date": "a", "vaccine": "mp", "registry": "reg", "repository": "rep", "index": "i"}


def birth_date(card: VaccinationCard) -> PartialDate:
    """Return the birth date in the form that all kinds of records share."""
    born = card.birth_date
    return PartialDate(born.year, born.month, born.day)


LIFE: Final = life.Layout(birth_date, "dob", (life.Group("doses", "v[{}]", "date", shown=_WIRE),))


def findings(card: VaccinationCard) -> list[Finding]:
    """Check the rules that types cannot express."""
    found = replacement_findings(("nam.fnt", card.family_name), ("nam.gnt", card.given_name))
    if not card.doses:
        found.append(finding("record.empty_group", field="v"))
    return found + life.findings(card, LIFE)


def text_faults(card: VaccinationCard) -> Iterator[Finding]:
    """Yield findings for every name that must not be signed."""
    for field, name in (("nam.fnt", card.family_name), ("nam.gnt", card.given_name)):
        yield from text_findings(name, field=field)
        yield from blank_findings(name, field=field)
