"""What untyped sources and careless programs hand in: issued as it was meant, or refused with an error of ours."""

from __future__ import annotations

import datetime as dt
import decimal
import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import x25519

import hcert
from hcert import citizen, eu_dcc, icvp, names
from hcert.fragments import fragment
from hcert.records.health_link import decode as health_link
from support.citizen_records import CERTIFICATE_ID, citizen_record, recovered, sampled
from support.raw_messages import DCC
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

if TYPE_CHECKING:
    from collections.abc import Callable

SIGNER = document_signer(p256())
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
CERTIFICATE = icvp.Icvp(
    name="Nguyễn Thị Ánh",
    birth_date=eu_dcc.PartialDate(1990, 5, 17),
    sex="female",
    nationality="VNM",
    document_number="C0000001",
    document_type="PPN",
    template_version="1.0.0",
    doses=(icvp.Dose(product="YellowFeverProduct", date=dt.date(2026, 1, 12), batch="AB123", issuer="VNM"),),
)
RECORDS = {
    "citizen": citizen_record(2, 1, recoveries=(recovered(9),)),
    "vaccination": vaccination_record(),
    "test": sample_test_record(),
    "recovery": recovery_record(),
    "icvp": CERTIFICATE,
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


def changed(record: Any) -> list[tuple[str, Any]]:
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
def test_whatever_a_member_holds_the_record_is_issued_and_read_back_or_refused(
    kind: str, options: dict[str, Any]
) -> None:
    """Each member of each record, with values of every type; sealing or not."""
    for place, record in changed(RECORDS[kind]):
        try:
            code = issue(record, **options)
        except hcert.HcertError:
            continue
        assert read(code) == record or options, place


@pytest.mark.parametrize("member", ["id_number", "former_id_number", "phone", "notes", "lot_numbers", "unrecognised"])
def test_whatever_is_to_be_sealed_is_sealed_or_refused(member: str) -> None:
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
)
def test_a_sample_of_the_hour_that_comes_twice_is_issued(record: Any) -> None:
    """A time of such an hour equals none of another zone, though it means one moment."""
    moment = read(issue(record)).tests[0].sampled_at
    assert moment.astimezone(dt.UTC) == record.tests[0].sampled_at.astimezone(dt.UTC)


def test_much_sealed_content_is_told_not_to_fit() -> None:
    """More than one stored block of a zlib stream can hold; its size can be predicted all the same."""
    keys = [
        hcert.TrustedKey.from_public_key(
            spki_of(x25519.X25519PrivateKey.generate()), usages=frozenset({hcert.Usage.OPEN})
        )
        for _ in range(16)
    ]
    content = dict.fromkeys(keys, citizen.Confidential(notes="Ắ" * 2000))
    size = ISSUER.predict(citizen_record(), issued_at=NOW, expires_at=EXPIRY, confidential=content)
    assert size.characters > 120_000
    with pytest.raises(hcert.IssueError) as caught:
        issue(citizen_record(), confidential=content)
    assert caught.value.code == "issue.nothing_fits"


def refused(call: Callable[[], object]) -> list[str]:
    """Return the codes of a refusal, and make sure that no value hangs on to it."""
    with pytest.raises(hcert.HcertError) as caught:
        call()
    assert caught.value.__context__ is None
    return [found.code for found in caught.value.findings]


def payload(**changes: Any) -> dict[str, Any]:
    """Return an EU DCC as JSON."""
    sound = eu_dcc_payload()
    return sound | {"v": [sound["v"][0] | changes]}


def eu_dcc_payload() -> dict[str, Any]:
    """Return an EU DCC as JSON has it."""
    code = issue(vaccination_record())
    found: dict[str, Any] = hcert.read_unverified(code.text).subclaims[1]
    return found


def test_text_that_is_none_is_refused_beside_another_fault() -> None:
    """Both are told."""
    assert refused(lambda: eu_dcc.from_payload(payload(dt="2026-04-\ud800", dn=0))) == ["record.schema"] * 2
    assert refused(lambda: eu_dcc.from_payload(payload(dt="2026-04-\ud800"))) == ["record.forbidden_character"]


@pytest.mark.parametrize("value", [NOW, NOW.date(), decimal.Decimal(1), (1,), {1: 2}, {"a": (1,)}, [b"x"]])
def test_what_json_does_not_have_is_no_payload(value: Any) -> None:
    """Other formats give dates and tuples, which would be read as text."""
    assert refused(lambda: eu_dcc.from_payload(payload(dt=value))) == ["record.schema"]


def test_records_that_are_only_read_are_not_issued() -> None:
    """A link or an unknown record, as a verdict may hold one."""
    link = hcert.HealthLink(scheme="shlink", url="https://health.example/m", key="A" * 43)
    records: list[Any] = [link, hcert.UnknownRecord(subclaim=5), None, {}]
    for record in records:
        assert refused(partial(issue, record)) == ["record.schema"]


def test_an_icvp_has_no_members_beyond_its_generation() -> None:
    """Nothing is lost in silence, in the certificate or in the dose."""
    sound = hcert.read_unverified(issue(CERTIFICATE).text).subclaims[-6]
    assert icvp.from_payload(sound) == CERTIFICATE
    odd = {**sound, "gnn": "x", "vx": {**sound["vx"], "foo": "x", "Ánh 1990": 1}}
    with pytest.raises(hcert.IssueError) as caught:
        icvp.from_payload(odd)
    told = {dict(found.details)["field"] for found in caught.value.findings}
    assert told == {"gnn", "vx.foo", fragment("place.member_of", holder="vx")}


@pytest.mark.parametrize("generation", ["2024", "2026", "2023", None, []])
def test_a_generation_is_one_of_the_enumeration(generation: Any) -> None:
    """A text that spells one could slip past what its generation forbids."""
    assert refused(lambda: issue(msgspec.structs.replace(CERTIFICATE, generation=generation))) == ["record.schema"]


@pytest.mark.parametrize("changes", [{"name": "   "}, {"nationality": " VNM"}, {"document_number": ""}])
def test_texts_of_an_icvp_say_something(changes: dict[str, str]) -> None:
    """Without blanks around them."""
    codes = refused(lambda: issue(msgspec.structs.replace(CERTIFICATE, **changes)))
    assert set(codes) & {"record.padded_text", "record.schema"}


@pytest.mark.parametrize("label", ["\ud800", "x\u202e", "\x1b[2J", "e\u0301"])
def test_a_label_that_hides_or_steers_text_makes_a_link_malformed(label: str) -> None:
    """It would be shown to a person."""
    members = {"url": "https://health.example/m", "key": "A" * 43, "label": label}
    link = "shlink:/" + urlsafe_b64encode(json.dumps(members).encode()).decode().rstrip("=")
    record, found = health_link.decode([{"u": link}])
    assert record is None
    assert [reason.code for reason in found] == ["record.link_malformed"]


def test_a_text_longer_than_any_name_is_no_name() -> None:
    """Marks in a row would take time with their square."""
    assert names.transliterate("A" * 1000) == "A" * 80
    for text in ("A" * 1001, "a" + "\u0301\u0327" * 20_000):
        for call in (names.clean, names.transliterate, names.propose_split):
            with pytest.raises(hcert.MalformedError) as caught:
                call(text)
            assert dict(caught.value.findings[0].details)["limit"] == 1000


def test_fractions_of_a_second_are_cut_when_merged_and_told() -> None:
    """What is merged can be issued."""
    sampled_at = NOW - dt.timedelta(days=1, microseconds=123)
    dcc = sample_test_record(sampled_at=sampled_at)
    certificate = hcert.VerifiedCertificate(record=dcc, payload={}, claims=hcert.Claims(issued_at=NOW), key=SIGNER.key)
    record, found = citizen.merge([certificate], certificate_id=CERTIFICATE_ID)
    assert [(reason.code, dict(reason.details)) for reason in found] == [("merge.time_cut", {"position": 1})]
    assert record.tests[0].sampled_at == sampled_at.replace(microsecond=0)
    assert read(issue(record)) == record


def test_a_sample_time_without_an_offset_is_refused() -> None:
    """It could mean any hour of a day."""
    members = citizen.to_dict(citizen_record(0, 1))
    members["tests"][0]["sampled_at"] = "2026-05-30T08:15:00"
    assert refused(lambda: citizen.from_dict(members)) == ["record.schema"]


@pytest.mark.parametrize("version", ["001190000123.0.1990", "2." + "1" * 100 + ".0", "1x9.0", "٢.0.0", "1.3.0\n", "2"])
def test_a_version_of_another_form_breaks_the_schema_and_is_not_shown(version: str) -> None:
    """A signer could put anything there."""
    with pytest.raises(hcert.IssueError) as caught:
        eu_dcc.from_payload({**DCC, "ver": version})
    assert caught.value.code == "record.schema"
    assert version not in str(caught.value)


@pytest.mark.parametrize("parts", [(10**20,), (1990, 10**20), (1990, 5, 10**20)])
def test_a_part_of_a_date_is_a_number_of_the_calendar(parts: tuple[int, ...]) -> None:
    """One error for all that is no date."""
    with pytest.raises(ValueError, match=r"not a date of the calendar|month must be|day is out"):
        eu_dcc.PartialDate(*parts)


def test_the_key_of_a_reader_under_a_signers_kid_changes_nothing_for_what_is_refused() -> None:
    """What cannot be issued is refused before anything is sealed."""
    odd = citizen_record().revise(certificate_id=b"short")
    reader = replace(READER, kid=SIGNER.key.kid)
    assert refused(lambda: issue(odd, confidential={reader: SECRET})) == ["record.schema"]
