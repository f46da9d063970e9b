"""The European Vaccination Card (CLVR), the payload of `VC1:` codes."""

from __future__ import annotations

from hcert.records.clvr.model import Dose

__all__ = ["Dose"]
