"""The claim set: times in every form that occurs, and nothing misread."""

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
from hcert.fragments import fragment
from support.raw_messages import claims_of
from support.signers import EXPIRY, NOW

LIMITS = Limits()


def decode(items: Any) -> cwt.ClaimSet:
    """Decode a claim set given as Python values."""
    return cwt.decode(cbor2.dumps(items), limits=LIMITS)


def codes(claim_set: cwt.ClaimSet) -> list[str]:
    """Return the codes of the warnings."""
    return [found.code for found in claim_set.leniencies]


@given(
    st.datetimes(min_value=dt.datetime(1970, 1, 2), max_value=dt.datetime(9999, 12, 30), timezones=st.just(dt.UTC)),  # noqa: DTZ001
    st.text(max_size=10),
)
def test_decodes_what_it_encodes(moment: dt.datetime, issuer: str) -> None:
    """Times are cut to whole seconds, and there is no warning."""
    whole = moment.replace(microsecond=0)
    claims = cwt.Claims(issuer=issuer, issued_at=moment, expires_at=moment)
    data = cwt.encode(claims, subclaim=1, payload={"ver": "1.3.3"})
    claim_set = cwt.decode(data, limits=LIMITS)
    assert claim_set.claims == cwt.Claims(issuer=issuer, issued_at=whole, expires_at=whole)
    assert claim_set.subclaims == {1: {"ver": "1.3.3"}}
    assert claim_set.leniencies == ()


@pytest.mark.parametrize("order", [(1, 4, 6, -260), (-260, 6, 4, 1)], ids=["usual", "reversed"])
def test_the_order_of_claims_does_not_matter(order: tuple[int, ...]) -> None:
    """A claim set is a map."""
    items = claims_of()
    assert decode({key: items[key] for key in order}) == decode(items)


def test_float_times_add_a_warning() -> None:
    """They occur in real certificates, with and without fractions."""
    claim_set = decode(claims_of(c4=EXPIRY.timestamp(), c6=NOW.timestamp() + 0.25))
    assert claim_set.claims.expires_at == EXPIRY
    assert claim_set.claims.issued_at == NOW + dt.timedelta(milliseconds=250)
    assert codes(claim_set) == ["claims.float_time"] * 2
    assert "Claim 6 " in claim_set.leniencies[0].message
    assert "Claim 4 " in claim_set.leniencies[1].message


@pytest.mark.parametrize(
    "tagged",
    [cbor2.CBORTag(0, "2026-06-01T19:00:00+07:00"), cbor2.CBORTag(1, 1780315200)],
    ids=["tag 0", "tag 1"],
)
def test_tagged_times_add_a_warning(tagged: cbor2.CBORTag) -> None:
    """Both date-time tags occur in real certificates."""
    claim_set = decode(claims_of(c6=tagged))
    assert claim_set.claims.issued_at == NOW
    assert codes(claim_set) == ["claims.tagged_time"]
    assert "Claim 6 " in claim_set.leniencies[0].message


@pytest.mark.usefixtures("device_zone")
def test_tagged_times_are_returned_in_utc() -> None:
    """In whichever time zone the machine is."""
    issued_at = decode(claims_of(c6=cbor2.CBORTag(0, "2026-06-01T19:00:00+07:00"))).claims.issued_at
    assert issued_at is not None
    assert issued_at.tzinfo is dt.UTC


@pytest.mark.parametrize("claim", [4, 5, 6])
@pytest.mark.parametrize(
    ("milliseconds", "seconds"),
    [
        (10**12, 10**9),
        (1_782_000_000_999, 1_782_000_000),
        (253402300799_999, 253402300799),
        (1_782_000_000_999.5, 1_782_000_000),
    ],
    ids=["smallest", "cut to the second", "largest", "float"],
)
def test_times_from_10_to_the_12_count_milliseconds(claim: int, milliseconds: float, seconds: int) -> None:
    """As no time in seconds does before the year 33658. The earlier second counts, and the claim is named."""
    claim_set = decode({**claims_of(), claim: milliseconds})
    claims = claim_set.claims
    moment = {4: claims.expires_at, 5: claims.not_before, 6: claims.issued_at}[claim]
    assert moment == dt.datetime.fromtimestamp(seconds, dt.UTC)
    assert codes(claim_set) == ["claims.float_time"] * (type(milliseconds) is float) + ["claims.milliseconds"]
    assert dict(claim_set.leniencies[-1].details) == {"claim": claim}


def as_text(items: dict[Any, Any]) -> dict[Any, Any]:
    """Return a map with its integers as text."""
    return {str(key): value for key, value in items.items()}


@pytest.mark.parametrize(
    "items",
    [
        as_text(claims_of()),
        claims_of(**{"c-260": as_text(claims_of()[-260])}),
        as_text(claims_of(**{"c-260": as_text(claims_of()[-260])})),
    ],
    ids=["claims", "payloads", "both"],
)
def test_keys_as_text_add_one_warning(items: dict[Any, Any]) -> None:
    """And mean the numbers that they spell."""
    claim_set = decode(items)
    plain = decode(claims_of())
    assert (claim_set.claims, claim_set.subclaims) == (plain.claims, plain.subclaims)
    assert codes(claim_set) == ["claims.text_keys"]


values = st.integers(-(2**63), 2**63 - 1)  # beyond 64 bits is refused before any key is looked at
numbers = st.integers(-(10**18) + 1, 10**18 - 1)


@given(st.dictionaries(numbers, st.none(), max_size=5), st.dictionaries(numbers, values, min_size=1, max_size=5))
def test_a_map_of_text_keys_reads_as_its_integer_twin(others: dict[int, Any], payloads: dict[int, int]) -> None:
    """Whatever the numbers are, in their order."""
    twin = {**others, **claims_of(), -260: payloads}
    read = decode(as_text({**twin, -260: as_text(payloads)}))
    assert (read.claims, read.subclaims) == (decode(twin).claims, payloads)
    assert list(read.subclaims) == list(payloads)


@pytest.mark.parametrize("name", ["claims", "payloads"])
def test_at_most_64_keys_are_text(name: str) -> None:
    """A bound on what a signer can make a verifier convert; with integers there is only the bound of any item."""
    for count, good in ((64, True), (65, False)):
        many = dict.fromkeys(range(1000, 1000 + count), 0)
        full = (
            {**dict(list(many.items())[: count - 4]), **claims_of()}
            if name == "claims"
            else claims_of(**{"c-260": many})
        )
        items = as_text(full) if name == "claims" else {**full, -260: as_text(many)}
        assert codes(decode(full)) == []
        if good:
            assert codes(decode(items)) == ["claims.text_keys"]
            continue
        with pytest.raises(MalformedError) as caught:
            decode(items)
        assert dict(caught.value.findings[0].details) == {"reason": fragment("cbor.too_many_parts")}


@given(st.data())
def test_a_map_with_both_forms_of_one_key_is_refused(data: st.DataObject) -> None:
    """Whichever key, wherever it stands, and whatever it holds."""
    outer, inner = claims_of(), claims_of()[-260]
    where = data.draw(st.sampled_from([outer, inner]))
    key = data.draw(st.sampled_from(sorted(where)))
    where[str(key)] = data.draw(st.none() | values | st.just(where[key]))
    shuffled = dict(data.draw(st.permutations(list({**outer, -260: inner}.items()))))
    with pytest.raises(MalformedError) as caught:
        decode(shuffled)
    assert caught.value.code == "claims.duplicate_key"


@pytest.mark.parametrize(
    "key",
    [
        *("", "04", "-0", "+4", " 4", "4 ", "4\n", "4.0", "4e0", "0x4", "1_000", "\u0664", "\uff14", "exp", "1" * 19),
        pytest.param("-" + "9" * 60_000, id="60 000 digits"),
    ],
)
def test_text_that_is_not_the_one_spelling_of_a_number_is_no_key(key: str) -> None:
    """Beside other text keys, beside integers, and in claim -260."""
    for items in (
        {**as_text(claims_of()), key: 0},
        {**claims_of(), key: 0},
        claims_of(**{"c-260": {"1": {}, key: {}}}),
        claims_of(**{"c-260": {1: {}, key: {}}}),
    ):
        with pytest.raises(MalformedError) as caught:
            decode(items)
        (found,) = caught.value.findings
        assert (found.code, dict(found.details)) == ("claims.malformed", {"reason": fragment("claims.keys")})


def test_missing_times_add_a_warning_each() -> None:
    """The certificate is read all the same."""
    claim_set = decode(claims_of(c1=None, c4=None, c6=None))
    assert claim_set.claims == cwt.Claims()
    assert codes(claim_set) == ["claims.no_issued_at", "claims.no_expiry"]


def test_the_not_before_claim_is_decoded() -> None:
    """RFC 8392 section 3.1.5; the WHO ICVP specification of 2026 uses it."""
    assert decode(claims_of(c5=int(NOW.timestamp()))).claims.not_before == NOW


@pytest.mark.parametrize("time", [0, 253402300799], ids=["1970", "9999"])
def test_times_reach_from_1970_to_the_end_of_9999(time: int) -> None:
    """The first and the last second included."""
    assert decode(claims_of(c4=time)).claims.expires_at is not None


@pytest.mark.parametrize(
    "time",
    [
        -1,
        253402300800,
        10**12 - 1,
        253402300800_000,
        2**64 - 1,
        float("nan"),
        float("inf"),
        -0.5,
        "2026",
        b"",
        True,
        [1],
    ]
    + [cbor2.CBORTag(0, text) for text in ("soon", "2026-06-01T12:00:00", "9999-12-31T23:59:59-01:00")],
    ids=repr,
)
@pytest.mark.parametrize("claim", ["c4", "c5", "c6"])
def test_anything_else_as_a_time_is_malformed(claim: str, time: Any) -> None:
    """Out of range, another type, or a date-time without a time zone."""
    with pytest.raises(MalformedError) as caught:
        decode(claims_of(**{claim: time}))
    assert caught.value.code == "claims.malformed"


def test_a_tagged_date_time_has_at_most_40_characters() -> None:
    """With a fraction of 14 digits, for example."""
    longest = f"2026-06-01T12:00:00.{14 * '0'}+00:00"
    assert len(longest) == 40
    assert decode(claims_of(c6=cbor2.CBORTag(0, longest))).claims.issued_at == NOW
    with pytest.raises(MalformedError) as caught:
        decode(claims_of(c6=cbor2.CBORTag(0, longest.replace(".", ".0"))))
    assert caught.value.code == "claims.malformed"


def test_an_issuer_has_at_most_80_characters() -> None:
    """The error names the maximum."""
    assert decode(claims_of(c1="x" * 80)).claims.issuer == "x" * 80
    with pytest.raises(MalformedError) as caught:
        decode(claims_of(c1="x" * 81))
    (found,) = caught.value.findings
    assert found.code == "claims.malformed"
    assert dict(found.details) == {"reason": fragment("claims.issuer_length", most=80)}


@pytest.mark.parametrize(
    "items",
    [
        pytest.param([], id="array"),
        pytest.param("text", id="text"),
        pytest.param({}, id="empty map"),
        pytest.param(claims_of(c1=5), id="issuer is an integer"),
        pytest.param({1: "AT", 4: 1}, id="no claim -260"),
        pytest.param({**claims_of(), -260: None}, id="claim -260 is null"),
        pytest.param({**claims_of(), -260: {}}, id="claim -260 is empty"),
        pytest.param({**claims_of(), -260: b"\xa1\x01\xa0"}, id="claim -260 is a byte string"),
        pytest.param({**claims_of(), -260: [{1: {}}]}, id="claim -260 is an array"),
        pytest.param({**claims_of(), -260: {1: {}, "2": {}}}, id="second subclaim with a text key"),
    ],
)
def test_other_shapes_are_malformed(items: Any) -> None:
    """A claim set is a map with text as issuer and a map of numbered payloads in claim -260."""
    with pytest.raises(MalformedError) as caught:
        decode(items)
    assert caught.value.code == "claims.malformed"


@given(st.binary(max_size=80))
def test_any_bytes_are_decoded_or_malformed(payload: bytes) -> None:
    """No other exception."""
    try:
        cwt.decode(payload, limits=LIMITS)
    except MalformedError as error:
        assert error.code in {"claims.malformed", "claims.duplicate_key"}
