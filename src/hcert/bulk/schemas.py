"""The published schemas of batches: the columns that go in and come out, named as the attributes of records.

They hold to types that Spark, Ray, Dask, Polars and DuckDB have in common: no unsigned integers, no fixed sizes. What
is read may come in the variants of these types that engines prefer (`hcert.bulk.columns`).
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

_TEXT: Final = pa.string()
_COUNT: Final = pa.int64()  # Spark has no unsigned type, and a revision may have 32 bits
_DAY: Final = pa.date32()
_MOMENT: Final = pa.timestamp("us", tz="UTC")

_PERSON: Final = pa.struct(
    [
        ("family_name", _TEXT),
        ("given_name", _TEXT),
        ("birth_date", _TEXT),  # may be partial: YYYY-MM-DD, YYYY-MM, YYYY
        ("sex", _COUNT),  # ISO/IEC 5218: 1, 2 or 9
        ("nationality", _TEXT),
        ("standardised_family_name", _TEXT),
        ("standardised_given_name", _TEXT),
    ]
)
_VACCINATION: Final = pa.struct(
    [
        ("number", _COUNT),
        ("diseases", pa.list_(_TEXT)),
        ("date", _DAY),
        ("country", _TEXT),
        ("dose_number", _COUNT),
        ("series_doses", _COUNT),
        ("product", _TEXT),
        ("vaccine", _TEXT),
        ("manufacturer", _TEXT),
        ("issuer", _TEXT),
        ("centre", _TEXT),
        ("uvci", _TEXT),
    ]
)
_TEST: Final = pa.struct(
    [
        ("number", _COUNT),
        ("disease", _TEXT),
        ("test_type", _TEXT),
        ("sampled_at", _MOMENT),
        ("result", _TEXT),
        ("country", _TEXT),
        ("issuer", _TEXT),
        ("name", _TEXT),
        ("device", _TEXT),
        ("centre", _TEXT),
        ("uvci", _TEXT),
    ]
)
_RECOVERY: Final = pa.struct(
    [
        ("number", _COUNT),
        ("disease", _TEXT),
        ("first_positive", _DAY),
        ("country", _TEXT),
        ("valid_from", _DAY),
        ("valid_until", _DAY),
        ("issuer", _TEXT),
        ("uvci", _TEXT),
    ]
)
_CONFIDENTIAL: Final = pa.struct(
    [
        ("id_number", _TEXT),
        ("former_id_number", _TEXT),
        ("insurance_number", _TEXT),
        ("phone", _TEXT),
        ("lot_numbers", pa.list_(pa.struct([("number", _COUNT), ("lot", _TEXT)]))),
        ("notes", _TEXT),
    ]
)
_FINDING: Final = pa.struct(
    [
        ("code", _TEXT),
        ("severity", _TEXT),
        ("entry", _TEXT),  # the place of the entry concerned, such as tests[1]
        ("path", _TEXT),  # the member concerned, such as tests[1].sampled_at
        ("message", _TEXT),  # in English, with no value of the row
    ]
)


ISSUE_INPUT: Final = pa.schema(
    [
        ("row_id", _TEXT),
        ("certificate_id", pa.binary()),  # 16 bytes
        ("revision", _COUNT),  # 1 where null
        ("last_number", _COUNT),
        ("person", _PERSON),
        ("vaccinations", pa.list_(_VACCINATION)),
        ("tests", pa.list_(_TEST)),
        ("recoveries", pa.list_(_RECOVERY)),
        ("confidential", _CONFIDENTIAL),
    ]
)
ISSUE_REQUIRED: Final = frozenset({"row_id", "certificate_id", "person"})  # the other columns may be absent
ISSUE_OUTPUT: Final = pa.schema(
    [
        ("row_id", _TEXT),
        ("certificate_id", pa.binary()),
        ("revision", _COUNT),
        ("text", _TEXT),  # null where the row was refused
        ("picture", pa.binary()),  # SVG in UTF-8, or PNG
        ("kid", pa.binary()),
        ("findings", pa.list_(_FINDING)),
    ]
)
VERIFY_INPUT: Final = pa.schema([("row_id", _TEXT), ("text", _TEXT)])
VERIFY_REQUIRED: Final = frozenset({"row_id", "text"})
VERIFY_OUTPUT: Final = pa.schema(
    [
        ("row_id", _TEXT),
        ("accepted", pa.bool_()),
        ("kid", pa.binary()),  # of the key that signed; null if no trusted key did
        ("codes", pa.list_(_TEXT)),  # of all findings, warnings too
        ("certificate_id", pa.binary()),
        ("revision", _COUNT),
    ]
)
