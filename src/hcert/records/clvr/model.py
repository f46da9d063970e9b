"""The European Vaccination Card as a typed record: one person and their doses.

Source: CLVR, chapters 1 to 8 (IVC-NUVA/CLVR, 2026), whose payload it is. Country, lot, disease, dose number and
certificate id have no place in it. A national identifier, which the EUVABECO plans allow, is not read: it does not
belong in the open part of a code.
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - msgspec resolves the annotations
from typing import Annotated, Final

from msgspec import Meta

from hcert.codec.limits import MAX_ENTRIES, MAX_INTEGER
from hcert.records.record_struct import Line, RecordStruct

VERSION: Final = "1.0.0"
MAX_REGISTRY: Final = 6  # characters; CLVR has three letters, the EUVABECO plans such as BE-WAL and FR*APH
MAX_NUVA: Final = 999_999  # of a NUVA code; the highest in use is 1518

# What the parts of a payload look like.
REGISTRY: Final = "[A-Z0-9*-]{2,6}"
NUVA_CODE: Final = "VAC(?:[0-9]{4}|[1-9][0-9]{4,5})"
VERSIONS: Final = r"1\.[0-9]{1,3}\.[0-9]{1,3}"

Registry = Annotated[str, Meta(pattern=rf"\A{REGISTRY}\Z", min_length=2, max_length=MAX_REGISTRY)]
Index = Annotated[int, Meta(ge=0, le=MAX_INTEGER)]


class Dose(RecordStruct, frozen=True, kw_only=True):
    """One dose, and where its master record is kept. The master record names a source; it proves nothing.

    Attributes:
        date: day of the vaccination; the payload counts it in days from the birth.
        vaccine: NUVA code, such as `VAC0029`: a product, or a class of products.
        registry: of the master record, ISO 3166-1 alpha-3, or another code of 2 to 6 characters.
        repository: number of the repository within the registry.
        index: number of the master record within the repository and the day.
    """

    date: dt.date
    vaccine: Annotated[str, Meta(pattern=rf"\A{NUVA_CODE}\Z", min_length=7, max_length=9)]
    registry: Registry
    repository: Index
    index: Index


class VaccinationCard(RecordStruct, frozen=True, kw_only=True):
    """A European Vaccination Card.

    Attributes:
        family_name, given_name: as written in the holder's documents; not transliterated.
        birth_date: a whole date, since the days of the doses are counted from it.
        doses: at most 100.
        schema_version: of the payload.
    """

    family_name: Line
    given_name: Line
    birth_date: dt.date
    doses: Annotated[tuple[Dose, ...], Meta(max_length=MAX_ENTRIES)] = ()
    schema_version: Annotated[str, Meta(pattern=rf"\A{VERSIONS}\Z", max_length=9)] = VERSION
