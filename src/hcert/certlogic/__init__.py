"""CertLogic, the language in which countries publish who may enter: evaluate an expression, judge by a country's rules.

The language is that of the EU's specification 1.3.3; `CountryRules` is a policy for EU DCCs.
"""

from __future__ import annotations

from hcert.certlogic.country_rules import CountryRules
from hcert.certlogic.evaluator import evaluate

__all__ = ["CountryRules", "evaluate"]
