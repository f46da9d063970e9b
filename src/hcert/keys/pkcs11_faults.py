"""What the errors of a token mean: whether a new session helps, whether to try again later, or who has to act.

Vendors' exceptions never leave hcert: they differ from token to token, and workers could not unpickle them.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pkcs11

from hcert.errors import SignerError

if TYPE_CHECKING:
    from collections.abc import Iterator

PIN_REFUSED: Final = (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange)
PIN_LOCKED: Final = (pkcs11.PinLocked, pkcs11.PinExpired)
MECHANISM_REFUSED: Final = (
    pkcs11.FunctionNotSupported,
    pkcs11.KeySizeRange,
    pkcs11.KeyTypeInconsistent,
    pkcs11.MechanismInvalid,
    pkcs11.MechanismParamInvalid,
)
_SESSION_LOST: Final = (
    pkcs11.KeyHandleInvalid,
    pkcs11.ObjectHandleInvalid,  # a token hides private objects from whoever is logged out
    pkcs11.OperationActive,
    pkcs11.OperationNotInitialized,
    pkcs11.SessionClosed,
    pkcs11.SessionHandleInvalid,
    pkcs11.UserNotLoggedIn,
)
_UNAVAILABLE: Final = (
    pkcs11.DeviceError,
    pkcs11.DeviceMemory,
    pkcs11.DeviceRemoved,
    pkcs11.FunctionCancelled,
    pkcs11.FunctionFailed,
    pkcs11.GeneralError,
    pkcs11.HostMemory,
    pkcs11.SessionCount,
    pkcs11.SlotIDInvalid,
    pkcs11.TokenNotPresent,
    pkcs11.TokenNotRecognised,
)
_NUMBER: Final = re.compile(r"0x[0-9a-fA-F]{1,16}")
_VENDOR_DEFINED: Final = 0x80000000  # CKR_VENDOR_DEFINED: network modules say so when the connection is lost


@contextmanager
def translating() -> Iterator[None]:
    """Replace errors of the token by those of hcert."""
    try:
        yield
    except pkcs11.PKCS11Error as error:
        raise fault_of(error) from None


def fault_of(error: pkcs11.PKCS11Error) -> SignerError:
    """Return the error that hcert raises for one of the token, with the name of the return value as its reason."""
    reason = _reason_of(error)
    if isinstance(error, _SESSION_LOST) or is_finalized(error):
        return SignerError.of("signer.session_lost", reason=reason)
    if isinstance(error, _UNAVAILABLE) or (reason[:2] == "0x" and int(reason, 16) >= _VENDOR_DEFINED):
        return SignerError.of("signer.unavailable", reason=reason)
    return SignerError.of("signer.refused", reason=reason)


def is_finalized(error: pkcs11.PKCS11Error) -> bool:
    """Tell whether somebody finalised the module (CKR_CRYPTOKI_NOT_INITIALIZED): only the text of the error says so."""
    return type(error) is pkcs11.PKCS11Error and "not initialized" in str(error)


def is_in_use(error: pkcs11.PKCS11Error) -> bool:
    """Tell whether somebody else had initialised the module (CKR_CRYPTOKI_ALREADY_INITIALIZED)."""
    return type(error) is pkcs11.PKCS11Error and "already initialized" in str(error)


def is_not_loaded(error: pkcs11.PKCS11Error) -> bool:
    """Tell whether the file is not a PKCS #11 library."""
    return type(error) is pkcs11.PKCS11Error and "exception while loading" in str(error)


def _reason_of(error: pkcs11.PKCS11Error) -> str:
    """Return the name of the return value, or its number if python-pkcs11 does not know it."""
    number = _NUMBER.search(str(error)) if type(error) is pkcs11.PKCS11Error else None
    return type(error).__name__ if number is None else number[0]
