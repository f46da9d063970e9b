"""One key as an entry of a signed key list.

Specification: `docs/spec/signed-documents.md`, section "Key lists". Facts about a key are read from its certificate;
the other members of an entry say only what differs from it.

An entry that cannot be read still revokes its key: `read_revoked_spkis` reads status and key alone, whatever is wrong
with the other members.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from hcert.codec import cbor, cbor_members
from hcert.codec.limits import MAX_SECONDS, MIN_SECONDS
from hcert.errors import ConfigurationError
from hcert.fragments import fragment, fragment_of
from hcert.keys.certificate import MAX_CERTIFICATE_BYTES, read_certificate
from hcert.keys.trusted_key import Status, TrustedKey
from hcert.keys.usage import Usage
from hcert.times import to_epoch_seconds
from hcert.trust.document_content import looks_like_der

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CERTIFICATE, _SPKI, _COUNTRY, _NOT_BEFORE, _NOT_AFTER, _USAGES, _STATUS, _ORIGIN, _ALGORITHM = range(9)
_USAGE_NUMBERS: Final = {Usage.TEST: 1, Usage.VACCINATION: 2, Usage.RECOVERY: 3, Usage.OPEN: 4}
_USAGES_BY_NUMBER: Final = {number: usage for usage, number in _USAGE_NUMBERS.items()}
_STATUS_NUMBERS: Final = {Status.ACTIVE: 0, Status.REVOKED: 1}
_STATUS_BY_NUMBER: Final = {number: status for status, number in _STATUS_NUMBERS.items()}
_DEPTH: Final = 4
_STATUS_BYTE: Final = bytes([_STATUS])
_ONE_BYTE_LENGTH, _TWO_BYTE_LENGTH = 0x58, 0x59  # of byte strings
_P256_FRAME: Final = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")  # of an uncompressed point
_P256_BYTES: Final = 91
MAX_TEXT_CHARACTERS: Final = 200
MAX_USAGES: Final = 16


def encode(key: TrustedKey) -> bytes:
    """Encode a key. Its kid is not part of the entry.

    Raises:
        ConfigurationError: `trust.unfit` for a key that `decode` would refuse.
    """
    entry: dict[int, Any] = {}
    derived = TrustedKey.from_public_key(key.spki, kid=key.kid)
    if key.certificate is None:
        entry[_SPKI] = key.spki
    else:
        entry[_CERTIFICATE] = key.certificate
        derived = TrustedKey.from_certificate(key.certificate, kid=key.kid)
    if key.country != derived.country:
        entry[_COUNTRY] = key.country
    for number, name in ((_NOT_BEFORE, "not_before"), (_NOT_AFTER, "not_after")):
        moment = getattr(key, name)
        if moment != getattr(derived, name):
            entry[number] = None if moment is None else to_epoch_seconds(moment)
    if key.usages != derived.usages:
        entry[_USAGES] = sorted(_USAGE_NUMBERS[usage] for usage in key.usages)
    if key.status is not Status.ACTIVE:
        entry[_STATUS] = _STATUS_NUMBERS[key.status]
    if key.origin is not None:
        entry[_ORIGIN] = key.origin
    if key.algorithm is None and derived.algorithm is not None and Usage.OPEN not in key.usages:
        entry[_ALGORITHM] = None
    return _encode_and_read_back(key.kid, entry)


def _encode_and_read_back(kid: bytes, entry: dict[int, Any]) -> bytes:
    """Encode an entry, and check that it can be decoded."""
    try:
        data = cbor.encode(entry)
        decode(kid, data)
    except UnicodeEncodeError:
        reason = fragment("key_entry.not_unicode")
    except ValueError as error:
        reason = fragment_of(error)
    else:
        return data
    raise ConfigurationError.of("trust.unfit", reason=reason)


def decode(kid: Any, data: Any) -> TrustedKey:
    """Decode a key. Members with unknown numbers are ignored; later versions may add some.

    Raises:
        ValueError: with a fragment that says why, if it is not an entry or its key cannot be used.
    """
    if type(kid) is not bytes or type(data) is not bytes:
        raise ValueError(fragment("key_entry.pair"))
    entry = cbor.decode(data, depth=_DEPTH)
    if type(entry) is not dict or (_CERTIFICATE in entry) == (_SPKI in entry):
        raise ValueError(fragment("key_entry.one_key"))
    try:
        if _CERTIFICATE in entry:
            key = TrustedKey.from_certificate(_read_der(entry[_CERTIFICATE]), kid=kid)
        else:
            key = TrustedKey.from_public_key(_read_der(entry[_SPKI]), kid=kid)
    except ConfigurationError:
        raise ValueError(fragment("key_entry.unusable")) from None
    changes = {name: read(entry[number]) for number, (name, read) in _MEMBERS.items() if number in entry}
    try:
        return replace(key, **changes)
    except ConfigurationError:
        raise ValueError(fragment("key_entry.mixed_usages")) from None


def read_revoked_spkis(data: Any) -> Iterator[bytes]:
    """Yield the public keys (SubjectPublicKeyInfo) that an entry revokes, as far as it can be read.

    An unknown status, of a later version, revokes too: its meaning is unknown, so the key must not count.
    """
    if type(data) is not bytes or _has_no_status(data):
        return
    found = list(cbor_members.scan_members(data))
    if any(number == _STATUS and value != _STATUS_NUMBERS[Status.ACTIVE] for number, value in found):
        for number, value in found:
            if number in _KEYS and type(value) is bytes:
                with suppress(ConfigurationError, ValueError):
                    yield _read_spki(number, value)


def read_revoked_keys(kid: bytes, data: bytes) -> Iterator[TrustedKey]:
    """Yield the keys that an entry revokes which cannot be decoded."""
    for spki in read_revoked_spkis(data):
        yield replace(TrustedKey.from_public_key(spki, kid=kid), status=Status.REVOKED)


def _read_spki(number: int, value: bytes) -> bytes:
    """Return a public key in the form of `TrustedKey.spki`, quickly for P-256: a list may revoke thousands of keys."""
    spki = read_certificate(value).spki if number == _CERTIFICATE else value
    if spki.startswith(_P256_FRAME) and len(spki) == _P256_BYTES:
        return spki
    return _KEYS[number](value).spki


def _has_no_status(data: bytes) -> bool:
    """Tell quickly whether an entry certainly has no status, like nearly all entries; opening a list asks this of each.

    It starts with its certificate or key, as `encode` writes it, and no later byte can be the number of the status.
    """
    if len(data) < 5 or not 0xA1 <= data[0] <= 0xB7 or data[1] not in _KEYS:  # noqa: PLR2004 - a map, a number, a head
        return False
    if data[2] == _TWO_BYTE_LENGTH:
        end = 5 + (data[3] << 8 | data[4])
    elif data[2] == _ONE_BYTE_LENGTH:
        end = 4 + data[3]
    else:
        return False
    return data.find(_STATUS_BYTE, end) < 0


def _read_der(value: Any) -> bytes:
    if type(value) is not bytes or not looks_like_der(value):
        raise ValueError(fragment("key_entry.der", most=MAX_CERTIFICATE_BYTES))
    return value


def _read_text(value: Any) -> str | None:
    if value is not None and (
        type(value) is not str or not 0 < len(value) <= MAX_TEXT_CHARACTERS or not value.isprintable()
    ):
        raise ValueError(fragment("key_entry.text"))
    return value


def _read_time(value: Any) -> datetime | None:
    if value is None:
        return None
    if type(value) is not int or not MIN_SECONDS <= value <= MAX_SECONDS:
        raise ValueError(fragment("key_entry.validity"))
    return datetime.fromtimestamp(value, UTC)


def _read_usages(value: Any) -> frozenset[Usage]:
    """Read what the key may be used for. Unknown usages, of later versions, and an empty list grant nothing."""
    if type(value) is not list or len(value) > MAX_USAGES or not all(type(number) is int for number in value):
        raise ValueError(fragment("key_entry.usages", most=MAX_USAGES))
    return frozenset(_USAGES_BY_NUMBER[number] for number in value if number in _USAGES_BY_NUMBER)


def _read_status(value: Any) -> Status:
    if type(value) is not int or value not in _STATUS_BY_NUMBER:
        raise ValueError(fragment("key_entry.status"))
    return _STATUS_BY_NUMBER[value]


def _read_algorithm(value: Any) -> None:
    """Read the mark of a key that is listed for inspection only, such as an issuer's, and verifies nothing."""
    if value is not None:
        raise ValueError(fragment("key_entry.algorithm"))


_KEYS: Final[dict[int, Callable[[bytes], TrustedKey]]] = {
    _CERTIFICATE: TrustedKey.from_certificate,
    _SPKI: TrustedKey.from_public_key,
}
_MEMBERS: Final[dict[int, tuple[str, Any]]] = {
    _COUNTRY: ("country", _read_text),
    _NOT_BEFORE: ("not_before", _read_time),
    _NOT_AFTER: ("not_after", _read_time),
    _USAGES: ("usages", _read_usages),
    _STATUS: ("status", _read_status),
    _ORIGIN: ("origin", _read_text),
    _ALGORITHM: ("algorithm", _read_algorithm),
}
