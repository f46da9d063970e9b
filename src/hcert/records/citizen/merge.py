"""Merging several EU DCCs of one person into one citizen record.

The certificates must have been verified. They must also be about one person: the transliterated names must be equal, as
must the marks of names that have any, and the birth dates must be known and must not contradict each other. Similar
events that differ are all kept. Every decision is reported, and so are members that are lost because the schema does
not define them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import msgspec

from hcert.codec.limits import MAX_ENTRIES
from hcert.errors import MalformedError
from hcert.findings import MAX_FINDINGS, Finding, finding, limit_findings
from hcert.records import names
from hcert.records.citizen.eu_dcc_conversion import from_eu_dcc
from hcert.records.citizen.model import CitizenEntry, CitizenRecord, Recovery, Test, Vaccination
from hcert.records.eu_dcc.model import EuDcc, unknown_members

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hcert.codec.cwt import Claims
    from hcert.records.citizen.person import Person
    from hcert.records.partial_date import PartialDate

_NAMES: Final = ("family_name", "given_name")
_LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)


class Verified(Protocol):
    """A certificate that a verifier has verified: `hcert.VerifiedCertificate`, as far as merging needs it."""

    @property
    def record(self) -> object:
        """The payload as a typed record."""

    @property
    def payload(self) -> Any:
        """The payload as signed."""

    @property
    def claims(self) -> Claims:
        """Issuer and times."""


class Merged(NamedTuple):
    """The record to issue, and a `merge.*` warning for every decision."""

    record: CitizenRecord
    findings: tuple[Finding, ...]


def merge(certificates: Sequence[Verified], *, certificate_id: bytes) -> Merged:
    """Merge verified EU DCCs of one person.

    Args:
        certificates: at most 100, from `Verifier.verify`. The caller decides whether a refused one, such as an expired
            one, still belongs into a history. Positions in findings count from 1. Equal events are kept once.
        certificate_id: id of the new record; see `new_certificate_id`.

    Returns:
        The record, and at most 200 findings; if there are more, the last one says how many.

    Raises:
        MalformedError: with every reason: `merge.nothing`, `merge.too_many`, `merge.not_eu_dcc`, `merge.other_person`.
    """
    if not certificates:
        raise MalformedError.of("merge.nothing")
    if len(certificates) > MAX_ENTRIES:
        raise MalformedError.of("merge.too_many", limit=MAX_ENTRIES)
    records: list[CitizenRecord] = []
    holders = _Holders()
    faults: list[Finding] = []
    dropped: list[Finding] = []
    for position, certificate in enumerate(certificates, start=1):
        if isinstance(certificate.record, EuDcc):
            record = from_eu_dcc(certificate.record, certificate_id=certificate_id)
            faults += holders.faults(record.person, position)
            records.append(record)
            dropped += [
                finding("merge.unknown_member", position=position, field=path)
                for path in islice(unknown_members(certificate.payload, certificate.record), MAX_FINDINGS)
            ]
            if any(test.sampled_at.microsecond for test in certificate.record.tests):
                dropped.append(finding("merge.time_cut", position=position))
        else:
            faults.append(finding("merge.not_eu_dcc", position=position))
    if faults:
        raise MalformedError(*faults)
    newest = max(range(len(records)), key=lambda index: (certificates[index].claims.issued_at or _LONG_AGO, index))
    found = _name_findings(records, newest)
    birth_date, less_precise = _most_precise_birth_date(records)
    entries, repeated = _merge_entries(records)
    return Merged(
        CitizenRecord(
            certificate_id=certificate_id,
            person=msgspec.structs.replace(records[newest].person, birth_date=birth_date),
            vaccinations=tuple(entry for entry in entries if isinstance(entry, Vaccination)),
            tests=tuple(entry for entry in entries if isinstance(entry, Test)),
            recoveries=tuple(entry for entry in entries if isinstance(entry, Recovery)),
        ),
        limit_findings((*found, *less_precise, *repeated, *dropped)),
    )


class _Holders:
    """The distinct names and birth dates of the certificates so far; each new one is compared with all of them.

    Comparing with one is not enough: two that differ may both match a third.
    """

    def __init__(self) -> None:
        self._readings: dict[tuple[str | None, str | None], _Reading] = {}
        self._seen: dict[str, set[_Reading]] = {name: set() for name in _NAMES}
        self._birth_dates: set[PartialDate] = set()

    def faults(self, person: Person, position: int) -> list[Finding]:
        """Compare names and birth date with those of all earlier certificates."""
        differing = [name for name in _NAMES if self._differs(person, name)]
        if any(_birth_dates_contradict(other, person.birth_date) for other in self._birth_dates):
            differing.append("birth_date")
        self._birth_dates.add(person.birth_date)
        return [finding("merge.other_person", position=position, field=name) for name in differing]

    def _differs(self, person: Person, name: str) -> bool:
        written = getattr(person, name), getattr(person, f"standardised_{name}")
        reading = self._readings.get(written)
        if reading is None:  # transliterate each spelling once
            reading = _Reading(_transliterate(*written), names.marks(written[0] or ""))
            self._readings[written] = reading
        seen = self._seen[name]
        differs = any(_readings_differ(other, reading) for other in seen)
        seen.add(reading)
        return differs


class _Reading(NamedTuple):
    """A name as its letters A-Z and its marks."""

    letters: str | None
    marks: names.Marks


def _readings_differ(one: _Reading, other: _Reading) -> bool:
    return one.letters != other.letters or names.marks_contradict(one.marks, other.marks)


def _transliterate(written: str | None, standardised: str | None) -> str | None:
    """Return the transliteration of a document, else our own, else the name itself."""
    try:
        return standardised or (written and names.transliterate(written))
    except MalformedError:  # a name in another script without a transliteration
        return written


def _birth_dates_contradict(one: PartialDate, two: PartialDate) -> bool:
    """Tell whether two birth dates contradict each other; with an unknown year they count as if they did."""
    if one.year is None or two.year is None:
        return True
    parts = zip((one.year, one.month, one.day), (two.year, two.month, two.day), strict=True)
    return any(left is not None and right is not None and left != right for left, right in parts)


def _name_findings(records: list[CitizenRecord], newest: int) -> list[Finding]:
    return [
        finding("merge.name_differs", position=position, field=name)
        for position, record in enumerate(records, start=1)
        for name in _NAMES
        if getattr(record.person, name) != getattr(records[newest].person, name)
    ]


def _most_precise_birth_date(records: list[CitizenRecord]) -> tuple[PartialDate, list[Finding]]:
    """Return the most precise birth date, and a finding for each certificate with a less precise one."""
    most = max((record.person.birth_date for record in records), key=lambda date: len(str(date)))
    found = [
        finding("merge.birth_date_less_precise", position=position)
        for position, record in enumerate(records, start=1)
        if record.person.birth_date != most
    ]
    return most, found


def _merge_entries(records: list[CitizenRecord]) -> tuple[list[CitizenEntry], list[Finding]]:
    """Return all events, equal ones once, numbered in the order of the certificates; and the findings about them."""
    kept: dict[CitizenEntry, int] = {}  # entry with number 1 -> position of its certificate
    found: list[Finding] = []
    for position, record in enumerate(records, start=1):
        for entry in record.entries:
            bare = msgspec.structs.replace(entry, number=1)
            if bare in kept:
                found.append(finding("merge.repeated", position=position, other=kept[bare]))
                continue
            if len(kept) == MAX_ENTRIES:
                raise MalformedError.of("merge.too_many", limit=MAX_ENTRIES)
            for present, other in kept.items():
                if _event_key(entry) == _event_key(present):
                    found.append(finding("merge.same_event", position=position, other=other))
                elif (field := _contradicting_member(entry, present)) is not None:
                    found.append(finding("merge.contradiction", position=position, other=other, field=field))
            kept[bare] = position
    return [msgspec.structs.replace(entry, number=number) for number, entry in enumerate(kept, start=1)], found


def _event_key(entry: CitizenEntry) -> tuple[object, ...]:
    """Return a key that is equal for two entries about the same event."""
    moment = getattr(entry, "sampled_at", entry.day)
    return type(entry), moment, entry.dose_number if isinstance(entry, Vaccination) else None


def _contradicting_member(one: CitizenEntry, other: CitizenEntry) -> str | None:
    """Return the member that shows two entries contradict each other: a shared UVCI, or doses counted differently."""
    if one.uvci is not None and one.uvci == other.uvci:
        return "uvci"
    if isinstance(one, Vaccination) and isinstance(other, Vaccination):
        if one.date == other.date:
            return "dose_number"
        if one.dose_number == other.dose_number:
            return "date"
    return None
