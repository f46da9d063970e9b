"""A kind of record: one object that answers everything the rest of hcert asks about records.

Each kind builds its `RecordKind` in the file `kind.py` of its folder; `kinds.py` lists them. No code outside this
package branches on the type of a record: it calls the kind instead. A missing facet is a type error.
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

    Content: TypeAlias = Mapping[TrustedKey, Confidential]  # what to seal, for each group of readers

R = TypeVar("R", bound="RecordStruct")


class RevocationName(NamedTuple):
    """Identifiers under which a revocation list may hold a certificate or one of its entries. Any match revokes.

    Attributes:
        place: the entry, such as `tests[1]`; None for the whole certificate.
        certificate_id: of a citizen record, 16 bytes.
        revision: of that record; a list can revoke all revisions before a given one.
        entry_id: in the form of `CitizenRecord.entry_id`.
        uvci: identifier of an EU DCC.
        countries: codes that the issuer may have put before the UVCI in an EU hash of the kind COUNTRYCODEUCI.
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
        number: number of its subclaim in claim -260; None for the payload that stands there without a number.
        record_type: type of its records.
        decode: decodes the payload of a certificate with this origin, by these value sets (None: those of the package).
            Returns the record, or None if the payload breaks the format, and all findings.
        encode: encodes a record as the payload to sign, by the same rules; raises `IssueError` with every rule that
            the record breaks. None for a kind that hcert does not issue.
        issuable_warnings: codes of the decoding warnings that do not keep a record from being signed.
        usages: usages a key needs to sign a payload. Looks at the raw payload, so it works for a malformed one too.
        certifies: whether a record tells what its signer vouches for; a link to a document does not.
        places: places of the entries that can be excluded one by one, such as `tests[1]`.
        out_of_time: findings that depend on the time, such as an entry dated in the future; takes the tolerance for
            moments.
        future_tolerance: how far in the future its only entry may be dated before the certificate is refused.
        revocation_names: identifiers under which it can be revoked, given the issuer claim.
        identifier: certificate id in hexadecimal, or UVCI; None if the record has neither.
        view: what policies judge and cards show.
        sealed: the part that only authorised readers can open, or None.
        seal: returns the record with this content sealed for each group of readers. None for a kind without a sealed
            part.
        latest: returns the record and the content to seal, both cut to this number of newest entries, to find out how
            many fit one code. None for a kind that cannot be cut.
        named_payload: returns the signed payload with readable member names, for people and JSON.
        rule_schema: version of the schema that a record follows, for the rules of countries. None for a kind for which
            countries publish no rules.
        random_bytes: number of ciphertext bytes at the end of an encoded claim set; the payload must come from
            `encode`.
    """

    number: int | None
    record_type: type[R]
    decode: Callable[[Any, Origin, ValueSets | None], tuple[R | None, list[Finding]]]
    encode: Callable[[R, Origin, ValueSets | None], Any] | None
    issuable_warnings: frozenset[str]
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
    rule_schema: Callable[[R], str] | None
    random_bytes: Callable[[Any, bytes], int]


def no_revocation_names(_record: Any, _issuer: str | None) -> tuple[RevocationName, ...]:
    """Return none, for kinds without an identifier: their certificates are revoked by signature or key."""
    return ()


def no_identifier(_record: Any) -> None:
    """Return None, for kinds without an identifier of the certificate."""


def no_sealed_part(_record: Any) -> None:
    """Return None, for kinds without a sealed part."""


def no_random_bytes(_payload: Any, _encoded: bytes) -> int:
    """Return 0, for kinds without a sealed part."""
    return 0


def payload_as_signed(_record: Any, payload: Any) -> Any:
    """Return the payload as it was signed, for kinds whose signed members have names."""
    return payload
