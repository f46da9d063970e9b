"""Identity codes that people carry: the personal code of decision 1405, and the code on the citizen card."""

from __future__ import annotations

from hcert.records.identity import Identity, number_findings, parse_citizen_card, parse_personal_code

__all__ = ["Identity", "number_findings", "parse_citizen_card", "parse_personal_code"]
