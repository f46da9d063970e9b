"""The PKCS #11 modules of this process: one lock each, one login a token, and what becomes of them after a fork.

This is state of the process because PKCS #11 makes it so: a module is initialised once a process, a login holds for all
sessions of a process with a token, and closing the session that logged in logs all others out (PKCS #11 v2.40 sections
5.4 and 5.6). python-pkcs11 initialises modules for one thread and lets go of the interpreter's lock in every call: two
threads in one module crash the process. So every call into a module is made under its lock.
"""

from __future__ import annotations

import hashlib
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pkcs11
from pkcs11 import _pkcs11

from hcert.errors import SignerError
from hcert.fragments import fragment
from hcert.keys.pkcs11_faults import PIN_LOCKED, PIN_REFUSED, fault_of, is_in_use, is_not_loaded
from hcert.keys.pkcs11_key import TokenKey, find_keys

if TYPE_CHECKING:
    from hcert.keys.pkcs11_location import KeyLocation

_SALT: Final = os.urandom(16)


class Module:
    """A PKCS #11 library in this process. Hold `lock` around every call of the other methods, and of a key's.

    Attributes:
        lock: held while anybody calls into the library.
        starts: how many times the library was initialised anew; a key of an earlier time is gone.
    """

    def __init__(self, path: str) -> None:
        self.lock = threading.RLock()
        self.starts = 0
        self._path = path
        self._library: _pkcs11.lib | None = None
        self._inherited: list[_pkcs11.lib] = []
        self._keys: dict[KeyLocation, TokenKey] = {}
        self._logins: dict[bytes, pkcs11.Session] = {}
        self._refused_pins: set[bytes] = set()

    def key(self, location: KeyLocation) -> TokenKey:
        """Return the key at a location, with the session it has, or a new one.

        Raises:
            SignerError: `signer.*`.
        """
        key = self._keys.get(location)
        if key is None:
            try:
                key = self._keys[location] = self._open_key(location)
            except pkcs11.PKCS11Error as error:
                raise fault_of(error) from None
        return key

    def drop(self, location: KeyLocation) -> None:
        """Forget the session of a key. It is not closed: its number may be that of somebody else's session by now."""
        self._keys.pop(location, None)

    def close(self, location: KeyLocation) -> None:
        """Close the session of a key, and log out with the last of its token."""
        key = self._keys.pop(location, None)
        if key is None:
            return
        token = _identity(key.session.token)
        with suppress(pkcs11.PKCS11Error):
            key.session.close()
        if token in self._logins and token not in {_identity(other.session.token) for other in self._keys.values()}:
            with suppress(pkcs11.PKCS11Error):
                self._logins.pop(token).close()

    def restart(self, starts: int) -> None:
        """Forget all sessions and finalise the library, unless that was done since there were so many `starts`.

        This is the last resort, as it ends the sessions of all users of the module in this process. The library is
        initialised again when it is next needed.
        """
        if self.starts == starts:
            self._forget_sessions()
            if self._library is not None:
                with suppress(pkcs11.PKCS11Error):
                    self._library.finalize()

    def renew_after_fork(self) -> None:
        """Forget what belongs to the parent; this process initialises the library for itself."""
        self.lock = threading.RLock()
        self._forget_sessions()
        if self._library is not None:
            self._inherited.append(self._library)  # kept: a library that is deleted finalises the module
            self._library = None

    def _forget_sessions(self) -> None:
        self.starts += 1
        self._keys.clear()
        self._logins.clear()

    def _open_key(self, location: KeyLocation) -> TokenKey:
        token = self._find_token(location)
        session = token.open()
        try:
            return TokenKey(session, self._find_key(session, location), location)
        except BaseException:
            with suppress(pkcs11.PKCS11Error):
                session.close()
            raise

    def _find_key(self, session: pkcs11.Session, location: KeyLocation) -> pkcs11.PrivateKey:
        """Find the private key, logged in: tokens hide private objects from others, and say that there are none."""
        fresh = _identity(session.token) not in self._logins and self._log_in(session.token, location)
        keys = find_keys(session, location)
        if not keys and not fresh and self._log_in(session.token, location):  # somebody had logged out
            keys = find_keys(session, location)
        if not keys:
            raise SignerError.of("signer.no_key", key=location.key_name)
        if len(keys) > 1:
            raise SignerError.of("signer.several_keys", count=len(keys), key=location.key_name)
        return keys[0]

    def _find_token(self, location: KeyLocation) -> pkcs11.Token:
        found = []
        for slot in self._initialize().get_slots(token_present=True):
            with suppress(pkcs11.TokenNotPresent, pkcs11.TokenNotRecognised):  # unplugged a moment ago, or not set up
                found.append(slot.get_token())
        tokens = [token for token in found if _matches(token, location)]
        if not tokens:
            raise SignerError.of("signer.no_token", token=location.token_name)
        if len(tokens) > 1:
            raise SignerError.of("signer.several_tokens", token=location.token_name)
        return tokens[0]

    def _initialize(self) -> _pkcs11.lib:
        try:
            if self._library is None:
                self._library = self._load()
            self._library.initialize()
        except pkcs11.PKCS11Error as error:
            if is_not_loaded(error):
                raise SignerError.of("signer.module", module=self._path, reason=fragment("pkcs11.not_loaded")) from None
            if is_in_use(error):
                raise SignerError.of("signer.module", module=self._path, reason=fragment("pkcs11.in_use")) from None
            raise
        return self._library

    def _load(self) -> _pkcs11.lib:
        """Load the library and initialise it.

        A child initialises the module anew (PKCS #11 v2.40 section 5.4). A module that does not notice the fork calls
        itself initialised by then, and has to be finalised first.
        """
        if not self._inherited:
            return pkcs11.lib(self._path)
        with suppress(pkcs11.PKCS11Error):
            return _pkcs11.lib(self._path)
        with suppress(pkcs11.PKCS11Error):
            self._inherited[-1].finalize()
        return self._inherited[-1]

    def _log_in(self, token: pkcs11.Token, location: KeyLocation) -> bool:
        """Log in, and tell whether that changed anything: somebody else in this process may have done it.

        A PIN that the token refused is not sent again: tokens lock after 3 to 10 wrong ones, and a job that tries
        record after record would use these up in a moment.
        """
        if token.flags & (pkcs11.TokenFlag.USER_PIN_LOCKED | pkcs11.TokenFlag.USER_PIN_FINAL_TRY):
            raise SignerError.of("signer.pin_locked")
        error = self._send_pin(token, location.pin.read())
        if isinstance(error, pkcs11.UserAlreadyLoggedIn):
            return False
        if isinstance(error, pkcs11.UserPinNotInitialized):
            raise SignerError.of("signer.no_pin")
        if isinstance(error, PIN_LOCKED):
            raise SignerError.of("signer.pin_locked")
        if isinstance(error, PIN_REFUSED):
            raise SignerError.of("signer.pin", source=location.pin.fragment)
        if error is not None:
            raise error
        return True

    def _send_pin(self, token: pkcs11.Token, pin: str) -> pkcs11.PKCS11Error | None:
        """Log in with a PIN. An error is returned and not raised: its traceback would hold the PIN."""
        digest = hashlib.sha256(_SALT + _identity(token) + pin.encode()).digest()
        if digest in self._refused_pins:
            return pkcs11.PinIncorrect()
        try:
            self._logins[_identity(token)] = token.open(user_pin=pin)
        except pkcs11.PKCS11Error as error:
            if isinstance(error, PIN_REFUSED):
                self._refused_pins.add(digest)
            return error.with_traceback(None)
        return None


def _matches(token: pkcs11.Token, location: KeyLocation) -> bool:
    serial = None if location.serial is None else location.serial.encode()
    wanted = (location.token, serial, location.manufacturer, location.model)
    found = (token.label, token.serial, token.manufacturer_id, token.model)
    return all(one is None or one == other for one, other in zip(wanted, found, strict=True))


def _identity(token: pkcs11.Token) -> bytes:
    return token.serial + b"\0" + token.label.encode()


class _Modules:
    """The modules of this process, by their files. Created once, since a second one would initialise them again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._modules: dict[str, Module] = {}

    def at(self, path: str) -> Module:
        """Return the module of a file, however its path is written."""
        with self._lock:
            if not self._modules and hasattr(os, "register_at_fork"):
                os.register_at_fork(before=self._hold, after_in_parent=self._release, after_in_child=self._renew)
            name = path if Path(path).name == path else os.path.realpath(path)
            if name not in self._modules:
                self._modules[name] = Module(path)
            return self._modules[name]

    def _hold(self) -> None:
        """Wait until no thread is in a module, so that a child does not begin in the middle of a call."""
        self._lock.acquire()
        for module in self._modules.values():
            module.lock.acquire()

    def _release(self) -> None:
        for module in self._modules.values():
            module.lock.release()
        self._lock.release()

    def _renew(self) -> None:
        self._lock = threading.Lock()
        for module in self._modules.values():
            module.renew_after_fork()


_MODULES: Final = _Modules()


def module_at(path: str) -> Module:
    """Return the module of a file, the same for all its users in this process."""
    return _MODULES.at(path)
