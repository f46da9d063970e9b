"""The EU Digital COVID Certificate, subclaim 1: one vaccination, test or recovery of one person (schema 1.3.x)."""

from hcert.records.eu_dcc.issuing import from_payload
from hcert.records.eu_dcc.record import EuDcc, Person, Recovery, Test, Vaccination
from hcert.records.partial_date import PartialDate

__all__ = ["EuDcc", "PartialDate", "Person", "Recovery", "Test", "Vaccination", "from_payload"]
