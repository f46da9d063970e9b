"""HPKE base mode (RFC 9180): encryption for a reader of whom only the public key is known.

There are two suites, both with HKDF-SHA256 and AES-128-GCM: X25519, and P-256 for readers whose hardware supports
nothing else. Their numbers are those of COSE-HPKE (draft-ietf-cose-hpke).
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from hcert.errors import ConfigurationError
from hcert.keys.signers import load_private_key
from hcert.keys.trusted_key import TrustedKey
from hcert.keys.usage import OPEN_ONLY, Usage

if TYPE_CHECKING:
    from typing import Self

    from cryptography.hazmat.primitives.hpke import Suite

_OpeningKey: TypeAlias = ec.EllipticCurvePrivateKey | x25519.X25519PrivateKey
_SealingKey: TypeAlias = ec.EllipticCurvePublicKey | x25519.X25519PublicKey


class SealingAlgorithm(IntEnum):
    """An HPKE suite; the value is its COSE number."""

    HPKE_0 = 35  # DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM
    HPKE_3 = 41  # DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM


# Bytes of the encapsulated key (RFC 9180 section 7.1): an uncompressed point on P-256, or one coordinate.
ENCAPSULATED_KEY_BYTES: Final = {SealingAlgorithm.HPKE_0: 65, SealingAlgorithm.HPKE_3: 32}
TAG_BYTES: Final = 16  # of AES-GCM


class SealedBytes(NamedTuple):
    """Content that was sealed: the encapsulated key, and the ciphertext with its tag."""

    encapsulated_key: bytes
    ciphertext: bytes


def sealing_algorithm(reader: TrustedKey) -> SealingAlgorithm:
    """Return the suite of a reader key.

    Raises:
        ConfigurationError: `sealed.reader_key`: the key lacks the usage `open`, or is of another type.
    """
    return Recipient(reader).algorithm


class Recipient:
    """A reader for whom content is sealed. The public key is loaded once.

    Attributes:
        algorithm: the suite of the reader key.

    Raises:
        ConfigurationError: `sealed.reader_key`: the key lacks the usage `open`, or is of another type.
    """

    def __init__(self, reader: TrustedKey) -> None:
        public_key = load_der_public_key(reader.spki) if Usage.OPEN in reader.usages else None
        algorithm = _algorithm_of(public_key)
        if algorithm is None:
            raise ConfigurationError.of("sealed.reader_key", kid=reader.kid.hex())
        self.algorithm: SealingAlgorithm = algorithm
        self._public_key = cast("_SealingKey", public_key)

    def seal(self, plaintext: bytes, *, info: bytes) -> SealedBytes:
        """Seal `plaintext`; it can only be opened with the same `info`."""
        sealed = _suite(self.algorithm).encrypt(plaintext, self._public_key, info)
        length = ENCAPSULATED_KEY_BYTES[self.algorithm]
        return SealedBytes(sealed[:length], sealed[length:])


class ReaderKey:
    """The private key of a group of readers.

    Attributes:
        key: the public key. A sealed part names the group by its kid.
    """

    def __init__(self, private_key: _OpeningKey, key: TrustedKey) -> None:
        self._private_key = private_key
        self.key = key

    @classmethod
    def from_pem(
        cls,
        pem: bytes | str,
        *,
        key: TrustedKey | None = None,
        password: bytes | str | None = None,
    ) -> Self:
        """Load a private key and pair it with its public key.

        Args:
            pem: the private key, encrypted or not.
            key: the public key as in the trust list. If None, it is derived from the private key, with the usual kid.
            password: the password, if the key is encrypted.

        Raises:
            ConfigurationError: `key.unreadable`, `key.password`, `key.password_missing`, `key.mismatch` or
                `sealed.reader_key`.
        """
        private_key = cast("_OpeningKey", load_private_key(pem, password))
        spki = private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        key = key or TrustedKey.from_public_key(spki, usages=OPEN_ONLY)
        sealing_algorithm(key)
        if spki != key.spki:
            raise ConfigurationError.of("key.mismatch")
        return cls(private_key, key)

    def open(self, sealed: SealedBytes, *, info: bytes) -> bytes | None:
        """Return the plaintext, or None if it was sealed for another key or another `info`, or was changed."""
        suite = _suite(sealing_algorithm(self.key))
        try:
            return suite.decrypt(sealed.encapsulated_key + sealed.ciphertext, self._private_key, info)
        except (InvalidTag, ValueError):
            return None

    def __repr__(self) -> str:
        return f"ReaderKey({self.key!r})"


def _algorithm_of(key: object) -> SealingAlgorithm | None:
    if isinstance(key, x25519.X25519PublicKey):
        return SealingAlgorithm.HPKE_3
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return SealingAlgorithm.HPKE_0
    return None


@cache  # each of the two takes 7 µs to create
def _suite(algorithm: SealingAlgorithm) -> Suite:
    from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite  # needed only by those who seal or open

    kem = KEM.P256 if algorithm is SealingAlgorithm.HPKE_0 else KEM.X25519
    return Suite(kem, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
