"""The citizen record: one person, and everything that was certified about them.

`layout.py` maps the attributes to the keys of a payload. Entries are numbered, and a certificate never reuses a number,
so that an entry keeps its id through all revisions.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec

from hcert.citizen_ids import CERTIFICATE_ID_BYTES
from hcert.codec.limits import MAX_DISEASES, MAX_ENTRIES, MAX_INTEGER, MAX_REVISION
from hcert.records.citizen.person import Person  # noqa: TC001 - msgspec resolves the annotations
from hcert.records.citizen.sealed import Sealed  # noqa: TC001 - the same
from hcert.records.record_struct import Count, Country, Line, RecordStruct, Unrecognised
from hcert.times import to_zone

if TYPE_CHECKING:
    from collections.abc import Iterator

SUBCLAIM: Final = -1405
VERSION: Final = (1, 0)
COVID_19: Final = "840539006"
NEGATIVE: Final = "260415000"
POSITIVE: Final = "260373001"
GROUPS: Final = ("vaccinations", "tests", "recoveries")

_MANY: Final = msgspec.Meta(max_length=MAX_ENTRIES)
_Part = Annotated[int, msgspec.Meta(ge=0, le=999)]  # of a version


class Vaccination(RecordStruct, frozen=True, kw_only=True):
    """One dose.

    Attributes:
        number: of the entry within the certificate, from 1.
        diseases: SNOMED CT codes of the diseases it protects against; several for a combined vaccine.
        date: day of the vaccination, local time.
        country: where it was given: ISO 3166-1 alpha-2, or an organisation.
        dose_number, series_doses: number of the dose, and of the doses in its series. A booster may exceed the series
            (3 of 2).
        product: code of the medicinal product; it implies vaccine and manufacturer.
        vaccine, manufacturer: their codes, if no product implies them or the source names others.
        issuer: who certifies the dose.
        centre: where it was given.
        uvci: identifier of the certificate that the entry was taken from, if any.
        unrecognised: members of a newer version of the format, see `CitizenRecord`.
    """

    number: Count
    diseases: Annotated[tuple[Line, ...], msgspec.Meta(max_length=MAX_DISEASES)]
    date: dt.date
    country: Country
    dose_number: Count | None = None
    series_doses: Count | None = None
    product: Line | None = None
    vaccine: Line | None = None
    manufacturer: Line | None = None
    issuer: Line | None = None
    centre: Line | None = None
    uvci: Line | None = None
    unrecognised: Unrecognised = ()

    @property
    def day(self) -> dt.date:
        """The day it happened."""
        return self.date


class Test(RecordStruct, frozen=True, kw_only=True):
    """One test result.

    Attributes:
        disease, test_type, result: their codes (SNOMED CT, LOINC, SNOMED CT).
        sampled_at: when the sample was taken, aware, in whole seconds.
        name: of a NAAT test, as free text.
        device: of a rapid antigen test, its code in the EU's list of devices; a NAAT has none.
        centre: where it was taken.
        number, country, issuer, uvci, unrecognised: as for a vaccination.
    """

    __test__ = False  # or pytest would collect a class of this name

    number: Count
    disease: Line
    test_type: Line
    sampled_at: Annotated[dt.datetime, msgspec.Meta(tz=True)]
    result: Line
    country: Country
    issuer: Line | None = None
    name: Line | None = None
    device: Line | None = None
    centre: Line | None = None
    uvci: Line | None = None
    unrecognised: Unrecognised = ()

    @property
    def day(self) -> dt.date:
        """The day it happened, in UTC."""
        return to_zone(self.sampled_at, dt.UTC).date()


class Recovery(RecordStruct, frozen=True, kw_only=True):
    """One recovery.

    Attributes:
        disease: its SNOMED CT code.
        first_positive: day of the first positive test.
        valid_from, valid_until: first and last day on which it counts, if the issuer says so.
        number, country, issuer, uvci, unrecognised: as for a vaccination.
    """

    number: Count
    disease: Line
    first_positive: dt.date
    country: Country
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    issuer: Line | None = None
    uvci: Line | None = None
    unrecognised: Unrecognised = ()

    @property
    def day(self) -> dt.date:
        """The day it happened."""
        return self.first_positive


CitizenEntry = Vaccination | Test | Recovery


class CitizenRecord(RecordStruct, frozen=True, kw_only=True):
    """Everything that one code certifies about one citizen.

    Attributes:
        certificate_id: 16 random bytes, the same through all revisions; see `new_certificate_id`.
        revision: rises with each re-issue.
        person: the holder.
        vaccinations, tests, recoveries: the entries, at least one in total.
        sealed: the part that only authorised readers can open; made by the issuer.
        last_number: the highest entry number ever used, if that entry has been removed; else 0.
        version: major and minor version of the format.
        unrecognised: members that a newer minor version added; they are kept when the record is issued again.
    """

    certificate_id: Annotated[bytes, msgspec.Meta(min_length=CERTIFICATE_ID_BYTES, max_length=CERTIFICATE_ID_BYTES)]
    person: Person
    vaccinations: Annotated[tuple[Vaccination, ...], _MANY] = ()
    tests: Annotated[tuple[Test, ...], _MANY] = ()
    recoveries: Annotated[tuple[Recovery, ...], _MANY] = ()
    revision: Annotated[int, msgspec.Meta(ge=1, le=MAX_REVISION)] = 1
    sealed: Sealed | None = None
    last_number: Annotated[int, msgspec.Meta(ge=0, le=MAX_INTEGER)] = 0
    version: tuple[_Part, _Part] = VERSION
    unrecognised: Unrecognised = ()

    @property
    def entries(self) -> tuple[CitizenEntry, ...]:
        """All entries: vaccinations, tests, recoveries in this order."""
        return (*self.vaccinations, *self.tests, *self.recoveries)

    @property
    def next_number(self) -> int:
        """The number for the next entry to be added; numbers are never reused."""
        return max(self._highest_number, self.last_number) + 1

    @property
    def _highest_number(self) -> int:
        return max((entry.number for entry in self.entries), default=0)

    def entry_id(self, number: int) -> str:
        """Return the globally unique id of an entry: certificate id in hexadecimal, `/`, number."""
        return f"{self.certificate_id.hex().upper()}/{number}"

    def places(self) -> Iterator[tuple[str, CitizenEntry]]:
        """Yield each entry with its place, such as `tests[1]`, which identifies it in findings."""
        for group in GROUPS:
            for index, entry in enumerate(getattr(self, group)):
                yield f"{group}[{index}]", entry

    def latest(self, count: int) -> CitizenRecord:
        """Return the record with only its `count` newest entries; their order and numbers do not change."""
        oldest_first = sorted(self.entries, key=by_age)
        kept = {entry.number for entry in oldest_first[max(len(oldest_first) - count, 0) :]}
        groups = {name: tuple(entry for entry in getattr(self, name) if entry.number in kept) for name in GROUPS}
        return self._with(**groups)

    def revise(self, **changes: Any) -> CitizenRecord:
        """Return the next revision of the record, with the attributes in `changes` replaced."""
        return self._with(revision=self.revision + 1, **changes)

    def _with(self, **changes: Any) -> CitizenRecord:
        """Replace attributes; keep the highest number in `last_number` if its entry is removed."""
        changed: CitizenRecord = msgspec.structs.replace(self, **changes)
        highest = max(self._highest_number, self.last_number)
        return msgspec.structs.replace(changed, last_number=highest if highest > changed._highest_number else 0)

    def with_sealed(self, sealed: Sealed | None) -> CitizenRecord:
        """Return the record with another sealed part."""
        return msgspec.structs.replace(self, sealed=sealed)


def new_certificate_id() -> bytes:
    """Return a new certificate id: 128 random bits.

    Two of 100 million certificates share an id with a probability of 1.5e-23.
    """
    import secrets  # takes 5 ms of a cold start, and verifiers never draw identifiers

    return secrets.token_bytes(CERTIFICATE_ID_BYTES)


def by_age(entry: CitizenEntry) -> tuple[dt.date, dt.datetime, int]:
    """Return a key that sorts entries by age, the oldest first; within a day, entries without a time come first."""
    moment = entry.sampled_at if isinstance(entry, Test) else dt.datetime.min.replace(tzinfo=dt.UTC)
    return entry.day, moment, entry.number
