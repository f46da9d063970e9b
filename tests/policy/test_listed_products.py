"""Which vaccine products count, and from when."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

import hcert
from hcert import icvp, policy
from hcert.errors import ConfigurationError
from hcert.records.icvp.decode import decode
from support.case_ids import case_id
from support.icvp_payloads import YELLOW_FEVER, C, changed
from support.reasons import reasons
from support.signers import NOW, DocumentSigner

LISTED = policy.ListedProducts({YELLOW_FEVER: "1D47", "PolioVaccine": "1C81"})
GIVEN = dt.datetime(2026, 5, 7, tzinfo=dt.UTC)
NOON = GIVEN + dt.timedelta(hours=12)
NOTHING: tuple[str, None, dict[str, Any]] = ("policy.no_listed_product", None, {})


def judged(record: hcert.Icvp | None, at: dt.datetime, required: policy.ListedProducts = LISTED, **more: Any) -> Any:
    """Judge a record."""
    assert record is not None
    view = policy.view(record)
    assert view is not None
    return required.judge(view, at=at, **more)


@pytest.mark.parametrize(
    ("payload", "days", "expected"),
    [
        (C, 10, []),
        (C, 9, ["policy.no_listed_product", "policy.not_yet_protected"]),
        (C, 3650, []),
        (changed(C, "vx.vp", "PolioVaccine"), 0, []),
        (changed(C, "vx.vp", "unheard of"), 10, ["policy.no_listed_product", "policy.product_not_listed"]),
    ],
    ids=case_id,
)
def test_who_decision_tables(payload: dict[str, Any], days: int, expected: list[str]) -> None:
    """Yellow fever from the tenth day on and for life, polio at once, products of the list only."""
    outcome = judged(decode(payload)[0], GIVEN + dt.timedelta(days=days))
    assert [one.code for one in outcome.findings] == expected
    assert outcome.satisfied == (not expected)
    assert outcome.counted == (() if expected else ("doses[0]",))


@pytest.mark.usefixtures("device_zone")
def test_device_time_zone_does_not_change_tenth_day() -> None:
    """Days are those of UTC."""
    tenth = GIVEN + dt.timedelta(days=10)
    assert judged(decode(C)[0], tenth).satisfied
    assert not judged(decode(C)[0], tenth - dt.timedelta(hours=1)).satisfied
    eve = dt.datetime(2026, 5, 17, 1, tzinfo=dt.timezone(dt.timedelta(hours=7)))  # the tenth day, but not in UTC
    assert reasons(judged(decode(C)[0], eve).findings)[1:] == [("policy.not_yet_protected", "doses[0]", {"days": 10})]


def dosed(*products: str) -> hcert.Icvp:
    """Return an ICVP with a dose of each product."""
    doses = tuple(icvp.Dose(product=product, date=NOON.date(), batch="1") for product in products)
    return hcert.Icvp(name="A B", doses=doses)


def test_one_dose_of_a_listed_product_is_enough_and_others_are_explained() -> None:
    """A certificate of several vaccines counts for the one that is required."""
    required = policy.ListedProducts({"known": "1D47"})
    late, early = NOON + dt.timedelta(days=10), NOON + dt.timedelta(days=9)
    assert judged(dosed("other", "known"), late, required).counted == ("doses[1]",)
    assert reasons(judged(dosed("other", "known"), early, required).findings) == [
        NOTHING,
        ("policy.product_not_listed", "doses[0]", {}),
        ("policy.not_yet_protected", "doses[1]", {"days": 10}),
    ]


def test_a_dose_that_was_left_out_does_not_count() -> None:
    """One that was revoked, say."""
    required = policy.ListedProducts({"known": "1D47"})
    outcome = judged(dosed("known"), NOON + dt.timedelta(days=20), required, without={"doses[0]"})
    assert reasons(outcome.findings) == [NOTHING]


def test_a_time_without_a_zone_is_refused() -> None:
    """It could mean any of 24 hours."""
    with pytest.raises(ConfigurationError) as caught:
        judged(dosed("known"), NOON.replace(tzinfo=None))
    assert dict(caught.value.findings[0].details) == {"name": "at"}


def test_a_verifier_asks_it_as_any_policy(es256: DocumentSigner) -> None:
    """The verdict and the card tell, not a second call beside them."""
    record = icvp.from_payload(C)
    code = hcert.Issuer(es256.signer, country="VN").issue(record, issued_at=NOW, expires_at=NOW + dt.timedelta(days=9))
    trust = hcert.TrustList([es256.key])
    for products, accepted in (({YELLOW_FEVER: "1D47"}, True), ({"other": "1D47"}, False)):
        verdict = hcert.Verifier(trust, policy=policy.ListedProducts(products)).check(code.text, at=NOW)
        assert verdict.accepted is accepted
