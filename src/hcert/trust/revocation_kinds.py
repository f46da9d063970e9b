"""What can be revoked, and the digests under which revocation lists name it.

A list names nothing in the clear: each item is the first 16 bytes of a SHA-256, so that who reads a list learns no
identifier from it. Two different items share such a digest with a probability of 2^-128.

The three kinds of the EU are those of its gateway (dgc-gateway, revocation list; hcert.md section 7.3), whose hashes
can be taken over as they are. The other four are hcert's own (`docs/spec/signed-documents.md`).
"""

from __future__ import annotations

import hashlib
import re
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from hcert.citizen_ids import CERTIFICATE_ID_BYTES, ENTRY_ID
from hcert.codec.limits import MAX_REVISION, REVISION_BYTES
from hcert.errors import ConfigurationError
from hcert.fragments import fragment
from hcert.keys.algorithms import Algorithm

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DIGEST_BYTES: Final = 16
_ENTRY_ID: Final = re.compile(ENTRY_ID, re.IGNORECASE | re.ASCII)
_R_BYTES: Final = 32


class RevocationKind(IntEnum):
    """The kinds of revocation, as numbered in lists."""

    CERTIFICATE = 1
    ENTRY = 2
    KEY = 3
    SUPERSEDED = 4
    EU_UCI = 5
    EU_COUNTRY_UCI = 6
    EU_SIGNATURE = 7


def records_of(
    *,
    certificates: Iterable[bytes],
    entries: Iterable[str],
    keys: Iterable[bytes],
    superseded: Mapping[bytes, int],
    uci_hashes: Iterable[bytes],
    country_uci_hashes: Iterable[bytes],
    signature_hashes: Iterable[bytes],
) -> dict[RevocationKind, list[bytes]]:
    """Return the records of everything revoked, by kind in ascending order; keys by their SubjectPublicKeyInfo.

    Raises:
        ConfigurationError: `revocation.certificate_id`, `revocation.entry_id`, `revocation.hash` or
            `revocation.revision`.
    """
    records = {
        RevocationKind.CERTIFICATE: map(certificate_digest, certificates),
        RevocationKind.ENTRY: map(entry_digest, entries),
        RevocationKind.KEY: map(digest, keys),
        RevocationKind.SUPERSEDED: (
            certificate_digest(name) + revision_bytes(least) for name, least in superseded.items()
        ),
        RevocationKind.EU_UCI: map(checked_hash, uci_hashes),
        RevocationKind.EU_COUNTRY_UCI: map(checked_hash, country_uci_hashes),
        RevocationKind.EU_SIGNATURE: map(checked_hash, signature_hashes),
    }
    return {kind: sorted(given) for kind, given in records.items()}


def certificate_digest(name: bytes) -> bytes:
    """Return the digest of a certificate id.

    Raises:
        ConfigurationError: `revocation.certificate_id`; the digest of anything else would revoke nothing, in silence.
    """
    if type(name) is not bytes or len(name) != CERTIFICATE_ID_BYTES:
        raise ConfigurationError.of("revocation.certificate_id")
    return digest(name)


def entry_digest(name: str) -> bytes:
    """Return the digest of an entry id, whose digits may be given in either case.

    Raises:
        ConfigurationError: `revocation.entry_id`.
    """
    if type(name) is not str or not _ENTRY_ID.fullmatch(name):
        raise ConfigurationError.of("revocation.entry_id")
    return digest(name.upper().encode())


def checked_hash(item: bytes) -> bytes:
    """Return an EU hash of 16 bytes.

    Raises:
        ConfigurationError: `revocation.hash`.
    """
    if type(item) is not bytes:
        raise ConfigurationError.of("revocation.hash", length=fragment("thing.another_type"))
    if len(item) != DIGEST_BYTES:
        raise ConfigurationError.of("revocation.hash", length=len(item))
    return item


def revision_bytes(least: int) -> bytes:
    """Return the oldest revision that counts as it stands in lists.

    Raises:
        ConfigurationError: `revocation.revision`.
    """
    if type(least) is not int or not 1 <= least <= MAX_REVISION:
        raise ConfigurationError.of("revocation.revision")
    return least.to_bytes(REVISION_BYTES)


def digest(data: bytes) -> bytes:
    """Return the digest of a certificate id, an entry id in UTF-8, or a key's SubjectPublicKeyInfo in DER."""
    return hashlib.sha256(data).digest()[:DIGEST_BYTES]


def uci_hash(uci: str) -> bytes:
    """Return the EU hash UCI: of an identifier exactly as it stands in the payload, prefix and all."""
    return digest(uci.encode("utf-8", "surrogatepass"))


def country_uci_hash(country: str, uci: str) -> bytes:
    """Return the EU hash COUNTRYCODEUCI: of the issuer claim followed by the identifier."""
    return digest((country + uci).encode("utf-8", "surrogatepass"))


def signature_hash(signature: bytes, algorithm: Algorithm) -> bytes:
    """Return the EU hash SIGNATURE: of R alone under ES256, since anyone can change S and keep the signature valid."""
    return digest(signature[:_R_BYTES] if algorithm == Algorithm.ES256 else signature)
