"""A policy for vaccine products: which count, and from when; the list is the user's.

The WHO's list of prequalified products must not be redistributed and changed its identifiers twice, so hcert has none.
The rules are the decision tables ICVP.DT.1 (yellow fever) and ICVP.DT.2 (polio) of WHO SMART ICVP 0.3.0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Final

from hcert.findings import Finding, finding
from hcert.fragments import Fragment, fragment
from hcert.policy.base import Outcome
from hcert.times import require_aware, to_zone

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from hcert.records.view import RecordView

_YELLOW_FEVER: Final = "1D47"  # ICD-11
_DAYS_UNTIL_PROTECTED: Final = {_YELLOW_FEVER: 10}  # IHR annex 7


@dataclass(frozen=True, slots=True)
class ListedProducts:
    """A dose of a listed product that protects already: yellow fever from the tenth day on (UTC), others at once.

    Attributes:
        products: by product code the ICD-11 code of the disease that it protects from, such as `1D47`.
    """

    products: Mapping[str, str] = field(repr=False)

    @property
    def rule(self) -> Fragment:
        """Its name on a card."""
        return fragment("rule.listed_products")

    def judge(self, record: RecordView, *, at: datetime, without: Collection[str] = ()) -> Outcome:
        """Look for such a dose; see `Policy`."""
        today = to_zone(require_aware(at, name="at"), UTC).date()
        counted: list[str] = []
        reasons: list[Finding] = []
        for dose in record.vaccinations:
            if dose.place in without:
                continue
            disease = None if dose.product is None else self.products.get(dose.product)
            days = _DAYS_UNTIL_PROTECTED.get(disease or "", 0)
            if disease is None:
                reasons.append(finding("policy.product_not_listed", record=dose.place))
            elif (today - dose.date).days < days:
                reasons.append(finding("policy.not_yet_protected", record=dose.place, days=days))
            else:
                counted.append(dose.place)
        if counted:
            return Outcome(satisfied=True, counted=tuple(counted))
        return Outcome(satisfied=False, findings=(finding("policy.no_listed_product"), *reasons))
