"""The citizen record's format, version 1.0: which key holds which member.

It is specified in `docs/spec/citizen-record.md` and `citizen-record.cddl`. Keys are small integers, and keep their
meaning in all versions with the same major number. In an entry, members that usually differ come before those that
usually repeat, so that zlib finds one long repetition. Keys 0, 1 and 7 to 11 mean the same in all three groups.
"""

from __future__ import annotations

from typing import Any, Final

from hcert.keys.usage import Usage
from hcert.records.citizen import schema
from hcert.records.citizen.model import Recovery, Test, Vaccination
from hcert.records.citizen.person import Person
from hcert.records.citizen.schema import Field, MapSchema

PERSON: Final = MapSchema(
    Person,
    Field(0, "family_name", schema.TEXT),
    Field(1, "given_name", schema.TEXT),
    Field(2, "birth_date", schema.BIRTH_DATE),
    Field(3, "sex", schema.SEX),
    Field(4, "nationality", schema.COUNTRY),
    Field(5, "standardised_family_name", schema.TEXT),
    Field(6, "standardised_given_name", schema.TEXT),
)
_VACCINATION: Final = MapSchema(
    Vaccination,
    Field(0, "date", schema.DAY, required=True),
    Field(1, "number", schema.COUNT, required=True),
    Field(2, "dose_number", schema.COUNT),
    Field(3, "series_doses", schema.COUNT),
    Field(4, "product", schema.PRODUCT),
    Field(5, "vaccine", schema.VACCINE),
    Field(6, "manufacturer", schema.MANUFACTURER),
    Field(7, "diseases", schema.DISEASES, required=True),
    Field(8, "country", schema.COUNTRY, required=True),
    Field(9, "issuer", schema.TEXT),
    Field(10, "centre", schema.TEXT),
    Field(11, "uvci", schema.TEXT),
)
_TEST: Final = MapSchema(
    Test,
    Field(0, "sampled_at", schema.MOMENT, required=True),
    Field(1, "number", schema.COUNT, required=True),
    Field(2, "test_type", schema.TEST_TYPE, required=True),
    Field(3, "result", schema.TEST_RESULT, required=True),
    Field(4, "name", schema.TEXT),
    Field(5, "device", schema.TEXT),
    Field(7, "disease", schema.DISEASE, required=True),
    Field(8, "country", schema.COUNTRY, required=True),
    Field(9, "issuer", schema.TEXT),
    Field(10, "centre", schema.TEXT),
    Field(11, "uvci", schema.TEXT),
)
_RECOVERY: Final = MapSchema(
    Recovery,
    Field(0, "first_positive", schema.DAY, required=True),
    Field(1, "number", schema.COUNT, required=True),
    Field(2, "valid_from", schema.DAY),
    Field(3, "valid_until", schema.DAY),
    Field(7, "disease", schema.DISEASE, required=True),
    Field(8, "country", schema.COUNTRY, required=True),
    Field(9, "issuer", schema.TEXT),
    Field(11, "uvci", schema.TEXT),
)

VERSION_KEY, CERTIFICATE_ID, REVISION, PERSON_KEY = 0, 1, 2, 3
SEALED: Final = 7
LAST_NUMBER: Final = 8
GROUP_KEYS: Final = {4: "vaccinations", 5: "tests", 6: "recoveries"}
GROUP_SCHEMAS: Final[dict[int, MapSchema[Any]]] = {4: _VACCINATION, 5: _TEST, 6: _RECOVERY}
KEYS: Final = frozenset({VERSION_KEY, CERTIFICATE_ID, REVISION, PERSON_KEY, SEALED, LAST_NUMBER, *GROUP_KEYS})

_USAGES: Final = {4: Usage.VACCINATION, 5: Usage.TEST, 6: Usage.RECOVERY}


def usages(payload: Any) -> list[Usage]:
    """Return the usages a payload needs, judging by its groups alone, so that it works for a malformed payload too."""
    return [usage for key, usage in _USAGES.items() if payload.get(key)] if isinstance(payload, dict) else []
