"""The citizen record, for those who make or read one: its types, and the ways from and to other forms."""

from hcert.records.citizen.eu_dcc_conversion import from_eu_dcc, to_eu_dcc
from hcert.records.citizen.json_form import confidential_from_dict, from_dict, to_dict
from hcert.records.citizen.merge import Merged, merge
from hcert.records.citizen.model import (
    COVID_19,
    Recovery,
    Test,
    Vaccination,
    new_certificate_id,
)
from hcert.records.citizen.person import Confidential, Person, Sex
from hcert.records.partial_date import PartialDate

__all__ = [
    "COVID_19",
    "Confidential",
    "Merged",
    "PartialDate",
    "Person",
    "Recovery",
    "Sex",
    "Test",
    "Vaccination",
    "confidential_from_dict",
    "from_dict",
    "from_eu_dcc",
    "merge",
    "new_certificate_id",
    "to_dict",
    "to_eu_dcc",
]
