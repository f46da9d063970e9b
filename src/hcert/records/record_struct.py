"""The base class of all record types, and the record for a payload that hcert cannot decode."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

from hcert.codec.limits import (
    MAX_COUNTRY,
    MAX_INTEGER,
    MAX_TEXT,
    MAX_UNRECOGNISED,
    MAX_UNRECOGNISED_BYTES,
)
from hcert.frozen import Frozen

Line: TypeAlias = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
Country: TypeAlias = Annotated[str, Meta(pattern=r"\A[A-Z]{1,10}\Z", max_length=MAX_COUNTRY)]
Count: TypeAlias = Annotated[int, Meta(ge=1, le=MAX_INTEGER)]

# Members that a newer minor version of a format added: keys, and values as CBOR. They are kept for re-issuing.
UnrecognisedKey: TypeAlias = Annotated[int, Meta(ge=-MAX_INTEGER - 1, le=MAX_INTEGER)] | Line
UnrecognisedValue: TypeAlias = Annotated[bytes, Meta(max_length=MAX_UNRECOGNISED_BYTES)]
Unrecognised: TypeAlias = Annotated[
    tuple[tuple[UnrecognisedKey, UnrecognisedValue], ...], Meta(max_length=MAX_UNRECOGNISED)
]


class Origin(Frozen, frozen=True):
    """Who signed the certificate of a payload: its issuer claim, and the kid of the key."""

    issuer: str | None
    kid: bytes


class RecordStruct(msgspec.Struct, frozen=True, kw_only=True):
    """Base class of records and their parts. Its `repr` names only the type, so that logs hold no personal data."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Hide the members from the console library rich as well; msgspec would list all of them."""
        return []


class UnknownRecord(RecordStruct, frozen=True, kw_only=True):
    """An authentic payload that could not be decoded: of an unknown kind, or malformed.

    Attributes:
        subclaim: its number in claim -260; None if it has none, as in a `VC1:` code, or if the claims could not be
            decoded. The certificate holds the payload itself.
    """

    subclaim: Annotated[int, Meta(ge=-MAX_INTEGER - 1, le=MAX_INTEGER)] | None
