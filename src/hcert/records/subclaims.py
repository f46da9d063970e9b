"""Which record a payload is: the registry of the numbers in claim -260.

Assigned by WHO SMART Trust ("HCERT specification", subclaims); numbers without a reader here give an `UnknownRecord`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from hcert.findings import Finding, finding
from hcert.records.base import UnknownRecord
from hcert.records.eu_dcc import reading as eu_dcc_reading
from hcert.records.eu_dcc.issuing import encode as encode_eu_dcc
from hcert.records.eu_dcc.record import SUBCLAIM as EU_DCC
from hcert.records.eu_dcc.record import EuDcc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hcert.keys.usage import Usage

Record: TypeAlias = EuDcc | UnknownRecord


def select(subclaims: dict[int, Any]) -> int:
    """Choose the payload to read: one that is understood if there is one, else the first."""
    return EU_DCC if EU_DCC in subclaims else next(iter(subclaims))


def usages(number: int, payload: Any) -> Sequence[Usage]:
    """Return the kinds of events a payload holds, which its key must be allowed to sign.

    Only the EU DCC has key usages; no others have been defined (WHO HCERT specification, "Extended key usage").
    """
    return eu_dcc_reading.usages(payload) if number == EU_DCC else ()


def read(number: int, payload: Any) -> tuple[Record, list[Finding]]:
    """Read a payload as the record its number says, with all findings about it."""
    if number != EU_DCC:
        return UnknownRecord(subclaim=number), [finding("record.unknown", subclaim=number)]
    record, found = eu_dcc_reading.read(payload)
    return record or UnknownRecord(subclaim=number), found


def write(record: EuDcc) -> tuple[int, Any]:
    """Return number and payload of a record to issue.

    Raises:
        IssueError: with every rule the record breaks.
    """
    return EU_DCC, encode_eu_dcc(record)
