"""What the rest of the house asks of a kind of record: one object a kind, and every facet must be there.

Each kind makes its own `RecordKind` in the file `kind.py` of its folder, and `kinds.py` lists them. Nothing outside
this room asks what kind a record is; it asks the kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from typing import TypeAlias

    from hcert.findings import Finding
    from hcert.keys.trusted_key import TrustedKey
    from hcert.keys.usage import Usage
    from hcert.records.citizen.person import Confidential
    from hcert.records.citizen.sealed import Sealed
    from hcert.records.record_struct import Origin, RecordStruct
    from hcert.records.value_sets import ValueSets
    from hcert.records.view import RecordView

    Content: TypeAlias = Mapping[TrustedKey, Confidential]  # what to seal for each group of readers

R = TypeVar("R", bound="RecordStruct")


class RevocationName(NamedTuple):
    """Names under which a revocation list may hold a certificate or one entry of it; any of them revokes it.

    Attributes:
        place: the entry, such as `tests[1]`; None where the whole certificate is meant.
        certificate_id: 16 bytes of a citizen record.
        revision: of that record; a list can revoke all before another revision.
        entry_id: as `CitizenRecord.entry_id` gives it.
        uvci: identifier of an EU DCC.
        countries: that may stand before it in an EU hash of the kind COUNTRYCODEUCI.
    """

    place: str | None
    certificate_id: bytes | None = None
    revision: int | None = None
    entry_id: str | None = None
    uvci: str | None = None
    countries: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKind(Generic[R]):
    """One kind of record.

    Attributes:
        number: of its subclaim in claim -260.
        record_type: what its payloads become.
        decode: payload and origin to the record, or None where the payload breaks the format, and all findings, by the
            value sets; those of the package where None.
        encode: record and origin to the payload to sign, by the same; raises `IssueError` with every rule broken. None
            for a kind that is read and never issued.
        passed_on: warnings of reading with which a record may be signed; all others refuse.
        usages: what a key must be allowed to sign, by the content of a payload, so that a broken one is judged too.
        certifies: whether it certifies an event; a link to a document does not.
        places: of the entries that can drop out one by one, such as `tests[1]`.
        out_of_time: findings about what does not hold at a time, such as entries dated later, given the tolerance for
            moments.
        future_tolerance: how far ahead an entry may be dated before a certificate with no other entry is refused.
        revocation_names: names of a record, under an issuer claim.
        identifier: certificate id in hexadecimal or UVCI; None for a record without one.
        view: what policies judge and cards show.
        sealed: the part that only authorised readers can open; None where there is none.
        seal: record, content for each group of readers, origin and value sets to the record with its sealed part; None
            for a kind without one.
        latest: record, content to seal and a number to both with only so many of the newest entries, to say what would
            fit one code; None for a kind that cannot be cut.
        named_payload: record and signed payload to the payload with members by name, for people and JSON.
        random_bytes: how many bytes at the end of an encoded claim set are ciphertext, for a payload made by `encode`.
    """

    number: int
    record_type: type[R]
    decode: Callable[[Any, Origin, ValueSets | None], tuple[R | None, list[Finding]]]
    encode: Callable[[R, Origin, ValueSets | None], Any] | None
    passed_on: frozenset[str]
    usages: Callable[[Any], Collection[Usage]]
    certifies: bool
    places: Callable[[R], Sequence[str]]
    out_of_time: Callable[[R, dt.datetime, dt.timedelta], Iterable[Finding]]
    future_tolerance: dt.timedelta
    revocation_names: Callable[[R, str | None], Iterable[RevocationName]]
    identifier: Callable[[R], str | None]
    view: Callable[[R], RecordView]
    sealed: Callable[[R], Sealed | None]
    seal: Callable[[R, Content, Origin, ValueSets | None], R] | None
    latest: Callable[[R, Content | None, int], tuple[R, Content | None]] | None
    named_payload: Callable[[R, Any], Any]
    random_bytes: Callable[[Any, bytes], int]


def no_sealed_part(_record: Any) -> None:
    """Return None, for kinds without a sealed part."""


def no_random_bytes(_payload: Any, _encoded: bytes) -> int:
    """Return 0, for kinds without a sealed part."""
    return 0


def named_already(_record: Any, payload: Any) -> Any:
    """Return the payload as it was signed, for kinds whose members have names there."""
    return payload
