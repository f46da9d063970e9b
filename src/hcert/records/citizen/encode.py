"""Encoding a citizen record as the payload to sign."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from hcert.codec import cbor
from hcert.errors import IssueError
from hcert.findings import finding
from hcert.fragments import fragment
from hcert.records import signable
from hcert.records.citizen import rules, schema, sealed
from hcert.records.citizen.decode import from_wire
from hcert.records.citizen.layout import (
    CERTIFICATE_ID,
    GROUP_KEYS,
    GROUP_SCHEMAS,
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

# A record collects what others certified, so retired and inconsistent codes are kept rather than changed. An unknown
# code certifies nothing.
ISSUABLE_WARNINGS: Final = signable.ISSUABLE_WARNINGS | {"record.retired_code", "record.inconsistent_codes"}


def encode(record: CitizenRecord, origin: Origin, value_sets: ValueSets | None = None) -> dict[int | str, Any]:
    """Encode a record as the payload to sign under `origin`, by these value sets (None: those of the package).

    Raises:
        IssueError: with a finding `record.*` or `sealed.moved` for every rule that the record breaks.
    """
    refused = type_findings(record)
    if refused:
        raise IssueError(*refused)
    payload = None
    with suppress(AttributeError, TypeError, ValueError, OverflowError):  # their messages may quote a value
        payload = to_wire(record)
    if payload is None:
        raise IssueError.of("record.schema", path=RECORD, problem=fragment("schema.not_representable"))
    read_back, found = from_wire(payload)
    refused = refusals(found, issuable_warnings=ISSUABLE_WARNINGS)
    if read_back is not None:
        refused += rules.text_faults(read_back)
        refused += refusals(
            rules.findings(read_back, value_sets or ValueSets.packaged()), issuable_warnings=ISSUABLE_WARNINGS
        )
        refused += change_findings(record, read_back) if not refused else []
    if record.sealed is not None and not record.sealed.belongs_to(record.certificate_id, origin):
        refused.append(finding("sealed.moved"))
    if refused:
        raise IssueError(*dict.fromkeys(refused))
    return payload


def to_wire(record: CitizenRecord) -> dict[int | str, Any]:
    """Encode a record by the format alone, without the rules; equal records have equal payloads."""
    wire: dict[int | str, Any] = {
        VERSION_KEY: list(record.version),
        CERTIFICATE_ID: record.certificate_id,
        REVISION: record.revision,
        PERSON_KEY: PERSON.to_wire(record.person),
    }
    for key, name in GROUP_KEYS.items():
        entries = getattr(record, name)
        if entries:
            wire[key] = [GROUP_SCHEMAS[key].to_wire(entry) for entry in entries]
    if record.sealed is not None:
        wire[SEALED] = sealed.to_wire(record.sealed)
    if record.last_number:
        wire[LAST_NUMBER] = record.last_number
    return schema.restore_unrecognised(wire, record.unrecognised)


def count_sealed_bytes(payload: dict[int | str, Any], encoded: bytes) -> int:
    """Return the number of bytes from the sealed part to the end of the encoded claim set; the payload comes last."""
    sealed = payload.get(SEALED)
    return 0 if sealed is None else len(encoded) - encoded.rindex(cbor.encode(sealed))
