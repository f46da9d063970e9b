"""CertLogic, the language in which countries publish who may enter: evaluate an expression, judge by a country's rules.

The language is that of the EU's specification 1.3.3; `CountryRules` is a policy for EU DCCs, and `RuleList` the signed
list in which rules reach a device.
"""

from __future__ import annotations

from hcert.certlogic.country_rules import CountryRules
from hcert.certlogic.evaluator import evaluate
from hcert.certlogic.rule import Rule
from hcert.certlogic.rule_list import RuleList

__all__ = ["CountryRules", "Rule", "RuleList", "evaluate"]
