"""The rules of an EU DCC beyond its schema's types, shared by reading and issuing.

Reading reports them as the catalog has them, mostly as warnings; issuing refuses on every one but a wrong check
character, which an issuer who passes on the certificates of others cannot mend.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hcert.findings import Finding, finding
from hcert.records import life, uvci
from hcert.records.eu_dcc.record import GROUPS, Test, Vaccination
from hcert.records.value_sets import (
    COUNTRY,
    DISEASE,
    MANUFACTURER,
    PRODUCT,
    TEST_RESULT,
    TEST_TYPE,
    VACCINE,
    value_set,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hcert.records.eu_dcc.record import EuDcc, Event

_STANDARDISED: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ<"
_RECOVERY: Final = {"first_positive": "fr", "valid_from": "df", "valid_until": "du"}
_LIFE: Final = (
    life.Group("vaccinations", "v[{}]", "date", shown={"date": "dt"}),
    life.Group("tests", "t[{}]", "sampled_at", shown={"sampled_at": "sc"}),
    life.Group("recoveries", "r[{}]", "first_positive", order=(*_RECOVERY,), shown=_RECOVERY),
)


def findings(record: EuDcc) -> list[Finding]:
    """Return everything that can be said against a record whose types hold."""
    found: list[Finding] = []
    if not record.schema_version.startswith("1."):
        found.append(finding("record.unsupported_version", version=record.schema_version, known="1.x.x"))
    family_name, given_name = record.person.standardised_family_name, record.person.standardised_given_name
    if family_name is None and given_name is None:
        found.append(finding("record.schema", path="nam", problem="neither `fnt` nor `gnt` is there"))
    if family_name and family_name.strip(_STANDARDISED):
        found.append(finding("record.name_not_standardised", field="nam.fnt"))
    if given_name and given_name.strip(_STANDARDISED):
        found.append(finding("record.name_not_standardised", field="nam.gnt"))
    count = len(record.vaccinations) + len(record.tests) + len(record.recoveries)
    if count == 0:
        found.append(finding("record.schema", path="v, t, r", problem="none of the groups holds an event"))
    elif count > 1:
        found.append(finding("record.multiple_events", count=count))
    for group in GROUPS:
        for index, event in enumerate(getattr(record, group.attribute)):
            found += [
                finding(code, record=f"{group.attribute}[{index}]", field=f"{group.wire}[{index}].{name}", **details)
                for code, name, details in _faults(event)
            ]
    return found + life.findings(life_of(record))


def life_of(record: EuDcc) -> life.Life:
    """Return the record as the rules of dates, order and repetition see it."""
    return life.Life(record.birth_date, "dob", tuple((group, getattr(record, group.name)) for group in _LIFE))


def check_characters(record: EuDcc) -> list[Finding]:
    """Return a warning for each identifier whose check character is wrong; half of those published are."""
    return [
        finding("record.uvci_check_character", record=f"{group.attribute}[{index}]", field=f"{group.wire}[{index}].ci")
        for group in GROUPS
        for index, event in enumerate(getattr(record, group.attribute))
        if uvci.check_character_holds(event.certificate_id) is False
    ]


Fault = tuple[str, str, dict[str, str]]


def _faults(event: Event) -> Sequence[Fault]:
    """Return code, wire name and details of all that can be said against one event."""
    if isinstance(event, Vaccination):
        return _vaccination_faults(event.disease, event.vaccine, event.product, event.manufacturer, event.country)
    if isinstance(event, Test):  # devices have no value set that could be embedded
        return _code_faults(
            ("tg", DISEASE, event.disease),
            ("tt", TEST_TYPE, event.test_type),
            ("tr", TEST_RESULT, event.result),
            ("co", COUNTRY, event.country),
        )
    return _code_faults(("tg", DISEASE, event.disease), ("co", COUNTRY, event.country))


def _vaccination_faults(disease: str, vaccine: str, product: str, manufacturer: str, country: str) -> Sequence[Fault]:
    faults = _code_faults(
        ("tg", DISEASE, disease),
        ("vp", VACCINE, vaccine),
        ("mp", PRODUCT, product),
        ("ma", MANUFACTURER, manufacturer),
        ("co", COUNTRY, country),
    )
    known = value_set(PRODUCT).codes.get(product)
    if known is not None and known.manufacturers and manufacturer not in known.manufacturers:
        faults.append(("record.inconsistent_codes", "ma", {}))
    if known is not None and known.vaccines and vaccine not in known.vaccines:
        faults.append(("record.inconsistent_codes", "vp", {}))
    return faults


def _code_faults(*coded: tuple[str, str, str]) -> list[Fault]:
    """Look up wire name, value set and code of each coded field."""
    faults: list[Fault] = []
    for name, set_name, code in coded:
        known = value_set(set_name)
        meaning = known.codes.get(code)
        if meaning is None:
            faults.append(("record.unknown_code", name, {"value_set": set_name, "date": known.date}))
        elif meaning.retired:
            faults.append(("record.retired_code", name, {"value_set": set_name, "date": known.date}))
    return faults
