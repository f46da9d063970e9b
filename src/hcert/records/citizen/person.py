"""The holder of a citizen record, and what only authorised readers may know of them."""

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
    """Sex as documents state it; the values are those of ISO/IEC 5218, whose 0 (not known) is written as None."""

    MALE = 1
    FEMALE = 2
    NOT_APPLICABLE = 9


class Person(RecordStruct, frozen=True, kw_only=True):
    """The holder, as far as every reader may know.

    Attributes:
        family_name, given_name: as written in the holder's documents, at least one; the given name holds the middle
            names too, in the order of the documents.
        birth_date: possibly partial; without any part where unknown.
        sex: None where not known.
        nationality: ISO 3166-1 alpha-2.
        standardised_family_name, standardised_given_name: transliterated by ICAO 9303-3, words joined by `<`; only
            where the documents write another than `names.transliterate` gives.
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
    """What stands in the sealed part only. There is no other place in hcert that an ID number could go to.

    Attributes:
        id_number: 12 digits of a Vietnamese citizen, or the number of another document.
        former_id_number: of a document it replaced, such as a 9-digit one.
        insurance_number: of the health insurance.
        phone: with its leading zero or country code.
        lot_numbers: of vaccines, as pairs of entry number and lot, by rising number.
        notes: of the clinic, free text.
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
        """Return it without the lot numbers of doses that a record does not have, such as one of its latest entries."""
        numbers = {dose.number for dose in record.vaccinations}
        return msgspec.structs.replace(self, lot_numbers=tuple(lot for lot in self.lot_numbers if lot[0] in numbers))
