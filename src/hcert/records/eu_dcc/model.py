"""The types of the EU DCC; each field names its member in the payload.

Source: EU DCC schema 1.3.3 (`DCC.combined-schema.json`). The constraints are those of the schema, so decoding into
these types is the schema check. Where the schema leaves a text unbounded or a pattern unanchored, the bound is ours: a
code has at most 80 characters, a country only capital letters, a version numbers of up to three digits. The schema
allows unknown members; they stay in the payload.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple, get_args, get_origin

import msgspec
from msgspec import Meta, field

from hcert.codec.cbor import DateTimeText
from hcert.codec.limits import MAX_COUNTRY, MAX_DATE_TIME, MAX_EVENTS, MAX_INTEGER, MAX_TEXT
from hcert.fragments import Fragment, fragment
from hcert.keys.usage import Usage
from hcert.records.partial_date import PartialDate
from hcert.records.places import PAYLOAD, member_place
from hcert.records.record_struct import RecordStruct
from hcert.records.schema_words import schema_fragment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcert.fragments import Place

SUBCLAIM: Final = 1
SCHEMA_VERSION: Final = "1.3.3"
_VERSION: Final = "ver"
_TESTS: Final = "t"
_SAMPLED_AT: Final = "sc"
MAX_VERSION: Final = 11  # characters of 999.999.999


class Group(NamedTuple):
    """One of the three arrays of events: its name in the payload, its attribute, and the usage its signer needs."""

    wire: str
    attribute: str
    usage: Usage


GROUPS: Final = (
    Group("v", "vaccinations", Usage.VACCINATION),
    Group("t", "tests", Usage.TEST),
    Group("r", "recoveries", Usage.RECOVERY),
)

# msgspec does not anchor patterns. It checks the length before the pattern.
Code = Annotated[str, Meta(max_length=MAX_TEXT)]
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Country = Annotated[str, Meta(pattern=r"\A[A-Z]{1,10}\Z", max_length=MAX_COUNTRY)]
Version = Annotated[str, Meta(pattern=r"\A[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\Z", max_length=MAX_VERSION)]
Count = Annotated[int, Meta(ge=1, le=MAX_INTEGER)]
Day = dt.date
Moment = Annotated[dt.datetime, Meta(tz=True)]
_LONG_DATE_TIME: Final = f"Expected a date-time of at most {MAX_DATE_TIME} characters"


class Person(RecordStruct, frozen=True, kw_only=True, omit_defaults=True):
    """The holder's names.

    Attributes:
        family_name, given_name: as written in the holder's documents.
        standardised_family_name, standardised_given_name: transliterated by ICAO 9303-3, words joined by `<`; at
            least one of the two is required.
    """

    family_name: Text | None = field(default=None, name="fn")
    given_name: Text | None = field(default=None, name="gn")
    standardised_family_name: Text | None = field(default=None, name="fnt")
    standardised_given_name: Text | None = field(default=None, name="gnt")


class Vaccination(RecordStruct, frozen=True, kw_only=True, omit_defaults=True):
    """One dose.

    Attributes:
        disease, vaccine, product, manufacturer: codes of the EU value sets.
        dose_number, series_doses: which dose of how many; a booster may exceed its series (3 of 2).
        date: day of the vaccination.
        country: where it was given, ISO 3166-1 alpha-2 or an organisation.
        issuer: who issued the certificate.
        certificate_id: its UVCI.
    """

    disease: Code = field(name="tg")
    vaccine: Code = field(name="vp")
    product: Code = field(name="mp")
    manufacturer: Code = field(name="ma")
    dose_number: Count = field(name="dn")
    series_doses: Count = field(name="sd")
    date: Day = field(name="dt")
    country: Country = field(name="co")
    issuer: Text = field(name="is")
    certificate_id: Text = field(name="ci")


class Test(RecordStruct, frozen=True, kw_only=True, omit_defaults=True):
    """One test result.

    Attributes:
        disease, test_type, result: codes of the EU value sets.
        sampled_at: when the sample was taken, aware.
        name: of a NAAT test, as free text.
        device: of a rapid antigen test, code of the EU's list of devices; a NAAT has none.
        centre: where it was taken.
        country, issuer, certificate_id: as for a vaccination.
    """

    __test__ = False  # or pytest would collect a class of this name

    disease: Code = field(name="tg")
    test_type: Code = field(name="tt")
    sampled_at: Moment = field(name="sc")
    result: Code = field(name="tr")
    country: Country = field(name="co")
    issuer: Text = field(name="is")
    certificate_id: Text = field(name="ci")
    name: Text | None = field(default=None, name="nm")
    device: Code | None = field(default=None, name="ma")
    centre: Text | None = field(default=None, name="tc")


class Recovery(RecordStruct, frozen=True, kw_only=True, omit_defaults=True):
    """One recovery.

    Attributes:
        disease: code of the EU value set.
        first_positive: day of the first positive test.
        valid_from, valid_until: first and last day on which the certificate counts.
        country, issuer, certificate_id: as for a vaccination.
    """

    disease: Code = field(name="tg")
    first_positive: Day = field(name="fr")
    country: Country = field(name="co")
    issuer: Text = field(name="is")
    valid_from: Day = field(name="df")
    valid_until: Day = field(name="du")
    certificate_id: Text = field(name="ci")


Event = Vaccination | Test | Recovery


class EuDcc(RecordStruct, frozen=True, kw_only=True, omit_defaults=True):
    """One EU DCC. The schema allows exactly one event, in one of the three groups.

    Attributes:
        person: the holder's names.
        birth_date: possibly partial.
        vaccinations, tests, recoveries: the events.
        schema_version: of the EU DCC schema.
    """

    person: Person = field(name="nam")
    birth_date: PartialDate = field(name="dob")
    vaccinations: Annotated[tuple[Vaccination, ...], Meta(min_length=1, max_length=MAX_EVENTS)] = field(
        default=(), name="v"
    )
    tests: Annotated[tuple[Test, ...], Meta(min_length=1, max_length=MAX_EVENTS)] = field(default=(), name="t")
    recoveries: Annotated[tuple[Recovery, ...], Meta(min_length=1, max_length=MAX_EVENTS)] = field(default=(), name="r")
    schema_version: Version = field(default=SCHEMA_VERSION, name="ver")

    @property
    def events(self) -> tuple[Event, ...]:
        """All events: vaccinations, tests, recoveries in this order."""
        return (*self.vaccinations, *self.tests, *self.recoveries)


def from_wire(payload: Any) -> EuDcc:
    """Decode a payload by the schema alone, without leniencies or rules.

    Raises:
        msgspec.ValidationError: with the path and the constraint, but never the value.
    """
    if not isinstance(payload, dict):
        raise msgspec.ValidationError("Expected `object`")
    record = msgspec.convert(payload, EuDcc, dec_hook=_decode_partial_date)
    if _VERSION not in payload:  # its default is for issuing only
        raise msgspec.ValidationError(f"Object missing required field `{_VERSION}`")
    if record.tests and any(len(test[_SAMPLED_AT]) > MAX_DATE_TIME for test in payload[_TESTS]):
        raise msgspec.ValidationError(_LONG_DATE_TIME)  # msgspec accepts fractions of any length
    return record


def schema_problems(payload: Any) -> list[tuple[Place, Fragment]]:
    """Return place and problem wherever a payload breaks the schema; `from_wire` stops at the first."""
    problems: list[tuple[Place, Fragment]] = list(_problems(payload, EuDcc, ""))
    if isinstance(payload, dict) and _VERSION not in payload:
        problems.insert(0, (_VERSION, fragment("schema.missing")))
    if not problems:  # should this walk ever disagree with the types, the types are right
        try:
            from_wire(payload)
        except msgspec.ValidationError as error:
            problems.append((PAYLOAD, schema_fragment(error)))
    return problems


def _problems(value: Any, kind: Any, path: str) -> Iterator[tuple[Place, Fragment]]:
    if isinstance(kind, type) and issubclass(kind, RecordStruct):
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            yield path or PAYLOAD, fragment("schema.text_keys")
            return
        for member in msgspec.structs.fields(kind):
            inner = f"{path}.{member.encode_name}".lstrip(".")
            if member.encode_name in value:
                yield from _problems(value[member.encode_name], member.type, inner)
            elif member.required:
                yield inner, fragment("schema.missing")
    elif (entries := _entry_type(kind)) and isinstance(value, list) and value:
        if len(value) > MAX_EVENTS:
            yield path, fragment("schema.events", most=MAX_EVENTS)
        for index, entry in enumerate(value[:MAX_EVENTS]):
            yield from _problems(entry, entries, f"{path}[{index}]")
    else:
        yield from _value_problems(value, kind, path)


def _value_problems(value: Any, kind: Any, path: str) -> Iterator[tuple[str, Fragment]]:
    if type(value) is DateTimeText:  # msgspec takes it for text
        yield path, fragment("schema.tagged_time")
        return
    if kind is Moment and type(value) is str and len(value) > MAX_DATE_TIME:
        yield path, fragment("schema.date_time_length", most=MAX_DATE_TIME)
        return
    try:
        msgspec.convert(value, kind, dec_hook=_decode_partial_date)
    except msgspec.ValidationError as error:
        yield path, schema_fragment(error)
    except UnicodeEncodeError:  # from a lone surrogate, which JSON can express
        yield path, fragment("schema.unicode")


def _entry_type(kind: Any) -> Any:
    """Return the T of `Annotated[tuple[T, ...], ...]`, the type of a group; None for any other type."""
    bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    return get_args(bare)[0] if get_origin(bare) is tuple else None


def to_wire(record: EuDcc) -> dict[str, Any]:
    """Encode a record by the schema alone, version first; absent members and empty groups are left out."""
    wire = {_VERSION: record.schema_version} | msgspec.to_builtins(record, enc_hook=_encode_partial_date)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in wire.items()}


def unknown_members(payload: dict[str, Any], record: EuDcc) -> Iterator[Place]:
    """Yield the places of members of a payload that the schema does not define, so that its record lacks them."""
    return _find_unknown(payload, to_wire(record), "")


def _find_unknown(given: dict[str, Any], known: dict[str, Any], path: str) -> Iterator[Place]:
    for name, value in given.items():
        if name not in known:
            if value is not None and value != []:
                yield member_place(path, name)
        elif isinstance(value, dict):
            yield from _find_unknown(value, known[name], f"{path}.{name}".lstrip("."))
        elif isinstance(value, list):
            for index, (entry, kept) in enumerate(zip(value, known[name], strict=True)):
                yield from _find_unknown(entry, kept, f"{path}.{name}[{index}]".lstrip("."))


def _decode_partial_date(kind: type, value: Any) -> Any:
    if kind is PartialDate and isinstance(value, str):
        return PartialDate.parse(value)
    raise ValueError(fragment("schema.any_text"))


def _encode_partial_date(value: Any) -> Any:
    return str(value)
