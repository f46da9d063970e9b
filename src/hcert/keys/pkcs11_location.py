"""Where a key in a token is and where its PIN can be read: all that travels to other processes, and no secret.

A location can be pickled, printed and logged. The PIN itself is read when the token asks for it, and never kept.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from hcert.errors import SignerError
from hcert.fragments import Fragment, fragment

_MAX_PIN_BYTES: Final = 255


@dataclass(frozen=True, slots=True)
class PinSource:
    """Where the PIN can be read.

    Attributes:
        kind: of place.
        name: the path of the file, absolute, or the name of the environment variable.
    """

    kind: Literal["file", "variable"]
    name: str

    @classmethod
    def in_file(cls, path: str | os.PathLike[str]) -> PinSource:
        """Return a source by the path of a file, whose content is the PIN and perhaps a line end."""
        return cls("file", str(Path(path).absolute()))

    @property
    def fragment(self) -> Fragment:
        """What to call it in a message."""
        if self.kind == "file":
            return fragment("pkcs11.pin_file", path=self.name)
        return fragment("pkcs11.pin_variable", name=self.name)

    def read(self) -> str:
        """Read the PIN.

        Raises:
            SignerError: `signer.pin_source`.
        """
        read = self._read_bytes().removesuffix(b"\n").removesuffix(b"\r")
        reason = _reason_against(read)
        if reason is not None:
            del read  # reports of errors may show the variables of this function
            raise self._fault(reason)
        return read.decode()

    def _read_bytes(self) -> bytes:
        if self.kind == "variable":
            value = os.environ.get(self.name)
            if value is None:
                raise self._fault(fragment("pkcs11.pin_unset"))
            return os.fsencode(value)
        try:
            with Path(self.name).open("rb") as file:
                return file.read(_MAX_PIN_BYTES + 3)  # a line end, and one more to see that it is too long
        except OSError:
            raise self._fault(fragment("pkcs11.pin_unreadable")) from None

    def _fault(self, reason: Fragment) -> SignerError:
        return SignerError.of("signer.pin_source", source=self.fragment, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLocation:
    """Where a private key is: everything that is given must match.

    A token has no slot number here, since slots are numbered anew when a token is plugged in or initialised.

    Attributes:
        module: path of the PKCS #11 library of the vendor.
        pin: where the PIN can be read.
        token, serial, manufacturer, model: what the token says of itself (CK_TOKEN_INFO).
        key_id, key_label: of the private key (CKA_ID, CKA_LABEL).
    """

    module: str
    pin: PinSource
    token: str | None = None
    serial: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    key_id: bytes | None = None
    key_label: str | None = None

    def __post_init__(self) -> None:
        if not self.module:
            raise location_fault(fragment("pkcs11.no_module"))
        if Path(self.module).name != self.module:  # a bare name is looked up by the system
            object.__setattr__(self, "module", str(Path(self.module).absolute()))
        if not (self.token or self.serial):
            raise location_fault(fragment("pkcs11.no_token"))
        if not (self.key_id or self.key_label):
            raise location_fault(fragment("pkcs11.no_key"))

    @property
    def token_name(self) -> str:
        """What to call the token in a message: its label, its serial number or both."""
        return " ".join(filter(None, (self.token, self.serial)))

    @property
    def key_name(self) -> Fragment:
        """What to call the key in a message."""
        if not self.key_id:
            return fragment("pkcs11.key_label", label=self.key_label)
        if not self.key_label:
            return fragment("pkcs11.key_id", id=self.key_id.hex())
        return fragment("pkcs11.key_both", id=self.key_id.hex(), label=self.key_label)


def _reason_against(pin: bytes) -> Fragment | None:
    """Return why something cannot be a PIN."""
    if not pin:
        return fragment("pkcs11.pin_empty")
    printable = pin.decode(errors="replace").replace("\N{REPLACEMENT CHARACTER}", "\0").isprintable()
    return None if printable and len(pin) <= _MAX_PIN_BYTES else fragment("pkcs11.pin_text", most=_MAX_PIN_BYTES)


def location_fault(reason: Fragment) -> SignerError:
    """Return the error for a location that cannot be used."""
    return SignerError.of("signer.location", reason=reason)
