"""Policies: whether what a record certifies suffices at a gate, at a given time."""

from __future__ import annotations

from hcert.policy.base import AllOf, AnyOf, Outcome, Policy
from hcert.policy.products import ListedProducts
from hcert.policy.rules import AuthenticOnly, CompletedSeries, RecentNegativeTest, Recovered, YoungerThan
from hcert.records.kinds import view
from hcert.records.view import DoseView, MedicationView, PersonView, RecordView, RecoveryView, SampleView

__all__ = [
    "AllOf",
    "AnyOf",
    "AuthenticOnly",
    "CompletedSeries",
    "DoseView",
    "ListedProducts",
    "MedicationView",
    "Outcome",
    "PersonView",
    "Policy",
    "RecentNegativeTest",
    "RecordView",
    "Recovered",
    "RecoveryView",
    "SampleView",
    "YoungerThan",
    "view",
]
