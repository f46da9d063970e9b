"""Importing a JSON Web Key Set (RFC 7517), as the European Vaccination Card publishes its keys.

Source: https://keys.euvabeco.eu/.well-known/jwks.json, with the rules for its kids in Keystore.md of EUVABECO's
implementation plans. A set has neither signature nor date, and says of no key whose it is and what it may sign. So it
is as trustworthy as the connection over which it was fetched, and the caller vouches for the rest. Keys whose private
half is published are refused: four of the ten entries in the set of 2026 are such.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from hcert.codec.limits import MAX_KID_BYTES, MIN_KID_BYTES, is_kid
from hcert.errors import ConfigurationError
from hcert.fragments import fragment, fragment_of
from hcert.importers.bounded_json import parse
from hcert.importers.collector import ImportCollector, check_filters, decode_base64, malformed_list
from hcert.keys import jwk
from hcert.keys.certificate import read_certificate
from hcert.keys.known_private import KNOWN_PRIVATE
from hcert.keys.trusted_key import TrustedKey
from hcert.keys.usage import ANY_USAGE, Usage
from hcert.times import format_utc, require_aware

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from hcert.importers.report import ImportReport

_KIND: Final = fragment("thing.jwks")
MAX_OWNER_CHARACTERS: Final = 150  # in the origin of a key; a signed key list holds 200 in all
MAX_CHAIN: Final = 10  # certificates in x5c, of which only the first is read
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_HEX_KID: Final = re.compile(r"0x([0-9A-Fa-f]{2,128})")  # up to MAX_KID_BYTES


def import_jwks(data: bytes, *, owner: str, usages: Collection[Usage], at: datetime) -> ImportReport:
    """Import a JSON Web Key Set as pins. Nothing is verified: a set is not signed.

    A kid `0x` and hexadecimal digits stands for those bytes, any other for its text in UTF-8, as in the header of a
    European Vaccination Card. Keys are EC on P-256, or RSA from 2048 bits. With a certificate in `x5c`, its validity
    holds and its extended key usage restricts the usages.

    Args:
        data: the set as downloaded.
        owner: who answers for these keys, up to 150 characters: the origin of a key is `jwks:` and the owner. A country
            as ISO 3166-1 alpha-2 code, such as `FR`, is also the country of the keys.
        usages: what the keys may sign; a set does not say it.
        at: when the set was fetched, aware; a set does not say how old it is. `created_at` of the report returns it.

    Returns:
        The keys; `record` is the place in the set. `quarantined` has `keys.known_private` for each key whose private
        half is in the set or known from elsewhere, and `import.entry` for what is not such a key. A certificate of an
        authority, or one that had expired, gets a warning.

    Raises:
        MalformedError: `import.malformed`, also if two different keys have one kid.
        ConfigurationError: `import.owner`, `import.usages`, `import.filter` for a single text in the place of `usages`,
            `key.not_bytes` or `time.naive`.
    """
    if type(data) is not bytes:
        raise ConfigurationError.of("key.not_bytes", given=type(data).__name__)
    if type(owner) is not str or not 0 < len(owner) <= MAX_OWNER_CHARACTERS or not owner.isprintable():
        raise ConfigurationError.of("import.owner", most=MAX_OWNER_CHARACTERS)
    pins = _Pins(f"jwks:{owner}", owner if _COUNTRY.fullmatch(owner) else None, _check_usages(usages))
    moment = require_aware(at, name="at")
    entries = _read_entries(data)
    leaked = KNOWN_PRIVATE.union(entry.thumbprint for entry in entries if entry.holds_private and entry.thumbprint)
    collector = ImportCollector()
    for entry in entries:
        if entry.holds_private or entry.thumbprint in leaked:
            collector.refuse("keys.known_private", entry.record)
            continue
        try:
            key, strict = pins.make(entry)
        except ValueError as error:
            collector.quarantine(entry.record, fragment_of(error))
            continue
        if collector.add(entry.record, key):
            _warn(collector, entry.record, key, moment)
            if not strict:
                collector.warn("import.standard_base64", entry.record)
    return collector.make_report(check_chains=False, created={pins.origin: moment})


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of the set; without members if it is not an object."""

    record: str
    members: dict[str, Any] | None
    kid: bytes | None
    thumbprint: bytes | None
    holds_private: bool


@dataclass(frozen=True, slots=True)
class _Pins:
    """What the caller says of all keys of the set."""

    origin: str
    country: str | None
    usages: frozenset[Usage]

    def make(self, entry: _Entry) -> tuple[TrustedKey, bool]:
        """Return the key of an entry, and whether its numbers are in Base64url.

        Raises:
            ValueError: with a fragment that says why there is none.
        """
        if entry.members is None:
            raise ValueError(fragment("json.not_object"))
        if entry.kid is None:
            raise ValueError(fragment("jwk.kid", least=MIN_KID_BYTES, most=MAX_KID_BYTES))
        found = jwk.read_jwk(entry.members)
        if "x5c" in entry.members:
            key = _read_certificate(entry.members["x5c"], entry.kid)
            if key.spki != found.spki:
                raise ValueError(fragment("jwk.other_key"))
        else:
            key = TrustedKey.from_public_key(found.spki, kid=entry.kid)
        usages = key.usages & self.usages
        return replace(key, country=self.country or key.country, usages=usages, origin=self.origin), found.strict


def _read_entries(data: bytes) -> list[_Entry]:
    """Return the entries of a set in which each kid names one key.

    Raises:
        MalformedError: `import.malformed`.
    """
    try:
        content = parse(data)
    except ValueError as error:
        raise malformed_list(_KIND, fragment_of(error)) from None
    items = content.get("keys") if isinstance(content, dict) else None
    if not isinstance(items, list):
        raise malformed_list(_KIND, fragment("jwk.set"))
    entries = [_read_entry(f"#{number}", item) for number, item in enumerate(items, 1)]
    _check_kids(entries)
    return entries


def _read_entry(record: str, item: object) -> _Entry:
    if not isinstance(item, dict):
        return _Entry(record, members=None, kid=None, thumbprint=None, holds_private=False)
    return _Entry(record, item, _read_kid(item.get("kid")), jwk.thumbprint(item), jwk.is_private(item))


def _check_kids(entries: Iterable[_Entry]) -> None:
    """Refuse a set in which two different keys have one kid: which of them is meant, only its publisher can say."""
    named: dict[bytes, object] = {}
    for entry in entries:
        key = entry.thumbprint or entry.record  # what cannot be read is like no other key
        if entry.kid is not None and named.setdefault(entry.kid, key) != key:
            raise malformed_list(_KIND, fragment("jwk.duplicate_kid"))


def _read_kid(text: object) -> bytes | None:
    """Return the kid that a text stands for; None if it is not one."""
    if not isinstance(text, str):
        return None
    found = _HEX_KID.fullmatch(text)
    try:
        kid = bytes.fromhex(found[1]) if found and len(found[1]) % 2 == 0 else text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can hold
        return None
    return kid if is_kid(kid) else None


def _read_certificate(chain: object, kid: bytes) -> TrustedKey:
    """Return the key of the first certificate in `x5c` (RFC 7517 section 4.7)."""
    der = decode_base64(chain[0]) if isinstance(chain, list) and 0 < len(chain) <= MAX_CHAIN else None
    if der is None:
        raise ValueError(fragment("jwk.chain", most=MAX_CHAIN))
    try:
        key = TrustedKey.from_certificate(der, kid=kid)
    except ConfigurationError:
        raise ValueError(fragment("entry.certificate")) from None
    if key.certificate != der:
        raise ValueError(fragment("entry.not_der"))
    return key


def _check_usages(usages: Collection[Usage]) -> frozenset[Usage]:
    """Return the usages, of which there is at least one, all of them to sign."""
    check_filters(usages=usages)
    try:
        known = frozenset(map(Usage, usages))
    except (TypeError, ValueError):
        known = frozenset()
    if not known or not known <= ANY_USAGE:
        raise ConfigurationError.of("import.usages")
    return known


def _warn(collector: ImportCollector, record: str, key: TrustedKey, at: datetime) -> None:
    """Warn of a certificate that should not sign."""
    if key.certificate is not None and read_certificate(key.certificate).is_ca:
        collector.warn("import.ca_certificate", record)
    if key.not_after is not None and key.not_after < at:
        collector.warn("import.expired", record, not_after=format_utc(key.not_after))
