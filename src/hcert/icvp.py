"""The ICVP: the WHO's International Certificate of Vaccination or Prophylaxis in its digital form (IHR, annex 6)."""

from __future__ import annotations

from hcert.records.icvp.encode import from_payload
from hcert.records.icvp.model import Dose, Generation

__all__ = ["Dose", "Generation", "from_payload"]
