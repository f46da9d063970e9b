"""A citizen record as a European Vaccination Card: what the card has a place for, and a finding for everything else.

A card identifies the vaccine of a dose by NUVA. A code that means exactly one vaccine of NUVA is led to it; an EU
number stands for several, so that the caller must choose.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from hcert.errors import IssueError
from hcert.exchange import codes
from hcert.findings import Finding, finding, limit_findings
from hcert.records.citizen.model import Vaccination
from hcert.records.clvr.model import NUVA_CODE, Dose, VaccinationCard
from hcert.records.places import RECORD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hcert.records.citizen.model import CitizenRecord

_OF_PERSON: Final = ("sex", "nationality", "standardised_family_name", "standardised_given_name", "unrecognised")
_OF_DOSE: Final = (
    "dose_number", "series_doses", "manufacturer", "issuer", "centre", "uvci", "unrecognised",
)  # fmt: skip


class Written(NamedTuple):
    """A vaccination card, and a `clvr.*` warning for everything that it does not hold."""

    card: VaccinationCard
    findings: tuple[Finding, ...]


def from_citizen(
    record: CitizenRecord,
    *,
    registry: str,
    repository: int,
    indexes: Mapping[int, int],
    vaccines: Mapping[int, str] | None = None,
) -> Written:
    """Return the doses of a citizen record as a vaccination card to issue.

    Args:
        record: a citizen record.
        registry: where the master records are kept, such as `VNM`.
        repository: the number of that repository within the registry.
        indexes: for each entry number of a dose, the number of its master record within the repository and the day.
            A citizen record has no such number, so that the keeper of the repository must give it.
        vaccines: NUVA codes by entry number, where the caller knows better than the codes of the record say.

    Raises:
        IssueError: `clvr.birth_date`, `clvr.name`, or `clvr.no_index` for each dose without its index.
    """
    person = record.person
    found = [
        *([finding("clvr.birth_date")] if person.birth_date.day is None else []),
        *(finding("clvr.name", field=name) for name in ("family_name", "given_name") if not getattr(person, name)),
        *(finding("clvr.no_index", number=dose.number) for dose in record.vaccinations if dose.number not in indexes),
    ]
    if found:
        raise IssueError(*found)
    chosen = vaccines or {}
    lost = list(_lost(record))
    doses: list[Dose] = []
    for position, dose in enumerate(record.vaccinations):
        place = f"vaccinations[{position}]"
        nuva = chosen.get(dose.number) or nuva_of(dose)
        if nuva is None:
            lost.append(finding("clvr.no_nuva_code", record=place, place=place))
            continue
        lost += _lost_of_dose(dose, place, nuva, codes.country_of(registry))
        doses.append(
            Dose(
                date=dose.date,
                vaccine=nuva,
                registry=registry,
                repository=repository,
                index=indexes[dose.number],
            )
        )
    card = VaccinationCard(
        family_name=str(person.family_name),
        given_name=str(person.given_name),
        birth_date=person.birth_date.earliest_day,
        doses=tuple(doses),
    )
    return Written(card, limit_findings(lost))


def nuva_of(dose: Vaccination) -> str | None:
    """Return the one NUVA code that means what the codes of a dose mean; None where there is none."""
    if dose.product is not None:
        return dose.product if re.fullmatch(NUVA_CODE, dose.product) else None
    return None if dose.vaccine is None else codes.codes_beside(dose.vaccine).get("nuva")


def _lost(record: CitizenRecord) -> Iterator[Finding]:
    """Yield findings for what belongs to the person and the record, and for tests and recoveries."""
    members = [name for name in _OF_PERSON if getattr(record.person, name)]
    members += ["certificate_id", "revision", *(["sealed"] if record.sealed else [])]
    members += ["unrecognised"] if record.unrecognised else []
    yield finding("clvr.members_lost", place=RECORD, fields=tuple(members))
    for place, entry in record.places():
        if not isinstance(entry, Vaccination):
            yield finding("clvr.entry_lost", record=place, place=place)


def _lost_of_dose(dose: Vaccination, place: str, nuva: str, country: str | None) -> Iterator[Finding]:
    members = [name for name in _OF_DOSE if getattr(dose, name)]
    if dose.country != country:
        members.insert(0, "country")
    known = codes.meaning_of([("nuva", nuva)])
    if set(dose.diseases) != set(known.diseases):
        members.append("diseases")
    if dose.product is not None and dose.product != nuva:
        members.append("product")
    if dose.vaccine not in {None, known.vaccine} and codes.codes_beside(dose.vaccine).get("nuva") != nuva:
        members.append("vaccine")
    if members:
        yield finding("clvr.members_lost", record=place, place=place, fields=tuple(members))
