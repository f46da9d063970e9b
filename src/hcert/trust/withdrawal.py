"""What can be withdrawn, and the digests under which withdrawal lists name it.

A list names nothing in the clear: each item is the first 16 bytes of a SHA-256, so that who reads a list learns no
identifier from it. Two different items share such a digest with a probability of 2^-128.

The three kinds of the EU are those of its gateway (dgc-gateway, revocation list; hcert.md section 7.3), whose hashes
can be taken over as they are. The other four are hcert's own (`docs/spec/signed-documents.md`).
"""

from __future__ import annotations

import hashlib
from enum import IntEnum
from typing import Final

from hcert.keys.algorithms import Algorithm

DIGEST_BYTES: Final = 16
REVISION_BYTES: Final = 4  # beside the digest of a certificate that was superseded
_R_BYTES: Final = 32


class Withdrawal(IntEnum):
    """The kinds of withdrawal, as numbered in lists."""

    CERTIFICATE = 1
    ENTRY = 2
    KEY = 3
    SUPERSEDED = 4
    EU_UCI = 5
    EU_COUNTRY_UCI = 6
    EU_SIGNATURE = 7


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
    return digest(signature[:_R_BYTES] if algorithm is Algorithm.ES256 else signature)
