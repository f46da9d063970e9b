"""Where a signing key can be opened: what travels to workers in place of the key.

A source can be pickled, printed and logged: it holds paths and names, and neither a key nor what opens one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from hcert.errors import ConfigurationError
from hcert.fragments import Fragment, fragment
from hcert.keys.pkcs11_uri import parse_uri
from hcert.keys.signers import LocalSigner

if TYPE_CHECKING:
    from hcert.keys.signers import Signer

_PEM: Final = "-----BEGIN"
_MAX_FILE: Final = 1 << 20


@runtime_checkable
class SignerSource(Protocol):
    """Opens a signer wherever it was sent; write your own as a frozen dataclass without secrets, for a key service."""

    def open(self) -> Signer:
        """Open the key and return its signer; raise `SignerError` or `ConfigurationError` if that fails."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalKey:
    """A private key in a file, which every worker finds at the same path.

    Attributes:
        key: path of the private key, PEM.
        certificate: path of its certificate, PEM or DER.
        password_file: path of a file that holds the password, if the key is encrypted; this or `password_variable`.
        password_variable: environment variable that holds it.

    Raises:
        ConfigurationError: `bulk.plan`.
    """

    key: str | os.PathLike[str]
    certificate: str | os.PathLike[str]
    password_file: str | os.PathLike[str] | None = None
    password_variable: str | None = None

    def __post_init__(self) -> None:
        for name in ("key", "certificate", "password_file"):
            path = getattr(self, name)
            if path is not None or name != "password_file":
                object.__setattr__(self, name, absolute_path(path, name=name))
        if self.password_file is not None and self.password_variable is not None:
            raise plan_fault("password_variable", fragment("plan.one_password"))

    def open(self) -> LocalSigner:
        """Read the key.

        Raises:
            ConfigurationError: `bulk.file`, `bulk.password`, and `key.*` as `LocalSigner.from_pem`.
        """
        return LocalSigner.from_pem(
            _read(self.key), certificate=_read(self.certificate), password=self._read_password()
        )

    def _read_password(self) -> bytes | None:
        if self.password_file is not None:
            try:
                return _read(self.password_file).removesuffix(b"\n").removesuffix(b"\r")
            except ConfigurationError:
                source = fragment("pkcs11.pin_file", path=str(self.password_file))
            raise ConfigurationError.of("bulk.password", source=source, reason=fragment("pkcs11.pin_unreadable"))
        if self.password_variable is None:
            return None
        value = os.environ.get(self.password_variable)
        if value is None:
            source = fragment("pkcs11.pin_variable", name=self.password_variable)
            raise ConfigurationError.of("bulk.password", source=source, reason=fragment("pkcs11.pin_unset"))
        return os.fsencode(value)


@dataclass(frozen=True, slots=True)
class Pkcs11Key:
    """A private key in a token. Needs the extra `hsm` where it is opened.

    Attributes:
        uri: of the key and of where its PIN can be read, as for `Pkcs11Signer.from_uri`.
        certificate: path of its certificate, PEM or DER; None for the one in the token.

    Raises:
        SignerError: `signer.location`.
        ConfigurationError: `bulk.plan`.
    """

    uri: str
    certificate: str | os.PathLike[str] | None = None

    def __post_init__(self) -> None:
        parse_uri(self.uri)
        if self.certificate is not None:
            object.__setattr__(self, "certificate", absolute_path(self.certificate, name="certificate"))

    def open(self) -> Signer:
        """Open the key and check a signature.

        Raises:
            SignerError: `signer.*`; `transient` says whether to try again.
            ConfigurationError: `extra.missing`, `bulk.file`, and `key.*` as `Pkcs11Signer`.
        """
        try:
            from hcert.keys.pkcs11 import Pkcs11Signer  # needs the extra
        except ModuleNotFoundError:
            raise ConfigurationError.of("extra.missing", extra="hsm") from None
        certificate = None if self.certificate is None else _read(self.certificate)
        return Pkcs11Signer.from_uri(self.uri, certificate=certificate)


def absolute_path(path: object, *, name: str) -> str:
    """Return a path that means the same in every process of a machine.

    Raises:
        ConfigurationError: `bulk.plan`, also for the content of a file: a key must not travel in a plan.
    """
    if (
        not isinstance(path, str | os.PathLike)
        or not (text := os.fspath(path))
        or type(text) is not str
        or _PEM in text
    ):
        raise plan_fault(name, fragment("plan.path"))
    return str(Path(text).absolute())


def plan_fault(name: str, expected: Fragment) -> ConfigurationError:
    """Return the error for a member of a plan."""
    return ConfigurationError.of("bulk.plan", name=name, expected=expected)


def _read(path: str | os.PathLike[str]) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(_MAX_FILE)
    except (OSError, ValueError):  # a null character in a path is a ValueError
        pass
    raise ConfigurationError.of("bulk.file", path=str(path))
