"""Codes on paper and in the gallery of a phone. Needs the packages of `hcert[paper]`.

Every function verifies the code first and prints what it read back, in Vietnamese and English or in English.
"""

from hcert.paper.printing import book, card, picture, sheet

__all__ = ["book", "card", "picture", "sheet"]
