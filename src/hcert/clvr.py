"""The European Vaccination Card (CLVR), behind `VC1:`: its doses, merging, and citizen records to and from it."""

from __future__ import annotations

from hcert.exchange.merge_cards import Merged, merge
from hcert.exchange.read_card import Read, to_citizen
from hcert.exchange.write_card import Written, from_citizen
from hcert.records.clvr.model import Dose

__all__ = ["Dose", "Merged", "Read", "Written", "from_citizen", "merge", "to_citizen"]
