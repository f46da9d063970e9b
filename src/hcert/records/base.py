"""What all records share: the base of their types, and the record of a kind that hcert does not understand."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import msgspec

# Members that a newer minor version of a format added: their keys and their values as CBOR, kept to be written again.
Unrecognised: TypeAlias = tuple[tuple[int | str, bytes], ...]


class Origin(NamedTuple):
    """Whose certificate a payload came in: the issuer claim, and the kid of the key that signed."""

    issuer: str | None
    kid: bytes


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Base of records and their parts. Its `repr` names the type only: records end up in logs, people must not."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Show no more to the console library rich, for which msgspec would list every member."""
        return []


class UnknownRecord(Entry, frozen=True, kw_only=True):
    """An authentic payload that was not read: a kind hcert does not know, or content that breaks its schema.

    Attributes:
        subclaim: its number in claim -260; the payload itself stands in the certificate, untouched. None where the
            claims themselves could not be read.
    """

    subclaim: int | None
