"""A trusted public key, with its owner, algorithm, validity and usages."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import UTC
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, cast

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from hcert.codec.limits import MAX_KID_BYTES, MIN_KID_BYTES
from hcert.errors import ConfigurationError
from hcert.fragments import Fragment, fragment, fragment_of
from hcert.keys.algorithms import Algorithm, PublicKey, Verify, algorithm_of, signature_bytes, verifier_for
from hcert.keys.certificate import read_certificate
from hcert.keys.pem import count_certificates, decode_certificate, encode_text, is_pem
from hcert.keys.usage import ANY_USAGE, OPEN_ONLY, Usage, usages_of
from hcert.times import require_aware, to_zone

if TYPE_CHECKING:
    from datetime import datetime

_KID_BYTES: Final = 8


class Status(StrEnum):
    """Whether a key is still trusted."""

    ACTIVE = "active"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key that may have signed certificates, or for which content may be sealed.

    Create one with `from_certificate` or `from_public_key`.

    Attributes:
        kid: the identifier by which messages name the key; an opaque label that several keys can share.
        algorithm: the one algorithm that the key verifies. None for a key that verifies nothing: on another curve, RSA
            below 2048 bits, or a reader key. Published lists hold such keys; they are kept so that a verdict can name
            them as the reason.
        spki: the public key as DER SubjectPublicKeyInfo.
        country: country of the owner, ISO 3166-1 alpha-2, if known.
        not_before: start of the validity in UTC, if known.
        not_after: end of the validity in UTC, if known.
        usages: the events that the key may sign; if empty, none. Or `open` alone, for a reader key.
        certificate: the DER certificate that the key came from, if any.
        origin: the list that the key came from, such as `gdhcn:DCC:OMN`; None for a key pinned by hand.
        status: a revoked key stays in lists, so that a verdict can say why the key is no longer trusted.

    Raises:
        ConfigurationError: `key.unknown_value`, `key.mixed_usages` or `time.naive`.
    """

    kid: bytes
    algorithm: Algorithm | None
    spki: bytes = field(repr=False)
    country: str | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    usages: frozenset[Usage] = ANY_USAGE
    certificate: bytes | None = field(default=None, repr=False)
    origin: str | None = None
    status: Status = Status.ACTIVE
    _verify: Verify | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._convert_enumerations()
        for name in ("not_before", "not_after"):
            if getattr(self, name) is not None:  # in UTC, since Python compares two times of one zone by wall clock
                object.__setattr__(self, name, to_zone(require_aware(getattr(self, name), name=name), UTC))
        if Usage.OPEN in self.usages:
            if self.usages != OPEN_ONLY:
                raise ConfigurationError.of("key.mixed_usages")
            object.__setattr__(self, "algorithm", None)  # readers are not trusted to sign

    def _convert_enumerations(self) -> None:
        """Convert plain strings to `Status` and `Usage`; an unknown value is an error."""
        try:
            object.__setattr__(self, "status", Status(self.status))
            object.__setattr__(self, "usages", frozenset(map(Usage, self.usages)))
        except (ValueError, TypeError):
            raise ConfigurationError.of("key.unknown_value") from None

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without `_verify`, a closure. In early 3.11 a dataclass with slots replaces `__getstate__`."""
        return type(self), tuple(getattr(self, one.name) for one in fields(self) if one.init)

    @classmethod
    def from_certificate(
        cls,
        data: bytes | str,
        *,
        kid: bytes | None = None,
        country: str | None = None,
        origin: str | None = None,
    ) -> TrustedKey:
        """Trust the key of an X.509 certificate.

        Only public key, validity, country (subject C) and extended key usage are read. The certificate's own signature
        is not verified. A certificate with malformed extensions loads, but if its extended key usage is unreadable, the
        key may sign nothing.

        Args:
            data: one certificate, PEM (text around it is ignored) or DER.
            kid: the identifier, if it is not the first 8 bytes of the certificate's SHA-256.
            country: overrides the country of the subject.
            origin: the list that the certificate came from.

        Raises:
            ConfigurationError: `key.unreadable`, `key.several` or `key.kid`.
        """
        raw = encode_text(data)
        count = count_certificates(raw)
        if count > 1:
            raise ConfigurationError.of("key.several", count=count)
        try:
            der = decode_certificate(raw)
            read = read_certificate(der)
        except ValueError as error:
            raise _unreadable(fragment("thing.certificate"), fragment_of(error)) from None
        spki, algorithm = _load_public_key(read.spki, fragment("thing.certificate_with_key"))
        return cls(
            kid=_choose_kid(kid, der),
            algorithm=algorithm,
            spki=spki,
            country=country or read.country,
            not_before=read.not_before,
            not_after=read.not_after,
            usages=usages_of(read.key_usages),
            certificate=der,
            origin=origin,
        )

    @classmethod
    def from_public_key(
        cls,
        data: bytes | str,
        *,
        kid: bytes | None = None,
        country: str | None = None,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        usages: frozenset[Usage] = ANY_USAGE,
    ) -> TrustedKey:
        """Trust a bare public key: SubjectPublicKeyInfo in PEM or DER. The caller vouches for everything about it.

        Raises:
            ConfigurationError: `key.unreadable`, `key.kid`, `key.unknown_value`, `key.mixed_usages` or `time.naive`.
        """
        spki, algorithm = _load_public_key(encode_text(data), fragment("thing.public_key"))
        return cls(
            kid=_choose_kid(kid, spki),
            algorithm=algorithm,
            spki=spki,
            country=country,
            not_before=not_before,
            not_after=not_after,
            usages=usages,
        )

    @property
    def is_ca(self) -> bool:
        """Whether its certificate is a CA certificate (basic constraint cA), which must not sign health certificates.

        False without a certificate; true if the extension is unreadable.
        """
        return self.certificate is not None and read_certificate(self.certificate).is_ca

    @property
    def signature_bytes(self) -> int:
        """Length in bytes of a signature under this key, in COSE form. The key must have an algorithm."""
        return signature_bytes(cast("PublicKey", load_der_public_key(self.spki)))

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Return whether `signature`, in COSE form, is a signature of `data` under this key and its algorithm."""
        return (self._verify or self._load())(signature, data)

    def _load(self) -> Verify:
        """Load the key on first use, so that a list of thousands opens quickly. Two threads may both load it."""
        verify = None
        if self.algorithm is not None:
            verify = verifier_for(cast("PublicKey", load_der_public_key(self.spki)))
        verify = verify or _refuse_all
        object.__setattr__(self, "_verify", verify)
        return verify


def require_keys(keys: object) -> tuple[TrustedKey, ...]:
    """Return the keys of an argument; raise `ConfigurationError` `trust.type` if it holds anything else."""
    if not isinstance(keys, Iterable):
        raise ConfigurationError.of("trust.type", name="list[TrustedKey]", given=type(keys).__name__)
    found = tuple(keys)
    for key in found:
        if not isinstance(key, TrustedKey):
            raise ConfigurationError.of("trust.type", name="TrustedKey", given=type(key).__name__)
    return found


def _refuse_all(_signature: bytes, _data: bytes) -> bool:
    return False


def _load_public_key(data: bytes, kind: Fragment) -> tuple[bytes, Algorithm | None]:
    """Load a public key from PEM or DER; return its canonical DER and its algorithm."""
    try:
        key = load_pem_public_key(data) if is_pem(data) else load_der_public_key(data)
        return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), algorithm_of(key)
    except Exception:  # noqa: BLE001 - the library raises various types for malformed and unsupported keys
        raise _unreadable(kind, fragment("key.not_a_key")) from None


def _choose_kid(kid: bytes | None, der: bytes) -> bytes:
    """Return the kid given, or the usual one: the first 8 bytes of the SHA-256 of the DER."""
    if kid is None:
        return hashlib.sha256(der).digest()[:_KID_BYTES]
    if not MIN_KID_BYTES <= len(kid) <= MAX_KID_BYTES:
        raise ConfigurationError.of("key.kid", least=MIN_KID_BYTES, most=MAX_KID_BYTES, length=len(kid))
    return bytes(kid)


def _unreadable(kind: Fragment, reason: Fragment) -> ConfigurationError:
    return ConfigurationError.of("key.unreadable", kind=kind, form=fragment("thing.pem_or_der"), reason=reason)
