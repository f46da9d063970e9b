"""The device of a test: a rapid antigen test names one of the EU's list, a NAAT (PCR) none.

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
    """Return the finding that the device of a test earns, with details; other types of tests may name one or not."""
    if not device:
        return ("record.device_missing", ()) if test_type == _RAPID else None
    if test_type == _NAAT:
        return "record.device_unexpected", ()
    return known.fault(DEVICE, device)
