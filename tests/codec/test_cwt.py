"""The claim set: times in all the forms that occur, and nothing misread."""

from __future__ import annotations

import datetime as dt
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcert.codec import cwt
from hcert.codec.limits import Limits
from hcert.errors import MalformedError
from support.raw_messages import claims_of
from support.signers import EXPIRY, NOW

LIMITS = Limits()


def read(items: Any) -> cwt.ClaimSet:
    """Read a claim set given as Python values."""
    return cwt.read(cbor2.dumps(items), limits=LIMITS)


def codes(claim_set: cwt.ClaimSet) -> list[str]:
    """Return the codes of the warnings."""
    return [found.code for found in claim_set.leniencies]


@given(
    st.datetimes(min_value=dt.datetime(1970, 1, 2), max_value=dt.datetime(9999, 12, 30), timezones=st.just(dt.UTC)),  # noqa: DTZ001
    st.text(max_size=10),
)
def test_reads_back_what_it_writes(moment: dt.datetime, issuer: str) -> None:
    """Times come back to the second, without a warning."""
    whole = moment.replace(microsecond=0)
    claims = cwt.Claims(issuer=issuer, issued_at=moment, expires_at=moment)
    data = cwt.encode(claims, subclaim=1, payload={"ver": "1.3.3"})
    claim_set = cwt.read(data, limits=LIMITS)
    assert claim_set.claims == cwt.Claims(issuer=issuer, issued_at=whole, expires_at=whole)
    assert claim_set.subclaims == {1: {"ver": "1.3.3"}}
    assert claim_set.leniencies == ()


@pytest.mark.parametrize("order", [(1, 4, 6, -260), (-260, 6, 4, 1)])
def test_the_order_of_claims_does_not_matter(order: tuple[int, ...]) -> None:
    """A claim set is a map."""
    items = claims_of()
    assert read({key: items[key] for key in order}) == read(items)


def test_float_times_are_read_with_a_warning() -> None:
    """Whole and fractional floats occur in real certificates."""
    claim_set = read(claims_of(c4=EXPIRY.timestamp(), c6=NOW.timestamp() + 0.25))
    assert claim_set.claims.expires_at == EXPIRY
    assert claim_set.claims.issued_at == NOW + dt.timedelta(milliseconds=250)
    assert codes(claim_set) == ["claims.float_time"] * 2
    assert "Claim 6 " in claim_set.leniencies[0].message
    assert "Claim 4 " in claim_set.leniencies[1].message


@pytest.mark.parametrize("tagged", [cbor2.CBORTag(0, "2026-06-01T19:00:00+07:00"), cbor2.CBORTag(1, 1780315200)])
def test_tagged_times_are_read_with_a_warning(tagged: cbor2.CBORTag) -> None:
    """Both date-time tags occur."""
    claim_set = read(claims_of(c6=tagged))
    assert claim_set.claims.issued_at == NOW
    assert codes(claim_set) == ["claims.tagged_time"]
    assert "Claim 6 " in claim_set.leniencies[0].message


@pytest.mark.usefixtures("device_zone")
def test_tagged_times_come_in_utc_wherever_the_reader_is() -> None:
    """What a verdict says must not depend on the time zone of the machine."""
    issued_at = read(claims_of(c6=cbor2.CBORTag(0, "2026-06-01T19:00:00+07:00"))).claims.issued_at
    assert issued_at is not None
    assert issued_at.tzinfo is dt.UTC


def test_missing_times_are_named() -> None:
    """A certificate without expiry or issue time is read, and the gap is told."""
    claim_set = read(claims_of(c1=None, c4=None, c6=None))
    assert claim_set.claims == cwt.Claims()
    assert codes(claim_set) == ["claims.no_issued_at", "claims.no_expiry"]


def test_a_not_before_claim_is_read() -> None:
    """RFC 8392 has it, and so has the ICVP text of 2026."""
    assert read(claims_of(c5=int(NOW.timestamp()))).claims.not_before == NOW


@pytest.mark.parametrize("time", [0, 253402300799])
def test_the_bounds_of_time_are_inclusive(time: int) -> None:
    """1970 and the last second of 9999 are times."""
    assert read(claims_of(c4=time)).claims.expires_at is not None


@pytest.mark.parametrize(
    "time",
    [-1, 253402300800, 2**64 - 1, float("nan"), float("inf"), -0.5, "2026", b"", True, [1]]
    + [cbor2.CBORTag(0, text) for text in ("soon", "2026-06-01T12:00:00", "9999-12-31T23:59:59-01:00")],
)
@pytest.mark.parametrize("claim", ["c4", "c5", "c6"])
def test_what_is_no_time_is_refused(claim: str, time: Any) -> None:
    """No such value is guessed at."""
    with pytest.raises(MalformedError) as caught:
        read(claims_of(**{claim: time}))
    assert caught.value.code == "claims.malformed"


@pytest.mark.parametrize(
    "items",
    [
        [],
        "text",
        {},
        claims_of(c1=5),
        {1: "AT", 4: 1},
        {**claims_of(), -260: None},
        {**claims_of(), -260: {}},
        {**claims_of(), -260: b"\xa1\x01\xa0"},
        {**claims_of(), -260: [{1: {}}]},
        {**claims_of(), -260: {"1": {}}},
        {**claims_of(), -260: {1: {}, "2": {}}},
    ],
)
def test_other_shapes_are_refused(items: Any) -> None:
    """A claim set is a map with text as issuer and a map of numbered payloads."""
    with pytest.raises(MalformedError) as caught:
        read(items)
    assert caught.value.code == "claims.malformed"


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused_with_a_code(payload: bytes) -> None:
    """No exception but MalformedError."""
    try:
        cwt.read(payload, limits=LIMITS)
    except MalformedError as error:
        assert error.code == "claims.malformed"
