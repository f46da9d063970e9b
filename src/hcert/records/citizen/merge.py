"""Several EU DCCs of one person, made into one citizen record.

The certificates must have been verified. That they are about one person is tested, not assumed: the transliterated
names must be equal, so must the marks of names written with any, and the birth dates known and without contradiction.
Nothing that the schema knows is dropped: events that look alike but differ are all kept, and everything that had to be
decided is reported, as are members that the schema does not know.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from hcert.errors import MalformedError
from hcert.findings import Finding, finding
from hcert.records import names
from hcert.records.citizen.record import CitizenEntry, CitizenRecord, Recovery, Test, Vaccination
from hcert.records.citizen.travel import from_eu_dcc
from hcert.records.eu_dcc.record import EuDcc, unknown_members

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hcert.records.citizen.person import Person
    from hcert.records.partial_date import PartialDate
    from hcert.verify.verdict import VerifiedCertificate

_LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)


class Merged(NamedTuple):
    """The record, to be issued, and `merge.*` warnings for all that was decided."""

    record: CitizenRecord
    findings: tuple[Finding, ...]


def merge(certificates: Sequence[VerifiedCertificate], *, certificate_id: bytes) -> Merged:
    """Merge verified EU DCCs of one person.

    Args:
        certificates: as `Verifier.verify` returns them; whether one that was refused, such as an expired one, is still
            good enough for a history is for the caller to decide. Their positions in findings count from 1.
        certificate_id: of the record to be; see `new_certificate_id`.

    Raises:
        MalformedError: `merge.nothing`, `merge.not_eu_dcc` or `merge.other_person`; with every reason.
    """
    if not certificates:
        raise MalformedError.of("merge.nothing")
    records: list[CitizenRecord] = []
    faults: list[Finding] = []
    dropped: list[Finding] = []
    for position, certificate in enumerate(certificates, start=1):
        if isinstance(certificate.record, EuDcc):
            record = from_eu_dcc(certificate.record, certificate_id=certificate_id)
            faults += _person_faults(records, record, position)
            records.append(record)
            dropped += [
                finding("merge.unknown_member", position=position, field=path)
                for path in unknown_members(certificate.payload, certificate.record)
            ]
            if any(test.sampled_at.microsecond for test in certificate.record.tests):
                dropped.append(finding("merge.time_cut", position=position))
        else:
            faults.append(finding("merge.not_eu_dcc", position=position))
    if faults:
        raise MalformedError(*faults)
    newest = max(range(len(records)), key=lambda index: (certificates[index].claims.issued_at or _LONG_AGO, index))
    found = _name_findings(records, newest)
    birth_date, less_precise = _birth_date(records)
    entries, repeated = _entries(records)
    return Merged(
        CitizenRecord(
            certificate_id=certificate_id,
            person=msgspec.structs.replace(records[newest].person, birth_date=birth_date),
            vaccinations=tuple(entry for entry in entries if isinstance(entry, Vaccination)),
            tests=tuple(entry for entry in entries if isinstance(entry, Test)),
            recoveries=tuple(entry for entry in entries if isinstance(entry, Recovery)),
        ),
        (*found, *less_precise, *repeated, *dropped),
    )


def _person_faults(earlier: Sequence[CitizenRecord], record: CitizenRecord, position: int) -> list[Finding]:
    """Compare names and birth date with all certificates before: two that differ may both be like a third."""
    others = [before.person for before in earlier]
    differing = [
        name for name in ("family_name", "given_name") if any(_differ(other, record.person, name) for other in others)
    ]
    if any(_contradict(other.birth_date, record.person.birth_date) for other in others):
        differing.append("birth_date")
    return [finding("merge.other_person", position=position, field=name) for name in differing]


def _differ(one: Person, other: Person, name: str) -> bool:
    return _letters(one, name) != _letters(other, name) or names.marks_differ(
        *(getattr(person, name) or "" for person in (one, other))
    )


def _letters(person: Person, name: str) -> str | None:
    """Return a name by ICAO 9303: as the document has it, else as it follows, else the name itself."""
    written: str | None = getattr(person, name)
    standardised: str | None = getattr(person, f"standardised_{name}")
    try:
        return standardised or (written and names.transliterate(written))
    except MalformedError:  # a name of another script whose document gives no transliteration
        return written


def _contradict(one: PartialDate, two: PartialDate) -> bool:
    """Tell whether two birth dates cannot be one person's; where a year is unknown nothing shows that they are."""
    if one.year is None or two.year is None:
        return True
    parts = zip((one.year, one.month, one.day), (two.year, two.month, two.day), strict=True)
    return any(left is not None and right is not None and left != right for left, right in parts)


def _name_findings(records: list[CitizenRecord], newest: int) -> list[Finding]:
    return [
        finding("merge.name_differs", position=position, field=name)
        for position, record in enumerate(records, start=1)
        for name in ("family_name", "given_name")
        if getattr(record.person, name) != getattr(records[newest].person, name)
    ]


def _birth_date(records: list[CitizenRecord]) -> tuple[PartialDate, list[Finding]]:
    """Return the most precise birth date, and which certificates give a less precise one."""
    most = max((record.person.birth_date for record in records), key=lambda date: len(str(date)))
    found = [
        finding("merge.birth_date_less_precise", position=position)
        for position, record in enumerate(records, start=1)
        if record.person.birth_date != most
    ]
    return most, found


def _entries(records: list[CitizenRecord]) -> tuple[list[CitizenEntry], list[Finding]]:
    """Return every event, equal ones once, numbered in the order of the certificates."""
    kept: list[tuple[int, CitizenEntry]] = []
    found: list[Finding] = []
    for position, record in enumerate(records, start=1):
        for entry in record.entries:
            new = True
            for other, present in kept:
                if _same(entry, present):
                    new = False
                    found.append(finding("merge.repeated", position=position, other=other))
                elif _event(entry) == _event(present):
                    found.append(finding("merge.same_event", position=position, other=other))
                elif (field := _contradiction(entry, present)) is not None:
                    found.append(finding("merge.contradiction", position=position, other=other, field=field))
            if new:
                kept.append((position, msgspec.structs.replace(entry, number=len(kept) + 1)))
    return [entry for _, entry in kept], found


def _same(one: CitizenEntry, two: CitizenEntry) -> bool:
    return type(one) is type(two) and msgspec.structs.replace(one, number=two.number) == two


def _event(entry: CitizenEntry) -> tuple[object, ...]:
    """Return what makes two entries certify the same event, whatever else they say."""
    moment = getattr(entry, "sampled_at", entry.day)
    return type(entry), moment, entry.dose_number if isinstance(entry, Vaccination) else None


def _contradiction(one: CitizenEntry, other: CitizenEntry) -> str | None:
    """Return the member in which two events cannot both be right: one identifier, or doses counted two ways."""
    if one.uvci is not None and one.uvci == other.uvci:
        return "uvci"
    if isinstance(one, Vaccination) and isinstance(other, Vaccination):
        if one.date == other.date:
            return "dose_number"
        if one.dose_number == other.dose_number:
            return "date"
    return None
