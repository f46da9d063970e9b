"""What an issuer refuses, each with its code and the details that say what to change."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, x25519

import hcert
from hcert import citizen
from hcert.findings import finding
from hcert.fragments import fragment
from hcert.issue.capacity import CodeSize, check_fit
from hcert.issue.conditions import reader_findings, time_findings, whole_second
from hcert.issue.symbol import CAPACITY, version_for
from hcert.keys.trusted_key import Status
from hcert.keys.usage import OPEN_ONLY
from support.citizen_records import citizen_record, sampled, value_sets
from support.signers import (
    EXPIRY,
    NOT_AFTER,
    NOT_BEFORE,
    NOW,
    document_signer,
    p256,
    spki_of,
    vaccination_record,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from hcert.findings import Finding

SIGNER = document_signer(p256())
ISSUER = hcert.Issuer(SIGNER.signer, country="VN")
READER = hcert.TrustedKey.from_public_key(spki_of(x25519.X25519PrivateKey.generate()), usages=OPEN_ONLY)
SECOND = dt.timedelta(seconds=1)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
SECRET = citizen.Confidential(phone="0912345678")


def refusal(call: Callable[[], object]) -> tuple[Finding, ...]:
    """Return the findings with which a call is refused."""
    with pytest.raises(hcert.HcertError) as caught:
        call()
    return caught.value.findings


def issue(record: Any = None, **more: Any) -> hcert.Certificate:
    """Issue a record, an EU DCC where none is given."""
    return ISSUER.issue(record or vaccination_record(), **({"issued_at": NOW, "expires_at": EXPIRY} | more))


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        pytest.param(
            {"expires_at": NOW},
            finding("issue.expiry_before_issue", expires_at="2026-06-01T12:00:00Z", issued_at="2026-06-01T12:00:00Z"),
            id="expiry at issue",
        ),
        pytest.param(
            {"expires_at": NOT_AFTER + SECOND},
            finding(
                "issue.outlives_key",
                expires_at=f"{NOT_AFTER + SECOND:%Y-%m-%dT%H:%M:%SZ}",
                not_after=f"{NOT_AFTER:%Y-%m-%dT%H:%M:%SZ}",
            ),
            id="after the key",
        ),
        pytest.param(
            {"issued_at": NOT_BEFORE - SECOND},
            finding(
                "issue.predates_key",
                issued_at=f"{NOT_BEFORE - SECOND:%Y-%m-%dT%H:%M:%SZ}",
                not_before=f"{NOT_BEFORE:%Y-%m-%dT%H:%M:%SZ}",
            ),
            id="before the key",
        ),
        pytest.param({"issued_at": EPOCH - SECOND}, finding("issue.time_range", name="issued_at"), id="issue in 1969"),
        pytest.param(
            {"expires_at": EPOCH - SECOND}, finding("issue.time_range", name="expires_at"), id="expiry in 1969"
        ),
        pytest.param(
            {"expires_at": dt.datetime.max.replace(tzinfo=dt.timezone(-dt.timedelta(hours=5)))},
            finding("issue.time_range", name="expires_at"),
            id="after the calendar",
        ),
        pytest.param({"expires_at": None}, finding("time.naive", name="expires_at"), id="no expiry"),
        pytest.param({"issued_at": NOW.replace(tzinfo=None)}, finding("time.naive", name="issued_at"), id="no zone"),
        pytest.param({"confidential": {READER: SECRET}}, finding("sealed.no_place"), id="sealed into an EU DCC"),
        pytest.param({"record": citizen_record(), "confidential": {}}, finding("sealed.nothing"), id="nothing sealed"),
        pytest.param(
            {"record": citizen_record(), "confidential": {replace(READER, status=Status.REVOKED): SECRET}},
            finding("sealed.reader_revoked", kid=READER.kid.hex()),
            id="reader revoked",
        ),
        pytest.param(
            {"record": citizen_record(), "confidential": {replace(READER, not_after=NOW - SECOND): SECRET}},
            finding("sealed.reader_expired", kid=READER.kid.hex(), not_after="2026-06-01T11:59:59Z"),
            id="reader expired",
        ),
    ],
)
def test_a_refusal_names_its_reason_and_details(times: dict[str, Any], expected: Finding) -> None:
    """By issuing and by the prediction alike."""
    assert refusal(lambda: issue(**times)) == (expected,)
    record = times.get("record", vaccination_record())
    rest = {name: value for name, value in times.items() if name != "record"}
    given = {"issued_at": NOW, "expires_at": EXPIRY} | rest
    assert refusal(lambda: ISSUER.predict(record, **given)) == (expected,)


@pytest.mark.parametrize(
    ("signed", "reason"),
    [
        pytest.param(None, fragment("self_check.no_bytes"), id="no bytes"),
        pytest.param(bytes(64), fragment("self_check.signature"), id="zeros"),
    ],
)
def test_a_signer_that_does_not_sign_is_named_as_such(signed: Any, reason: object) -> None:
    """Nothing leaves."""

    class Broken:
        key = SIGNER.key

        def sign(self, _data: bytes) -> Any:
            return signed

    issuer = hcert.Issuer(Broken(), country="VN")
    assert refusal(lambda: issuer.issue(vaccination_record(), issued_at=NOW, expires_at=EXPIRY)) == (
        finding("issue.self_check", reason=reason),
    )


@pytest.mark.parametrize(
    ("key", "country", "code"),
    [
        pytest.param(p256(), "ZZ", "issue.country", id="no such country"),
        pytest.param(p256(), "vn", "issue.country", id="small letters"),
        pytest.param(ec.generate_private_key(ec.SECP384R1()), "VN", "key.unsupported", id="another curve"),
    ],
)
def test_an_issuer_needs_a_country_and_a_key_that_signs(key: Any, country: str, code: str) -> None:
    """Told when it is made, not at the first certificate."""

    class Silent:
        def __init__(self) -> None:
            self.key = document_signer(key).key

        def sign(self, data: bytes) -> bytes:
            return data

    assert [found.code for found in refusal(lambda: hcert.Issuer(Silent(), country=country))] == [code]


def test_codes_that_were_added_can_be_issued() -> None:
    """For a citizen record, by the issuer's own value sets alone."""
    record = citizen_record(0, 0).revise(tests=(sampled(1, result="Unclear"),))
    known = value_sets(test_results={"Unclear": {"name": "unclear", "vi": "không rõ"}})
    own = hcert.Issuer(SIGNER.signer, country="VN", value_sets=known)
    assert own.issue(record, issued_at=NOW, expires_at=EXPIRY).findings == ()
    assert [found.code for found in refusal(lambda: issue(record))] == ["record.unknown_code"]


def test_nothing_is_issued_while_the_revocation_list_is_missing() -> None:
    """What was revoked might be issued again."""
    issuer = hcert.Issuer(SIGNER.signer, country="VN", revocations=hcert.RevocationList.missing())
    found = refusal(lambda: issuer.issue(vaccination_record(), issued_at=NOW, expires_at=EXPIRY))
    assert [one.code for one in found] == ["revocation.list_missing"]


def test_the_bounds_of_times_are_allowed() -> None:
    """The first second of 1970, the last of the key, a reader at its last moment."""
    assert whole_second(EPOCH, name="x") == EPOCH
    assert whole_second(EPOCH.replace(microsecond=999_999), name="x") == EPOCH
    hanoi = dt.timezone(dt.timedelta(hours=7))
    assert whole_second(NOW.astimezone(hanoi), name="x").utcoffset() == dt.timedelta(0)
    assert list(time_findings(NOT_BEFORE, NOT_AFTER, SIGNER.key)) == []
    assert list(time_findings(EPOCH, EPOCH + SECOND, replace(SIGNER.key, not_before=None, not_after=None))) == []
    assert list(reader_findings(replace(READER, not_after=NOW), NOW)) == []


LENGTHS = [CAPACITY["H"] - 2, CAPACITY["H"], CAPACITY["H"] + 1, CAPACITY["H"] + 50]  # with 1 to 4 entries


def fit(length: int, entries: int, lengths: list[int]) -> tuple[Finding, ...]:
    """Return the refusal of a code, by its lengths with fewer entries."""
    asked: list[int] = []

    def length_with(count: int) -> int:
        asked.append(count)
        return lengths[count - 1]

    found = refusal(lambda: check_fit(length, entries=entries, length_with=length_with, error="H"))
    assert set(asked) <= set(range(1, entries))
    return found


@pytest.mark.parametrize(
    ("lengths", "kept"),
    [
        pytest.param(LENGTHS, 2, id="exactly the capacity"),
        pytest.param([CAPACITY["H"], *LENGTHS[2:], 9999], 1, id="one entry alone"),
        pytest.param([100, 200, CAPACITY["H"] - 1, 9999], 3, id="all but one"),
    ],
)
def test_the_advice_is_the_most_entries_that_fit(lengths: list[int], kept: int) -> None:
    """With every number that a person needs to follow it."""
    assert fit(9999, 4, lengths) == (
        finding(
            "issue.does_not_fit",
            length=9999,
            error="H",
            capacity=CAPACITY["H"],
            advice=fragment(
                "fit.latest", count=4 - kept, total=4, kept=kept, version=version_for(lengths[kept - 1], error="H")
            ),
        ),
    )


@pytest.mark.parametrize("entries", [pytest.param(0, id="none"), pytest.param(1, id="one"), pytest.param(4, id="four")])
def test_where_no_number_of_entries_fits_none_is_advised(entries: int) -> None:
    """The level could be lower, or less be sealed."""
    expected = finding("issue.nothing_fits", length=9999, error="H", capacity=CAPACITY["H"])
    assert fit(9999, entries, [9999] * 4) == (expected,)


def test_a_hundred_entries_are_tried_by_bisection() -> None:
    """Each trial seals anew, which costs a millisecond for each reader."""
    asked: list[int] = []

    def length_with(count: int) -> int:
        asked.append(count)
        return 100 * count

    (found,) = refusal(lambda: check_fit(10_000, entries=100, length_with=length_with, error="H"))
    assert dict(dict(found.details)["advice"].details)["kept"] == 18
    assert len(asked) <= 8


@pytest.mark.parametrize("level", ["L", "M", "Q", "H"])
def test_what_fits_exactly_is_not_refused(level: Any) -> None:
    """Nor is anything laid out to find out."""

    def length_with(_count: int) -> int:
        raise AssertionError("it fits")

    check_fit(CAPACITY[level], entries=9, length_with=length_with, error=level)
    (found,) = refusal(lambda: check_fit(CAPACITY[level] + 1, entries=1, length_with=length_with, error=level))
    assert found.code == "issue.nothing_fits"


def test_the_size_of_a_code_is_that_of_level_q_unless_said_otherwise() -> None:
    """As drawn by default; None above the capacity."""
    assert CodeSize(CAPACITY["Q"]).version() == 40
    assert CodeSize(CAPACITY["Q"] + 1).version() is None
    assert CodeSize(CAPACITY["Q"] + 1).version(error="M") is not None


@pytest.mark.parametrize(
    ("record", "identifier"),
    [
        pytest.param(vaccination_record(), vaccination_record().vaccinations[0].certificate_id, id="EU DCC"),
        pytest.param(citizen_record(), citizen_record().certificate_id.hex().upper(), id="citizen record"),
    ],
)
def test_a_certificate_names_itself_for_the_register(record: Any, identifier: str) -> None:
    """By what it can be revoked."""
    assert issue(record).identifier == identifier


def test_an_eu_dcc_that_does_not_fit_cannot_be_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has one event; nothing is laid out to see what fewer entries would need."""
    monkeypatch.setitem(CAPACITY, "H", 100)
    (found,) = refusal(lambda: issue(error="H"))
    assert (found.code, dict(found.details)["capacity"]) == ("issue.nothing_fits", 100)
