"""A public key someone trusts, with what is known of it: who, how, when and for what it may sign."""

from __future__ import annotations

import hashlib
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
from hcert.keys.certificate import count_pem, der_of, read_certificate
from hcert.keys.usage import ANY_USAGE, OPEN_ONLY, Usage, usages_of
from hcert.times import local, require_aware

if TYPE_CHECKING:
    from datetime import datetime

_KID_BYTES: Final = 8
_PEM_MARK: Final = b"-----BEGIN "


class Status(StrEnum):
    """Whether a key still counts."""

    ACTIVE = "active"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key that may have signed certificates.

    Make one with `from_certificate` or `from_public_key`.

    Attributes:
        kid: the identifier under which messages name it; an opaque label that several keys can share.
        algorithm: the one algorithm it verifies, or None for a key that hcert does not verify with: another curve, RSA
            below 2048 bits, or the key of readers. Published lists hold such keys; they are kept so that a verdict can
            say so.
        spki: the public key as DER SubjectPublicKeyInfo.
        country: ISO 3166-1 alpha-2 of its owner, where known.
        not_before: start of its validity in UTC, where known.
        not_after: end of its validity in UTC, where known.
        usages: the events it may sign, none where it is empty; or `open` alone, for a key by which sealed parts are
            read.
        certificate: the DER certificate it came from, if any.
        origin: which list it came from, such as `gdhcn:DCC:OMN`; None for a key pinned by hand.
        status: a revoked key stays in lists so that a verdict can say why it no longer counts.
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
        self._read_enumerations()
        for name in ("not_before", "not_after"):
            if getattr(self, name) is not None:  # in UTC, since two times of one zone are compared by wall clock
                object.__setattr__(self, name, local(require_aware(getattr(self, name), name=name), UTC))
        if Usage.OPEN in self.usages:
            if self.usages != OPEN_ONLY:
                raise ConfigurationError.of("key.mixed_usages")
            object.__setattr__(self, "algorithm", None)  # whatever it could verify, it is not trusted to have signed

    def _read_enumerations(self) -> None:
        """Turn plain texts into the status and usages they spell: taken for another status, one would be for none."""
        try:
            object.__setattr__(self, "status", Status(self.status))
            object.__setattr__(self, "usages", frozenset(map(Usage, self.usages)))
        except (ValueError, TypeError):
            raise ConfigurationError.of("key.unknown_value") from None

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave out what cannot be pickled. In early 3.11 a dataclass with slots replaces `__getstate__`."""
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

        Only key, validity, country (subject C) and extended key usage are read. The certificate's own signature is not
        checked. Extensions that are broken do not keep it from loading, but an extended key usage that cannot be read
        leaves a key that may sign nothing.

        Args:
            data: one certificate, PEM (text around it is ignored) or DER.
            kid: the identifier, where a list publishes another than the first 8 bytes of the certificate's SHA-256.
            country: overrides the subject's country.
            origin: which list it came from.

        Raises:
            ConfigurationError: `key.unreadable`, `key.several` or `key.kid`.
        """
        raw = _as_bytes(data)
        count = count_pem(raw)
        if count > 1:
            raise ConfigurationError.of("key.several", count=count)
        try:
            der = der_of(raw)
            read = read_certificate(der)
        except ValueError as error:
            raise _unreadable(fragment("thing.certificate"), fragment_of(error)) from None
        spki, algorithm = _checked_spki(read.spki, fragment("thing.certificate_with_key"))
        return cls(
            kid=_checked_kid(kid, der),
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
        """Trust a bare public key, SubjectPublicKeyInfo in PEM or DER; all else about it is for the caller to say.

        Raises:
            ConfigurationError: `key.unreadable`, `key.kid`, `key.unknown_value`, `key.mixed_usages` or `time.naive`.
        """
        spki, algorithm = _checked_spki(_as_bytes(data), fragment("thing.public_key"))
        return cls(
            kid=_checked_kid(kid, spki),
            algorithm=algorithm,
            spki=spki,
            country=country,
            not_before=not_before,
            not_after=not_after,
            usages=usages,
        )

    @property
    def is_ca(self) -> bool:
        """Whether its certificate is that of an authority (basic constraint cA), which signs no health certificates.

        False without a certificate; true where the extension is there and cannot be read.
        """
        return self.certificate is not None and read_certificate(self.certificate).is_ca

    @property
    def signature_bytes(self) -> int:
        """How many bytes a signature under this key has in COSE form; asked of a key that has an algorithm."""
        return signature_bytes(cast("PublicKey", load_der_public_key(self.spki)))

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Tell whether `signature`, in COSE form, signs `data` under this key and its algorithm."""
        return (self._verify or self._load())(signature, data)

    def _load(self) -> Verify:
        """Load the key on first use, so that a list of thousands opens at once; two threads may both do it."""
        known = self.algorithm is not None
        verify = verifier_for(cast("PublicKey", load_der_public_key(self.spki))) if known else None
        object.__setattr__(self, "_verify", verify or _verifies_nothing)
        return verify or _verifies_nothing


def _verifies_nothing(_signature: bytes, _data: bytes) -> bool:
    return False


def _checked_spki(data: bytes, kind: Fragment) -> tuple[bytes, Algorithm | None]:
    """Parse a public key in PEM or DER, and return its DER as everyone would write it, with its algorithm."""
    try:
        key = load_pem_public_key(data) if _PEM_MARK in data else load_der_public_key(data)
        return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), algorithm_of(key)
    except Exception:  # noqa: BLE001 - the library raises various types for broken and unknown keys
        raise _unreadable(kind, fragment("key.not_a_key")) from None


def _checked_kid(kid: bytes | None, der: bytes) -> bytes:
    """Return the kid given, or the conventional one: the first 8 bytes of the SHA-256 of the DER."""
    if kid is None:
        return hashlib.sha256(der).digest()[:_KID_BYTES]
    if not MIN_KID_BYTES <= len(kid) <= MAX_KID_BYTES:
        raise ConfigurationError.of("key.kid", least=MIN_KID_BYTES, most=MAX_KID_BYTES, length=len(kid))
    return bytes(kid)


def _as_bytes(data: bytes | str) -> bytes:
    return data.encode("utf-8", "replace") if isinstance(data, str) else data


def _unreadable(kind: Fragment, reason: Fragment) -> ConfigurationError:
    return ConfigurationError.of("key.unreadable", kind=kind, form=fragment("thing.pem_or_der"), reason=reason)
