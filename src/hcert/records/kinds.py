"""The table of record kinds, by their numbers in claim -260.

Assigned by WHO SMART Trust ("HCERT specification", subclaims), where negative numbers are free; -1405 is the citizen
record, named after the decision that promised it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from hcert.errors import IssueError
from hcert.findings import Finding, finding
from hcert.fragments import Fragment, fragment
from hcert.records.citizen.kind import CITIZEN
from hcert.records.citizen.model import CitizenRecord
from hcert.records.eu_dcc.kind import EU_DCC
from hcert.records.eu_dcc.model import EuDcc
from hcert.records.health_link.kind import HEALTH_LINK
from hcert.records.health_link.model import HealthLink
from hcert.records.icvp.kind import ICVP
from hcert.records.icvp.model import Icvp
from hcert.records.places import RECORD
from hcert.records.record_struct import Origin, UnknownRecord

if TYPE_CHECKING:
    from hcert.records.kind import RecordKind
    from hcert.records.value_sets import ValueSets
    from hcert.records.view import RecordView

Record: TypeAlias = CitizenRecord | EuDcc | Icvp | HealthLink | UnknownRecord
Issuable: TypeAlias = CitizenRecord | EuDcc | Icvp

_IN_ORDER: Final[tuple[RecordKind[Any], ...]] = (CITIZEN, EU_DCC, ICVP, HEALTH_LINK)  # the fullest first
KINDS: Final = {kind.number: kind for kind in _IN_ORDER}
_BY_TYPE: Final = {kind.record_type: kind for kind in _IN_ORDER}
_SHOWN: Final = range(-100_000, 100_000)  # numbers to name in a message; a greater one could be anybody's


def select(subclaims: dict[int, Any]) -> int:
    """Choose the payload to read: the fullest that is understood if there is one, else the first."""
    for number in KINDS:
        if number in subclaims:
            return number
    first, *_ = subclaims
    return first


def shown(number: int) -> int | Fragment:
    """Return the number of a subclaim as a message may show it."""
    return number if number in _SHOWN else fragment("place.other_number")


def decode(
    number: int, payload: Any, origin: Origin, value_sets: ValueSets | None = None
) -> tuple[Record, list[Finding]]:
    """Read a payload as the record its number says, with all findings about it."""
    kind = KINDS.get(number)
    if kind is None:
        return UnknownRecord(subclaim=number), [finding("record.unknown", subclaim=shown(number))]
    record, found = kind.decode(payload, origin, value_sets)
    return record or UnknownRecord(subclaim=number), found


def kind_of(record: Record) -> RecordKind[Any] | None:
    """Return the kind of a record; None for one that was not read."""
    return _BY_TYPE.get(type(record))


def view(record: Record) -> RecordView | None:
    """Return what policies judge and cards show of a record; None for one that was not read."""
    kind = kind_of(record)
    return None if kind is None else kind.view(record)


def issuable_kind(record: Issuable) -> RecordKind[Any]:
    """Return the kind of a record to issue.

    Raises:
        IssueError: `record.schema` for anything that is read and never issued.
    """
    kind = kind_of(record)
    if kind is None or kind.encode is None:
        raise IssueError.of("record.schema", path=RECORD, problem=fragment("schema.read_only_kind"))
    return kind
