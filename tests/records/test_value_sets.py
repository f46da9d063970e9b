"""The one way to add codes: a file, read strictly, that issuers and verifiers take alike."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import citizen, eu_dcc
from hcert.records.citizen import layout, schema
from hcert.records.eu_dcc.encode import encode
from hcert.records.value_sets import COUNTRY, DEVICE, FILE_SETS, MAX_CODES, PRODUCT, TABLES, VACCINE, value_set
from hcert.records.value_sets_file import MAX_FILE_BYTES
from support.case_ids import case_id
from support.citizen_records import PUBLISHED, citizen_person, citizen_record, dose, recovered, sampled, value_sets
from support.signers import (
    EXPIRY,
    NOW,
    document_signer,
    p256,
    recovery_record,
    sample_test_record,
    vaccination,
    vaccination_record,
)

if TYPE_CHECKING:
    from hcert.records.kinds import Issuable

SIGNER = document_signer(p256())
_CODED = ("DISEASE", "DISEASES", "VACCINE", "PRODUCT", "MANUFACTURER", "TEST_TYPE", "TEST_RESULT", "COUNTRY")
COVIVAC = value_sets(
    vaccines_covid_19_auth_holders={"IVAC": {"name": "Institute of Vaccines and Medical Biologicals"}},
    vaccines_covid_19_names={"COVIVAC": {"name": "COVIVAC", "manufacturers": ["IVAC"], "vaccines": ["28531000087107"]}},
    country_2_codes={"ZZ": {"name": "Zedland"}, "WHO": {"name": "World Health Organization"}},
)


def issued(record: Issuable, known: hcert.ValueSets | None = None) -> hcert.Certificate:
    """Issue a record, by value sets."""
    return hcert.Issuer(SIGNER.signer, country="VN", value_sets=known).issue(record, issued_at=NOW, expires_at=EXPIRY)


def refused(record: Issuable, known: hcert.ValueSets | None = None) -> list[tuple[str, str | None]]:
    """Return code and place of all reasons why a record is not issued."""
    with pytest.raises(hcert.IssueError) as caught:
        issued(record, known)
    return [(found.code, found.record) for found in caught.value.findings]


def found(code: hcert.Certificate, known: hcert.ValueSets | None = None) -> list[tuple[str, str | None]]:
    """Return what a verifier finds, by value sets."""
    verdict = hcert.Verifier(hcert.TrustList([SIGNER.key]), value_sets=known).check(code.text, at=NOW)
    assert verdict.accepted
    return [(found.code, found.record) for found in verdict.findings]


def a_citizen(**entries: Any) -> hcert.CitizenRecord:
    """Return a citizen record of these entries."""
    return citizen_record(0, 0).revise(**entries)


ADDED = {"product": "COVIVAC", "vaccine": "28531000087107", "manufacturer": "IVAC"}


@pytest.mark.parametrize(
    ("record", "unknown"),
    [
        (vaccination_record(vaccinations=(vaccination(**ADDED, country="WHO"),)), 3),
        (a_citizen(vaccinations=(dose(1, **ADDED, country="ZZ"),)), 3),
    ],
    ids=case_id,
)
def test_an_issuer_adds_a_product_and_a_country(record: Issuable, unknown: int) -> None:
    """Without them the codes are refused; a verifier without them warns, and one with them has nothing to say."""
    assert refused(record) == [("record.unknown_code", "vaccinations[0]")] * unknown
    code = issued(record, COVIVAC)
    assert found(code) == [("record.unknown_code", "vaccinations[0]")] * unknown
    assert found(code, COVIVAC) == []


def test_added_product_has_manufacturer_and_vaccine() -> None:
    """Another one is refused in an EU DCC and reported in a citizen record."""
    odd = ADDED | {"manufacturer": "ORG-100030215"}
    assert refused(vaccination_record(vaccinations=(vaccination(**odd),)), COVIVAC) == [
        ("record.inconsistent_codes", "vaccinations[0]")
    ]
    code = issued(a_citizen(vaccinations=(dose(1, **odd),)), COVIVAC)
    assert found(code, COVIVAC) == [("record.inconsistent_codes", "vaccinations[0]")]


def test_json_is_read_by_the_same_value_sets() -> None:
    """A payload with an added code becomes a record."""
    payload = encode(vaccination_record(vaccinations=(vaccination(**ADDED),)), value_sets=COVIVAC)
    assert eu_dcc.from_payload(payload, value_sets=COVIVAC).vaccinations[0].product == "COVIVAC"
    with pytest.raises(hcert.IssueError):
        eu_dcc.from_payload(payload)


@pytest.mark.parametrize(
    ("entries", "table"),
    [
        ({"vaccinations": (dose(1, product="Pfizer"),)}, "products"),
        ({"vaccinations": (dose(1, diseases=("covid",)),)}, "diseases"),
        ({"vaccinations": (dose(1, product=None, vaccine="mRNA"),)}, "vaccines"),
        ({"vaccinations": (dose(1, product=None, manufacturer="Pfizer"),)}, "manufacturers"),
        ({"tests": (sampled(2, result="negative"),)}, "test_results"),
        ({"tests": (sampled(2, test_type="PCR"),)}, "test_types"),
        ({"recoveries": (recovered(1, disease="covid"),)}, "diseases"),
        ({"recoveries": (recovered(1, country="XX"),)}, COUNTRY),
        ({"vaccinations": (dose(1),), "person": citizen_person(nationality="XX")}, COUNTRY),
    ],
    ids=case_id,
)
def test_unknown_code_is_issued_only_after_it_is_added(entries: dict[str, Any], table: str) -> None:
    """Of each table of the registry, and the countries."""
    record = a_citizen(**entries)
    assert {code for code, _ in refused(record)} == {"record.unknown_code"}
    code = next(iter({"Pfizer", "covid", "mRNA", "negative", "PCR", "XX"} & {*_texts(record)}))
    name = table.replace("-", "_") if table == COUNTRY else table
    known = value_sets(**{name: {code: {"name": "a name", "vi": "một tên"}}})
    assert found(issued(record, known), known) == []


KINDS_OF_CODES = {getattr(schema, name) for name in _CODED}
CODED_MEMBERS = [
    (group, member.attribute, member.type is schema.DISEASES)
    for group, form in [
        ("person", layout.PERSON),
        *((layout.GROUP_KEYS[key], form) for key, form in layout.GROUP_SCHEMAS.items()),
    ]
    for member in form._members
    if member.type in KINDS_OF_CODES
]


@pytest.mark.parametrize(("group", "attribute", "several"), CODED_MEMBERS)
def test_every_coded_member_is_checked(group: str, attribute: str, *, several: bool) -> None:
    """Every member that the format describes as a code or country is held against its set, a new one too."""
    record = citizen_record(1, 1, recoveries=(recovered(9),))
    value: Any = ("XQ",) if several else "XQ"
    holder = record.person if group == "person" else getattr(record, group)[0]
    changed = msgspec.structs.replace(holder, **{attribute: value})
    odd = record.revise(**{group: changed if group == "person" else (changed,)})
    with pytest.raises(hcert.IssueError) as caught:
        issued(odd)
    place = group if group == "person" else f"{group}[0]"
    assert [(reason.code, dict(reason.details)["field"]) for reason in caught.value.findings] == [
        ("record.unknown_code", f"{place}.{attribute}")
    ]


def _texts(record: hcert.CitizenRecord) -> list[str]:
    """Return the codes of a record."""
    values: list[str] = [record.person.nationality or ""]
    for entry in record.entries:
        for name in entry.__struct_fields__:
            value = getattr(entry, name)
            values += [one for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, str)]
    return values


@pytest.mark.parametrize(
    ("test_type", "device", "issuing", "reading"),
    [
        ("LP217198-3", "1232", None, None),
        ("LP6464-4", None, None, None),
        ("LP217198-3", None, "record.device_missing", "record.device_missing"),
        ("LP6464-4", "1232", "record.device_unexpected", "record.device_unexpected"),
        ("LP217198-3", "99999", "record.unknown_code", "record.unknown_code"),
        ("LP217198-3", "308", "record.retired_code", "record.retired_code"),
    ],
)
def test_rapid_test_needs_a_device_and_naat_has_none(
    test_type: str, device: str | None, issuing: str | None, reading: str | None
) -> None:
    """Both kinds of record say so; only a retired device may still stand in a record of what others certified."""
    dcc = sample_test_record(test_type=test_type, device=device)
    record = a_citizen(tests=(sampled(1, test_type=test_type, device=device),))
    for given_record in (dcc, record):
        if issuing is None or (given_record is record and issuing == "record.retired_code"):
            code = issued(given_record)
        else:
            assert refused(given_record) == [(issuing, "tests[0]")]
            continue
        assert found(code) == ([(reading, "tests[0]")] if reading else [])


def test_a_device_can_be_added() -> None:
    """The EU's list has ended; devices have not."""
    known = value_sets(covid_19_lab_test_manufacturer_and_name={"99999": {"name": "A New Test"}})
    dcc = sample_test_record(test_type="LP217198-3", device="99999")
    assert found(issued(dcc, known), known) == []


@pytest.mark.parametrize("country", ["XX", "ZZ", "QQ"])
def test_unknown_issuer_country_is_refused(country: str) -> None:
    """Unless somebody added it."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.Issuer(SIGNER.signer, country=country)
    assert caught.value.code == "issue.country"
    known = value_sets(country_2_codes={country: {"name": "New Country"}})
    code = hcert.Issuer(SIGNER.signer, country=country, value_sets=known).issue(
        recovery_record(), issued_at=NOW, expires_at=EXPIRY
    )
    assert not [reason for reason, _ in found(code) if reason.startswith("record.")]


@pytest.mark.parametrize("vaccine", ["J07BX03", "1119305005"])
def test_former_vaccine_types_are_not_issued(vaccine: str) -> None:
    """Each for one reason, and added rows do not change that."""
    expected = {"J07BX03": "record.retired_code", "1119305005": "record.inconsistent_codes"}[vaccine]
    record = vaccination_record(vaccinations=(vaccination(vaccine=vaccine),))
    for known in (None, COVIVAC):
        assert refused(record, known) == [(expected, "vaccinations[0]")]


def newer(name: str, **changes: Any) -> dict[str, Any]:
    """Return a file with a whole set of one code."""
    return {"format": 1, "sets": [{"name": name, "codes": {"NEW": {"name": "new"}}} | PUBLISHED | changes]}


def test_newer_set_replaces_the_packaged_one() -> None:
    """Of both kinds of record; the numbers of the registry go on meaning what they mean."""
    codes = {
        "EU/1/20/1528": {"name": "Comirnaty", "retired": True},
        "NEW": {"name": "new", "manufacturers": ["ORG-100030215"], "vaccines": ["1119349007"]},
    }
    known = hcert.ValueSets.from_json(json.dumps(newer(PRODUCT, codes=codes)))
    assert refused(vaccination_record(), known) == [("record.retired_code", "vaccinations[0]")]
    spikevax = vaccination(product="EU/1/20/1507", manufacturer="ORG-100031184")
    assert refused(vaccination_record(vaccinations=(spikevax,)), known) == [("record.unknown_code", "vaccinations[0]")]
    assert found(issued(vaccination_record(vaccinations=(vaccination(product="NEW"),)), known), known) == []
    doses = tuple(dose(n, product=product) for n, product in enumerate(("EU/1/20/1528", "EU/1/20/1507", "NEW"), 1))
    record = a_citizen(vaccinations=doses)
    code = issued(record, known)
    assert found(code, known) == [("record.retired_code", "vaccinations[0]")]
    assert SIGNER.verifier.verify(code.text, at=NOW).record == record


def test_other_sets_stay_unchanged() -> None:
    """And the packaged sets are not touched by it."""
    before = {name: dict(known.codes) for name, known in hcert.ValueSets.packaged().sets.items()}
    assert COVIVAC.sets.keys() == before.keys() == {*FILE_SETS, *TABLES}
    assert {name: dict(known.codes) for name, known in hcert.ValueSets.packaged().sets.items()} == before
    added = {name: known.codes.keys() - before[name].keys() for name, known in COVIVAC.sets.items()}
    assert {name: codes for name, codes in added.items() if codes} == {
        PRODUCT: {"COVIVAC"},
        "products": {"COVIVAC"},
        "vaccines-covid-19-auth-holders": {"IVAC"},
        "manufacturers": {"IVAC"},
        COUNTRY: {"ZZ", "WHO"},
    }
    assert hcert.ValueSets.from_json(b'{"format": 1}').sets == hcert.ValueSets.packaged().sets


def row(**changes: Any) -> dict[str, Any]:
    """Return a file that adds one code to the vaccines."""
    return {"format": 1, "added": [{"name": VACCINE, "codes": {"NEW": {"name": "new"} | changes}} | PUBLISHED]}


def change(**changes: Any) -> dict[str, Any]:
    """Return the same with the set changed."""
    return {"format": 1, "added": [row()["added"][0] | changes]}


MALFORMED: dict[str, Any] = {
    "no JSON": "no",
    "not UTF-8": b"\xff",
    "no object": "[]",
    "nested": "[" * 100_000,
    "too long": " " * (MAX_FILE_BYTES + 1),
    "a member twice": '{"format": 1, "format": 1}',
    "a code twice": json.dumps(row()).replace('"NEW": {"name": "new"}', '"NEW": {"name": "a"}, "NEW": {"name": "b"}'),
    "NaN": json.dumps(row()).replace("1", "NaN", 1),
    "no format": {"sets": []},
    "a format to come": {"format": 2},
    "another member": {"format": 1, "numbers": {}},
    "an unknown set": change(name="vaccines-covid-19"),
    "a set twice": {"format": 1, "added": row()["added"] * 2},
    "too many sets": {"format": 1, "added": row()["added"] * 15},
    "a table as a whole": newer("products"),
    "no source": {"format": 1, "added": [{"name": VACCINE, "version": "1", "date": "2026-11-28", "codes": {}}]},
    "a date of another form": change(date="28.11.2026"),
    "a long version": change(version="1" * 251),
    "too many codes": change(codes={str(number): {"name": "x"} for number in range(MAX_CODES + 1)}),
    "an empty code": change(codes={"": {"name": "x"}}),
    "a code with blanks": change(codes={"a b": {"name": "x"}}),
    "a code that looks like a number of the registry": change(codes={"#1": {"name": "x"}}),
    "a code with a line end": change(codes={"a\n": {"name": "x"}}),
    "a long code": change(codes={"x" * 81: {"name": "x"}}),
    "a country in small letters": change(name=COUNTRY, codes={"zz": {"name": "x"}}),
    "no name": row(name=""),
    "a long name": row(name="x" * 251),
    "a number for a name": row(name=5),
    "a flag as text": row(retired="yes"),
    "another member of a code": row(number=5),
    "a manufacturer of a vaccine": row(manufacturers=["CIGB"]),
    "no Vietnamese name in a table": change(name="products"),
    "a product with a manufacturer nobody has": change(
        name=PRODUCT, codes={"NEW": {"name": "x", "manufacturers": ["IVAC"]}}
    ),
    "a product with a vaccine nobody has": change(
        name="products", codes={"NEW": {"name": "x", "vi": "x", "vaccines": ["IVAC"]}}
    ),
    "more than a hundred beside a product": change(
        name=PRODUCT, codes={"NEW": {"name": "x", "vaccines": [str(number) for number in range(101)]}}
    ),
    "an older set": newer(PRODUCT, date="2022-11-29"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_file_is_refused(case: str) -> None:
    """As a whole: half of a file would be a set that nobody published."""
    given_file = MALFORMED[case]
    data = json.dumps(given_file) if isinstance(given_file, dict) else given_file
    with pytest.raises(hcert.MalformedError) as caught:
        hcert.ValueSets.from_json(data)
    assert caught.value.code == ("value_sets.older" if case == "an older set" else "value_sets.malformed")
    assert caught.value.__cause__ is None


def test_malformed_files_have_one_fault_each() -> None:
    """What they were made of is read."""
    assert "NEW" in hcert.ValueSets.from_json(json.dumps(row())).sets["vaccines"].codes
    same_day = newer(PRODUCT, date=value_set(PRODUCT).date)
    assert hcert.ValueSets.from_json(json.dumps(same_day)).sets[PRODUCT].codes.keys() == {"NEW"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.sampled_from([*FILE_SETS, *TABLES]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["format", "sets", "added", "name", "version", "date", "source", "codes", "vi", "x"]), inner
        )
    ),
)


@given(st.one_of(st.binary(max_size=50), JSON.map(json.dumps), JSON.map(lambda part: json.dumps(change(codes=part)))))
def test_any_file_is_parsed_or_refused(data: bytes | str) -> None:
    """Whatever it holds, it is read or refused."""
    try:
        known = hcert.ValueSets.from_json(data)
    except hcert.MalformedError as error:
        assert error.code.startswith("value_sets.")
    else:
        assert known.sets.keys() == {*FILE_SETS, *TABLES}


def test_devices_are_named_by_their_set() -> None:
    """Code, maker and name, for programs that show them."""
    device = hcert.ValueSets.packaged().sets[DEVICE].codes["1232"]
    assert "Panbio" in device.name
    assert not device.retired


def test_retired_codes_of_old_certificates_are_issued_again() -> None:
    """Codes that were retired or at odds stay possible: others certified them."""
    old = vaccination(vaccine="J07BX03", product="EU/1/21/1529", manufacturer="ORG-100030215")
    record = citizen.from_eu_dcc(vaccination_record(vaccinations=(old,)), certificate_id=bytes(16))
    assert found(issued(record)) == [
        ("record.retired_code", "vaccinations[0]"),
        ("record.inconsistent_codes", "vaccinations[0]"),
    ]
