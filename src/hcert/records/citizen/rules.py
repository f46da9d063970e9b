"""The rules of a citizen record that its types cannot express, for decoding and issuing.

Decoding reports most of them as warnings: a record collects what others certified, maybe years ago, with codes that
have been retired since. Issuing refuses on all of them but the `ISSUABLE_WARNINGS` of `encode.py`.
"""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from hcert.findings import Details, Finding, finding, finding_at
from hcert.fragments import fragment
from hcert.records import life, uvci
from hcert.records.citizen import code_registry
from hcert.records.citizen.model import GROUPS, Test, Vaccination
from hcert.records.devices import device_fault
from hcert.records.text_rules import STANDARDISED, replacement_findings, text_findings
from hcert.records.value_sets import COUNTRY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hcert.records.citizen.model import CitizenEntry, CitizenRecord
    from hcert.records.citizen.person import Person
    from hcert.records.value_sets import ValueSets

_COVID_VACCINE: Final = "28531000087107"  # SNOMED CT "COVID-19 vaccine", which the EU allows with any product
# "SARS-CoV-2 antigen vaccine" and ATC "covid-19 vaccines", allowed with any product until 2022 and 2023.
_FORMERLY_ANY: Final = frozenset({"1119305005", "J07BX03"})
# Today's ATC codes, each with the SNOMED CT code that the EU uses for the same type of vaccine.
_ATC: Final = {
    "J07BN01": "1119349007",
    "J07BN02": "29061000087103",
    "J07BN03": "1157024006",
    "J07BN04": "1162643001",
    "J07BN05": "30141000087107",
}
_RECOVERY: Final = ("first_positive", "valid_from", "valid_until")
LIFE: Final = life.Layout(
    attrgetter("person.birth_date"),
    "person.birth_date",
    (
        life.Group("vaccinations", "vaccinations[{}]", "date", counts_doses=True),
        life.Group("tests", "tests[{}]", "sampled_at"),
        life.Group("recoveries", "recoveries[{}]", "first_positive", order=_RECOVERY),
    ),
)


def findings(record: CitizenRecord, known: ValueSets, *, maximum: int | None = None) -> list[Finding]:
    """Check the rules that types cannot express, by the value sets `known`.

    Args:
        record: any record that fits the types.
        known: the value sets.
        maximum: how many findings about entries are made, which all are warnings; the others are counted in a
            `record.more_findings`. A verdict has room for `MAX_FINDINGS`, and a record could cause nine hundred.
    """
    found = list(_person_findings(record.person, known))
    surplus = 0
    for group in GROUPS:
        for index, entry in enumerate(getattr(record, group)):
            faults = _entry_faults(entry, known)
            if maximum is not None and len(found) >= maximum:
                surplus += len(faults)
            elif faults:
                place = f"{group}[{index}]"
                found += [
                    finding_at(place, code, (("field", f"{place}.{name}"), *details)) for code, name, details in faults
                ]
    more = [finding("record.more_findings", count=surplus)] if surplus else []
    return [*found, *_repeated_uvci_findings(record), *life.findings(record, LIFE), *more]


def text_faults(record: CitizenRecord) -> Iterator[Finding]:
    """Yield findings for every text of the record that must not be signed."""
    holders: list[tuple[str, str | None, Any]] = [("person", None, record.person)]
    holders += [(place, place, entry) for place, entry in record.places()]
    for path, place, holder in holders:
        for name in holder.__struct_fields__:
            value = getattr(holder, name)
            for text in value if name == "diseases" else (value,):
                if type(text) is str:
                    yield from text_findings(text, field=f"{path}.{name}", record=place)
                    if text != text.strip():
                        yield finding("record.padded_text", record=place, field=f"{path}.{name}")


def _person_findings(person: Person, known: ValueSets) -> Iterator[Finding]:
    names = (person.family_name, person.given_name, person.standardised_family_name, person.standardised_given_name)
    if not any(names):
        yield finding("record.schema", path="person", problem=fragment("schema.no_name"))
    yield from replacement_findings(
        ("person.family_name", person.family_name), ("person.given_name", person.given_name)
    )
    for name in ("standardised_family_name", "standardised_given_name"):
        value = getattr(person, name)
        if value is not None and not re.fullmatch(STANDARDISED, value):
            yield finding("record.name_not_standardised", field=f"person.{name}")
    for code, name, details in _code_faults(known, (COUNTRY, "nationality", person.nationality)):
        yield finding_at(None, code, (("field", f"person.{name}"), *details))


Fault = tuple[str, str, Details]


def _entry_faults(entry: CitizenEntry, known: ValueSets) -> Sequence[Fault]:
    """Return code, attribute and details of everything wrong with one entry."""
    if isinstance(entry, Vaccination):
        faults = _vaccination_faults(entry, known)
    elif isinstance(entry, Test):
        faults = _test_faults(entry, known)
    else:
        faults = _code_faults(known, ("diseases", "disease", entry.disease), (COUNTRY, "country", entry.country))
    if entry.uvci is None:
        return faults
    if not uvci.is_recognisable(entry.uvci):
        return [*faults, ("record.certificate_id", "uvci", ())]
    if uvci.check_character_holds(entry.uvci) is False:
        return [*faults, ("record.uvci_check_character", "uvci", ())]
    return faults


def _repeated_uvci_findings(record: CitizenRecord) -> Iterator[Finding]:
    """Yield a finding for each entry with the UVCI of an earlier one; case is ignored."""
    uvcis = [None if entry.uvci is None else entry.uvci.upper() for entry in record.entries]
    if len(set(uvcis)) >= len(uvcis) - max(uvcis.count(None) - 1, 0):  # nearly always
        return
    first: dict[str, str] = {}
    for text, (place, _) in zip(uvcis, record.places(), strict=True):
        if text is not None and (other := first.setdefault(text, place)) != place:
            yield finding_at(place, "record.repeated_uvci", (("field", f"{place}.uvci"), ("other", other)))


def _vaccination_faults(dose: Vaccination, known: ValueSets) -> list[Fault]:
    faults = _disease_faults(dose.diseases, known) + _code_faults(
        known,
        ("products", "product", dose.product),
        ("vaccines", "vaccine", dose.vaccine),
        ("manufacturers", "manufacturer", dose.manufacturer),
        (COUNTRY, "country", dose.country),
    )
    if life.is_far_beyond_series(dose.dose_number, dose.series_doses):
        faults.append(("record.dose_beyond_series", "dose_number", ()))
    if dose.product is None or (dose.vaccine is None and dose.manufacturer is None):
        return faults
    row = known.sets["products"].codes.get(dose.product)
    if row is None:
        return faults
    if known.conflicts("vaccines", dose.vaccine, row.vaccines) and not _means_allowed_type(dose.vaccine, row.vaccines):
        faults.append(("record.inconsistent_codes", "vaccine", ()))
    if known.conflicts("manufacturers", dose.manufacturer, row.manufacturers):
        faults.append(("record.inconsistent_codes", "manufacturer", ()))
    return faults


def _means_allowed_type(vaccine: str | None, allowed: frozenset[str]) -> bool:
    """Tell whether a vaccine code is another or a former code of a type of vaccine that the EU allows with a product.

    For some products the EU lists only the type "COVID-19 vaccine"; they match every ATC code of one.
    """
    if vaccine in _ATC:
        return _ATC[vaccine] in allowed or allowed == {_COVID_VACCINE}
    return vaccine in _FORMERLY_ANY


def _disease_faults(diseases: tuple[str, ...], known: ValueSets) -> list[Fault]:
    """Return each fault once, even if it concerns several diseases."""
    if len(diseases) == 1:
        return _code_faults(known, ("diseases", "diseases", diseases[0]))
    numbers: list[str] = []
    coded: list[tuple[str, str, str]] = []
    for disease in diseases:
        if disease.startswith(code_registry.UNREGISTERED):
            numbers.append(disease)
        else:
            coded.append(("diseases", "diseases", disease))
    faults = list(dict.fromkeys(_code_faults(known, *coded)))
    return [*faults, _unregistered_fault("diseases", numbers)] if numbers else faults


def _test_faults(test: Test, known: ValueSets) -> list[Fault]:
    faults = _code_faults(
        known,
        ("diseases", "disease", test.disease),
        ("test_types", "test_type", test.test_type),
        ("test_results", "result", test.result),
        (COUNTRY, "country", test.country),
    )
    device = device_fault(test.test_type, test.device, known)
    if device is not None:
        faults.append((device[0], "device", device[1]))
    return faults


def _code_faults(known: ValueSets, *coded: tuple[str, str, str | None]) -> list[Fault]:
    """Check triples of table or value set, attribute and code."""
    in_use = known.in_use
    faults: list[Fault] = []
    for value_set, name, code in coded:
        if code is None or code in in_use[value_set]:
            continue
        if code.startswith(code_registry.UNREGISTERED):
            faults.append(_unregistered_fault(name, [code]))
        elif fault := known.fault(value_set, code):
            faults.append((fault[0], name, fault[1]))
    return faults


def _unregistered_fault(name: str, codes: list[str]) -> Fault:
    numbers = ", ".join(code[1:] for code in codes)
    return "record.unregistered_code", name, (("number", numbers), ("version", code_registry.registry().version))
