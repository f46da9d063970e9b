"""The table of record kinds, by their numbers in claim -260.

WHO SMART Trust assigns the numbers ("HCERT specification", subclaims) and leaves negative ones free. -1405 is the
citizen record, named after decision 1405/QĐ-BTTTT on the personal QR code. None stands for a payload without a number:
that of the European Vaccination Card.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from hcert.errors import IssueError
from hcert.findings import Finding, finding
from hcert.fragments import Fragment, fragment
from hcert.records.citizen.kind import CITIZEN
from hcert.records.citizen.model import CitizenRecord
from hcert.records.clvr.kind import CLVR
from hcert.records.clvr.model import VaccinationCard
from hcert.records.eu_dcc.kind import EU_DCC
from hcert.records.eu_dcc.model import EuDcc
from hcert.records.health_link.kind import HEALTH_LINK
from hcert.records.health_link.model import HealthLink
from hcert.records.icvp.kind import ICVP
from hcert.records.icvp.model import Icvp
from hcert.records.medication_overview.kind import MEDICATION_OVERVIEW
from hcert.records.medication_overview.model import MedicationOverview
from hcert.records.places import RECORD
from hcert.records.record_struct import Origin, UnknownRecord

if TYPE_CHECKING:
    from hcert.records.kind import RecordKind
    from hcert.records.value_sets import ValueSets
    from hcert.records.view import RecordView

Record: TypeAlias = CitizenRecord | EuDcc | Icvp | VaccinationCard | MedicationOverview | HealthLink | UnknownRecord
Issuable: TypeAlias = CitizenRecord | EuDcc | Icvp | VaccinationCard

# Preferred kinds first.
_IN_ORDER: Final[tuple[RecordKind[Any], ...]] = (CITIZEN, EU_DCC, ICVP, CLVR, MEDICATION_OVERVIEW, HEALTH_LINK)
KINDS: Final[dict[int | None, RecordKind[Any]]] = {kind.number: kind for kind in _IN_ORDER}
KINDS_BY_TYPE: Final[dict[type[Any], RecordKind[Any]]] = {kind.record_type: kind for kind in _IN_ORDER}
_SHOWN_NUMBERS: Final = range(-100_000, 100_000)  # numbers that messages show; a longer one could be personal data


def select(subclaims: dict[int | None, Any]) -> int | None:
    """Return the number of the payload to decode: of the preferred kind that is present, else the first."""
    for number in KINDS:
        if number in subclaims:
            return number
    first, *_ = subclaims
    return first


def show_number(number: int | None) -> int | Fragment:
    """Return the number of a subclaim for display; a payload without a number is of a known kind and never shown."""
    return number if number is not None and number in _SHOWN_NUMBERS else fragment("place.other_number")


def decode(
    number: int | None, payload: Any, origin: Origin, value_sets: ValueSets | None = None
) -> tuple[Record, list[Finding]]:
    """Decode a payload by the kind its number names; return the record and all findings."""
    kind = KINDS.get(number)
    if kind is None:
        return UnknownRecord(subclaim=number), [finding("record.unknown", subclaim=show_number(number))]
    record, found = kind.decode(payload, origin, value_sets)
    return record or UnknownRecord(subclaim=number), found


def kind_of(record: Record) -> RecordKind[Any] | None:
    """Return the kind of a record, or None for an `UnknownRecord`."""
    return KINDS_BY_TYPE.get(type(record))


def view(record: Record) -> RecordView | None:
    """Return what policies judge and cards show of a record, or None for an `UnknownRecord`."""
    kind = kind_of(record)
    return None if kind is None else kind.view(record)


def issuable_kind(record: Issuable) -> RecordKind[Any]:
    """Return the kind of a record to issue.

    Raises:
        IssueError: `record.schema` if hcert does not issue records of this kind.
    """
    kind = kind_of(record)
    if kind is None or kind.encode is None:
        raise IssueError.of("record.schema", path=RECORD, problem=fragment("schema.read_only_kind"))
    return kind
