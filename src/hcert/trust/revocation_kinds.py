"""What can be revoked, and the digests by which revocation lists name it.

A list contains no identifiers: each item is the first 16 bytes of a SHA-256. Two different items have the same digest
with a probability of 2^-128.

The three EU kinds are the hash types of the EU gateway ("EU Digital COVID Certificate Revocation", eHealth Network; the
types UCI, COUNTRYCODEUCI and SIGNATURE of dgc-gateway), so that its hashes can be imported unchanged. The other four
are specified in `docs/spec/signed-documents.md`.
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
from hcert.keys.algorithms import Algorithm, may_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DIGEST_BYTES: Final = 16
_ENTRY_ID: Final = re.compile(ENTRY_ID, re.IGNORECASE | re.ASCII)
_R_BYTES: Final = 32


class RevocationKind(IntEnum):
    """The kinds of revocation, with their numbers in lists."""

    CERTIFICATE = 1
    ENTRY = 2
    KEY = 3
    SUPERSEDED = 4
    EU_UCI = 5
    EU_COUNTRY_UCI = 6
    EU_SIGNATURE = 7


def make_records(
    *,
    certificates: Iterable[bytes],
    entries: Iterable[str],
    keys: Iterable[bytes],
    superseded: Mapping[bytes, int],
    uci_hashes: Iterable[bytes],
    country_uci_hashes: Iterable[bytes],
    signature_hashes: Iterable[bytes],
) -> dict[RevocationKind, list[bytes]]:
    """Return the records of a list, by kind and in ascending order; keys are given as SubjectPublicKeyInfo.

    Raises:
        ConfigurationError: `revocation.certificate_id`, `revocation.entry_id`, `revocation.hash` or
            `revocation.revision`.
    """
    records = {
        RevocationKind.CERTIFICATE: map(digest_certificate_id, certificates),
        RevocationKind.ENTRY: map(digest_entry_id, entries),
        RevocationKind.KEY: map(digest, keys),
        RevocationKind.SUPERSEDED: (
            digest_certificate_id(certificate) + encode_revision(oldest) for certificate, oldest in superseded.items()
        ),
        RevocationKind.EU_UCI: map(require_hash, uci_hashes),
        RevocationKind.EU_COUNTRY_UCI: map(require_hash, country_uci_hashes),
        RevocationKind.EU_SIGNATURE: map(require_hash, signature_hashes),
    }
    return {kind: sorted(given) for kind, given in records.items()}


def digest_certificate_id(certificate_id: bytes) -> bytes:
    """Return the digest of a certificate id.

    Raises:
        ConfigurationError: `revocation.certificate_id`; the digest of anything else would silently revoke nothing.
    """
    if type(certificate_id) is not bytes or len(certificate_id) != CERTIFICATE_ID_BYTES:
        raise ConfigurationError.of("revocation.certificate_id")
    return digest(certificate_id)


def digest_entry_id(entry_id: str) -> bytes:
    """Return the digest of an entry id, in upper or lower case.

    Raises:
        ConfigurationError: `revocation.entry_id`.
    """
    if type(entry_id) is not str or not _ENTRY_ID.fullmatch(entry_id):
        raise ConfigurationError.of("revocation.entry_id")
    return digest(entry_id.upper().encode())


def require_hash(item: bytes) -> bytes:
    """Return an EU hash, which must have 16 bytes.

    Raises:
        ConfigurationError: `revocation.hash`.
    """
    if type(item) is not bytes:
        raise ConfigurationError.of("revocation.hash", length=fragment("type.other"))
    if len(item) != DIGEST_BYTES:
        raise ConfigurationError.of("revocation.hash", length=len(item))
    return item


def encode_revision(oldest: int) -> bytes:
    """Encode the oldest revision that still counts, as in lists.

    Raises:
        ConfigurationError: `revocation.revision`.
    """
    if type(oldest) is not int or not 1 <= oldest <= MAX_REVISION:
        raise ConfigurationError.of("revocation.revision")
    return oldest.to_bytes(REVISION_BYTES)


def digest(data: bytes) -> bytes:
    """Return the digest of a certificate id, of an entry id in UTF-8, or of a SubjectPublicKeyInfo in DER."""
    return hashlib.sha256(data).digest()[:DIGEST_BYTES]


def uci_hash(uci: str) -> bytes:
    """Return the EU hash UCI: of an identifier exactly as in the payload, including its prefix."""
    return digest(uci.encode("utf-8", "surrogatepass"))


def country_uci_hash(country: str, uci: str) -> bytes:
    """Return the EU hash COUNTRYCODEUCI: of the issuer claim followed by the identifier."""
    return digest((country + uci).encode("utf-8", "surrogatepass"))


def signature_hash(signature: bytes, algorithm: Algorithm) -> bytes:
    """Return the EU hash SIGNATURE.

    Under ES256 and ESP256 it is that of R only, because anyone can change S and keep the signature valid.
    """
    return digest(signature[:_R_BYTES] if may_name(algorithm, Algorithm.ES256) else signature)
