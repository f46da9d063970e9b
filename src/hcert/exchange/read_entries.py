"""FHIR Immunization, Observation and Condition as the entries of a citizen record, or why one does not become an entry.

What did not happen, was entered in error or is not final never becomes an entry.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hcert.codec.limits import MAX_DISEASES, MAX_INTEGER
from hcert.exchange import codes, systems
from hcert.exchange.reading import coded, day_of, extension, first, inner_texts, moment_of
from hcert.exchange.resource import Part, codings
from hcert.fragments import fragment
from hcert.records.citizen.model import COVID_19

if TYPE_CHECKING:
    import datetime as dt

    from hcert.exchange.reading import Reader, Resource

UNKNOWN_COUNTRY: Final = "ZZ"  # ISO 3166-1 leaves it to users; no certificate is issued with it
_SYSTEM_NAMES: Final = {
    "sct": "SNOMED CT",
    "atc": "ATC",
    "cvx": "CVX",
    "icd11": "ICD-11",
    "nuva": "NUVA",
    "eu": "EU",
    "eu_name": "EU",
}
_FINAL: Final = frozenset({"final", "amended", "corrected"})
_ENTRY_ID: Final = "([0-9A-F]{32})/([1-9][0-9]{0,18})"
_DOSE_TEXT: Final = "[1-9][0-9]{0,18}"
_MANUFACTURER: Final = "ORG-[0-9]{9}"
_DEVICE: Final = "[0-9]{1,6}"


class Found(NamedTuple):
    """An entry before it has its number.

    Attributes:
        kind: `vaccinations`, `tests` or `recoveries`.
        members: of the entry.
        entry_id: certificate id in hexadecimal and number, where hcert wrote the resource.
        lot: of the vaccine, for the confidential part.
        resource: it was read from.
    """

    kind: str
    members: dict[str, Any]
    entry_id: tuple[str, int] | None
    lot: str | None
    resource: Resource


class _NoEntryError(Exception):
    """A resource does not become an entry, because of the member that is named; the rest of it is lost with it."""


def read_entry(reader: Reader, resource: Resource, default_country: str | None) -> Found | None:
    """Return the entry that a resource becomes; None, with a finding, where it becomes none."""
    read = {"Immunization": _vaccination, "Observation": _test, "Condition": _recovery}[resource.kind]
    try:
        found = read(reader, resource)
    except _NoEntryError as reason:
        reader.report("fhir.not_an_entry", resource, field=str(reason))
        return None
    if found.members["country"] is None:
        found.members["country"] = default_country or UNKNOWN_COUNTRY
        details = {"country": default_country} if default_country else {}
        reader.report("fhir.country_given" if details else "fhir.no_country", resource, **details)
    return found


def _day(reader: Reader, resource: Resource, name: str) -> dt.date:
    """Return the day that a member names; a record has no place for its time of day.

    Raises:
        _NoEntryError: it names none.
    """
    day, has_time = day_of(resource.part.text(name))
    if day is None:
        raise _NoEntryError(name)
    if has_time:
        reader.report("fhir.time_lost", resource, field=name)
    return day


def _vaccination(reader: Reader, resource: Resource) -> Found:
    part = resource.part
    if part.text("status") != "completed":
        raise _NoEntryError("status")
    day = _day(reader, resource, "occurrenceDateTime")
    if part.flag("isSubpotent"):
        raise _NoEntryError("isSubpotent")
    given = coded(part.part("vaccineCode"), systems.VACCINE_SYSTEMS)
    meaning = codes.own_meaning(given.pairs) if given.are_chosen else codes.meaning_of(given.pairs)
    for system in meaning.unknown:
        reader.report("fhir.code_unknown", resource, system=_SYSTEM_NAMES[system])
    if given.has_others:
        reader.report("fhir.code_unknown", resource, system=fragment("fhir.other_system"))
    for system in meaning.translated:
        reader.report("fhir.code_translated", resource, system=_SYSTEM_NAMES[system])
    if meaning.ambiguous:
        reader.report("fhir.code_ambiguous", resource)
    protocol = next(iter(part.parts("protocolApplied")), None)
    diseases = _diseases(reader, protocol, resource) or meaning.diseases
    if not diseases:
        raise _NoEntryError("targetDisease")
    place, centre = reader.referred(part.part("location"), resource)
    authority = reader.referred(protocol.part("authority"), resource) if protocol else (None, None)
    performers = [reader.referred(one.part("actor"), resource) for one in part.parts("performer")[:1]]
    part.flag("primarySource")
    issuer = first(words or _name(organisation) for organisation, words in (authority, *performers))
    organisations = [place, authority[0], *(one for one, _ in performers)]
    members = {
        "diseases": diseases,
        "date": day,
        "country": _country(reader, resource, inner_texts(extension(part, systems.ENTRY)), organisations),
        "dose_number": _count(reader, protocol, "doseNumber", resource),
        "series_doses": _count(reader, protocol, "seriesDoses", resource),
        "product": meaning.product,
        "vaccine": meaning.vaccine,
        "manufacturer": _manufacturer(reader, resource),
        "issuer": reader.line(issuer, resource, "performer"),
        "centre": reader.line(centre or _name(place), resource, "location"),
    }
    lot = reader.line(part.text("lotNumber"), resource, "lotNumber")
    return _found(reader, resource, "vaccinations", members, lot=lot)


def _test(reader: Reader, resource: Resource) -> Found:
    part = resource.part
    if part.text("status") not in _FINAL:
        raise _NoEntryError("status")
    extra = inner_texts(extension(part, systems.ENTRY))
    tests = [code for _, system, code in codings(part.part("code")) if system == systems.LOINC]
    types = {codes.test_type_of(code) for code in tests} - {None}
    written = reader.line(extra.get("disease"), resource, "extension")
    disease = codes.disease_of("sct", written) if written else COVID_19 if any(map(codes.is_test, tests)) else None
    if len(types) != 1 or disease is None:
        raise _NoEntryError("code")
    concept = part.part("valueCodeableConcept")
    results = {
        codes.result_of({systems.SNOMED: "sct", systems.LOINC: "loinc"}.get(system, ""), code)
        for _, system, code in codings(concept)
    }
    if len(results) != 1 or None in results:
        raise _NoEntryError("valueCodeableConcept")
    text = part.text("effectiveDateTime")
    moment, cut = moment_of(text)
    if moment is None:
        raise _NoEntryError("effectiveDateTime")
    if cut:
        reader.report("fhir.time_lost", resource, field="effectiveDateTime")
    for category in part.parts("category"):
        codings(category)
    organisation, words = _first_performer(reader, resource)
    method = part.part("method")
    device = part.part("device")
    identifier = device.part("identifier") if device else None
    listed = identifier.text("value") if identifier and identifier.text("system") == systems.DEVICE else None
    members = {
        "disease": disease,
        "test_type": types.pop(),
        "sampled_at": moment,
        "result": results.pop(),
        "country": _country(reader, resource, extra, [organisation]),
        "issuer": reader.line(extra.get("issuer"), resource, "extension"),
        "name": reader.line(method.text("text") if method else None, resource, "method"),
        "device": listed if listed and re.fullmatch(_DEVICE, listed) else None,
        "centre": reader.line(words or _name(organisation), resource, "performer"),
    }
    return _found(reader, resource, "tests", members)


def _recovery(reader: Reader, resource: Resource) -> Found:
    part = resource.part
    status = {code for _, system, code in codings(part.part("clinicalStatus")) if system == systems.CLINICAL_STATUS}
    certainty = {code for _, system, code in codings(part.part("verificationStatus")) if system == systems.VERIFICATION}
    if status != {"resolved"}:
        raise _NoEntryError("clinicalStatus")
    if certainty != {"confirmed"}:
        raise _NoEntryError("verificationStatus")
    disease = _disease(reader, part.part("code"), resource)
    if disease is None:
        raise _NoEntryError("code")
    day = _day(reader, resource, "onsetDateTime")
    extra = inner_texts(extension(part, systems.ENTRY))
    asserter, words = reader.referred(part.part("asserter") or part.part("recorder"), resource)
    members = {
        "disease": disease,
        "first_positive": day,
        "country": _country(reader, resource, extra, [asserter]),
        "valid_from": day_of(extra.get("validFrom"))[0],
        "valid_until": day_of(extra.get("validUntil"))[0],
        "issuer": reader.line(extra.get("issuer") or words or _name(asserter), resource, "asserter"),
    }
    return _found(reader, resource, "recoveries", members)


def _found(reader: Reader, resource: Resource, kind: str, members: dict[str, Any], *, lot: str | None = None) -> Found:
    entry_id: tuple[str, int] | None = None
    for identifier in resource.part.parts("identifier"):
        system, value = identifier.member("system"), identifier.member("value")
        if not isinstance(value, str):
            continue
        match = re.fullmatch(_ENTRY_ID, value) if system == systems.ENTRY else None
        if match and int(match[2]) <= MAX_INTEGER:
            entry_id = match[1], int(match[2])
        elif system != systems.UVCI and not value.upper().startswith("URN:UVCI:"):
            continue
        elif members.setdefault("uvci", None) is None:
            members["uvci"] = reader.line(value, resource, "identifier")
        identifier.discard("system", "value")
    return Found(kind, members, entry_id, lot, resource)


def _diseases(reader: Reader, protocol: Part | None, resource: Resource) -> tuple[str, ...]:
    concepts = protocol.parts("targetDisease") if protocol else []
    found = [disease for concept in concepts if (disease := _disease(reader, concept, resource)) is not None]
    return tuple(dict.fromkeys(found))[:MAX_DISEASES]


def _disease(reader: Reader, concept: Part | None, resource: Resource) -> str | None:
    given = coded(concept, systems.DISEASE_SYSTEMS)
    found = [disease for system, code in given.pairs if (disease := codes.disease_of(system, code)) is not None]
    known = [disease for disease in found if codes.is_known_disease(disease)]
    if len(set(known)) > 1:
        reader.report("fhir.code_ambiguous", resource)
        return None
    if not known or given.has_others:
        reader.report("fhir.code_unknown", resource, system=fragment("fhir.diseases"))
    return first([*known, *found])


def _count(reader: Reader, protocol: Part | None, name: str, resource: Resource) -> int | None:
    """Return the number of a dose or of the doses of a series; one that stands as text only where it is a number."""
    if protocol is None:
        return None
    number = protocol.number(f"{name}PositiveInt")
    text = protocol.text(f"{name}String")
    if number is not None or text is None or text == systems.UNKNOWN:
        return number
    if re.fullmatch(_DOSE_TEXT, text) and int(text) <= MAX_INTEGER:
        return int(text)
    reader.report("fhir.not_carried", resource, field=f"protocolApplied.{name}String")
    return None


def _manufacturer(reader: Reader, resource: Resource) -> str | None:
    part = resource.part.part("manufacturer")
    identifier = part.part("identifier") if part else None
    if identifier is None:
        return None
    system, value = identifier.text("system"), identifier.text("value")
    if system == systems.MANUFACTURER and value and re.fullmatch(_MANUFACTURER, value):
        return value
    if system == systems.MANUFACTURER_NAME and value and codes.is_known_manufacturer(value):
        return value
    reader.report("fhir.code_unknown", resource, system=fragment("fhir.manufacturers"))
    return None


def _first_performer(reader: Reader, resource: Resource) -> tuple[Part | None, str | None]:
    performers = resource.part.parts("performer")
    if not performers:
        return None, None
    absent = extension(performers[0], systems.ABSENT)
    if absent is not None:
        absent.text("valueCode")
    return reader.referred(performers[0], resource)


def _country(reader: Reader, resource: Resource, extra: dict[str, str], organisations: list[Part | None]) -> str | None:
    """Return the country that hcert or the DDCC wrote, else that of the first organisation or place that has one."""
    written = extra.get("country")
    if written is not None and re.fullmatch("[A-Z]{1,10}", written):
        return written
    return first([_ddcc_country(reader, resource), *(reader.country(one, resource) for one in organisations)])


def _ddcc_country(reader: Reader, resource: Resource) -> str | None:
    """Return the country that a resource of the WHO's DDCC names in an extension."""
    for url in systems.DDCC_COUNTRIES:
        named = extension(resource.part, url)
        coding = named.part("valueCoding") if named else None
        code = first([named.text("valueCode") if named else None, coding.text("code") if coding else None])
        if coding is not None:
            coding.discard("system")
        if code is not None:
            return reader.known_country(code, resource)
    return None


def _name(part: Part | None) -> str | None:
    """Return the name of an Organization or a Location; that of a person is not passed on."""
    return part.text("name") if part else None
