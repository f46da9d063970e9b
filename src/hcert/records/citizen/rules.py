"""The rules of a citizen record beyond the types of its members, shared by reading and issuing.

Reading reports them as the catalog has them, mostly as warnings: what was certified years ago may hold codes retired
since, and a record gathers what others certified. Issuing refuses on the errors.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from hcert.findings import Details, Finding, finding, finding_at
from hcert.records import life, uvci
from hcert.records.citizen import registry
from hcert.records.citizen.record import GROUPS, Test, Vaccination
from hcert.records.text import STANDARDISED, text_findings
from hcert.records.value_sets import COUNTRY, value_set

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hcert.records.citizen.person import Person
    from hcert.records.citizen.record import CitizenEntry, CitizenRecord, Recovery
    from hcert.records.citizen.registry import Table

_ANY_COVID_VACCINE: Final = "28531000087107"  # SNOMED CT "COVID-19 vaccine", which the EU allows beside any product
_LIFE: Final = (
    life.Group("vaccinations", "vaccinations[{}]", "date", counts_doses=True),
    life.Group("tests", "tests[{}]", "sampled_at"),
    life.Group("recoveries", "recoveries[{}]", "first_positive", order=("first_positive", "valid_from", "valid_until")),
)


def findings(record: CitizenRecord) -> list[Finding]:
    """Return everything that can be said against a record whose types hold."""
    found = list(_person_findings(record.person))
    for group in GROUPS:
        for index, entry in enumerate(getattr(record, group)):
            faults = _entry_faults(entry)
            if faults:
                place = f"{group}[{index}]"
                found += [
                    finding_at(place, code, (("field", f"{place}.{name}"), *details)) for code, name, details in faults
                ]
    return found + life.findings(life_of(record))


def life_of(record: CitizenRecord) -> life.Life:
    """Return the record as the rules of dates, order and repetition see it."""
    groups = tuple((group, getattr(record, group.name)) for group in _LIFE)
    return life.Life(record.person.birth_date, "person.birth_date", groups)


def text_faults(record: CitizenRecord) -> Iterator[Finding]:
    """Yield what keeps a text of the record from being signed."""
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


def _person_findings(person: Person) -> Iterator[Finding]:
    names = (person.family_name, person.given_name, person.standardised_family_name, person.standardised_given_name)
    if not any(names):
        yield finding("record.schema", path="person", problem="no name is there")
    for name in ("standardised_family_name", "standardised_given_name"):
        value = getattr(person, name)
        if value is not None and not re.fullmatch(STANDARDISED, value):
            yield finding("record.name_not_standardised", field=f"person.{name}")


Fault = tuple[str, str, Details]


def _entry_faults(entry: CitizenEntry) -> Sequence[Fault]:
    """Return code, attribute and details of all that can be said against one entry."""
    if isinstance(entry, Vaccination):
        faults = _vaccination_faults(entry.diseases, entry.product, entry.vaccine, entry.manufacturer, entry.country)
    elif isinstance(entry, Test):
        faults = _test_faults(entry.disease, entry.test_type, entry.result, entry.country)
    else:
        faults = _recovery_faults(entry)
    if entry.uvci is not None and uvci.check_character_holds(entry.uvci) is False:
        return [*faults, ("record.uvci_check_character", "uvci", ())]
    return faults


def _vaccination_faults(
    diseases: tuple[str, ...],
    product: str | None,
    vaccine: str | None,
    manufacturer: str | None,
    country: str,
) -> Sequence[Fault]:
    faults = _disease_faults(diseases)
    faults += _code_faults("products", "product", product)
    faults += _code_faults("vaccines", "vaccine", vaccine)
    faults += _code_faults("manufacturers", "manufacturer", manufacturer)
    faults += _country_faults(country)
    known = product and registry.row_of("products", product)
    if known and known.vaccine and vaccine not in {None, _ANY_COVID_VACCINE, known.vaccine}:
        faults.append(("record.inconsistent_codes", "vaccine", ()))
    if known and known.manufacturer and manufacturer not in {None, known.manufacturer}:
        faults.append(("record.inconsistent_codes", "manufacturer", ()))
    return faults


def _disease_faults(diseases: tuple[str, ...]) -> list[Fault]:
    """Say each thing once, whichever of the diseases it concerns."""
    if len(diseases) == 1:
        return _code_faults("diseases", "diseases", diseases[0])
    numbers = [disease for disease in diseases if disease.startswith(registry.UNREGISTERED)]
    faults: list[Fault] = []
    for disease in diseases:
        if disease not in numbers:
            faults += (fault for fault in _code_faults("diseases", "diseases", disease) if fault not in faults)
    return faults + (_unregistered("diseases", numbers) if numbers else [])


def _test_faults(disease: str, test_type: str, result: str, country: str) -> Sequence[Fault]:
    faults = _code_faults("diseases", "disease", disease)
    faults += _code_faults("test_types", "test_type", test_type)
    faults += _code_faults("test_results", "result", result)
    return faults + _country_faults(country)


def _recovery_faults(entry: Recovery) -> Sequence[Fault]:
    return _code_faults("diseases", "disease", entry.disease) + _country_faults(entry.country)


def _code_faults(table: Table, name: str, code: str | None) -> list[Fault]:
    if code is None:
        return []
    row = registry.row_of(table, code)
    if row is not None and not row.retired:
        return []
    if row is None and code.startswith(registry.UNREGISTERED):
        return _unregistered(name, [code])
    return [_code_fault("record.unknown_code" if row is None else "record.retired_code", name, table)]


def _unregistered(name: str, codes: list[str]) -> list[Fault]:
    numbers = ", ".join(code[1:] for code in codes)
    return [("record.unregistered_code", name, (("number", numbers), ("version", registry.registry().version)))]


@cache  # by names of our own, never by what stands in a record
def _code_fault(code: str, name: str, table: Table) -> Fault:
    return code, name, (("value_set", table), ("date", registry.registry().date))


def _country_faults(country: str) -> list[Fault]:
    return [] if country in value_set(COUNTRY).codes else [_unknown_country()]


@cache
def _unknown_country() -> Fault:
    return "record.unknown_code", "country", (("value_set", COUNTRY), ("date", value_set(COUNTRY).date))
