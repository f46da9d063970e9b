"""Decoding the payload of a health link, in the various wrappings that pilots have used."""

from __future__ import annotations

import binascii
import datetime as dt
import json
import re
from typing import Any, Final

from hcert.codec.limits import MAX_INTEGER, MAX_SECONDS, MAX_TEXT, MIN_MILLISECONDS, MIN_SECONDS
from hcert.findings import Finding, finding
from hcert.fragments import Fragment, fragment, fragment_of
from hcert.records.health_link.model import MAX_LINK, HealthLink
from hcert.records.text_rules import text_fault

# Compiled on first use: such codes are rare.
_LINK: Final = r"(?:https://[^\s#]{1,4096}#)?(shlink|vhlink):(//?)([A-Za-z0-9_-]{1,4096})={0,2}"
_KEY: Final = r"[A-Za-z0-9_-]{43}=?"  # 32 bytes
_PADDING: Final = "="
_ADDRESS: Final = r"https?://[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?(?:[/?][!-~]{0,2000})?"
_FLAGS: Final = r"L?P?|L?U?"  # alphabetical, and P not together with U


def decode(payload: Any) -> tuple[HealthLink | None, list[Finding]]:
    """Decode the value of subclaim 5: a link, a list with one link, or either in a map under `u`.

    Returns:
        The link, or None if it is malformed; and all findings.
    """
    leniencies: list[Finding] = []
    try:
        return _parse_link(_unwrap_text(payload), leniencies), [*leniencies, finding("record.link_not_followed")]
    except ValueError as error:
        return None, [finding("record.link_malformed", reason=fragment_of(error))]


def _unwrap_text(payload: Any) -> str:
    """Return the text of the link without its wrapping."""
    if type(payload) is list:
        if len(payload) != 1:
            raise ValueError(fragment("link.count"))
        payload = payload[0]
    if type(payload) is dict:
        payload = payload.get("u")
    if type(payload) is not str:
        raise ValueError(fragment("link.no_text"))
    if len(payload) > MAX_LINK:
        raise ValueError(fragment("size.characters", most=MAX_LINK))
    return payload


def _parse_link(text: str, leniencies: list[Finding]) -> HealthLink:
    """Decode a link, and add a warning for each tolerated deviation."""
    found = re.fullmatch(_LINK, text)
    if found is None:
        raise ValueError(fragment("link.scheme"))
    if found[2] != "/":
        leniencies.append(finding("record.link_form", reason=fragment("link.two_slashes")))
    members = _decode_members(found[3])
    url = _require(re.fullmatch(_ADDRESS, _text_or_no_match(members.get("url"))), fragment("link.address"))
    if not url.startswith("https:"):
        leniencies.append(finding("record.link_not_https"))
    key = _require(re.fullmatch(_KEY, _text_or_no_match(members.get("key"))), fragment("link.key"))
    if key.endswith(_PADDING):
        leniencies.append(finding("record.link_form", reason=fragment("link.padded_key")))
    return HealthLink(
        scheme=found[1],
        url=url,
        key=key.removesuffix(_PADDING),
        label=_decode_label(members.get("label")),
        flags=_require(re.fullmatch(_FLAGS, _text_or_no_match(members.get("flag", ""))), fragment("link.flags")),
        expires_at=_decode_expiry(members.get("exp"), leniencies),
        version=_decode_version(members.get("v", 1)),
    )


def _decode_members(encoded: str) -> dict[str, Any]:
    from base64 import urlsafe_b64decode  # such codes are rare

    try:
        members = json.loads(
            urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)), object_pairs_hook=_refuse_duplicates
        )
    except (ValueError, binascii.Error, RecursionError):
        raise ValueError(fragment("link.json")) from None
    if type(members) is not dict:
        raise ValueError(fragment("link.object"))
    return members


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError  # `_decode_members` has the fragment
    return members


def _text_or_no_match(value: Any) -> str:
    """Return a text unchanged, and for anything else a text that matches no pattern."""
    return value if type(value) is str else "\0"


def _require(match: re.Match[str] | None, problem: Fragment) -> str:
    if match is None:
        raise ValueError(problem)
    return match[0]


def _decode_label(value: Any) -> str | None:
    if value is not None and (type(value) is not str or len(value) > MAX_TEXT):
        raise ValueError(fragment("link.label", most=MAX_TEXT))
    if value is not None and text_fault(value) is not None:
        raise ValueError(fragment("link.label_characters"))
    return value


def _decode_expiry(value: Any, leniencies: list[Finding]) -> dt.datetime | None:
    if value is None:
        return None
    if type(value) in {int, float} and value >= MIN_MILLISECONDS:
        leniencies.append(finding("record.link_form", reason=fragment("link.milliseconds")))
        value //= 1000
    if type(value) not in {int, float} or not MIN_SECONDS <= value <= MAX_SECONDS:
        raise ValueError(fragment("link.expiry"))
    return dt.datetime.fromtimestamp(value, dt.UTC)


def _decode_version(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= MAX_INTEGER:
        raise ValueError(fragment("link.version"))
    return value
