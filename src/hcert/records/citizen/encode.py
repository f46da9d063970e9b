"""Encoding a citizen record as the payload to sign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hcert.codec import cbor
from hcert.errors import IssueError
from hcert.findings import finding
from hcert.fragments import fragment
from hcert.records import signable
from hcert.records.citizen import rules, schema, sealed
from hcert.records.citizen.decode import read
from hcert.records.citizen.layout import (
    CERTIFICATE_ID,
    FORMS,
    GROUP_KEYS,
    LAST_NUMBER,
    PERSON,
    PERSON_KEY,
    REVISION,
    SEALED,
    VERSION_KEY,
)
from hcert.records.places import RECORD
from hcert.records.signable import change_findings, refusals, type_findings
from hcert.records.value_sets import ValueSets

if TYPE_CHECKING:
    from hcert.records.citizen.model import CitizenRecord
    from hcert.records.record_struct import Origin

# Codes that are retired or at odds with each other: a record gathers what others certified with them, and changing it
# would be worse. A code that nobody knows certifies nothing.
PASSED_ON: Final = signable.PASSED_ON | {"record.retired_code", "record.inconsistent_codes"}


def encode(record: CitizenRecord, origin: Origin, value_sets: ValueSets | None = None) -> dict[int | str, Any]:
    """Write a record as the payload to sign under `origin`, by the value sets, those of the package where None.

    Raises:
        IssueError: with every rule the record breaks, each a `record.*` finding; or `sealed.moved`.
    """
    refused = type_findings(record)
    if refused:
        raise IssueError(*refused)
    payload = _written(record)
    if payload is None:  # raised here, so that no error that quotes a value hangs on to it
        raise IssueError.of("record.schema", path=RECORD, problem=fragment("schema.not_representable"))
    read_back, found = read(payload)
    refused = refusals(found, passed_on=PASSED_ON)
    if read_back is not None:
        refused += rules.text_faults(read_back)
        refused += refusals(rules.findings(read_back, value_sets or ValueSets.packaged()), passed_on=PASSED_ON)
        refused += change_findings(record, read_back) if not refused else []
    if record.sealed is not None and not record.sealed.belongs_to(record.certificate_id, origin):
        refused.append(finding("sealed.moved"))
    if refused:
        raise IssueError(*refused)
    return payload


def _written(record: CitizenRecord) -> dict[int | str, Any] | None:
    try:
        return write(record)
    except (AttributeError, TypeError, ValueError, OverflowError):
        return None


def write(record: CitizenRecord) -> dict[int | str, Any]:
    """Write a record as its payload; the same record gives the same payload."""
    wire: dict[int | str, Any] = {
        VERSION_KEY: list(record.version),
        CERTIFICATE_ID: record.certificate_id,
        REVISION: record.revision,
        PERSON_KEY: PERSON.write(record.person),
    }
    for key, name in GROUP_KEYS.items():
        entries = getattr(record, name)
        if entries:
            wire[key] = [FORMS[key].write(entry) for entry in entries]
    if record.sealed is not None:
        wire[SEALED] = sealed.write(record.sealed)
    if record.last_number:
        wire[LAST_NUMBER] = record.last_number
    return schema.with_unrecognised(wire, record.unrecognised)


def sealed_bytes(payload: dict[int | str, Any], encoded: bytes) -> int:
    """Return how many bytes of the encoded claim set stand from its sealed part on; the payload ends it."""
    sealed = payload.get(SEALED)
    return 0 if sealed is None else len(encoded) - encoded.rindex(cbor.encode(sealed))
