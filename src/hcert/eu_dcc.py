"""The EU Digital COVID Certificate: one vaccination, test or recovery of one person (EU DCC schema 1.3.x)."""

from __future__ import annotations

from hcert.records.eu_dcc.encode import from_payload
from hcert.records.eu_dcc.model import Person, Recovery, Test, Vaccination
from hcert.records.partial_date import PartialDate

__all__ = ["PartialDate", "Person", "Recovery", "Test", "Vaccination", "from_payload"]
