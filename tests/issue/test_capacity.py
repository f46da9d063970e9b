"""Whether a code fits is known exactly before it is signed, and nothing is ever cut."""

from __future__ import annotations

import datetime as dt
from statistics import median
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import x25519
from hypothesis import given
from hypothesis import strategies as st

import hcert
from hcert import citizen
from hcert.issue.symbol import CAPACITY, ErrorLevel
from hcert.keys.usage import OPEN_ONLY
from support.citizen_records import CENTRES, citizen_record, dose, sampled, timely_records
from support.signers import EXPIRY, NOW, document_signer, p256, rsa_key, spki_of, vaccination_record

ISSUERS = [hcert.Issuer(document_signer(key).signer, country="VN") for key in (p256(), rsa_key())]
READERS = [
    hcert.TrustedKey.from_public_key(spki_of(key), usages=OPEN_ONLY)
    for key in (x25519.X25519PrivateKey.generate(), p256())
]


class Refusing:
    """A signer that must not be asked."""

    def __init__(self, key: hcert.TrustedKey) -> None:
        self.key = key

    def sign(self, data: bytes) -> bytes:
        """Fail."""
        raise AssertionError(f"asked to sign {len(data)} bytes")


@given(timely_records, st.sampled_from(ISSUERS), st.sets(st.sampled_from(READERS)))
def test_the_prediction_is_exact(
    record: hcert.CitizenRecord, issuer: hcert.Issuer, readers: set[hcert.TrustedKey]
) -> None:
    """Length and version are those of the code then signed, with sealed parts and without, under both algorithms."""
    confidential = {reader: citizen.Confidential(id_number="001190000001") for reader in readers} or None
    size = issuer.predict(record, confidential=confidential, issued_at=NOW, expires_at=EXPIRY)
    code = issuer.issue(record, confidential=confidential, issued_at=NOW, expires_at=EXPIRY)
    assert size.characters == len(code.text)


@pytest.mark.parametrize("level", ["L", "M", "Q", "H"])
def test_the_predicted_version_is_that_of_the_drawn_code(level: ErrorLevel) -> None:
    """At every level."""
    issuer = ISSUERS[0]
    size = issuer.predict(citizen_record(), issued_at=NOW, expires_at=EXPIRY)
    code = issuer.issue(citizen_record(), issued_at=NOW, expires_at=EXPIRY)
    assert size.version(error=level) == code.qr(error=level).version


def crowded(count: int) -> hcert.CitizenRecord:
    """Return a record with so many tests, each in a place of its own."""
    tests = tuple(
        sampled(number, centre=f"{CENTRES[number % 3]} {number * 7919 % 10007} {number * 104729 % 99991}")
        for number in range(1, count + 1)
    )
    return citizen_record(0, 0).revise(tests=tests)


def advice_of(found: hcert.Finding) -> dict[str, Any]:
    """Return the numbers of the advice in a refusal."""
    return dict(dict(found.details)["advice"].details)


def test_what_does_not_fit_is_refused_with_the_numbers() -> None:
    """Before anything is signed: how long, what fits, and how many of the oldest entries would have to go."""
    signer = document_signer(p256())
    issuer = hcert.Issuer(Refusing(signer.key), country="VN")
    record = crowded(90)
    size = issuer.predict(record, issued_at=NOW, expires_at=EXPIRY)
    assert size.version(error="H") is None
    with pytest.raises(hcert.IssueError) as caught:
        issuer.issue(record, issued_at=NOW, expires_at=EXPIRY, error="H")
    (reason,) = caught.value.findings
    details, advice = dict(reason.details), advice_of(reason)
    assert reason.code == "issue.does_not_fit"
    assert (details["length"], details["capacity"], advice["total"]) == (size.characters, CAPACITY["H"], 90)
    kept = advice["kept"]
    assert advice["count"] + kept == 90
    assert f"record.latest({kept})" in reason.message
    fits, too_many = (
        issuer.predict(record.latest(number), issued_at=NOW, expires_at=EXPIRY) for number in (kept, kept + 1)
    )
    assert fits.version(error="H") == advice["version"]
    assert too_many.version(error="H") is None
    code = hcert.Issuer(signer.signer, country="VN").issue(
        record.latest(kept), issued_at=NOW, expires_at=EXPIRY, error="H"
    )
    assert code.qr(error="H").version == advice["version"]


def test_lot_numbers_of_doses_that_would_go_are_not_counted() -> None:
    """The advice holds when it is followed: the latest entries, and of what is to be sealed what is about them."""
    record = citizen_record(40, 0)
    lots = tuple((number, f"LOT {number * 7919 % 10007} {number * 104729 % 99991}" * 3) for number in range(1, 41))
    secret = citizen.Confidential(lot_numbers=lots)
    issuer = ISSUERS[0]
    with pytest.raises(hcert.IssueError) as caught:
        issuer.issue(record, confidential={READERS[0]: secret}, issued_at=NOW, expires_at=EXPIRY, error="M")
    advice = advice_of(caught.value.findings[0])
    for kept, fits in ((advice["kept"], True), (advice["kept"] + 1, False)):
        latest = record.latest(kept)
        confidential = {READERS[0]: secret.limited_to(latest)}
        size = issuer.predict(latest, confidential=confidential, issued_at=NOW, expires_at=EXPIRY)
        assert (size.version(error="M") is not None) is fits


def test_nothing_is_sealed_for_a_group_without_a_remaining_dose() -> None:
    """Where the lots of a group were all of doses that would go, the advice reckons without its part."""
    record = crowded(90).revise(vaccinations=(dose(91, date=dt.date(2020, 1, 1)),))
    secret = citizen.Confidential(lot_numbers=((91, "FF0123"),))
    with pytest.raises(hcert.IssueError) as caught:
        ISSUERS[0].issue(record, confidential={READERS[0]: secret}, issued_at=NOW, expires_at=EXPIRY, error="H")
    advice = advice_of(caught.value.findings[0])
    size = ISSUERS[0].predict(record.latest(advice["kept"]), issued_at=NOW, expires_at=EXPIRY)
    assert size.version(error="H") == advice["version"]


def test_what_fits_at_no_number_of_entries_is_refused() -> None:
    """Notes too long for the level, and an EU DCC, which has only one event to leave out."""
    notes = citizen.Confidential(notes="".join(chr(0x4E00 + index * 7 % 5000) for index in range(800)))
    with pytest.raises(hcert.IssueError) as caught:
        ISSUERS[0].issue(
            citizen_record(), issued_at=NOW, expires_at=EXPIRY, confidential={READERS[0]: notes}, error="H"
        )
    assert caught.value.code == "issue.nothing_fits"


def test_an_unknown_level_is_refused() -> None:
    """By the prediction and by issuing."""
    for call in (
        lambda: ISSUERS[0].issue(vaccination_record(), issued_at=NOW, expires_at=EXPIRY, error="X"),  # type: ignore[arg-type]
        lambda: ISSUERS[0].predict(vaccination_record(), issued_at=NOW, expires_at=EXPIRY).version(error="X"),  # type: ignore[arg-type]
    ):
        with pytest.raises(hcert.ConfigurationError) as caught:
            call()
        assert caught.value.code == "qr.error_level"


def test_ten_doses_and_thirty_tests_fit_one_code_at_level_m() -> None:
    """The record of years fits; and four doses with three tests are no longer than an EU DCC with one dose."""
    size = ISSUERS[0].predict(citizen_record(10, 30), issued_at=NOW, expires_at=EXPIRY)
    assert size.version(error="M") is not None
    issuers = [hcert.Issuer(document_signer(p256()).signer, country="VN") for _ in range(9)]  # a kid moves it by a few

    def characters(record: hcert.CitizenRecord | hcert.EuDcc) -> float:
        return median(one.predict(record, issued_at=NOW, expires_at=EXPIRY).characters for one in issuers)

    assert characters(citizen_record(4, 3)) <= characters(vaccination_record())
