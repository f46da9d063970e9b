"""What keeps a record from being signed: other types and other values are named by their member, and never shown."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import x25519

import hcert
from hcert import citizen, eu_dcc, icvp
from hcert.fragments import in_language
from hcert.records import signable
from hcert.records.record_struct import RecordStruct
from support.case_ids import case_id
from support.citizen_records import CERTIFICATE_ID, citizen_person, citizen_record, dose, recovered, sampled
from support.signers import (
    EXPIRY,
    NOW,
    document_signer,
    p256,
    recovery_record,
    sample_test_record,
    spki_of,
    vaccination_record,
)

SIGNER = document_signer(p256())


MARK = "Quỳnhmark"


CITIZEN = citizen_record(2, 2, recoveries=(recovered(9),))


ICVP = hcert.Icvp(
    name="Nguyễn Thị Ánh",
    birth_date=eu_dcc.PartialDate(1990, 5, 17),
    sex="female",
    nationality="VNM",
    template_version="1.0.0",
    doses=(icvp.Dose(product="YellowFeverProduct", date=dt.date(2026, 1, 12), batch="AB123", issuer="VNM"),),
)


CYCLE: list[Any] = []


CYCLE.append(CYCLE)


RING: dict[str, Any] = {}


RING["ring"] = RING


DEEP: Any = MARK


for _ in range(100_000):
    DEEP = [DEEP]


def refusal(record: Any) -> list[tuple[str, str | None, str, str]]:
    """Return code, place, path and problem of all that a record is refused for, none of which shows a value."""
    with pytest.raises(hcert.IssueError) as caught:
        hcert.Issuer(SIGNER.signer, country="VN").issue(record, issued_at=NOW, expires_at=EXPIRY)
    assert MARK not in str(caught.value) + repr(caught.value)
    assert caught.value.__context__ is None
    said = [(found, in_language(found.details, "en")) for found in caught.value.findings]
    return [(found.code, found.record, details["path"], details["problem"]) for found, details in said]


def changed(record: Any, path: str, value: Any) -> Any:
    """Return a record with one member replaced, such as `tests[1].name`."""
    name, _, rest = path.partition(".")
    name, _, index = name.partition("[")
    member = getattr(record, name)
    if index:
        position = int(index[:-1])
        new = changed(member[position], rest, value) if rest else value
        value = (*member[:position], new, *member[position + 1 :])
    elif rest:
        value = changed(member, rest, value)
    return msgspec.structs.replace(record, **{name: value})


@pytest.mark.parametrize(
    ("record", "path", "value", "problem"),
    [
        (CITIZEN, "vaccinations", [dose(1)], "expected tuple of Vaccination, got list"),
        (CITIZEN, "vaccinations[1].date", MARK, "expected date, got str"),
        (CITIZEN, "vaccinations[0].date", NOW, "expected date, got datetime"),
        (CITIZEN, "vaccinations[0].diseases", "840539006", "expected tuple of str, got str"),
        (CITIZEN, "vaccinations[0].diseases", (MARK.encode(),), "expected str, got bytes"),
        (CITIZEN, "vaccinations[0].dose_number", True, "expected int or None, got bool"),
        (CITIZEN, "vaccinations[0].unrecognised", ((1, b"", 2),), "expected tuple of 2, got tuple of 3"),
        (CITIZEN, "tests[0].sampled_at", NOW.date(), "expected datetime with a time zone, got date"),
        (
            CITIZEN,
            "tests[1].sampled_at",
            NOW.replace(tzinfo=None),
            "expected datetime with a time zone, got datetime without one",
        ),
        (CITIZEN, "tests[1]", dose(1), "expected Test, got Vaccination"),
        (CITIZEN, "person", {"family_name": MARK}, "expected Person, got dict"),
        (CITIZEN, "person.birth_date", "1990-05-17", "expected PartialDate, got str"),
        (CITIZEN, "person.sex", 2, "expected Sex or None, got int"),
        (CITIZEN, "certificate_id", CERTIFICATE_ID.hex(), "expected bytes, got str"),
        (CITIZEN, "revision", "1", "expected int, got str"),
        (CITIZEN, "version", (1,), "expected tuple of 2, got tuple of 1"),
        (CITIZEN, "sealed", b"", "expected Sealed or None, got bytes"),
        (vaccination_record(), "vaccinations[0].date", "2026-01-01", "expected date, got str"),
        (vaccination_record(), "person.family_name", 5, "expected str or None, got int"),
        (ICVP, "doses[0].date", "2026-01-01", "expected date, got str"),
        (ICVP, "generation", "2026", "expected Generation, got str"),
    ],
    ids=case_id,
)
def test_wrong_type_is_named_with_path_and_expected_type(record: Any, path: str, value: Any, problem: str) -> None:
    """By its path, and for an entry by its place."""
    where = path + {"expected str, got bytes": "[0]"}.get(problem, "[0]" if path.endswith("unrecognised") else "")
    head = path.partition(".")[0]
    place = head if "[" in head else None
    assert refusal(changed(record, path, value)) == [("record.schema", place, where, problem)]


@pytest.mark.parametrize("value", [CYCLE, RING, DEEP], ids=["cycle", "ring", "deep"])
@pytest.mark.parametrize("record", [CITIZEN, vaccination_record(), sample_test_record(), ICVP], ids=case_id)
def test_cyclic_and_deep_records_are_refused(record: Any, value: Any) -> None:
    """In the place of every member, of the record, its person and its first entry."""
    paths = list(record.__struct_fields__)
    for name in record.__struct_fields__:
        member = getattr(record, name)
        part = member[0] if isinstance(member, tuple) and member else member
        if isinstance(part, RecordStruct):
            paths += [f"{name}{'[0]' * isinstance(member, tuple)}.{inner}" for inner in part.__struct_fields__]
    for path in paths:
        assert refusal(changed(record, path, value))[0][2] == path


@pytest.mark.parametrize("value", [CYCLE, RING, DEEP], ids=["cycle", "ring", "deep"])
def test_cyclic_and_deep_payloads_are_refused(value: Any) -> None:
    """In the JSON forms too."""
    members = citizen.to_dict(CITIZEN)
    sound = hcert.read_unverified(SIGNER.issue().text).subclaims[1]
    other = hcert.read_unverified(
        hcert.Issuer(SIGNER.signer, country="VN").issue(ICVP, issued_at=NOW, expires_at=EXPIRY).text
    ).subclaims[-6]
    for make, payload in ((citizen.from_dict, members), (eu_dcc.from_payload, sound), (icvp.from_payload, other)):
        with pytest.raises(hcert.IssueError):
            make(value)
        for name in payload:
            with pytest.raises(hcert.IssueError):
                make({**payload, name: value})


@pytest.mark.parametrize(
    ("record", "path"),
    [
        (changed(CITIZEN, "tests[1].sampled_at", NOW + dt.timedelta(microseconds=1)), "tests[1].sampled_at"),
        (changed(ICVP, "sex", "F"), "sex"),
    ],
    ids=case_id,
)
def test_lossy_members_are_named(record: Any, path: str) -> None:
    """Fractions of a second, another word for the same."""
    place = path.partition(".")[0] if "[" in path else None
    assert refusal(record) == [("record.schema", place, path, "the format cannot hold it as it is")]


def test_every_member_type_is_checked() -> None:
    """A new member cannot be forgotten: an object of no known type is refused in its place."""
    for record in (CITIZEN, vaccination_record(), sample_test_record(), ICVP):
        for name in record.__struct_fields__:
            found = signable.type_findings(changed(record, name, object()))
            assert [in_language(one.details, "en")["path"] for one in found] == [name]
    assert signable.type_findings(CITIZEN) == []


def test_every_wrong_type_is_reported() -> None:
    """One attempt shows everything to mend."""
    record = msgspec.structs.replace(
        CITIZEN,
        person=citizen_person(given_name=5),
        tests=(sampled(3, name=5), sampled(4, result=None)),
    )
    paths = [path for _, _, path, _ in refusal(record)]
    assert paths == ["person.given_name", "tests[0].name", "tests[1].result"]


ISSUER = hcert.Issuer(SIGNER.signer, country="VN")


READER = hcert.TrustedKey.from_public_key(
    spki_of(x25519.X25519PrivateKey.generate()), usages=frozenset({hcert.Usage.OPEN})
)


SECRET = citizen.Confidential(id_number="001190000123")


NESTED: Any = ()


for _ in range(50):
    NESTED = (NESTED,)


ODD: list[Any] = [
    object(), type, 1j, dt.datetime(2020, 1, 1), dt.date(2020, 1, 1), decimal.Decimal("NaN"), float("nan"),  # noqa: DTZ001
    float("inf"), 10**400, -1, True, None, "", "  ", "\ud800", "\u202e", b"", b"\xff", {}, {1: object()}, {"a": b"x"},
    [], [object()], ("x",), (object(),), ((1, object()),), set(), range(3), NESTED,
]  # fmt: skip


RECORDS = {
    "citizen": citizen_record(2, 1, recoveries=(recovered(9),)),
    "vaccination": vaccination_record(),
    "test": sample_test_record(),
    "recovery": recovery_record(),
    "icvp": ICVP,
}


GROUPS = ("vaccinations", "tests", "recoveries", "doses")


BERLIN = ZoneInfo("Europe/Berlin")


TWICE = dt.datetime(2025, 10, 26, 2, 30, tzinfo=BERLIN)  # this hour comes twice


def issue(record: Any, **options: Any) -> hcert.Certificate:
    """Issue a record."""
    return ISSUER.issue(record, issued_at=NOW, expires_at=EXPIRY, **options)


def read(code: hcert.Certificate) -> Any:
    """Verify a code and return its record."""
    return SIGNER.verifier.verify(code.text, at=NOW).record


def with_odd_members(record: Any) -> list[tuple[str, Any]]:
    """Return the record with each odd value in each of its places."""
    found = []
    for name in record.__struct_fields__:
        found += [(name, msgspec.structs.replace(record, **{name: odd})) for odd in ODD]
    parts = [("person", record.person)] if hasattr(record, "person") else []
    groups = {name: getattr(record, name) for name in record.__struct_fields__ if name in GROUPS}
    parts += [(name, entries[0]) for name, entries in groups.items() if entries]
    for group, part in parts:
        for name in part.__struct_fields__:
            for odd in ODD:
                new = msgspec.structs.replace(part, **{name: odd})
                whole = new if group == "person" else (new, *getattr(record, group)[1:])
                found.append((f"{group}.{name}", msgspec.structs.replace(record, **{group: whole})))
    return found


@pytest.mark.parametrize("options", [{}, {"confidential": {READER: SECRET}}], ids=["plain", "sealed"])
@pytest.mark.parametrize("kind", RECORDS)
def test_any_member_value_is_issued_or_refused(kind: str, options: dict[str, Any]) -> None:
    """Each member of each record, with values of every type; sealing or not."""
    for place, record in with_odd_members(RECORDS[kind]):
        try:
            code = issue(record, **options)
        except hcert.HcertError:
            continue
        assert read(code) == record or options, place


@pytest.mark.parametrize("member", ["id_number", "former_id_number", "phone", "notes", "lot_numbers", "unrecognised"])
def test_any_confidential_value_is_sealed_or_refused(member: str) -> None:
    """With values of every type."""
    for odd in ODD:
        content = citizen.Confidential(**{member: odd})
        try:
            issue(citizen_record(), confidential={READER: content})
        except hcert.HcertError:
            continue


@pytest.mark.parametrize(
    "record",
    [
        citizen_record(1, 0).revise(tests=(sampled(9, sampled_at=TWICE),)),
        citizen_record(1, 0).revise(tests=(sampled(9, sampled_at=TWICE.replace(fold=1)),)),
        sample_test_record(sampled_at=TWICE),
        sample_test_record(sampled_at=TWICE.replace(fold=1)),
    ],
    ids=case_id,
)
def test_sample_in_the_repeated_hour_is_issued(record: Any) -> None:
    """A time of such an hour equals none of another zone, though it means one moment."""
    moment = read(issue(record)).tests[0].sampled_at
    assert moment.astimezone(dt.UTC) == record.tests[0].sampled_at.astimezone(dt.UTC)
