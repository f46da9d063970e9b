"""The holder of a citizen record, and the data about them that only authorised readers may see."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta

from hcert.codec.limits import MAX_LONG_TEXT, MAX_LOTS
from hcert.records.partial_date import PartialDate
from hcert.records.record_struct import Count, Country, Line, RecordStruct, Unrecognised

if TYPE_CHECKING:
    from hcert.records.citizen.model import CitizenRecord

UNKNOWN_DATE: Final = PartialDate()


class Sex(IntEnum):
    """Sex as documents state it; the values are those of ISO/IEC 5218, whose 0 (not known) is None here."""

    MALE = 1
    FEMALE = 2
    NOT_APPLICABLE = 9


class Person(RecordStruct, frozen=True, kw_only=True):
    """The holder, as every reader may see them.

    Attributes:
        family_name, given_name: as written in the holder's documents, at least one of them. The given name includes
            the middle names, in the order of the documents.
        birth_date: possibly partial; without any part if unknown.
        sex: None if unknown.
        nationality: ISO 3166-1 alpha-2.
        standardised_family_name, standardised_given_name: transliterated by ICAO 9303-3, words joined by `<`; needed
            only if the documents differ from `names.transliterate`.
        unrecognised: members of a newer version of the format, see `CitizenRecord`.
    """

    family_name: Line | None = None
    given_name: Line | None = None
    birth_date: PartialDate = UNKNOWN_DATE
    sex: Sex | None = None
    nationality: Country | None = None
    standardised_family_name: Line | None = None
    standardised_given_name: Line | None = None
    unrecognised: Unrecognised = ()


class Confidential(RecordStruct, frozen=True, kw_only=True):
    """The content of the sealed part. An ID number cannot go anywhere else in hcert.

    Attributes:
        id_number: 12 digits of a Vietnamese citizen, or the number of another document.
        former_id_number: number of a replaced document, such as one with 9 digits.
        insurance_number: number of the health insurance.
        phone: with its leading zero or country code.
        lot_numbers: of vaccines, as pairs of entry number and lot, in the order of the numbers.
        notes: free text of the clinic.
        unrecognised: members of a newer version of the format, see `CitizenRecord`.
    """

    id_number: Line | None = None
    former_id_number: Line | None = None
    insurance_number: Line | None = None
    phone: Line | None = None
    lot_numbers: Annotated[tuple[tuple[Count, Line], ...], Meta(max_length=MAX_LOTS)] = ()
    notes: Annotated[str, Meta(min_length=1, max_length=MAX_LONG_TEXT)] | None = None
    unrecognised: Unrecognised = ()

    def limited_to(self, record: CitizenRecord) -> Confidential:
        """Return the content without the lot numbers of doses that the record does not have."""
        numbers = {dose.number for dose in record.vaccinations}
        return msgspec.structs.replace(self, lot_numbers=tuple(lot for lot in self.lot_numbers if lot[0] in numbers))
