"""A FHIR Patient as the holder of a citizen record; every number of theirs goes to the confidential part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hcert.exchange import systems
from hcert.exchange.reading import extension
from hcert.exchange.resource import codings
from hcert.records.citizen.person import Person, Sex
from hcert.records.partial_date import PartialDate

if TYPE_CHECKING:
    from hcert.exchange.reading import Reader, Resource
    from hcert.exchange.resource import Part

_SEXES: Final = {"male": Sex.MALE, "female": Sex.FEMALE}
_USES: Final = ("official", "usual", None)  # of names, the best first; others are former or private ones
_NATIONAL: Final = ("NI", "PPN")  # types of numbers of a person, the best first
_INSURANCE: Final = "HC"


def read_person(reader: Reader, patient: Resource) -> Person:
    """Return the holder, and report what of them is not carried over."""
    part = patient.part
    return Person(
        **_names(reader, patient),
        birth_date=_birth_date(reader, patient),
        sex=_sex(reader, patient),
        nationality=_nationality(reader, part, patient),
    )


def read_numbers(reader: Reader, patient: Resource) -> dict[str, Any]:
    """Return the members of the confidential part that a Patient fills."""
    part = patient.part
    numbers: dict[str, Any] = {}
    for wanted in (*_NATIONAL, _INSURANCE):
        for identifier in part.parts("identifier"):
            member = _member_for(identifier, wanted)
            value = identifier.text("value") if member and member not in numbers else None
            if member and value:
                identifier.discard("type", "system", "use")
                line = reader.line(value, patient, "identifier")
                numbers |= {member: line} if line else {}
    for telecom in part.parts("telecom"):
        if telecom.member("system") == "phone" and "phone" not in numbers:
            line = reader.line(telecom.text("value"), patient, "telecom")
            telecom.discard("system", "use")
            numbers |= {"phone": line} if line else {}
    return numbers


def _member_for(identifier: Part, wanted: str) -> str | None:
    """Return the member that a number of the wanted type fills; None for any other type.

    A number without a type could be that of a file or of a clinic, and none is guessed to be the person's.
    """
    kind = identifier.part("type")
    types = {code for _, system, code in codings(kind) if system == systems.IDENTIFIER_TYPE}
    system = identifier.member("system")
    if isinstance(system, str) and system.startswith(systems.PASSPORT):
        types.add("PPN")
    if wanted not in types:
        return None
    if wanted == _INSURANCE:
        return "insurance_number"
    return "former_id_number" if identifier.member("use") == "old" else "id_number"


def _names(reader: Reader, patient: Resource) -> dict[str, Any]:
    names = patient.part.parts("name")
    standardised = next((name for name in names if _is_standardised(name)), None)
    others = [name for name in names if name is not standardised]
    members: dict[str, Any] = {}
    chosen = next((name for use in _USES for name in others if name.member("use") == use), None)
    if chosen is not None:
        members["family_name"], members["given_name"] = _words(reader, chosen, patient)
    if standardised is not None:
        family, given = _words(reader, standardised, patient)
        members |= {"standardised_family_name": family, "standardised_given_name": given}
    return members


def _is_standardised(name: Part) -> bool:
    mark = extension(name, systems.STANDARDISED)
    return mark is not None and mark.flag("valueBoolean")


def _words(reader: Reader, name: Part, patient: Resource) -> tuple[str | None, str | None]:
    """Return family and given name; a name that is only one text stands as family name, and is reported."""
    name.discard("use")
    family = reader.line(name.text("family"), patient, "name.family")
    given = reader.line(" ".join(name.texts("given")) or None, patient, "name.given")
    if family is not None or given is not None:
        name.discard("text")  # which says both again
        return family, given
    text = reader.line(name.text("text"), patient, "name.text")
    if text is not None:
        reader.report("fhir.name_not_split", patient)
    return text, None


def _birth_date(reader: Reader, patient: Resource) -> PartialDate:
    text = patient.part.text("birthDate")
    patient.part.discard("_birthDate")
    try:
        return PartialDate.parse(text or "")
    except ValueError:
        reader.report("fhir.date", patient, field="birthDate")
        return PartialDate()


def _sex(reader: Reader, patient: Resource) -> Sex | None:
    gender = patient.part.text("gender")
    if gender is None or gender in _SEXES:
        return _SEXES.get(gender or "")
    reader.report("fhir.sex", patient)
    return Sex.NOT_APPLICABLE if gender == "other" else None


def _nationality(reader: Reader, part: Part, patient: Resource) -> str | None:
    outer = extension(part, systems.NATIONALITY)
    inner = extension(outer, "code") if outer else None
    found = codings(inner.part("valueCodeableConcept")) if inner else []
    if not found or found[0][1] != systems.COUNTRY:
        return None
    return reader.known_country(found[0][2], patient)
