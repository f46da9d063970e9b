"""The rules of an EU DCC that its types cannot express, for decoding and issuing.

Decoding reports most of them as warnings. Issuing refuses on all of them but a wrong check character, which an issuer
who takes over the certificates of others cannot correct.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Final

from hcert.findings import Details, Finding, finding, finding_at
from hcert.fragments import fragment
from hcert.records import life, uvci
from hcert.records.devices import device_fault
from hcert.records.eu_dcc.model import GROUPS, Test, Vaccination
from hcert.records.text_rules import replacement_findings
from hcert.records.value_sets import (
    COUNTRY,
    DISEASE,
    MANUFACTURER,
    PRODUCT,
    TEST_RESULT,
    TEST_TYPE,
    VACCINE,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hcert.records.eu_dcc.model import EuDcc, Event
    from hcert.records.value_sets import ValueSets

_STANDARDISED: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ<"
_RECOVERY: Final = {"first_positive": "fr", "valid_from": "df", "valid_until": "du"}
LIFE: Final = life.Layout(
    attrgetter("birth_date"),
    "dob",
    (
        life.Group("vaccinations", "v[{}]", "date", shown={"date": "dt"}),
        life.Group("tests", "t[{}]", "sampled_at", shown={"sampled_at": "sc"}),
        life.Group("recoveries", "r[{}]", "first_positive", order=(*_RECOVERY,), shown=_RECOVERY),
    ),
)
# Types of vaccine that were once allowed with any product: 1119305005 until guideline 1.9 of March 2022, J07BX03 until
# release 2.11 of the value sets. Old certificates with them stay good; issuing refuses both.
_ANY_ANTIGEN: Final = "1119305005"
_FORMERLY_ANY: Final = frozenset({_ANY_ANTIGEN, "J07BX03"})


def findings(record: EuDcc, known: ValueSets) -> list[Finding]:
    """Check the rules that types cannot express, by the value sets `known`."""
    found: list[Finding] = []
    if not record.schema_version.startswith("1."):
        found.append(finding("record.unsupported_version", version=record.schema_version, known="1.x.x"))
    person = record.person
    found += replacement_findings(("nam.fn", person.family_name), ("nam.gn", person.given_name))
    family_name, given_name = person.standardised_family_name, person.standardised_given_name
    if family_name is None and given_name is None:
        found.append(finding("record.schema", path="nam", problem=fragment("schema.no_standardised_name")))
    if family_name and family_name.strip(_STANDARDISED):
        found.append(finding("record.name_not_standardised", field="nam.fnt"))
    if given_name and given_name.strip(_STANDARDISED):
        found.append(finding("record.name_not_standardised", field="nam.gnt"))
    count = len(record.vaccinations) + len(record.tests) + len(record.recoveries)
    if count == 0:
        found.append(finding("record.schema", path="v, t, r", problem=fragment("schema.no_event")))
    elif count > 1:
        found.append(finding("record.multiple_events", count=count))
    for group in GROUPS:
        for index, event in enumerate(getattr(record, group.attribute)):
            for code, name, details in _faults(event, known):
                field = f"{group.wire}[{index}].{name}"
                found.append(finding_at(f"{group.attribute}[{index}]", code, (("field", field), *details)))
    return found + life.findings(record, LIFE)


def check_character_findings(record: EuDcc) -> list[Finding]:
    """Return a warning for each UVCI with a wrong check character, as half of the published ones have."""
    found: list[Finding] = []
    for group in GROUPS:
        for index, event in enumerate(getattr(record, group.attribute)):
            if uvci.check_character_holds(event.certificate_id) is False:
                field = f"{group.wire}[{index}].ci"
                found.append(finding("record.uvci_check_character", record=f"{group.attribute}[{index}]", field=field))
    return found


def outdated_type_findings(record: EuDcc, known: ValueSets) -> Iterator[Finding]:
    """Yield `record.inconsistent_codes` for each type of vaccine that is accepted in old certificates only.

    J07BX03 needs none, since it is reported as retired.
    """
    for index, dose in enumerate(record.vaccinations):
        row = known.sets[PRODUCT].codes.get(dose.product)
        if dose.vaccine == _ANY_ANTIGEN and row and known.conflicts(VACCINE, dose.vaccine, row.vaccines):
            yield finding("record.inconsistent_codes", record=f"vaccinations[{index}]", field=f"v[{index}].vp")


Fault = tuple[str, str, Details]


def _faults(event: Event, known: ValueSets) -> Sequence[Fault]:
    """Return code, name of the member, and details of everything wrong with one event."""
    if isinstance(event, Vaccination):
        return _vaccination_faults(event, known)
    if isinstance(event, Test):
        faults = _code_faults(
            known,
            ("tg", DISEASE, event.disease),
            ("tt", TEST_TYPE, event.test_type),
            ("tr", TEST_RESULT, event.result),
            ("co", COUNTRY, event.country),
        )
        device = device_fault(event.test_type, event.device, known)
        if device is not None:
            faults.append((device[0], "ma", device[1]))
        return faults
    return _code_faults(known, ("tg", DISEASE, event.disease), ("co", COUNTRY, event.country))


def _vaccination_faults(dose: Vaccination, known: ValueSets) -> Sequence[Fault]:
    in_use = known.in_use
    sound = (dose.vaccine, dose.product, dose.manufacturer) in known.eu_doses
    late = life.is_far_beyond_series(dose.dose_number, dose.series_doses)
    if sound and not late and dose.disease in in_use[DISEASE] and dose.country in in_use[COUNTRY]:
        return ()  # nearly all doses
    faults = _code_faults(
        known,
        ("tg", DISEASE, dose.disease),
        ("vp", VACCINE, dose.vaccine),
        ("mp", PRODUCT, dose.product),
        ("ma", MANUFACTURER, dose.manufacturer),
        ("co", COUNTRY, dose.country),
    )
    if late:
        faults.append(("record.dose_beyond_series", "dn", ()))
    row = known.sets[PRODUCT].codes.get(dose.product)
    if row is None:
        return faults
    if known.conflicts(MANUFACTURER, dose.manufacturer, row.manufacturers):
        faults.append(("record.inconsistent_codes", "ma", ()))
    if known.conflicts(VACCINE, dose.vaccine, row.vaccines) and dose.vaccine not in _FORMERLY_ANY:
        faults.append(("record.inconsistent_codes", "vp", ()))
    return faults


def _code_faults(known: ValueSets, *coded: tuple[str, str, str]) -> list[Fault]:
    """Check triples of member name, value set and code."""
    faults: list[Fault] = []
    for name, set_name, code in coded:
        fault = known.fault(set_name, code)
        if fault is not None:
            faults.append((fault[0], name, fault[1]))
    return faults
