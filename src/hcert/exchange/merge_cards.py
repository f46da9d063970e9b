"""Merging vaccination cards of one person by the published rules.

Doses of one day with one code are the same dose. Of two of one day of which one code specialises the other, they likely
are, and a person decides; until then both stay. Doses of different days are never the same. Source: EUVABECO,
implementation plan of the European Vaccination Card, deduplication; NUVA for what specialises what.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from hcert.codec.limits import MAX_ENTRIES
from hcert.errors import MalformedError
from hcert.exchange.nuva import specialises
from hcert.findings import Finding, finding, limit_findings

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from hcert.records.clvr.model import Dose, VaccinationCard


class Merged(NamedTuple):
    """The card to issue, and a `clvr.*` warning for every decision, taken or left to a person."""

    card: VaccinationCard
    findings: tuple[Finding, ...]


def merge(cards: Sequence[VaccinationCard]) -> Merged:
    """Merge vaccination cards of one person, from verified codes, into one with all their doses by day.

    Of two master records of one dose the one of the earlier card stays; a finding names the other.

    Args:
        cards: at most 100. Positions in findings count from 1.

    Raises:
        MalformedError: `merge.nothing`, `merge.too_many`, or `merge.other_person` for each card with another name or
            birth date than the first.
    """
    if not cards:
        raise MalformedError.of("merge.nothing")
    if len(cards) > MAX_ENTRIES:
        raise MalformedError.of("merge.too_many", limit=MAX_ENTRIES)
    faults = [
        finding("merge.other_person", position=position, field=field)
        for position, card in enumerate(cards[1:], start=2)
        for field in ("family_name", "given_name", "birth_date")
        if getattr(card, field) != getattr(cards[0], field)
    ]
    if faults:
        raise MalformedError(*faults)
    by_day: dict[dt.date, list[tuple[int, Dose]]] = {}
    found: list[Finding] = []
    for position, card in enumerate(cards, start=1):
        for dose in card.doses:
            of_this_day = by_day.setdefault(dose.date, [])
            if _is_new(dose, position, of_this_day, found):
                of_this_day.append((position, dose))
    doses = tuple(dose for day in sorted(by_day) for _, dose in by_day[day])
    if len(doses) > MAX_ENTRIES:
        raise MalformedError.of("merge.too_many", limit=MAX_ENTRIES)
    return Merged(msgspec.structs.replace(cards[0], doses=doses), limit_findings(found))


def _is_new(dose: Dose, position: int, of_this_day: list[tuple[int, Dose]], found: list[Finding]) -> bool:
    """Compare a dose with those of its day; add a finding if it is the same as one, or likely is."""
    likely: int | None = None
    for other_position, other in of_this_day:
        if other.vaccine == dose.vaccine:
            if other != dose:
                found.append(finding("clvr.same_dose", position=position, other=other_position))
            return False
        if likely is None and _is_kind_of_other(dose, other):
            likely = other_position
    if likely is not None:
        found.append(finding("clvr.likely_same_dose", position=position, other=likely))
    return True


def _is_kind_of_other(one: Dose, other: Dose) -> bool:
    return specialises(one.vaccine, other.vaccine) or specialises(other.vaccine, one.vaccine)
