"""Names as Vietnamese documents write them, and their transliteration to A-Z (ICAO Doc 9303-3)."""

from __future__ import annotations

from hcert.records.names import Split, clean, marks_differ, propose_split, same_name, transliterate

__all__ = ["Split", "clean", "marks_differ", "propose_split", "same_name", "transliterate"]
