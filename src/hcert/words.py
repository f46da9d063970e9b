"""Words for people: findings, codes, labels and whole verdicts in English and Vietnamese.

All words come from data files of the package; the language is an argument, never the surroundings of the process.
"""

from hcert.cards import Card, card
from hcert.phrases import Language, code_name, label, message, short

__all__ = ["Card", "Language", "card", "code_name", "label", "message", "short"]
