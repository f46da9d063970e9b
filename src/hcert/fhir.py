"""FHIR R4, in plain dicts: a bundle as a citizen record, and a record as an International Patient Summary."""

from __future__ import annotations

from hcert.exchange.read_bundle import Imported, from_bundle
from hcert.exchange.write_bundle import to_bundle

__all__ = ["Imported", "from_bundle", "to_bundle"]
