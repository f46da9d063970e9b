"""Which vaccine products count, and from when: a table that the user provides.

WHO's list of prequalified products must not be redistributed and changed its identifiers twice, so hcert does not come
with one. The rules are the decision tables ICVP.DT.1 (yellow fever) and ICVP.DT.2 (polio) of WHO SMART ICVP 0.3.0.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hcert.findings import Finding, finding
from hcert.times import require_aware, to_zone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hcert.records.icvp.model import Icvp

YELLOW_FEVER: Final = "1D47"  # ICD-11
DAYS_UNTIL_PROTECTED: Final = {YELLOW_FEVER: 10}  # IHR annex 7


@dataclass(frozen=True, slots=True)
class Product:
    """A product.

    Attributes:
        disease: ICD-11 code of the disease it protects against, such as `1D47`.
        vaccine: type of vaccine, such as `YellowFever`.
    """

    disease: str
    vaccine: str | None = None


@dataclass(frozen=True, slots=True)
class ProductTable:
    """The products that count.

    Attributes:
        products: by product id.
        template_versions: known versions of the certificate's template; None accepts any.
    """

    products: Mapping[str, Product]
    template_versions: frozenset[str] | None = None


def judge(record: Icvp, table: ProductTable, *, at: dt.datetime) -> list[Finding]:
    """Return the reasons why a verified certificate does not count at a time; none if it counts.

    Args:
        record: from an accepted verdict.
        table: the products that count.
        at: the time, aware; its UTC day is compared.

    Returns:
        `policy.product_not_listed` and `policy.not_yet_protected` errors, and a `policy.unknown_template` warning.

    Raises:
        ConfigurationError: `time.naive`.
    """
    today = to_zone(require_aware(at, name="at"), dt.UTC).date()
    found: list[Finding] = []
    if table.template_versions is not None and record.template_version not in table.template_versions:
        found.append(finding("policy.unknown_template"))
    for index, dose in enumerate(record.doses):
        place = f"doses[{index}]"
        product = table.products.get(dose.product)
        if product is None:
            found.append(finding("policy.product_not_listed", record=place))
            continue
        days = DAYS_UNTIL_PROTECTED.get(product.disease, 0)
        if (today - dose.date).days < days:
            found.append(finding("policy.not_yet_protected", record=place, days=days))
    return found
