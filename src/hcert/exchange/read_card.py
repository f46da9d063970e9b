"""A European Vaccination Card as a citizen record: what its codes mean, and a finding for everything that is lost.

A card does not say where a dose was given. Its registry is a country in most cards, and is then taken for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hcert.exchange import codes
from hcert.exchange.read_entries import UNKNOWN_COUNTRY
from hcert.findings import Finding, finding, limit_findings
from hcert.records.citizen import code_registry
from hcert.records.citizen.model import CitizenRecord, Vaccination, new_certificate_id
from hcert.records.citizen.person import Person
from hcert.records.clvr import rules

if TYPE_CHECKING:
    from hcert.records.clvr.model import VaccinationCard

_MASTER_RECORD: Final = ("registry", "repository", "index")


class Read(NamedTuple):
    """A citizen record, and a `clvr.*` warning for everything that it does not hold or that had to be decided."""

    record: CitizenRecord
    findings: tuple[Finding, ...]


def to_citizen(card: VaccinationCard, *, certificate_id: bytes | None = None, country: str | None = None) -> Read:
    """Return a vaccination card as a citizen record, its doses numbered from 1 in their order.

    Args:
        card: a vaccination card, from a verified code.
        certificate_id: of the new record; random where None.
        country: where doses were given whose registry is not a country, ISO 3166-1 alpha-2. Without it they get `ZZ`,
            with which nothing is issued, and a finding each.
    """
    known = code_registry.codes("vaccines")
    found: list[Finding] = []
    doses: list[Vaccination] = []
    for number, dose in enumerate(card.doses, start=1):
        place = f"vaccinations[{number - 1}]"
        meaning = codes.meaning_of([("nuva", dose.vaccine)])
        given_in = codes.country_of(dose.registry) or country
        is_class = meaning.vaccine is not None and codes.codes_beside(meaning.vaccine).get("nuva") == dose.vaccine
        found.append(finding("clvr.members_lost", record=place, place=place, fields=_MASTER_RECORD))
        if not meaning.diseases:
            found.append(finding("clvr.no_diseases", record=place, place=place))
        if given_in is None:
            found.append(finding("clvr.no_country", record=place, place=place))
        doses.append(
            Vaccination(
                number=number,
                diseases=meaning.diseases,
                date=dose.date,
                country=given_in or UNKNOWN_COUNTRY,
                product=None if is_class else dose.vaccine,
                vaccine=meaning.vaccine if is_class or meaning.vaccine in known else None,
            )
        )
    record = CitizenRecord(
        certificate_id=new_certificate_id() if certificate_id is None else certificate_id,
        person=Person(
            family_name=card.family_name,
            given_name=card.given_name,
            birth_date=rules.birth_date(card),
        ),
        vaccinations=tuple(doses),
    )
    return Read(record, limit_findings(found))
