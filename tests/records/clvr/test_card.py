"""The payload of a vaccination card: round trip, bounds, and what is not signed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import clvr
from hcert.codec import cbor
from hcert.records.clvr.decode import decode
from hcert.records.clvr.encode import encode
from support.raw_messages import CARD
from support.signers import EXPIRY, NOW, DocumentSigner, document_signer, rsa_key

INDEX = st.integers(0, 2**63 - 1)
DOSE = {"reg": "FRA", "rep": 36, "i": 1245, "a": 1386, "mp": 29}
BORN = dt.date(1990, 5, 17)


def card(*doses: clvr.Dose, **changes: Any) -> hcert.VaccinationCard:
    """Return a card with these doses, else with one."""
    members: dict[str, Any] = {"family_name": "Nguyễn", "given_name": "Thị Ngọc Ánh", "birth_date": BORN}
    return hcert.VaccinationCard(**(members | {"doses": doses or (dose(),)} | changes))


def dose(**changes: Any) -> clvr.Dose:
    """Return a dose."""
    members: dict[str, Any] = {
        "date": dt.date(2026, 4, 1),
        "vaccine": "VAC0029",
        "registry": "VNM",
        "repository": 1,
        "index": 7,
    }
    return clvr.Dose(**(members | changes))


DOSES = st.builds(
    clvr.Dose,
    date=st.dates(BORN, dt.date(2100, 1, 1)),
    vaccine=st.integers(0, 999_999).map(lambda number: f"VAC{number:04}"),
    registry=st.from_regex(r"\A[A-Z0-9*-]{2,6}\Z"),
    repository=INDEX,
    index=INDEX,
)


@given(st.lists(DOSES, min_size=1, max_size=20, unique=True))
def test_what_is_encoded_is_decoded(doses: list[clvr.Dose]) -> None:
    """Through CBOR, in the order of the record."""
    given_card = card(*doses)
    payload = cbor.decode(cbor.encode(encode(given_card)), depth=16)
    assert decode(payload) == (given_card, [])


def test_the_payload_of_the_published_example() -> None:
    """CLVR chapter 2, with the index of chapters 3 and 7: the same members and values."""
    record, found = decode(CARD)
    assert found == []
    assert record is not None
    assert encode(record) == CARD


@pytest.mark.parametrize("name", ["reg", "rep", "i", "a", "mp"])
@pytest.mark.parametrize("value", [None, -1, 1.0, True, "", "1", b"1", [], {}, 2**63], ids=repr)
def test_every_member_of_a_dose_is_checked(name: str, value: Any) -> None:
    """Missing, negative, of another type, or too large."""
    record, found = decode(CARD | {"v": [DOSE | {name: value}]})
    assert record is None
    assert [(one.code, dict(one.details)["path"]) for one in found] == [("record.schema", f"v[0].{name}")]


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        ({"ver": 1}, ["ver"]),
        ({"nam": []}, ["nam"]),
        ({"nam": {"fnt": "A"}}, ["nam.gnt"]),
        ({"nam": {"fnt": "", "gnt": "x" * 81}}, ["nam.fnt", "nam.gnt"]),
        ({"dob": "2017"}, ["dob"]),
        ({"dob": "2017-02-30"}, ["dob"]),
        ({"dob": "2017-W29-3"}, ["dob"]),
        ({"dob": "\uff12017-07-19"}, ["dob"]),
        ({"v": {}}, ["v"]),
        ({"v": [7]}, ["v[0]"]),
        ({"v": [DOSE] * 101}, ["v"]),
        ({"v": [DOSE | {"a": 4_000_000}]}, ["v[0].a"]),
        ({"v": [DOSE | {"a": 2**62}]}, ["v[0].a"]),
        ({"v": [DOSE | {"mp": 1_000_000}]}, ["v[0].mp"]),
        ({"v": [DOSE | {"reg": "FRANCE1"}]}, ["v[0].reg"]),
        ({"v": [DOSE | {"reg": "fra"}]}, ["v[0].reg"]),
    ],
    ids=str,
)
def test_every_other_member_is_checked(change: Any, paths: list[str]) -> None:
    """Ages that lead beyond the calendar included."""
    record, found = decode(CARD | change)
    assert record is None
    assert [(one.code, dict(one.details)["path"]) for one in found] == [("record.schema", path) for path in paths]


@pytest.mark.parametrize("payload", [None, [], "x", 7, b""], ids=repr)
def test_a_payload_is_a_map(payload: Any) -> None:
    """And one finding says so."""
    record, found = decode(payload)
    assert record is None
    assert [one.code for one in found] == ["record.schema"]


@pytest.mark.parametrize(("version", "known"), [("1.0.0", True), ("1.9.12", True), ("2.0.0", False), ("1.0", False)])
def test_minor_versions_are_read(version: str, *, known: bool) -> None:
    """Another major one may mean anything."""
    record, found = decode(CARD | {"ver": version})
    assert (record is not None) is known
    assert [one.code for one in found] == ([] if known else ["record.unsupported_version"])


def test_a_national_identifier_is_not_read() -> None:
    """It does not belong in the open part of a code."""
    record, found = decode(CARD | {"pid": {"oid": "1.2.250.1.213.1.4.8", "id": "279035121518989"}})
    assert record == decode(CARD)[0]
    assert found == []


def test_an_empty_card_is_named() -> None:
    """It is read, and never issued."""
    record, found = decode(CARD | {"v": []})
    assert record is not None
    assert [one.code for one in found] == ["record.empty_group"]
    with pytest.raises(hcert.IssueError, match="group v"):
        encode(card(doses=()))


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (card(dose(date=dt.date(1990, 5, 16))), "record.inconsistent_dates"),
        (card(dose(vaccine="EU/1/20/1528")), "record.schema"),
        (card(dose(vaccine="VAC29")), "record.schema"),
        (card(dose(vaccine="VAC00029")), "record.schema"),
        (card(dose(registry="vnm")), "record.schema"),
        (card(dose(index=-1)), "record.schema"),
        (card(dose(index="7")), "record.schema"),
        (card(dose(), dose()), "record.repeated_entry"),
        (card(family_name=" Nguyễn"), "record.padded_text"),
        (card(family_name=""), "record.schema"),
        (card(given_name="A\u202eB"), "record.forbidden_character"),
        (card(given_name="A\ufffd"), "record.replacement_character"),
        (card(schema_version="2.0.0"), "record.unsupported_version"),
        (card(birth_date=dt.datetime(1990, 5, 17, tzinfo=dt.UTC)), "record.schema"),
        (card(*(dose(index=index) for index in range(101))), "record.schema"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_not_signed(wrong: hcert.VaccinationCard, code: str, es256: DocumentSigner) -> None:
    """Each with its reason."""
    with pytest.raises(hcert.IssueError) as caught:
        hcert.Issuer(es256.signer, country="VN").issue(wrong, issued_at=NOW, expires_at=EXPIRY)
    assert code in {found.code for found in caught.value.findings}


@pytest.mark.parametrize("algorithm", [None, hcert.Algorithm.ESP256])
def test_a_card_is_issued_and_accepted(algorithm: hcert.Algorithm | None, es256: DocumentSigner) -> None:
    """Under either number of the algorithm, and predicted to the character."""
    issuer = hcert.Issuer(es256.signer, country="VN", algorithm=algorithm)
    code = issuer.issue(card(), issued_at=NOW, expires_at=EXPIRY, error="M")
    assert code.text.startswith("VC1:")
    assert issuer.predict(card(), issued_at=NOW, expires_at=EXPIRY).characters == len(code.text)
    certificate = es256.verifier.verify(code.text, at=NOW)
    assert certificate.record == card()
    assert hcert.read_unverified(code.text).algorithm == (algorithm or -7)


def test_a_card_is_not_signed_with_rsa() -> None:
    """CLVR knows ES256 and ESP256; no reader of cards would take another."""
    issuer = hcert.Issuer(document_signer(rsa_key()).signer, country="VN")
    with pytest.raises(hcert.IssueError) as caught:
        issuer.issue(card(), issued_at=NOW, expires_at=EXPIRY)
    assert caught.value.code == "cose.card_algorithm"


def test_a_repr_names_nobody() -> None:
    """Logs hold no personal data."""
    assert repr(card()) == "<VaccinationCard>"
    assert "VAC" not in repr(msgspec.structs.astuple(card())[3][0])
