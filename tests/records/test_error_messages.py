"""What the readers and writers of records say: the code, the place and the detail of each refusal.

Whatever is told to people who type names, declare identities or run an issuer is held here, each once.
"""

from __future__ import annotations

import datetime as dt
import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import x25519

import hcert
from hcert import citizen, eu_dcc, icvp, names, uvci
from hcert.codec import cbor
from hcert.codec.cbor import DateTimeText
from hcert.codec.limits import MAX_EVENTS, MAX_INTEGER, MAX_SECONDS, MIN_SECONDS
from hcert.errors import ConfigurationError, HcertError
from hcert.fragments import in_language
from hcert.keys import hpke
from hcert.keys.usage import OPEN_ONLY
from hcert.records import kinds
from hcert.records.citizen import code_registry, json_form, sealed
from hcert.records.citizen.decode import from_wire as citizen_from_wire
from hcert.records.citizen.encode import to_wire as citizen_to_wire
from hcert.records.eu_dcc import decode, encode, model
from hcert.records.health_link import decode as health_link
from hcert.records.icvp import encode as icvp_encode
from hcert.records.identity import parse_citizen_card, parse_personal_code
from hcert.records.record_struct import Origin
from hcert.records.value_sets import value_set
from support.citizen_records import CERTIFICATE_ID, citizen_person, citizen_record
from support.signers import (
    pem_of,
    person,
    recovery,
    recovery_record,
    sample_test,
    spki_of,
    vaccination,
    vaccination_record,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hcert.findings import Finding

ORIGIN = Origin("VN", b"k")
SURROGATE = "\ud800"
CODE = "079188004217|LUONG THI BICH KHUE|1988-03-09|0|700000000000000042|<2<HS4790000000017<0900000017"
CARD = "079188004217|020000017|Lương Thị Bích Khuê|09031988|Nữ|Số 7|15042021"

Said = list[tuple[str, str | None, dict[str, Any]]]


def told(found: Iterable[Finding]) -> Said:
    """Return code, place and details of findings."""
    return [(one.code, one.record, in_language(one.details, "en")) for one in found]


def refusal(call: Callable[[], object]) -> Said:
    """Return what a call is refused with."""
    with pytest.raises(HcertError) as caught:
        call()
    return told(caught.value.findings)


def reader(private_key: Any, **options: Any) -> hcert.ReaderKey:
    """Make a group of readers."""
    key = hcert.TrustedKey.from_public_key(spki_of(private_key), usages=OPEN_ONLY, **options)
    return hcert.ReaderKey.from_pem(pem_of(private_key), key=key)


POLICE = reader(x25519.X25519PrivateKey.generate(), kid=b"police")
STRANGER = reader(x25519.X25519PrivateKey.generate(), kid=b"stranger")
PHONE = citizen.Confidential(phone="0900000001")


def sealing(*readers: hcert.TrustedKey, content: citizen.Confidential = PHONE) -> sealed.Sealed:
    """Seal for readers."""
    return sealed.seal_for(dict.fromkeys(readers, content), certificate_id=CERTIFICATE_ID, origin=ORIGIN)


def opened(plaintext: bytes) -> citizen.Confidential:
    """Open what an issuer sealed without looking at it."""
    part = sealed.SealedPart(POLICE.key.kid, 41, hpke.SealedBytes(b"", b""))
    info = cbor.encode(["Encrypt0", part.protected, cbor.encode([CERTIFICATE_ID, "VN", b"k"])])
    whole = sealed.Sealed(
        (sealed.SealedPart(part.kid, 41, hpke.Recipient(POLICE.key).seal(sealed._pad(plaintext), info=info)),)
    )
    return whole.bind_to(CERTIFICATE_ID, ORIGIN).open(POLICE)


def payload(**changes: Any) -> dict[str, Any]:
    """Return an EU DCC as JSON, changed."""
    return model.to_wire(vaccination_record()) | changes


def entry(**changes: Any) -> dict[str, Any]:
    """Return an EU DCC whose dose is changed."""
    sound = payload()
    return sound | {"v": [sound["v"][0] | changes]}


def dcc(**changes: Any) -> Callable[[], object]:
    """Write an EU DCC to sign."""
    return lambda: encode.encode(vaccination_record(**changes))


def lots(text: Any) -> citizen.Confidential:
    """Return lot numbers to be sealed."""
    return citizen.Confidential(lot_numbers=((1, text),))


NO_UVCI = "record.certificate_id"
ICVP_OF_TEXT: Any = icvp.Icvp(name="A", doses=(), generation="2026")  # type: ignore[arg-type]
PADDED: Any = [("record.padded_text", None, {"field": "nam.fn"})]

REFUSALS: dict[str, tuple[Callable[[], object], Said]] = {
    "DCC of other types": (
        dcc(birth_date="1990"),
        [("record.schema", None, {"path": "birth_date", "problem": "expected PartialDate, got str"})]),
    "DCC with a surrogate": (
        lambda: eu_dcc.from_payload(entry(dt=SURROGATE)),
        [("record.forbidden_character", None, {"field": "the payload"})]),
    "DCC with more": (lambda: eu_dcc.from_payload(payload(more=1)), [
        ("record.unknown_member", None, {"field": "more"})]),
    "DCC with a name that tells": (lambda: eu_dcc.from_payload(payload(**{"Anh 1990": 1})), [
        ("record.unknown_member", None, {"field": "a member"})]),
    "dose with more": (lambda: eu_dcc.from_payload(entry(More=1)), [
        ("record.unknown_member", None, {"field": "v[0].More"})]),
    "DCC without names": (lambda: eu_dcc.from_payload({k: v for k, v in payload().items() if k != "nam"}), [
        ("record.schema", None, {"path": "nam", "problem": "it is missing"})]),
    "DCC of no JSON": (lambda: eu_dcc.from_payload({**payload(), "v": ()}), [
        ("record.schema", None, {
            "path": "the payload", "problem": "it holds values that JSON does not have, or is nested more than 16 deep"})]),  # noqa: E501
    "DCC with two faults and a surrogate": (lambda: eu_dcc.from_payload(entry(dt=SURROGATE, dn=0)), [
        ("record.schema", None, {"path": "v[0].dn", "problem": "expected `int` >= 1"}),
        ("record.schema", None, {"path": "v[0].dt", "problem": "it is not valid Unicode"})]),
    "long name": (lambda: names.clean("A" * 1001, field="x"), [
        ("names.too_long", None, {"field": "x", "length": 1001, "limit": 1000})]),
    "long name to transliterate": (lambda: names.transliterate("A" * 1001, field="x"), [
        ("names.too_long", None, {"field": "x", "length": 1001, "limit": 1000})]),
    "link that is not issued": (lambda: kinds.issuable_kind(None), [  # type: ignore[arg-type]
        ("record.schema", None, {
            "path": "the record", "problem": "this kind of record is read and never issued"})]),
    "ICVP of other types": (lambda: icvp_encode.encode(ICVP_OF_TEXT), [
        ("record.schema", None, {"path": "generation", "problem": "expected Generation, got str"})]),
    "DCC that is none": (lambda: eu_dcc.from_payload([]), [
        ("record.schema", None, {"path": "the payload", "problem": "expected an object with text keys"})]),
    "version to issue": (dcc(schema_version="1.0.0"), [
        ("record.unsupported_version", None, {"version": "1.0.0", "known": "1.3.x"})]),
    "given name to issue": (dcc(person=person(standardised_given_name="A<")), [
        ("record.name_not_standardised", None, {"field": "nam.gnt"})]),
    "UVCI to issue": (dcc(vaccinations=(vaccination(certificate_id="x"),)), [
        (NO_UVCI, "vaccinations[0]", {"field": "v[0].ci"})]),
    "text to issue": (dcc(person=person(family_name="A\u202e")), [
        ("record.forbidden_character", None, {"field": "nam.fn"})]),
    "empty names to issue": (dcc(person=person(family_name="", given_name="")), [
        ("record.schema", None, {"path": f"nam.{name}", "problem": "it is empty"}) for name in ("fn", "gn")]),
    "dose text to issue": (dcc(vaccinations=(vaccination(issuer="A\u202e"),)), [
        ("record.forbidden_character", None, {"field": "v[0].is"})]),
    "empty text to issue": (dcc(vaccinations=(vaccination(issuer=""),)), [
        ("record.schema", "vaccinations[0]", {"path": "v[0].is", "problem": "it is empty"})]),
    "padded text to issue": (dcc(vaccinations=(vaccination(issuer=" A"),)), [
        ("record.padded_text", "vaccinations[0]", {"field": "v[0].is"})]),
    "dose of another age": (dcc(vaccinations=(vaccination(date=dt.date(1899, 12, 31)),)), [
        ("record.inconsistent_dates", "vaccinations[0]", {"field": "v[0].dt", "other": "dob"})]),
    "dose before birth": (dcc(vaccinations=(vaccination(date=dt.date(1990, 5, 16)),)), [
        ("record.inconsistent_dates", "vaccinations[0]", {"field": "v[0].dt", "other": "dob"})]),
    "sample before birth": (
        dcc(vaccinations=(), tests=(sample_test(sampled_at=dt.datetime(1990, 5, 15, tzinfo=dt.UTC)),)),
        [("record.inconsistent_dates", "tests[0]", {"field": "t[0].sc", "other": "dob"})]),
    "recovery before birth": (dcc(vaccinations=(), recoveries=(recovery(first_positive=dt.date(1990, 5, 16)),)), [
        ("record.inconsistent_dates", "recoveries[0]", {"field": "r[0].fr", "other": "dob"})]),
    "no entry to travel": (lambda: citizen.to_eu_dcc(citizen_record(), 99), [
        ("travel.no_entry", None, {"number": 99})]),
    "unknown JSON member": (lambda: json_form.from_dict({"fax": 1}), [
        ("record.unknown_member", None, {"field": "fax"})]),
    "JSON entry without number": (
        lambda: json_form.from_dict({"person": {}, "tests": [{"sampled_at": 5}]}),
        [("record.schema", None, {
            "path": "tests[0]", "problem": "expected `datetime`, got `int` at `$.sampled_at`"})]),
    "no group": (lambda: sealing(POLICE.key).open(STRANGER), [
        ("sealed.no_group", None, {"kid": b"stranger".hex()})]),
    "damaged": (lambda: sealing(POLICE.key).bind_to(bytes(16), ORIGIN).open(POLICE), [
        ("sealed.damaged", None, {"kid": b"police".hex()})]),
    "one reader twice": (
        lambda: sealing(POLICE.key, replace(STRANGER.key, kid=b"police")),
        [("sealed.same_reader", None, {"kid": b"police".hex()})]),
    "sealed rubbish": (lambda: opened(b"\xff"), [
        ("sealed.malformed", None, {"path": "the whole", "problem": "it is not well-formed CBOR"})]),
    "sealed nothing": (lambda: opened(b"\xa0"), [
        ("sealed.malformed", None, {"path": "the whole", "problem": "it does not have any member"})]),
    "sealed list": (lambda: opened(b"\x80"), [
        ("sealed.malformed", None, {"path": "the whole", "problem": "expected a map"})]),
    "sealed number": (lambda: opened(cbor.encode({0: 5})), [
        ("sealed.malformed", None, {"path": "id_number", "problem": "expected text of 1 to 80 characters"})]),
    "lots of other types": (lambda: sealing(POLICE.key, content=lots(5)), [
        ("sealed.malformed", None, {"path": "lot_numbers", "problem": "expected text of 1 to 80 characters"})]),
    "members of other types": (lambda: sealing(POLICE.key, content=citizen.Confidential(lot_numbers=5)), [  # type: ignore[arg-type]
        ("sealed.malformed", None, {"path": "the members", "problem": "they have the wrong types"})]),
    "lots that do not rise": (
        lambda: sealing(POLICE.key, content=citizen.Confidential(lot_numbers=((2, "b"), (1, "a")))),
        [("sealed.malformed", None, {"path": "lot_numbers", "problem": "the entry numbers are not in ascending order"})]),  # noqa: E501
    "lots that are none": (lambda: opened(cbor.encode({4: []})), [("sealed.malformed", None, {
        "path": "lot_numbers", "problem": "expected a map from entry number to lot number, of 1 to 100 members"})]),
    "lot text": (lambda: sealing(POLICE.key, content=lots("A\u202e")), [
        ("record.forbidden_character", None, {"field": "lot_numbers"})]),
    "sealed text": (lambda: sealing(POLICE.key, content=citizen.Confidential(phone="A\u202e")), [
        ("record.forbidden_character", None, {"field": "phone"})]),
    "personal code fields": (lambda: parse_personal_code("a|b"), [("identity.format", None, {
        "kind": "personal code of decision 1405",
        "reason": "expected 6 fields separated by |, found 2"})]),
    "personal code blanks": (lambda: parse_personal_code(CODE + "\n"), [("identity.format", None, {
        "kind": "personal code of decision 1405", "reason": "it has blanks or line ends around it"})]),
    "personal code long": (lambda: parse_personal_code("x" * 5000), [("identity.format", None, {
        "kind": "personal code of decision 1405", "reason": "it has more than 1024 characters"})]),
    "personal code content": (lambda: parse_personal_code("1|a|9.3.1988|5|x|y<5<z<u"), [
        ("identity.number", None, {
            "reason": "passports have 1 or 2 capital letters and 6 to 8 digits, old cards 9 digits"}),
        ("identity.name", None, {"reason": "expected words of A-Z with one space or apostrophe between them"}),
        ("identity.declaration", None, {}),
        ("identity.user_code", None, {}),
        ("identity.user_code", None, {}),
        ("identity.sex", None, {"allowed": "0, 1, 2"}),
        ("identity.insurance_number", None, {}),
        ("identity.phone", None, {}),
        ("identity.birth_date", None, {"form": "YYYY-MM-DD"})]),
    "card fields": (lambda: parse_citizen_card("a|b"), [("identity.format", None, {
        "kind": "code of a citizen card", "reason": "expected 7 fields separated by |, found 2"})]),
    "card content": (lambda: parse_citizen_card("1|2|5|1988-03-09|F|\u202e|x"), [
        ("identity.number", None, {"reason": "a citizen card has 12 digits"}),
        ("identity.old_number", None, {}),
        ("identity.birth_date", None, {"form": "DDMMYYYY"}),
        ("identity.sex", None, {"allowed": "Nam, Nữ"}),
        ("identity.issue_date", None, {"form": "DDMMYYYY"}),
        ("names.no_letter", None, {"field": "full_name", "position": 1}),
        ("record.forbidden_character", None, {"field": "residence"})]),
    "card issue date alone": (lambda: parse_citizen_card(CARD[:-8] + "15132021"), [
        ("identity.issue_date", None, {"form": "DDMMYYYY"})]),
    "identity name": (lambda: parse_citizen_card(CARD).person(family_name="5", given_name="Khuê"), [
        ("names.no_letter", None, {"field": "family_name", "position": 1})]),
    "empty name": (lambda: names.clean(" \u00a0"), [("names.empty", None, {"field": "name"})]),
    "empty name of a field": (lambda: names.clean("", field="x"), [("names.empty", None, {"field": "x"})]),
    "empty letters": (lambda: names.transliterate("", field="x"), [("names.empty", None, {"field": "x"})]),
    "no letter": (lambda: names.transliterate("A5"), [("names.no_letter", None, {"field": "name", "position": 2})]),
    "no letters": (lambda: names.transliterate("-"), [("names.no_letter", None, {"field": "name", "position": 1})]),
    "one name": (lambda: names.same_name("5", "A"), [("names.no_letter", None, {"field": "name", "position": 1})]),
    "other name": (lambda: names.same_name("A", "5"), [("names.no_letter", None, {"field": "name", "position": 1})]),
    "name to split": (lambda: names.propose_split("5 A"), [
        ("names.no_letter", None, {"field": "name", "position": 1})]),
    "UVCI": (lambda: uvci.check_character("URN:UVCI:01:VN:é"), [
        ("uvci.malformed", None, {"reason": "it holds other characters than A-Z 0-9 / and :"})]),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_says_what_is_wrong_and_where(name: str) -> None:
    """Every reason there is, none twice, and never the text itself."""
    call, expected = REFUSALS[name]
    assert refusal(call) == expected


def link(**changes: Any) -> str:
    """Write a health link."""
    sound = {"url": "https://health.example/m", "key": "rxTgYlOaKJPFtcEd0qcceN8wEU4p94SqAwIWQe6uX7Q"}
    return linked(json.dumps(sound | changes))


def linked(text: str) -> str:
    """Write a health link of any content."""
    return "shlink:/" + urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (5, "the link is missing"),
        ({}, "the link is missing"),
        ("x" * 4097, "it has more than 4096 characters"),
        ("x" * 4096, "it does not start with shlink:/ or vhlink:/"),
        (linked("[]"), "its payload is not a JSON object"),
        (linked('{"url": 1, "url": 2}'), "its payload is not JSON in base64url, or a member occurs twice"),
        (link(label="x" * 81), "its label is not text of at most 80 characters"),
        (link(label=5), "its label is not text of at most 80 characters"),
        (link(label="\u202e"), "its label holds characters that hide or steer text, or is not in Unicode form NFC"),
        (link(exp=MIN_SECONDS - 1), "its expiry is not a time between 1970 and 9999"),
        (link(exp=MAX_SECONDS + 1), "its expiry is not a time between 1970 and 9999"),
        (link(exp="x"), "its expiry is not a time between 1970 and 9999"),
        (link(v=0), "its version is not a number from 1"),
        (link(v=MAX_INTEGER + 1), "its version is not a number from 1"),
        (link(v="1"), "its version is not a number from 1"),
    ],
)
def test_why_a_health_link_cannot_be_followed_is_said(value: Any, reason: str) -> None:
    """In words of the protocol."""
    assert told(health_link.decode(value)[1]) == [("record.link_malformed", None, {"reason": reason})]


@pytest.mark.parametrize(
    "changes",
    [{"label": "x" * 80}, {"exp": MIN_SECONDS}, {"exp": MAX_SECONDS}, {"v": MAX_INTEGER}, {"flag": "x" * 0}],
)
def test_the_bounds_of_a_health_link_are_within(changes: dict[str, Any]) -> None:
    """What just fits is read; a link says no version where it is of the first."""
    read, _ = health_link.decode(link(**changes))
    assert read is not None
    assert read.version == changes.get("v", 1)


@pytest.mark.parametrize("padding", range(4))
def test_a_health_link_of_any_length_is_decoded(padding: int) -> None:
    """Base64 without its padding has three lengths that occur."""
    read, _ = health_link.decode(link(label="x" * padding))
    assert read is not None
    assert read.label == "x" * padding


DATES = {name: value_set(name).date for name in ("sct-vaccines-covid-19", "country-2-codes")}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (payload(dob=DateTimeText("1990-05-17")), [
            ("record.tagged_time", None, {"field": "dob"})]),
        (payload(ver=DateTimeText("1.3.3")), [
            ("record.schema", None, {"path": "ver", "problem": "it holds a tagged date-time, which is not allowed"})]),
        (entry(dt=DateTimeText("2026-04-01")), [
            ("record.tagged_time", "vaccinations[0]", {"field": "v[0].dt"})]),
        (entry(vp="J07BX03"), [("record.retired_code", "vaccinations[0]", {
            "field": "v[0].vp", "value_set": "sct-vaccines-covid-19", "date": DATES["sct-vaccines-covid-19"]})]),
        (payload(nam={"fnt": "NGUYEN", "gnt": "Ánh"}), [("record.name_not_standardised", None, {"field": "nam.gnt"})]),
        (payload(nam=5), [("record.schema", None, {"path": "nam", "problem": "expected an object with text keys"})]),
        (payload(v=[{}] * 17), [("record.schema", None, {"path": "v", "problem": "it holds more than 16 events"})]),
        (model.to_wire(recovery_record(valid_until=recovery().valid_from)), []),
        (model.to_wire(vaccination_record(recoveries=(recovery(),))), [
            ("record.multiple_events", None, {"count": 2})]),
        ({**model.to_wire(vaccination_record()), "t": []}, [("record.empty_group", None, {"field": "t"})]),
        ({**model.to_wire(vaccination_record()), "t": None}, [("record.empty_group", None, {"field": "t"})]),
    ],
)  # fmt: skip
def test_what_reading_an_eu_dcc_finds_is_said(given: Any, expected: Said) -> None:
    """Of the right member, with the right value set."""
    assert told(decode.decode(given)[1])[: len(expected) or None] == expected


def test_as_many_events_as_allowed_are_read_leniently_too() -> None:
    """Each with a deviation."""
    sound = payload()
    read, found = decode.decode(sound | {"v": [sound["v"][0] | {"dn": 1.0}] * MAX_EVENTS})
    assert read is not None
    assert [one.code for one in found].count("record.float_integer") == MAX_EVENTS


def test_the_schema_speaks_where_the_walk_over_it_is_silent() -> None:
    """The library names the type that is due."""
    with pytest.raises(msgspec.ValidationError, match=r"^Expected `object`$"):
        model.from_wire([])
    without = {name: value for name, value in payload().items() if name != "ver"}
    with pytest.raises(msgspec.ValidationError, match=r"^Object missing required field `ver`$"):
        model.from_wire(without)


GIVEN = dt.datetime(2026, 5, 7, 12, tzinfo=dt.UTC)
TABLE = icvp.ProductTable({"known": icvp.Product("1D47")})


def dosed(*products: str) -> hcert.Icvp:
    """Return an ICVP with a dose of each product."""
    doses = tuple(icvp.Dose(product=product, date=GIVEN.date(), batch="1") for product in products)
    return hcert.Icvp(name="A B", doses=doses)


def test_each_dose_of_an_icvp_is_judged_by_its_day_in_utc() -> None:
    """One that is not listed keeps nobody from judging the next."""
    found = icvp.judge(dosed("other", "known"), TABLE, at=GIVEN + dt.timedelta(days=9))
    assert told(found) == [
        ("policy.product_not_listed", "doses[0]", {}),
        ("policy.not_yet_protected", "doses[1]", {"days": 10}),
    ]
    eve = dt.datetime(2026, 5, 17, 1, tzinfo=dt.timezone(dt.timedelta(hours=7)))  # the tenth day, but not in UTC
    assert told(icvp.judge(dosed("known"), TABLE, at=eve)) == [("policy.not_yet_protected", "doses[0]", {"days": 10})]
    assert told(icvp.judge(dosed("known"), TABLE, at=GIVEN + dt.timedelta(days=10))) == []
    with pytest.raises(ConfigurationError) as caught:
        icvp.judge(dosed("known"), TABLE, at=GIVEN.replace(tzinfo=None))
    assert in_language(caught.value.findings[0].details, "en") == {"name": "at"}


def test_what_is_sealed_for_whom_is_shown() -> None:
    """The JSON form names the readers' keys, and holds nothing else of it."""
    shown = json_form.to_dict(citizen_record().with_sealed(sealing(POLICE.key, STRANGER.key)))
    assert shown["sealed_for"] == [b"police".hex(), b"stranger".hex()]
    assert json_form.from_dict({"person": {}}).revision == 1


def test_lines_are_allowed_in_notes_alone() -> None:
    """And they come back as they were."""
    notes = citizen.Confidential(notes="A\nB\n\nC" + "x" * 1990)
    assert sealing(POLICE.key, content=notes).open(POLICE) == notes


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("A" * 80, "A" * 80),
        ("A" * 81, "A" * 80),
        ("A" * 40 + " " + "B" * 39, "A" * 40 + "<" + "B" * 39),
        ("A" * 40 + " " + "B" * 40, "A" * 40),
        ("A" * 80 + " B", "A" * 80),
        ("A " + "B" * 80, "A"),
    ],
)
def test_long_names_end_with_the_last_word_that_fits(name: str, letters: str) -> None:
    """At 80 characters."""
    assert names.transliterate(name) == letters


def test_dates_do_not_show_themselves_and_can_be_told_apart() -> None:
    """Birth dates stand in no log, and serve as keys."""
    dates = [eu_dcc.PartialDate(), eu_dcc.PartialDate(1990), eu_dcc.PartialDate(1990, 5, 17)]
    assert {repr(date) for date in dates} == {"<PartialDate>"}
    assert len(set(map(hash, dates))) == 3


def test_only_a_sealed_part_is_random() -> None:
    """Nothing of an EU DCC is kept from being compressed."""
    assert kinds.KINDS[1].random_bytes(payload(), b"") == 0
    assert kinds.KINDS[1].random_bytes({7: [1]}, b"\x81\x01") == 0


def test_a_uvci_ends_at_its_last_part() -> None:
    """A check character stands behind the one mark; random parts are without padding."""
    assert "=" not in uvci.random_opaque()
    sound = uvci.with_check_character("URN:UVCI:01:VN:A")
    assert uvci.check_character_holds(sound)
    assert uvci.check_character_holds(f"{sound}#{sound[-1]}") is False
    made = uvci.make_structured("VN", entity="MOH", vaccine="VACC", opaque="X1")
    assert "/X1#" in made


@pytest.mark.parametrize(("number", "shown"), [(99_999, "99999"), (79190000123, "of another number")])
def test_the_number_of_a_payload_is_shown_where_it_is_nobodys(number: int, shown: object) -> None:
    """A greater one could be an ID number that a signer put there."""
    assert told(kinds.decode(number, {}, ORIGIN)[1]) == [("record.unknown", None, {"subclaim": shown})]


def test_a_number_that_the_registry_does_not_have_is_written_as_it_was_read() -> None:
    """One of a single digit too, in a table of two rows."""
    assert [code_registry.to_wire("test_results", code) for code in ("#7", "#999")] == [7, 999]


def test_the_first_number_that_the_registry_does_not_have_is_read_as_such() -> None:
    """A row added by a newer version comes right behind the last one known."""
    rows = code_registry.codes("test_results")
    found, problems = citizen_from_wire(changed_result(len(rows)))
    assert found is not None
    assert (found.tests[0].result, problems) == (f"#{len(rows)}", [])


def changed_result(number: int) -> dict[Any, Any]:
    """Return a record on the wire whose test has another result."""
    written: Any = citizen_to_wire(citizen_record(1, 1))
    written[5][0][3] = number
    return dict(written)


def test_an_unknown_birth_date_is_no_member() -> None:
    """Neither as an empty text nor as null."""
    record = citizen_record(1, 0).revise(person=citizen_person(birth_date=eu_dcc.PartialDate()))
    assert "birth_date" not in citizen.to_dict(record)["person"]
