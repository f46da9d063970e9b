"""The device of a test: required for a rapid antigen test, not allowed for a NAAT (PCR).

Source: EU DCC schema 1.3.3, `t.ma`, and the eHealth Network's value set of devices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hcert.records.value_sets import DEVICE

if TYPE_CHECKING:
    from hcert.findings import Details
    from hcert.records.value_sets import ValueSets

_NAAT: Final = "LP6464-4"
_RAPID: Final = "LP217198-3"


def device_fault(test_type: str, device: str | None, known: ValueSets) -> tuple[str, Details] | None:
    """Return code and details of what is wrong with the device of a test. Other types of test may name one or not."""
    if not device:
        return ("record.device_missing", ()) if test_type == _RAPID else None
    if test_type == _NAAT:
        return "record.device_unexpected", ()
    return known.fault(DEVICE, device)
