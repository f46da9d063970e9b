"""The claim set of a code: a CWT (RFC 8392) with the health payload under claim -260.

Issue and expiry times should be integers (WHO HCERT specification). In published certificates some are floats, some
tagged date-times, some count milliseconds, some are missing, and some claims are numbered by text (`"4"`). Each of
these is read and adds a warning. But a map has keys of one kind: of both `4` and `"4"`, programs disagree which counts.
Every other deviation in a claim that hcert uses is refused.

In a `VC1:` code (CLVR, chapter 4) the payload stands under the claim without a number, and issuer, issue time and
expiry must be there, as text and integers. Its programs write one deviation: an expiry beyond the year 9999, which they
compute in milliseconds. As seconds, which the field means, it is late and not early, so it is never divided.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

from hcert.codec import cbor
from hcert.codec.container import HC1, Container
from hcert.codec.limits import (
    MAX_DATE_TIME,
    MAX_SECONDS,
    MAX_TEXT,
    MAX_TEXT_KEYS,
    MIN_MILLISECONDS,
    MIN_SECONDS,
    Limits,
)
from hcert.errors import MalformedError
from hcert.findings import Finding, finding
from hcert.fragments import Fragment, fragment, fragment_of
from hcert.frozen import Frozen
from hcert.times import to_epoch_seconds

# Claim keys: RFC 8392 section 4, and WHO SMART Trust "HCERT specification" for -260.
ISSUER: Final = 1
EXPIRES_AT: Final = 4
NOT_BEFORE: Final = 5
ISSUED_AT: Final = 6
HCERT: Final = -260

_NUMBER: Final = r"0|-?[1-9][0-9]{0,17}"  # one text for each number of at most 18 digits
_INTEGERS: Final[set[type]] = {int}


class Claims(Frozen, frozen=True):
    """What the container says about the certificate; the times are aware, in UTC.

    Attributes:
        issuer: the country that issued it, usually ISO 3166-1 alpha-2; any text of at most 80 characters occurs.
        issued_at: when it was signed.
        expires_at: the last moment at which the certificate is valid.
        not_before: the first such moment, if the issuer names one.
    """

    issuer: str | None = None
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    not_before: datetime | None = None


class ClaimSet(Frozen, frozen=True):
    """A decoded claim set.

    Attributes:
        claims: issuer and times.
        subclaims: payloads by their number in claim -260; under None the payload that stands there without a number.
        leniencies: warnings for tolerated deviations.
    """

    claims: Claims
    subclaims: dict[int | None, Any]
    leniencies: tuple[Finding, ...]


def decode(payload: bytes, *, limits: Limits, container: Container = HC1) -> ClaimSet:
    """Decode the payload of a COSE message that came in a container.

    Raises:
        MalformedError: `claims.malformed` or `claims.duplicate_key`.
    """
    try:
        items = cbor.decode(payload, depth=limits.cbor_depth, date_times=container.lenient)
    except cbor.CborError as error:
        raise _malformed(fragment_of(error)) from None
    if type(items) is not dict:
        raise _malformed(fragment("content.not_map"))
    if not container.numbered:
        return _read_strictly(items)
    given = items
    items = _number_keys(given)
    issuer = _read_issuer(items)
    numbered = items.get(HCERT)
    if type(numbered) is not dict or not numbered:
        raise _malformed(fragment("claims.subclaims"))
    subclaims = _number_keys(numbered)

    leniencies: list[Finding] = []
    if items is not given or subclaims is not numbered:
        leniencies.append(finding("claims.text_keys"))
    issued_at = _read_time(items, ISSUED_AT, leniencies)
    expires_at = _read_time(items, EXPIRES_AT, leniencies)
    not_before = _read_time(items, NOT_BEFORE, leniencies)
    if issued_at is None:
        leniencies.append(finding("claims.no_issued_at"))
    if expires_at is None:
        leniencies.append(finding("claims.no_expiry"))
    return ClaimSet(Claims(issuer, issued_at, expires_at, not_before), subclaims, tuple(leniencies))


def encode(claims: Claims, *, subclaim: int | None, payload: Any) -> bytes:
    """Encode the claim set that an issuer signs, with the payload last.

    Args:
        claims: issuer, and times, which are cut to whole seconds.
        subclaim: number of the payload in claim -260; None to put it there without a number.
        payload: what CBOR can encode.
    """
    times = {EXPIRES_AT: claims.expires_at, ISSUED_AT: claims.issued_at}
    return cbor.encode(
        {
            ISSUER: claims.issuer,
            **{claim: to_epoch_seconds(moment) for claim, moment in times.items() if moment is not None},
            HCERT: payload if subclaim is None else {subclaim: payload},
        },
    )


def _read_strictly(items: dict[Any, Any]) -> ClaimSet:
    """Read the claims of a container without leniencies, whose payload has no number."""
    if set(map(type, items)) != _INTEGERS:
        raise _malformed(fragment("claims.integer_keys"))
    for claim in (ISSUER, EXPIRES_AT, ISSUED_AT, HCERT):
        if items.get(claim) is None:
            raise _malformed(fragment("claims.missing", claim=claim))
    for claim in (EXPIRES_AT, NOT_BEFORE, ISSUED_AT):
        if type(items.get(claim, 0)) is not int:
            raise _malformed(fragment("claims.seconds", claim=claim))
    leniencies: list[Finding] = []
    if items[EXPIRES_AT] > MAX_SECONDS:
        leniencies.append(finding("claims.far_expiry"))
    expires_at = _to_moment(min(items[EXPIRES_AT], MAX_SECONDS), EXPIRES_AT)
    not_before = _to_moment(items[NOT_BEFORE], NOT_BEFORE) if NOT_BEFORE in items else None
    claims = Claims(_read_issuer(items), _to_moment(items[ISSUED_AT], ISSUED_AT), expires_at, not_before)
    return ClaimSet(claims, {None: items[HCERT]}, tuple(leniencies))


def _read_issuer(items: dict[Any, Any]) -> str | None:
    """Read the issuer; None if the claim is absent."""
    issuer = items.get(ISSUER)
    if issuer is None:
        return None
    if type(issuer) is not str:
        raise _malformed(fragment("claims.issuer_type"))
    if len(issuer) > MAX_TEXT:
        raise _malformed(fragment("claims.issuer_length", most=MAX_TEXT))
    return issuer


def _number_keys(items: dict[Any, Any]) -> dict[int | None, Any]:
    """Return a map with integers as keys: the map itself, or a copy if all its keys are numbers written as text.

    Raises:
        MalformedError: `claims.duplicate_key` if a number occurs as an integer and as text; `claims.malformed` for any
            other mixture, for text that is not a number, and for more than `MAX_TEXT_KEYS`.
    """
    if set(map(type, items)) <= _INTEGERS:  # nearly always
        return items
    if len(items) > MAX_TEXT_KEYS:
        raise _malformed(fragment("cbor.too_many_parts"))
    numbers = {int(key): key for key in items if type(key) is str and re.fullmatch(_NUMBER, key)}
    if not numbers.keys().isdisjoint(items):
        raise MalformedError.of("claims.duplicate_key")
    if len(numbers) < len(items):
        raise _malformed(fragment("claims.keys"))
    return {number: items[key] for number, key in numbers.items()}


def _read_time(items: dict[Any, Any], claim: int, leniencies: list[Finding]) -> datetime | None:
    """Read a NumericDate (RFC 8392 section 2); None if the claim is absent."""
    value = items.get(claim)
    if value is None:
        return None
    if type(value) is not int:
        if type(value) is cbor.DateTimeText:
            leniencies.append(finding("claims.tagged_time", claim=claim))
            return _read_tagged_time(value, claim)
        if type(value) is not float:
            raise _malformed(fragment("claims.seconds", claim=claim))
        leniencies.append(finding("claims.float_time", claim=claim))
    if value >= MIN_MILLISECONDS:  # always the earlier reading, so an expiry never gains by it
        leniencies.append(finding("claims.milliseconds", claim=claim))
        value //= 1000
    return _to_moment(value, claim)


def _to_moment(value: float, claim: int) -> datetime:
    if not MIN_SECONDS <= value <= MAX_SECONDS:  # NaN fails here too
        raise _malformed(fragment("claims.time_range", claim=claim))
    return datetime.fromtimestamp(value, UTC)


def _read_tagged_time(value: str, claim: int) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        if len(value) <= MAX_DATE_TIME and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _malformed(fragment("claims.date_time", claim=claim))


def _malformed(reason: Fragment) -> MalformedError:
    return MalformedError.of("claims.malformed", reason=reason)
