"""The rules of a citizen record that its types cannot express."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest

import hcert
from hcert import citizen
from hcert.findings import MAX_FINDINGS, finding, limit_findings
from hcert.fragments import fragment
from hcert.records import life
from hcert.records.citizen import code_registry, decode, encode, rules
from hcert.records.record_struct import Origin
from hcert.records.value_sets import value_set
from support.case_ids import case_id
from support.citizen_records import citizen_person, citizen_record, dose, recovered, sampled
from support.signers import NOW

RECORD = citizen_record(2, 1, recoveries=(recovered(9),))


REGISTERED, COUNTRIES = code_registry.registry().date, value_set("country-2-codes").date


def record_with(**changes: Any) -> hcert.CitizenRecord:
    """Return the record with some members replaced."""
    return msgspec.structs.replace(RECORD, **changes)


def said(payload: Any) -> list[tuple[str, str | None, dict[str, Any]]]:
    """Read a payload; return code, place and details of each finding."""
    _, found = decode.decode(payload, Origin("VN", b"k"))
    return [(one.code, one.record, dict(one.details)) for one in found]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"person": citizen_person(standardised_family_name="NGUYỄN", standardised_given_name="ANH<")},
            [
                ("record.name_not_standardised", None, {"field": "person.standardised_family_name"}),
                ("record.name_not_standardised", None, {"field": "person.standardised_given_name"}),
            ],
        ),
        (
            {"person": citizen.Person()},
            [("record.schema", None, {"path": "person", "problem": fragment("schema.no_name")})],
        ),
        (
            {"recoveries": (recovered(9, disease="x", country="XQ"),)},
            [
                ("record.unknown_code", "recoveries[0]", {
                    "field": "recoveries[0].disease", "value_set": "diseases", "date": REGISTERED}),
                ("record.unknown_code", "recoveries[0]", {
                    "field": "recoveries[0].country", "value_set": "country-2-codes", "date": COUNTRIES}),
            ],
        ),
        (
            {"recoveries": (recovered(9, valid_until=dt.date(2026, 2, 11)),)},
            [("record.inconsistent_dates", "recoveries[0]", {
                "field": "recoveries[0].valid_until", "other": "valid_from"})],
        ),
        ({"recoveries": (recovered(9, valid_until=dt.date(2026, 2, 12)),)}, []),
        (
            {"tests": (sampled(3, disease="x", test_type="y", result="z", country="XQ"),)},
            [
                ("record.unknown_code", "tests[0]", {
                    "field": "tests[0].disease", "value_set": "diseases", "date": REGISTERED}),
                ("record.unknown_code", "tests[0]", {
                    "field": "tests[0].test_type", "value_set": "test_types", "date": REGISTERED}),
                ("record.unknown_code", "tests[0]", {
                    "field": "tests[0].result", "value_set": "test_results", "date": REGISTERED}),
                ("record.unknown_code", "tests[0]", {
                    "field": "tests[0].country", "value_set": "country-2-codes", "date": COUNTRIES}),
            ],
        ),
        (
            {"vaccinations": (dose(1, uvci="URN:UVCI:01:VN:ABC#0"),)},
            [("record.uvci_check_character", "vaccinations[0]", {"field": "vaccinations[0].uvci"})],
        ),
        (
            {"vaccinations": (dose(1, uvci="hello#0"),)},
            [("record.certificate_id", "vaccinations[0]", {"field": "vaccinations[0].uvci"})],
        ),
        (
            {
                "vaccinations": (dose(1, uvci="URN:UVCI:01:VN:A"), dose(2)),
                "tests": (sampled(3, uvci="URN:UVCI:01:VN:B"), sampled(4, uvci="urn:uvci:01:vn:a")),
            },
            [("record.repeated_uvci", "tests[1]", {"field": "tests[1].uvci", "other": "vaccinations[0]"})],
        ),
        ({"vaccinations": (dose(1, dose_number=8, series_doses=1),)}, []),
        (
            {"vaccinations": (dose(1, dose_number=9, series_doses=1),)},
            [("record.dose_beyond_series", "vaccinations[0]", {"field": "vaccinations[0].dose_number"})],
        ),
        ({"vaccinations": (dose(1, dose_number=9, series_doses=None),)}, []),
        (
            {"vaccinations": (dose(1), dose(2, vaccine="J07BX03", manufacturer="ORG-100001417"))},
            [
                ("record.retired_code", "vaccinations[1]", {
                    "field": "vaccinations[1].vaccine", "value_set": "vaccines", "date": REGISTERED}),
                ("record.inconsistent_codes", "vaccinations[1]", {"field": "vaccinations[1].manufacturer"}),
            ],
        ),
    ],
 ids=case_id)  # fmt: skip
def test_rule_findings_name_entry_and_member(changes: dict[str, Any], expected: Any) -> None:
    """And the value set or the other member concerned."""
    assert said(encode.to_wire(record_with(**changes))) == expected


LATEST = dt.date(2026, 6, 2)  # at 12:00Z the second of June has begun in Kiritimati


SKEW = dt.timedelta(seconds=300)


@pytest.mark.parametrize(
    ("entry", "places"),
    [
        ({"vaccinations": (dose(1), dose(2, date=LATEST))}, []),
        ({"vaccinations": (dose(1), dose(2, date=LATEST + dt.timedelta(days=1)))}, ["vaccinations[1]"]),
        ({"tests": (sampled(3, sampled_at=NOW + SKEW),)}, []),
        ({"tests": (sampled(3), sampled(4, sampled_at=NOW + SKEW + dt.timedelta(seconds=1)))}, ["tests[1]"]),
        ({"recoveries": (recovered(9, first_positive=LATEST),)}, []),
        ({"recoveries": (recovered(9, first_positive=LATEST + dt.timedelta(days=1)),)}, ["recoveries[0]"]),
    ],
    ids=case_id,
)
def test_entries_in_the_future_are_named(entry: dict[str, Any], places: list[str]) -> None:
    """Days that have begun nowhere on earth, samples beyond the allowed skew."""
    found = life.future_findings(record_with(**entry), rules.LIFE, NOW, skew=SKEW)
    assert [(one.code, one.record) for one in found] == [("entry.in_future", place) for place in places]


@pytest.mark.usefixtures("device_zone")
def test_device_time_zone_does_not_change_latest_day() -> None:
    """At 20:00Z the second of June has begun in Kiritimati, and the third nowhere."""
    at = NOW.replace(hour=20)
    assert life.ahead_by(LATEST, at, skew=SKEW) is None
    assert life.ahead_by(LATEST + dt.timedelta(days=1), at, skew=SKEW) == dt.timedelta(hours=14)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"product": "Unheard-Of"}, "record.unknown_code"),
        ({"product": "NVX-CoV2373"}, "record.retired_code"),
        ({"product": None, "vaccine": "J07BX03"}, "record.retired_code"),
        ({"vaccine": "1157024006"}, "record.inconsistent_codes"),
        ({"manufacturer": "CIGB"}, "record.inconsistent_codes"),
        ({"diseases": ("1",)}, "record.unknown_code"),
        ({"country": "ZZ"}, "record.unknown_code"),
        ({"uvci": "URN:UVCI:01:VN:ABC#A"}, "record.uvci_check_character"),
        ({"product": "EU/1/22/1709", "vaccine": "1119349007"}, "record.inconsistent_codes"),
        ({"vaccine": "J07BN03"}, "record.inconsistent_codes"),
        ({"vaccine": "Unheard-Of"}, "record.unknown_code"),
        ({"manufacturer": "Unheard-Of"}, "record.unknown_code"),
        ({"vaccine": "J07BX03"}, "record.retired_code"),
        ({"vaccine": "1119305005"}, None),
        ({"vaccine": "J07BN01"}, None),
        ({"product": "EU/1/22/1709", "vaccine": "J07BN04"}, None),
        ({"vaccine": "28531000087107"}, None),
        ({"uvci": "URN:UVCI:01:NL:187/37512422923#Z"}, None),
        ({"product": None, "vaccine": "J07BL01", "diseases": ("16541001",)}, None),
    ],
    ids=case_id,
)
def test_dose_rules_warn(changes: dict[str, object], code: str | None) -> None:
    """Odd codes are warnings with the entry they belong to; a generic vaccine and a right check character are fine."""
    record = citizen_record(1, 0).revise(vaccinations=(dose(1), dose(3, **changes)))
    found = rules.findings(record, hcert.ValueSets.packaged())
    assert [(reason.code, reason.severity, reason.record) for reason in found] == (
        [(code, "warning", "vaccinations[1]")] if code else []
    )


def test_test_and_recovery_rules_warn() -> None:
    """Unknown codes and swapped dates are reported where they stand."""
    record = citizen_record(
        1,
        0,
        recoveries=(recovered(5, valid_until=dt.date(2020, 1, 1)), recovered(6, valid_from=None)),
    ).revise(tests=(sampled(7, test_type="?", result="260373001"),))
    assert [(reason.code, reason.record) for reason in rules.findings(record, hcert.ValueSets.packaged())] == [
        ("record.unknown_code", "tests[0]"),
        ("record.inconsistent_dates", "recoveries[0]"),
    ]


def test_findings_beyond_the_maximum_are_counted_and_not_made() -> None:
    """A verdict keeps two hundred: dropping the others early changes neither which are kept nor how many there are."""
    doses = tuple(dose(number, product="Pfizer", vaccine="mRNA", manufacturer="BioNTech") for number in range(1, 101))
    record = citizen_record(0, 0).revise(vaccinations=doses)
    known = hcert.ValueSets.packaged()
    whole = rules.findings(record, known)
    some = rules.findings(record, known, maximum=MAX_FINDINGS)
    (more,) = (found for found in some if found.code == "record.more_findings")
    assert len(some) - 1 + dict(more.details)["count"] == len(whole) > len(some)
    before, after = ([finding("record.birth_in_future")] * count for count in (3, 5))
    assert limit_findings([*before, *some, *after]) == limit_findings([*before, *whole, *after])
