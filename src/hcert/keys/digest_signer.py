"""Signers that sign a digest, as the key services of clouds do, and signatures in the form that COSE carries."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, Literal

from hcert.errors import ConfigurationError, SignerError
from hcert.keys.algorithms import Algorithm, raw_from_der

if TYPE_CHECKING:
    from collections.abc import Callable

    from hcert.keys.trusted_key import TrustedKey

_P256_BYTES: Final = 64  # R and S


class DigestSigner:
    """A signer over a function that signs a SHA-256 digest: AWS KMS, Google Cloud KMS, Azure Key Vault and others.

    Ask the service for ECDSA on P-256 with SHA-256, or for RSASSA-PSS with SHA-256 for hash and mask and a salt of 32
    bytes. What `sign_digest` raises passes through; raise `SignerError.of("signer.unavailable", reason=...)` for a
    fault that may be gone in a moment.
    """

    def __init__(
        self, key: TrustedKey, sign_digest: Callable[[bytes], bytes], *, form: Literal["der", "raw"] = "der"
    ) -> None:
        """Pair a function with its key.

        Args:
            key: the public side, under which others verify.
            sign_digest: takes the 32 bytes of a SHA-256 digest and returns the signature.
            form: of an ECDSA signature: `der` (AWS, Google) or `raw`, R followed by S (Azure). PS256 has one form.

        Raises:
            ConfigurationError: `key.unsupported` or `signer.form`.
        """
        if form not in {"der", "raw"}:
            raise ConfigurationError.of("signer.form")
        self._key = key
        self._sign_digest = sign_digest
        self._from_der = form == "der" and signing_algorithm(key) is Algorithm.ES256
        self._length = key.signature_bytes

    @property
    def key(self) -> TrustedKey:
        """The public side of the key."""
        return self._key

    def sign(self, data: bytes) -> bytes:
        """Sign `data`; the signature is in COSE form.

        Raises:
            SignerError: `signer.signature`, if the service returns something else.
        """
        signature = self._sign_digest(hashlib.sha256(data).digest())
        if self._from_der:
            try:
                return raw_from_der(signature)
            except (ValueError, TypeError):
                raise wrong_signature(signature, self._key) from None
        padded = pad_signature(signature, self._length)
        if padded is None:
            raise wrong_signature(signature, self._key)
        return padded

    def __repr__(self) -> str:
        return f"DigestSigner({self._key!r})"


def signing_algorithm(key: TrustedKey) -> Algorithm:
    """Return the algorithm of a key that is to sign.

    Raises:
        ConfigurationError: `key.unsupported`, for a key that may verify nothing.
    """
    if key.algorithm is None:
        raise ConfigurationError.of("key.unsupported")
    return key.algorithm


def pad_signature(signature: object, length: int) -> bytes | None:
    """Return a raw signature with the leading zeros that some devices leave out; None if the length does not fit.

    R and S have 32 bytes each; an RSA signature is as long as the modulus.
    """
    if not isinstance(signature, bytes):
        return None
    if len(signature) == length:
        return signature
    if length == _P256_BYTES:
        half, odd = divmod(len(signature), 2)
        if odd or not 0 < half < length // 2:
            return None
        return signature[:half].rjust(length // 2, b"\0") + signature[half:].rjust(length // 2, b"\0")
    return signature.rjust(length, b"\0") if 0 < len(signature) < length else None


def wrong_signature(signature: object, key: TrustedKey) -> SignerError:
    """Return the error for what is not a signature in the expected form."""
    length = len(signature) if isinstance(signature, bytes) else 0
    return SignerError.of("signer.signature", length=length, algorithm=signing_algorithm(key).name)
