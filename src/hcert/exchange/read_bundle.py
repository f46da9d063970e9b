"""A FHIR bundle as a citizen record: one Patient, and of every other resource either an entry or a finding.

Bundles come from other systems and are bounded before anything is read. Shapes that only R5 has are refused by name,
since the same name means something else there.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hcert.codec.limits import MAX_ENTRIES, MAX_INTEGER, MAX_REVISION
from hcert.errors import MalformedError
from hcert.exchange import systems
from hcert.exchange.duplicates import alike, without_repeats
from hcert.exchange.open_part import Secrets, open_members, open_person
from hcert.exchange.read_entries import Found, read_entry
from hcert.exchange.read_patient import read_numbers, read_person
from hcert.exchange.reading import Reader, Resource, extension, inner_texts
from hcert.exchange.resource import Part
from hcert.findings import Finding, finding, limit_findings
from hcert.fragments import Fragment, fragment
from hcert.json_bounds import is_bounded
from hcert.records.citizen.model import CitizenRecord, Recovery, Test, Vaccination, new_certificate_id
from hcert.records.citizen.person import Confidential

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_RESOURCES: Final = 1000
MAX_PARTS: Final = 50_000  # of a bundle; one with a hundred entries has 6 000
MAX_NUMBERS: Final = 100  # of documents, files and phones of one person
MAX_DEPTH: Final = 40  # an IPS document has 12

_TYPES: Final = ("Immunization", "Observation", "Condition")
_BUNDLES: Final = frozenset({"document", "collection", "searchset"})
_KINDS: Final = {"vaccinations": Vaccination, "tests": Test, "recoveries": Recovery}
_STRUCTURE: Final = ("identifier", "status", "type", "subject", "date", "author", "title", "section")
_OF_BUNDLES: Final = ("identifier", "type", "timestamp", "entry", "total", "link")
_NUMBER: Final = "[1-9][0-9]{0,18}"
# Members that R4 does not have, by type of resource.
_ONLY_R5: Final = {
    "Bundle": ("issues",),
    "Composition": ("url", "version", "useContext", "name", "note"),
    "Immunization": ("administeredProduct", "basedOn", "informationSource", "reason", "supportingInformation"),
    "Observation": ("bodyStructure", "instantiatesCanonical", "instantiatesReference", "triggeredBy"),
    "Condition": ("participant",),
    "Patient": (),
}


@dataclass(frozen=True, slots=True, repr=False)
class Imported:
    """A bundle, read. It unpacks as record and findings; what is confidential must be asked for by its name.

    Attributes:
        record: what everybody may read; without any entry where no resource became one.
        confidential: numbers of the person and lots, to be sealed; empty where the bundle holds none.
        findings: warnings, for everything that is not carried over and everything that had to be decided.
    """

    record: CitizenRecord
    confidential: Confidential
    findings: tuple[Finding, ...]

    def unsealed(self) -> tuple[Finding, ...]:
        """Return what is lost where the record is issued without its confidential part, a finding for each member."""
        members = self.confidential.__struct_fields__
        return tuple(finding("fhir.not_sealed", member=name) for name in members if getattr(self.confidential, name))

    def __iter__(self) -> Iterator[Any]:
        yield self.record
        yield self.findings


def from_bundle(bundle: Any, *, country: str | None = None, certificate_id: bytes | None = None) -> Imported:
    """Read a FHIR R4 bundle as a citizen record.

    Args:
        bundle: document (such as an IPS), collection (such as that of a SMART Health Card) or searchset, as a JSON
            parser gives it.
        country: where events took place whose resources name no country, ISO 3166-1 alpha-2. Without it they get `ZZ`,
            with which nothing is issued. A finding names each of them.
        certificate_id: of the record to be; the UUID that identifies the bundle where None, else a new one.

    Raises:
        MalformedError: `fhir.malformed` for what is not such a bundle about exactly one Patient; `fhir.r5`.
    """
    resources = _resources(bundle)
    by_reference = {reference: one for one in resources for reference in one.references}
    reader = Reader(by_reference)
    patient = _patient(resources)
    numbers = _secret_numbers(patient)
    person = read_person(reader, patient)
    confidential = read_numbers(reader, patient)
    found = [entry for one in resources if (entry := _entry(reader, one, by_reference, patient, country)) is not None]
    lots = [lot for one in resources if isinstance(lot := one.part.member("lotNumber"), str)]
    secrets = Secrets(numbers, lots)
    found = _opened(reader, found, secrets)
    person, told = open_person(person, secrets)
    reader.findings += told
    found, told = without_repeats(found)
    reader.findings += told
    if len(found) > MAX_ENTRIES:
        raise _malformed(fragment("size.entries", most=MAX_ENTRIES))
    reader.findings += alike(found)
    own_id = _identifier_of(bundle)
    record_id = certificate_id or own_id or new_certificate_id()
    certificate = _certificate_of(resources) if record_id == own_id else {}
    last_number = _within(certificate.get("lastNumber"), MAX_INTEGER) or 0
    numbered = _numbered(found, record_id, last_number)
    groups: dict[str, Any] = {
        kind: tuple(made(number=number, **entry.members) for number, entry in numbered if entry.kind == kind)
        for kind, made in _KINDS.items()
    }
    record = CitizenRecord(
        certificate_id=record_id,
        person=person,
        **groups,
        revision=_within(certificate.get("revision"), MAX_REVISION) or 1,
        last_number=last_number if last_number > max((number for number, _ in numbered), default=0) else 0,
    )
    if not found:
        reader.findings.append(finding("fhir.no_entry"))
    whole = Part(bundle)
    whole.discard(*_OF_BUNDLES)
    _report_left(reader, [Resource("Bundle", "Bundle", whole, frozenset(), {}), *resources])
    sealed_lots = sorted((number, entry.lot) for number, entry in numbered if entry.lot is not None)
    content = Confidential(**confidential, lot_numbers=tuple(sealed_lots))
    return Imported(record, content, limit_findings(reader.findings))


def _resources(bundle: Any) -> list[Resource]:
    """Return the resources of a bundle, after everything that keeps it from being read."""
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise _malformed(fragment("fhir.bundle"))
    if not is_bounded(bundle, parts=MAX_PARTS, depth=MAX_DEPTH):
        raise _malformed(fragment("size.parts", most=MAX_PARTS))
    if bundle.get("type") not in _BUNDLES:
        raise _malformed(fragment("fhir.bundle_type"))
    entries = bundle.get("entry", [])
    if not isinstance(entries, list) or len(entries) > MAX_RESOURCES:
        raise _malformed(fragment("size.entries", most=MAX_RESOURCES))
    _refuse_r5(bundle)
    return [_resource(entry, index) for index, entry in enumerate(entries)]


def _resource(entry: Any, index: int) -> Resource:
    members = entry.get("resource") if isinstance(entry, dict) else None
    kind = members.get("resourceType") if isinstance(members, dict) else None
    if not isinstance(members, dict) or not isinstance(kind, str) or not re.fullmatch("[A-Za-z]{1,40}", kind):
        raise _malformed(fragment("fhir.resource", index=index))
    _refuse_r5(members)
    part = Part(members)
    identifier, url = members.get("id"), entry.get("fullUrl")
    references = {f"{kind}/{identifier}"} if isinstance(identifier, str) else set()
    if isinstance(url, str):
        references |= {url, "/".join(url.split("/")[-2:])} if "/" in url else {url}
    contained = {f"#{one.text('id')}": one for one in part.parts("contained")}
    return Resource(f"entry[{index}].{kind}", kind, part, frozenset(references), contained)


def _refuse_r5(members: dict[str, Any]) -> None:
    """Raise for members that R4 does not have, and for those that R5 gave another shape."""
    kind = str(members["resourceType"])
    wrong = next((name for name in _ONLY_R5.get(kind, ()) if name in members), None)
    if kind == "Immunization":
        protocols = members.get("protocolApplied")
        inner = [one for one in protocols if isinstance(one, dict)] if isinstance(protocols, list) else []
        if any("doseNumber" in one or "seriesDoses" in one for one in inner):
            wrong = wrong or "protocolApplied.doseNumber"
        manufacturer = members.get("manufacturer")
        if isinstance(manufacturer, dict) and (
            "concept" in manufacturer or isinstance(manufacturer.get("reference"), dict)
        ):
            wrong = wrong or "manufacturer"
    if kind == "Composition" and isinstance(members.get("subject"), list):
        wrong = wrong or "subject"
    if wrong is not None:
        raise MalformedError.of("fhir.r5", field=f"{kind}.{wrong}")


def _patient(resources: list[Resource]) -> Resource:
    patients = [one for one in resources if one.kind == "Patient"]
    if len(patients) != 1:
        raise _malformed(fragment("fhir.patients", count=len(patients)))
    return patients[0]


def _entry(
    reader: Reader, resource: Resource, by_reference: dict[str, Resource], patient: Resource, country: str | None
) -> Found | None:
    if resource.kind not in _TYPES:
        return None
    subject = resource.part.part("patient" if resource.kind == "Immunization" else "subject")
    reference = subject.text("reference") if subject else None
    if reference is None or by_reference.get(reference) is not patient:
        reader.report("fhir.other_patient", resource)
        return None
    return read_entry(reader, resource, country)


def _secret_numbers(patient: Resource) -> list[str]:
    """Return every number that identifies the person."""
    values = (patient.part.member(name) for name in ("identifier", "telecom"))
    objects = [one for value in values if isinstance(value, list) for one in value if isinstance(one, dict)]
    if len(objects) > MAX_NUMBERS:
        raise _malformed(fragment("size.entries", most=MAX_NUMBERS))
    return [value for one in objects if isinstance(value := one.get("value"), str)]


def _opened(reader: Reader, found: list[Found], secrets: Secrets) -> list[Found]:
    """Return the entries without what must not stand in the open part."""
    kept = []
    for entry in found:
        members, told = open_members(entry.members, secrets, entry.resource.name)
        reader.findings += told
        if members is None:
            reader.report("fhir.not_an_entry", entry.resource, field="code")
        else:
            kept.append(entry._replace(members=members))
    return kept


def _numbered(found: list[Found], certificate_id: bytes, last_number: int) -> list[tuple[int, Found]]:
    """Give each entry its number: its own where this certificate gave it, else one that it never gave before."""
    own = certificate_id.hex().upper()
    given: dict[int, Found] = {}
    for entry in found:
        if entry.entry_id is not None and entry.entry_id[0] == own:
            given.setdefault(entry.entry_id[1], entry)
    number = max([*given, last_number])
    kept = {id(entry): number for number, entry in given.items()}
    numbered = []
    for entry in found:
        if id(entry) not in kept:
            number += 1
        numbered.append((kept.get(id(entry), number), entry))
    if number > MAX_INTEGER:
        raise _malformed(fragment("schema.integer", most=MAX_INTEGER))
    return numbered


def _identifier_of(bundle: dict[str, Any]) -> bytes | None:
    identifier = bundle.get("identifier")
    value = identifier.get("value") if isinstance(identifier, dict) else None
    try:
        return uuid.UUID(value).bytes if isinstance(value, str) and value.startswith("urn:uuid:") else None
    except ValueError:
        return None


def _certificate_of(resources: list[Resource]) -> dict[str, str]:
    """Return what hcert wrote about the certificate itself."""
    document = next((one for one in resources if one.kind == "Composition"), None)
    return inner_texts(extension(document.part, systems.CERTIFICATE)) if document else {}


def _within(text: str | None, most: int) -> int | None:
    return int(text) if text and re.fullmatch(_NUMBER, text) and int(text) <= most else None


def _report_left(reader: Reader, resources: list[Resource]) -> None:
    """Report every member that nobody took, once for each member of a resource, and every resource that nobody read."""
    lost = set(_refused(reader))
    for one in resources:
        if one.kind == "Composition":
            one.part.discard(*_STRUCTURE)
        if one.kind in {"Bundle", "Patient", "Composition", *_TYPES} or one.name in reader.used:
            left = () if one.name in lost else dict.fromkeys(path.partition(".")[0] for path in one.part.left())
            for field in left:
                reader.report("fhir.not_carried", one, field=field)
        else:
            reader.report("fhir.resource_not_carried", one)


def _refused(reader: Reader) -> Iterator[str]:
    """Yield the names of resources that became no entry, of which nothing more is to be said."""
    for found in reader.findings:
        if found.code in {"fhir.not_an_entry", "fhir.other_patient"}:
            yield dict(found.details)["resource"]


def _malformed(reason: Fragment) -> MalformedError:
    return MalformedError.of("fhir.malformed", reason=reason)
