"""Citizens who do not exist: records as a Vietnamese authority would certify them, and strategies for all records."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import unicodedata
from typing import TYPE_CHECKING, Any

import msgspec
from hypothesis import strategies as st

import hcert
from hcert import citizen
from hcert.codec import cbor
from hcert.codec.limits import MAX_INTEGER, MAX_REVISION, MAX_TEXT
from hcert.records import life
from hcert.records.citizen import code_registry, encode, rules, schema
from hcert.records.text_rules import text_findings
from hcert.records.value_sets import DEVICE, TABLES, value_set
from support.signers import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

CERTIFICATE_ID = hashlib.sha256(b"hcert tests").digest()[:16]
PRODUCTS = ("EU/1/21/1529", "EU/1/21/1529", "EU/1/20/1528", "EU/1/20/1528")
PUBLISHED = {"version": "1", "date": "2026-11-28", "source": "a ministry"}
CENTRES = ("Bệnh viện Bạch Mai", "Trạm Y tế phường Bến Nghé", "Trung tâm Y tế Quận 1")


def citizen_person(**changes: Any) -> citizen.Person:
    """Return the citizen."""
    members: dict[str, Any] = {
        "family_name": "Nguyễn",
        "given_name": "Thị Ngọc Ánh",
        "birth_date": citizen.PartialDate(1990, 5, 17),
        "sex": citizen.Sex.FEMALE,
        "nationality": "VN",
    }
    return citizen.Person(**(members | changes))


def dose(order: int = 1, **changes: Any) -> citizen.Vaccination:
    """Return dose `order` of a series of two and its boosters: four 73 days apart, then one a day."""
    members: dict[str, Any] = {
        "number": order,
        "diseases": (citizen.COVID_19,),
        "date": dt.date(2025, 8, 1) + dt.timedelta(days=73 * min(order - 1, 3) + max(order - 4, 0)),
        "country": "VN",
        "issuer": "Bộ Y tế",
        "product": PRODUCTS[(order - 1) % len(PRODUCTS)],
        "dose_number": order,
        "series_doses": max(2, order),
    }
    return citizen.Vaccination(**(members | changes))


def sampled(number: int = 1, **changes: Any) -> citizen.Test:
    """Return a negative test, PCR and rapid in turn: 40 three days apart, then four a day."""
    members: dict[str, Any] = {
        "number": number,
        "disease": citizen.COVID_19,
        "test_type": ("LP6464-4", "LP217198-3")[number % 2],
        "sampled_at": dt.datetime(2026, 1, 3, 1, 15, tzinfo=dt.UTC)
        + dt.timedelta(days=3 * min(number, 40), hours=6 * max(number - 40, 0), minutes=37 * min(number, 40)),
        "result": "260415000",
        "country": "VN",
        "issuer": "Bộ Y tế",
        "centre": CENTRES[number % len(CENTRES)],
    }
    members |= changes
    members.setdefault("device", "1232" if members["test_type"] == "LP217198-3" else None)
    return citizen.Test(**members)


def recovered(number: int = 1, **changes: Any) -> citizen.Recovery:
    """Return a recovery that counts from February to August 2026."""
    members: dict[str, Any] = {
        "number": number,
        "disease": citizen.COVID_19,
        "first_positive": dt.date(2026, 2, 1),
        "valid_from": dt.date(2026, 2, 12),
        "valid_until": dt.date(2026, 8, 1),
        "country": "VN",
        "issuer": "Bộ Y tế",
    }
    return citizen.Recovery(**(members | changes))


def citizen_record(vaccinations: int = 4, tests: int = 3, **changes: Any) -> hcert.CitizenRecord:
    """Return the citizen with so many doses and tests."""
    members: dict[str, Any] = {
        "certificate_id": CERTIFICATE_ID,
        "person": citizen_person(),
        "vaccinations": tuple(dose(number) for number in range(1, vaccinations + 1)),
        "tests": tuple(sampled(vaccinations + number) for number in range(1, tests + 1)),
    }
    return hcert.CitizenRecord(**(members | changes))


def _is_line(text: str) -> bool:
    return 0 < len(text) <= MAX_TEXT and not list(text_findings(text, field=""))


# Text as it may be signed: NFC, printable, 1 to 80 characters; Vietnamese letters more often than others.
_HIDDEN: Any = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Mn", "Me")
lines = (
    (
        st.text(st.sampled_from("aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạằắẳẵặÁẮỄỢỰ -'."), min_size=1, max_size=40)
        | st.text(st.characters(codec="utf-8", exclude_categories=_HIDDEN), min_size=1, max_size=80)
    )
    .map(lambda text: unicodedata.normalize("NFC", text).strip())
    .filter(_is_line)
)
counts = st.integers(1, 40) | st.integers(1, MAX_INTEGER)
countries = st.sampled_from(["VN", "FR", "LA", "XK"])
foreign_countries = countries | st.sampled_from(["ZZ", "WHO", "ABCDEFGHIJ"])
days = st.dates(dt.date(1900, 1, 1), dt.date(9999, 12, 31)) | st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1))
moments = st.integers(0, 253402300799).map(lambda seconds: dt.datetime.fromtimestamp(seconds, dt.UTC))
birth_dates = (
    st.builds(citizen.PartialDate)
    | st.builds(citizen.PartialDate, st.integers(1900, 2099))
    | st.builds(citizen.PartialDate, st.integers(1900, 2099), st.integers(1, 12))
    | st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31)).map(
        lambda day: citizen.PartialDate(day.year, day.month, day.day)
    )
)
uvcis = st.builds("URN:UVCI:01:{}:{}".format, countries, st.text("ABCXYZ0189/:", min_size=1, max_size=40)) | st.builds(
    "urn:uvci:01:vn:{}#a".format, st.text("abcxyz0189", min_size=1, max_size=40)
)
standardised = st.lists(st.sampled_from(["NGUYEN", "VAN", "A", "THI"]), min_size=1, max_size=4).map("<".join)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.integers(-9, 9), inner, max_size=3),
    max_leaves=4,
)
further = st.dictionaries(
    st.integers(20, 99) | st.integers(-9, -1) | st.text(min_size=1, max_size=3), values, max_size=2
).map(lambda members: schema.sort_unrecognised([(key, cbor.encode(value)) for key, value in members.items()]))


def codes(table: code_registry.Table) -> st.SearchStrategy[str]:
    """Return codes of a table of the registry."""
    return st.sampled_from(code_registry.codes(table))


def foreign_codes(table: code_registry.Table) -> st.SearchStrategy[str]:
    """Return codes of a table of the registry, and some that no table knows: they are read, and not issued."""
    return codes(table) | lines.filter(lambda text: not text.startswith("#"))


# A rapid antigen test names its device, another has none.
types_and_devices = st.just({"test_type": "LP6464-4"}) | st.fixed_dictionaries(
    {"test_type": st.just("LP217198-3"), "device": st.sampled_from(sorted(value_set(DEVICE).codes))}
)


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return what may be absent."""
    return st.none() | strategy


def _records(
    version: st.SearchStrategy[tuple[int, int]],
    unrecognised: st.SearchStrategy[Any],
    *,
    codes: Callable[[code_registry.Table], st.SearchStrategy[str]] = codes,
    countries: st.SearchStrategy[str] = countries,
    types_and_devices: st.SearchStrategy[dict[str, Any]] = types_and_devices,
    days: st.SearchStrategy[dt.date] = days,
    moments: st.SearchStrategy[dt.datetime] = moments,
    uvcis: st.SearchStrategy[str] = uvcis,
) -> Any:
    """Return the strategy for records whose maps have these members of a newer version, these codes and times."""
    shared: dict[str, Any] = {
        "number": counts,
        "country": countries,
        "issuer": optional(lines),
        "uvci": optional(uvcis),
        "unrecognised": unrecognised,
    }
    person = st.builds(
        citizen.Person,
        family_name=lines,
        given_name=optional(lines),
        birth_date=birth_dates,
        sex=optional(st.sampled_from(citizen.Sex)),
        nationality=optional(countries),
        standardised_family_name=optional(standardised),
        standardised_given_name=optional(standardised),
        unrecognised=unrecognised,
    )
    vaccination = st.builds(
        citizen.Vaccination,
        **shared,
        diseases=st.lists(codes("diseases"), min_size=1, max_size=5, unique=True).map(tuple),
        date=days,
        dose_number=optional(counts),
        series_doses=optional(counts),
        product=optional(codes("products")),
        vaccine=optional(codes("vaccines")),
        manufacturer=optional(codes("manufacturers")),
        centre=optional(lines),
    )
    test = st.builds(
        lambda typed, **members: citizen.Test(**typed, **members),
        typed=types_and_devices,
        **shared,
        disease=codes("diseases"),
        sampled_at=moments,
        result=codes("test_results"),
        name=optional(lines),
        centre=optional(lines),
    )
    recovery = st.builds(
        _recovery,
        st.lists(days, min_size=3, max_size=3).map(sorted),
        **shared,
        disease=codes("diseases"),
        bounds=st.sampled_from([(), ("valid_from",), ("valid_until",), ("valid_from", "valid_until")]),
    )
    entries = st.lists(
        vaccination | test | recovery,
        min_size=1,
        max_size=5,
        unique_by=(lambda entry: entry.number, lambda entry: entry.uvci or entry.number),
    )
    return st.builds(
        _record,
        entries,
        certificate_id=st.binary(min_size=16, max_size=16),
        person=person,
        revision=st.integers(1, 40) | st.integers(1, MAX_REVISION),
        version=version,
        unrecognised=unrecognised,
        gone=st.booleans(),
    ).filter(lambda record: not life.findings(record, rules.LIFE))  # few have doses in an order that is none


def _recovery(in_order: list[dt.date], *, bounds: tuple[str, ...], **members: Any) -> citizen.Recovery:
    first, *later = in_order
    return citizen.Recovery(**(members | {"first_positive": first} | dict(zip(bounds, later, strict=False))))


def _record(entries: list[Any], *, gone: bool, person: citizen.Person, **members: Any) -> hcert.CitizenRecord:
    born, first = person.birth_date, min(entry.day for entry in entries)
    if born.year is not None and dt.date(born.year, born.month or 1, born.day or 1) > first:
        person = msgspec.structs.replace(person, birth_date=citizen.PartialDate(first.year))
    highest = max(entry.number for entry in entries)
    return hcert.CitizenRecord(
        person=person,
        last_number=highest + 3 if gone and highest < MAX_INTEGER - 3 else 0,
        vaccinations=tuple(entry for entry in entries if isinstance(entry, citizen.Vaccination)),
        tests=tuple(entry for entry in entries if isinstance(entry, citizen.Test)),
        recoveries=tuple(entry for entry in entries if isinstance(entry, citizen.Recovery)),
        **members,
    )


# Records that may be issued one day, those that may be issued at NOW, those that are read and hold codes nobody knows,
# and those of a minor version to come.
records = _records(st.just((1, 0)), st.just(()))
past_days = st.dates(dt.date(1900, 1, 1), NOW.date()) | st.dates(dt.date(2020, 1, 1), NOW.date())
past_moments = st.integers(0, int(NOW.timestamp())).map(lambda seconds: dt.datetime.fromtimestamp(seconds, dt.UTC))
timely_records = _records(st.just((1, 0)), st.just(()), days=past_days, moments=past_moments)
_foreign: dict[str, Any] = {
    "codes": foreign_codes,
    "countries": foreign_countries,
    "types_and_devices": st.fixed_dictionaries({"test_type": foreign_codes("test_types"), "device": optional(lines)}),
    "uvcis": uvcis | lines,
}
readable_records = _records(st.just((1, 0)), st.just(()), **_foreign)
newer_records = _records(st.integers(1, 999).map(lambda minor: (1, minor)), further, **_foreign)


def value_sets(**added: dict[str, dict[str, Any]]) -> hcert.ValueSets:
    """Return the packaged value sets with rows added to those named."""
    sets = [
        {"name": name.replace("_", "-") if name not in TABLES else name, "codes": codes} | PUBLISHED
        for name, codes in added.items()
    ]
    return hcert.ValueSets.from_json(json.dumps({"format": 1, "added": sets}))


def encoded(record: hcert.CitizenRecord) -> bytes:
    """Return the bytes of a record's payload."""
    return cbor.encode(encode.to_wire(record))
