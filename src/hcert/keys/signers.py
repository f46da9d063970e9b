"""Signers: the protocol that every signer implements, and one that holds its key in memory.

A signer for an HSM needs two members: the `TrustedKey` under which others will verify, and a method that returns a COSE
signature. The private key never has to enter Python.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from hcert.errors import ConfigurationError
from hcert.fragments import Fragment, fragment
from hcert.keys.algorithms import PrivateKey, algorithm_of, sign
from hcert.keys.pem import encode_text
from hcert.keys.trusted_key import TrustedKey

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self


@runtime_checkable
class Signer(Protocol):
    """Signs for an issuer."""

    @property
    def key(self) -> TrustedKey:
        """The public key, with kid, algorithm, validity and usages."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Sign `data` under `key.algorithm`.

        Returns:
            The signature in COSE form. For ES256, also where the header names ESP256, that is R followed by S, 64 bytes
            (`raw_from_der` converts DER, which many HSMs return); for PS256 it is as long as the modulus, made with a
            salt of 32 bytes.
        """
        ...


@runtime_checkable
class BatchSigner(Signer, Protocol):
    """A signer that signs many messages faster together than one by one, such as a remote service."""

    def sign_many(self, messages: Sequence[bytes]) -> list[bytes]:
        """Return the signature of each message, in order, in the form of `sign`; raise if one cannot be made."""
        ...


def sign_many(signer: Signer, messages: Sequence[bytes]) -> list[bytes]:
    """Sign messages, at once if the signer can; return the signatures in order."""
    many: Callable[[Sequence[bytes]], list[bytes]] | None = getattr(signer, "sign_many", None)
    # An `isinstance` of the protocol would take as long as two signatures.
    return [signer.sign(message) for message in messages] if many is None else many(messages)


class LocalSigner:
    """A signer with the private key in memory: for tests, small issuers, and hosts that are trusted with the key."""

    def __init__(self, private_key: PrivateKey, key: TrustedKey) -> None:
        self._private_key = private_key
        self._key = key

    @classmethod
    def from_pem(
        cls,
        pem: bytes | str,
        *,
        certificate: bytes | str | TrustedKey,
        password: bytes | str | None = None,
    ) -> Self:
        """Load a private key and pair it with its certificate.

        Args:
            pem: the private key, encrypted or not.
            certificate: the signer's certificate, PEM or DER; or a `TrustedKey`, for a bare public key or another kid.
            password: the password, if the key is encrypted.

        Raises:
            ConfigurationError: `key.unreadable`, `key.password`, `key.password_missing`, `key.unsupported`,
                `key.mismatch`, or what `TrustedKey.from_certificate` raises.
        """
        private_key = load_private_key(pem, password)
        if algorithm_of(private_key) is None:
            raise ConfigurationError.of("key.unsupported")
        usable = cast("PrivateKey", private_key)
        key = certificate if isinstance(certificate, TrustedKey) else TrustedKey.from_certificate(certificate)
        spki = usable.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if spki != key.spki:
            raise ConfigurationError.of("key.mismatch")
        return cls(usable, key)

    @property
    def key(self) -> TrustedKey:
        """The public key."""
        return self._key

    def sign(self, data: bytes) -> bytes:
        """Sign `data`; return the signature in COSE form."""
        return sign(self._private_key, data)

    def __repr__(self) -> str:
        return f"LocalSigner({self._key!r})"


def load_private_key(pem: bytes | str, password: bytes | str | None) -> object:
    """Load a private key of any type from PEM.

    Raises:
        ConfigurationError: `key.unreadable`, `key.password` or `key.password_missing`.
    """
    return _load(encode_text(pem), encode_text(password) if password else None)


def _load(data: bytes, password: bytes | None) -> object:
    try:
        return load_pem_private_key(data, password)
    except TypeError:
        if password is None:
            raise ConfigurationError.of("key.password_missing") from None
        return load_pem_private_key(data, None)  # the key is not encrypted, so the password does no harm
    except ValueError:
        if password is not None and b"ENCRYPTED" in data:
            raise ConfigurationError.of("key.password") from None
        raise _unreadable(fragment("key.damaged")) from None
    except Exception:  # noqa: BLE001 - the library raises various types for keys that it does not support
        raise _unreadable(fragment("key.kind")) from None


def _unreadable(reason: Fragment) -> ConfigurationError:
    return ConfigurationError.of("key.unreadable", kind=fragment("thing.private_key"), form="PEM", reason=reason)
