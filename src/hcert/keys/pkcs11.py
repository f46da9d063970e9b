"""A signer whose private key is in an HSM or another token with a PKCS #11 library (OASIS PKCS #11 v2.40)."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final, TypeVar

import pkcs11

from hcert.errors import SignerError
from hcert.fragments import fragment
from hcert.keys.digest_signer import wrong_signature
from hcert.keys.pkcs11_faults import fault_of, translating
from hcert.keys.pkcs11_location import KeyLocation, PinSource, location_fault
from hcert.keys.pkcs11_module import module_at
from hcert.keys.pkcs11_uri import parse_uri
from hcert.keys.trusted_key import TrustedKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from hcert.keys.pkcs11_key import TokenKey
    from hcert.keys.pkcs11_module import Module

_T = TypeVar("_T")
_PAUSES: Final = (0.0, 0.2, 0.5)  # seconds before a new session, and each time before the module is started anew
# While another process logs in, SoftHSM rewrites the token, and whoever reads it then finds none, or none with a PIN.
_PASSING: Final = frozenset({"signer.no_token", "signer.no_pin"})


class Pkcs11Signer:
    """A signer whose private key is in a token.

    Threads may share it and take turns; processes sign side by side, forked or spawned. It can be sent to workers: the
    pickle holds the location of the key and its `TrustedKey`. A worker opens the key when it first signs, and reads the
    PIN itself. All signers of a process with the same location share one session.

    If the session or the token goes away, a signature is tried three times more: in a new session, and twice after a
    pause with the module started anew. The opening of a key is tried as often.
    """

    def __init__(
        self,
        *,
        module: str | os.PathLike[str],
        token: str,
        key_id: bytes | None = None,
        key_label: str | None = None,
        pin_file: str | os.PathLike[str] | None = None,
        pin_variable: str | None = None,
        certificate: bytes | str | TrustedKey | None = None,
    ) -> None:
        """Open a key and check a signature of it.

        Args:
            module: path of the PKCS #11 library of the token's vendor.
            token: label of the token.
            key_id: of the private key (CKA_ID); this, or `key_label` (CKA_LABEL), or both.
            key_label: see `key_id`.
            pin_file: file that holds the PIN; this or `pin_variable`.
            pin_variable: environment variable that holds the PIN; child processes inherit it.
            certificate: the signer's certificate, PEM or DER; or a `TrustedKey`, for a bare public key or another
                kid. None takes the certificate in the token that has the id of the key.

        Raises:
            SignerError: `signer.*`; `transient` says whether to try again.
            ConfigurationError: `key.mismatch`, `key.unsupported`, or what `TrustedKey.from_certificate` raises.
        """
        if (pin_file is None) is (pin_variable is None):
            raise location_fault(fragment("pkcs11.no_pin"))
        pin = PinSource("variable", str(pin_variable)) if pin_file is None else PinSource.in_file(pin_file)
        location = KeyLocation(module=str(module), pin=pin, token=token, key_id=key_id, key_label=key_label)
        self.__setstate__((location, _open(location, certificate)))

    @classmethod
    def from_uri(cls, uri: str, *, certificate: bytes | str | TrustedKey | None = None) -> Self:
        """Open the key that a PKCS #11 URI names (RFC 7512); raises as the class does.

        Args:
            uri: `pkcs11:token=…;object=…;id=%01?module-path=/usr/lib/….so&pin-source=file:/run/secrets/pin`; the source
                may be `env:NAME` too. A `pin-value` is refused.
            certificate: see the class.
        """
        location = parse_uri(uri)
        key = _open(location, certificate)
        signer = cls.__new__(cls)
        signer.__setstate__((location, key))
        return signer

    @staticmethod
    def read_public_key(uri: str) -> TrustedKey:
        """Read the public key in the token that belongs to the private key of a URI.

        Pass it as `certificate` if the key has no certificate: for an anchor, or to request one.

        Raises:
            SignerError: `signer.*`.
            ConfigurationError: `key.unsupported`.
        """
        return _with_key(parse_uri(uri), lambda private: TrustedKey.from_public_key(private.read_public_key()))

    @property
    def key(self) -> TrustedKey:
        """The public side of the key."""
        return self._key

    def sign(self, data: bytes) -> bytes:
        """Sign `data`; the signature is in COSE form.

        Raises:
            SignerError: `signer.*`; `transient` says whether to try again.
            ConfigurationError: `key.mismatch`, if another key is at the location now.
        """
        return _retry(self._module, lambda: self._sign(data))

    def _sign(self, data: bytes) -> bytes:
        with self._module.lock:
            try:
                signature = self._module.key(self._location).sign(data, self._key)
            except pkcs11.PKCS11Error as error:
                self._module.drop(self._location)
                raise fault_of(error) from None
            except SignerError as error:
                if error.code not in _PASSING:
                    raise
                raise SignerError.of("signer.unavailable", reason="NoSuchToken") from None  # it was there before
        if signature is None:
            raise wrong_signature(signature, self._key)
        return signature

    def close(self) -> None:
        """Close the session that all signers with this location share; the last one logs out.

        A signer that signs again opens another.
        """
        with self._module.lock:
            self._module.close(self._location)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._key!r}, token={self._location.token_name!r})"

    def __getstate__(self) -> tuple[KeyLocation, TrustedKey]:
        """Return the location of the key and its `TrustedKey`; neither holds a secret."""
        return self._location, self._key

    def __setstate__(self, state: tuple[KeyLocation, TrustedKey]) -> None:
        """Restore a signer. The key is opened and checked before it first signs in this process."""
        self._location, self._key = state
        self._module = module_at(self._location.module)


def _open(location: KeyLocation, certificate: bytes | str | TrustedKey | None) -> TrustedKey:
    """Open a key, pair it with its certificate, and check a signature."""

    def pair(private: TokenKey) -> TrustedKey:
        found = private.read_certificate() if certificate is None else certificate
        key = found if isinstance(found, TrustedKey) else TrustedKey.from_certificate(found)
        private.probe(key)
        return key

    return _with_key(location, pair)


def _with_key(location: KeyLocation, use: Callable[[TokenKey], _T]) -> _T:
    """Return what `use` returns for the key at a location."""
    module = module_at(location.module)

    def open_and_use() -> _T:
        with module.lock, translating():
            return use(module.key(location))

    return _retry(module, open_and_use)


def _retry(module: Module, call: Callable[[], _T]) -> _T:
    """Return what `call` returns, tried again after a fault that may pass."""
    for pause in _PAUSES:
        starts = module.starts
        try:
            return call()
        except SignerError as error:
            if not error.transient and error.code not in _PASSING:
                raise
        time.sleep(pause * (1 + os.getpid() % 8 / 8))  # workers that met once shall not meet again
        if pause:
            with module.lock:
                module.restart(starts)
    return call()
