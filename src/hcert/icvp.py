"""The ICVP: the WHO's International Certificate of Vaccination or Prophylaxis in its digital form (IHR, annex 6)."""

from __future__ import annotations

from hcert.records.icvp.encode import from_payload
from hcert.records.icvp.model import Dose, Generation, Icvp
from hcert.records.icvp.products import Product, ProductTable, judge

__all__ = ["Dose", "Generation", "Icvp", "Product", "ProductTable", "from_payload", "judge"]
