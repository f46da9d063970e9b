"""A citizen record as the payload to sign, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hcert.codec import cbor
from hcert.errors import IssueError
from hcert.findings import finding
from hcert.fragments import fragment
from hcert.keys.usage import Usage
from hcert.records import signable
from hcert.records.citizen import rules, wire
from hcert.records.signable import change_findings, refusals, type_findings
from hcert.records.value_sets import ValueSets

if TYPE_CHECKING:
    from hcert.findings import Finding
    from hcert.records.base import Origin
    from hcert.records.citizen.record import CitizenRecord

_USAGES: Final = {4: Usage.VACCINATION, 5: Usage.TEST, 6: Usage.RECOVERY}
# Codes that are retired or at odds with each other: a record gathers what others certified with them, and changing it
# would be worse. A code that nobody knows certifies nothing.
PASSED_ON: Final = signable.PASSED_ON | {"record.retired_code", "record.inconsistent_codes"}


def read(
    payload: Any, origin: Origin, value_sets: ValueSets | None = None
) -> tuple[CitizenRecord | None, list[Finding]]:
    """Read a payload that came in the certificate of `origin`, by the value sets, those of the package where None.

    Returns:
        The record, or None where the format does not hold; and all that was found.
    """
    record, found = wire.read(payload)
    if record is None:
        return None, found
    if record.sealed is not None:
        record = record.with_sealed(record.sealed.bound_to(record.certificate_id, origin))
    return record, found + rules.findings(record, value_sets or ValueSets.packaged())


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
        raise IssueError.of("record.schema", path="the record", problem=fragment("schema.not_representable"))
    read_back, found = wire.read(payload)
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
        return wire.write(record)
    except (AttributeError, TypeError, ValueError, OverflowError):
        return None


def usages(payload: Any) -> list[Usage]:
    """Return the kinds of entries a payload holds, by its groups alone, so that a broken record is judged too."""
    return [usage for key, usage in _USAGES.items() if payload.get(key)] if isinstance(payload, dict) else []


def sealed_bytes(payload: dict[int | str, Any], encoded: bytes) -> int:
    """Return how many bytes of the encoded claim set stand from its sealed part on; the payload ends it."""
    sealed = payload.get(wire.SEALED)
    return 0 if sealed is None else len(encoded) - encoded.rindex(cbor.encode(sealed))
