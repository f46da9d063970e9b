"""Which record a payload is: the registry of the numbers in claim -260.

Assigned by WHO SMART Trust ("HCERT specification", subclaims), where negative numbers are free; -1405 is the citizen
record, named after the decision that promised it. Numbers without a reader here give an `UnknownRecord`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from hcert.errors import IssueError
from hcert.findings import Finding, finding
from hcert.records.base import Origin, UnknownRecord
from hcert.records.citizen import coding as citizen
from hcert.records.citizen.record import SUBCLAIM as CITIZEN
from hcert.records.citizen.record import CitizenRecord
from hcert.records.eu_dcc import reading as eu_dcc_reading
from hcert.records.eu_dcc.issuing import encode as encode_eu_dcc
from hcert.records.eu_dcc.record import SUBCLAIM as EU_DCC
from hcert.records.eu_dcc.record import EuDcc
from hcert.records.health_link import SUBCLAIM as HEALTH_LINK
from hcert.records.health_link import HealthLink
from hcert.records.health_link import read as read_health_link
from hcert.records.icvp.record import SUBCLAIM as ICVP
from hcert.records.icvp.record import Icvp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hcert.keys.usage import Usage
    from hcert.records.value_sets import ValueSets

Record: TypeAlias = CitizenRecord | EuDcc | Icvp | HealthLink | UnknownRecord
Issuable: TypeAlias = CitizenRecord | EuDcc | Icvp
SHOWN: Final = range(-100_000, 100_000)  # numbers to name in a message; a greater one could be anybody's
_UNDERSTOOD: Final = (CITIZEN, EU_DCC, ICVP, HEALTH_LINK)


def select(subclaims: dict[int, Any]) -> int:
    """Choose the payload to read: the fullest that is understood if there is one, else the first."""
    for number in _UNDERSTOOD:
        if number in subclaims:
            return number
    first, *_ = subclaims
    return first


def usages(number: int, payload: Any) -> Sequence[Usage]:
    """Return the kinds of events a payload holds, which its key must be allowed to sign.

    The EU defined key usages for its DCC, and the citizen record holds the same kinds of events. No others have been
    defined (WHO HCERT specification, "Extended key usage").
    """
    if number == CITIZEN:
        return citizen.usages(payload)
    return eu_dcc_reading.usages(payload) if number == EU_DCC else ()


def read(
    number: int, payload: Any, origin: Origin, *, value_sets: ValueSets | None = None
) -> tuple[Record, list[Finding]]:
    """Read a payload as the record its number says, with all findings about it."""
    record: Record | None
    if number == CITIZEN:
        record, found = citizen.read(payload, origin, value_sets=value_sets)
    elif number == EU_DCC:
        record, found = eu_dcc_reading.read(payload, value_sets=value_sets)
    elif number == ICVP:
        from hcert.records.icvp import reading as icvp_reading  # 3 ms that most scanners need not pay

        record, found = icvp_reading.read(payload)
    elif number == HEALTH_LINK:
        record, found = read_health_link(payload)
    else:
        record, found = None, [finding("record.unknown", subclaim=number if number in SHOWN else "of another number")]
    return record or UnknownRecord(subclaim=number), found


def write(record: Issuable, origin: Origin, *, value_sets: ValueSets | None = None) -> tuple[int, Any]:
    """Return number and payload of a record to issue.

    Raises:
        IssueError: with every rule the record breaks.
    """
    if isinstance(record, CitizenRecord):
        return CITIZEN, citizen.encode(record, origin, value_sets=value_sets)
    if isinstance(record, Icvp):
        from hcert.records.icvp import issuing as icvp_issuing

        return ICVP, icvp_issuing.encode(record)
    if isinstance(record, EuDcc):
        return EU_DCC, encode_eu_dcc(record, value_sets=value_sets)
    raise IssueError.of("record.schema", path="the record", problem="it is of a kind that is read and not issued")


def random_bytes(number: int, payload: Any, encoded: bytes) -> int:
    """Return how many bytes at the end of the encoded claim set are ciphertext, for a payload that `write` made."""
    return citizen.sealed_bytes(payload, encoded) if number == CITIZEN else 0
