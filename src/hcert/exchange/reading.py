"""What all readers of FHIR resources share: the report, texts and dates as a record can hold them, references."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hcert.codec.limits import MAX_TEXT
from hcert.exchange import codes, systems
from hcert.exchange.resource import Part, codings
from hcert.findings import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterable

_DATE: Final = r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(T.{1,40})?)?)?"
_TIME: Final = r"T([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,20}))?(Z|[+-][0-9]{2}:[0-9]{2})"
_MIDNIGHT: Final = "T00:00:00"


class Resource(NamedTuple):
    """A resource of a bundle.

    Attributes:
        name: how findings name it, such as `entry[3].Immunization`.
        kind: its type.
        part: its members.
        references: texts by which others refer to it.
        contained: what it holds inside, by `#` and id.
    """

    name: str
    kind: str
    part: Part
    references: frozenset[str]
    contained: dict[str, Part]


class Reader:
    """The resources of a bundle, and what is found while they are read."""

    def __init__(self, resources: dict[str, Resource]) -> None:
        self._resources = resources
        self.findings: list[Finding] = []
        self.used: set[str] = set()

    def report(self, code: str, resource: Resource, **details: Any) -> None:
        """Add a finding about a resource."""
        self.findings.append(finding(code, resource=resource.name, **details))

    def line(self, text: str | None, resource: Resource, field: str) -> str | None:
        """Return a text as a record can hold it: NFC, without blanks around it, of at most 80 characters."""
        if text is None:
            return None
        line = unicodedata.normalize("NFC", text).strip()
        if len(line) > MAX_TEXT:
            self.report("fhir.too_long", resource, field=field, most=MAX_TEXT)
            return None
        return line or None

    def referred(self, reference: Part | None, resource: Resource) -> tuple[Part | None, str | None]:
        """Return what a Reference leads to within the bundle, and the words beside it; None where there are none."""
        if reference is None:
            return None, None
        target = reference.text("reference")
        words = reference.text("display")
        if target is None:
            return None, words
        inside = resource.contained.get(target)
        if inside is not None:
            return inside, words
        other = self._resources.get(target)
        if other is None:
            return None, words
        self.used.add(other.name)
        return other.part, words

    def country(self, part: Part | None, resource: Resource) -> str | None:
        """Return the country of an Organization or a Location, in two letters."""
        if part is None:
            return None
        address = (
            part.part("address")
            if isinstance(part.member("address"), dict)
            else next(iter(part.parts("address")), None)
        )
        text = address.text("country") if address else None
        return None if text is None else self.known_country(text, resource)

    def known_country(self, text: str, resource: Resource) -> str | None:
        """Return a country in two letters, or report that it is not known."""
        country = codes.country_of(text.strip())
        if country is None:
            self.report("fhir.code_unknown", resource, system="ISO 3166-1")
        return country


def day_of(text: str | None) -> tuple[dt.date | None, bool]:
    """Return the day that a date or date-time of FHIR names, as written, and whether it names a time of the day.

    None for a date without a day, or one that does not exist.
    """
    match = re.fullmatch(_DATE, text) if text else None
    if match is None or match[3] is None:
        return None, False
    try:
        day = dt.date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None, False
    return day, bool(match[4]) and not match[4].startswith(_MIDNIGHT)


def moment_of(text: str | None) -> tuple[dt.datetime | None, bool]:
    """Return the moment that a date-time of FHIR names, in whole seconds, and whether a fraction was cut.

    None for a date without a time, since it could be any moment of the day.
    """
    match = re.fullmatch(_DATE, text) if text else None
    time = re.fullmatch(_TIME, match[4]) if match and match[4] else None
    if text is None or time is None:
        return None, False
    try:
        moment = dt.datetime.fromisoformat(f"{text[:10]}T{time[1]}{time[3].replace('Z', '+00:00')}")
    except ValueError:
        return None, False
    return moment, bool((time[2] or "").strip("0"))


def extension(part: Part, url: str) -> Part | None:
    """Take the extension of a url; what is in the others stays, to be reported."""
    return next((one for one in part.parts("extension") if one.text("url") == url), None)


def inner_texts(part: Part | None) -> dict[str, str]:
    """Return what an extension of ours holds: texts by name."""
    found: dict[str, str] = {}
    for one in part.parts("extension") if part else ():
        name, value = one.text("url"), one.text("valueString")
        if name is not None and value is not None:
            found[name] = value
    return found


class Coded(NamedTuple):
    """The codes of a CodeableConcept.

    Attributes:
        pairs: the names of the systems, and the codes.
        has_others: whether there are codes of other systems.
        are_chosen: whether the writer marked them as those that a user chose; then all others are translations.
    """

    pairs: list[tuple[str, str]]
    has_others: bool
    are_chosen: bool


def coded(concept: Part | None, system_names: dict[str, str]) -> Coded:
    """Return the codes of a CodeableConcept by the names of their systems."""
    found = codings(concept)
    chosen = [one for one in found if one[0].flag("userSelected")]
    known = [(system_names[system], code) for _, system, code in chosen or found if system in system_names]
    others = {system for _, system, _ in chosen or found} - system_names.keys() - {systems.ABSENT_CODE}
    return Coded(known, bool(others), bool(chosen))


def first(values: Iterable[str | None]) -> str | None:
    """Return the first that is there."""
    return next((value for value in values if value), None)
