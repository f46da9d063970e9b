"""The medication overview: what somebody takes, as participants of the WHO's network sign it. Read, never issued."""

from __future__ import annotations

from hcert.records.medication_overview.model import TreatmentLine

__all__ = ["TreatmentLine"]
