"""The files of a store: read whole, written whole or not at all, and by one process at a time.

Nothing in the directory is followed elsewhere: a file is opened only if it is a regular one, a new one is made under a
name that nobody can guess, and put in its place by renaming. Readers take no lock, since a renamed file is whole at
every moment. Writers take a lock that others than the owner of the directory cannot even open, and wait for it no
longer than they can afford.

For POSIX systems, whose locks end with the process that holds them.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from hcert.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_WAIT_SECONDS: Final = 10.0  # an update takes milliseconds, with a large list a second
_PAUSE_SECONDS: Final = 0.02
_LOCK: Final = "lock"
_NEW: Final = ".new"
_SAFELY: Final = os.O_NOFOLLOW | os.O_CLOEXEC


class StoreFiles:
    """The files in a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, name: str) -> bytes | None:
        """Return the content of a file; None where there is none, nothing where it is no regular file."""
        try:
            file = os.open(self._directory / name, os.O_RDONLY | os.O_NONBLOCK | _SAFELY)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:  # a symbolic link
                return b""
            raise
        with open(file, "rb") as opened:  # noqa: PTH123 - a descriptor
            return opened.read() if stat.S_ISREG(os.fstat(file).st_mode) else b""

    def path(self, name: str) -> Path | None:
        """Return the path of a regular file, to be mapped; None where there is none."""
        path = self._directory / name
        try:
            return path if stat.S_ISREG(path.lstat().st_mode) else None
        except FileNotFoundError:
            return None

    def names(self, beginning: str) -> list[str]:
        """Return the names that begin so, the shorter first, so that numbers stand in their order."""
        found = (path.name for path in self._directory.iterdir() if path.name.startswith(beginning))
        return sorted(found, key=lambda name: (len(name), name))

    def exists(self, name: str) -> bool:
        """Return whether anything has that name."""
        return os.path.lexists(self._directory / name)

    def versions(self) -> frozenset[tuple[str, int, int, int]]:
        """Return what changes whenever one of the files is replaced."""
        found = set()
        with os.scandir(self._directory) as entries:
            for entry in entries:
                if _NEW not in entry.name:
                    with suppress(FileNotFoundError):
                        status = entry.stat(follow_symlinks=False)
                        found.add((entry.name, status.st_ino, status.st_mtime_ns, status.st_size))
        return frozenset(found)

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """Return the writer, of which there is one at a time; what a process left behind that died is removed.

        Raises:
            ConfigurationError: `store.busy` where another process writes for more than `MAX_WAIT_SECONDS`.
        """
        until = time.monotonic() + MAX_WAIT_SECONDS
        while (lock := self._lock()) is None:
            if time.monotonic() > until:
                raise _busy()
            time.sleep(_PAUSE_SECONDS)
        try:
            writer = Writer(self._directory, lock)
            writer.clean()
            yield writer
        finally:
            os.close(lock)

    def _lock(self) -> int | None:
        """Return the lock, held; None where somebody else has it, or has just removed it."""
        import fcntl  # POSIX only, and needed by those alone who keep a store

        path = self._directory / _LOCK
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT | _SAFELY, 0o600)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            path.unlink(missing_ok=True)  # a symbolic link, which no store makes
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        if not _is(path, lock):
            os.close(lock)
            return None
        with suppress(PermissionError):  # of another owner, who has the say
            os.fchmod(lock, 0o600)
        return lock


class Writer:
    """Whoever holds the lock of a store."""

    def __init__(self, directory: Path, lock: int) -> None:
        self._directory = directory
        self._lock = lock

    def replace(self, name: str, data: bytes) -> None:
        """Put a file in the place of another, whole or not at all.

        Raises:
            ConfigurationError: `store.busy` where the lock was removed, so that another process may be writing too.
        """
        path = self._directory / name
        new = self._directory / f".{name}.{secrets.token_hex(8)}{_NEW}"
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFELY, 0o666)
        try:
            with open(file, "wb") as opened:  # noqa: PTH123 - a descriptor
                opened.write(data)
                opened.flush()
                os.fsync(file)
            self._check_lock()
            new.replace(path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        directory = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def remove(self, name: str) -> None:
        """Remove a file where it is there; raises as `replace`."""
        self._check_lock()
        (self._directory / name).unlink(missing_ok=True)

    def _check_lock(self) -> None:
        if not _is(self._directory / _LOCK, self._lock):
            raise _busy()

    def clean(self) -> None:
        """Remove the new files of processes that died before they had renamed them."""
        for path in self._directory.iterdir():
            if path.name.endswith(_NEW):
                with suppress(OSError):  # a directory, which no store makes
                    path.unlink()


def _is(path: Path, file: int) -> bool:
    """Return whether a path still leads to a file that is open."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(file))
    except FileNotFoundError:
        return False


def _busy() -> ConfigurationError:
    return ConfigurationError.of("store.busy", seconds=round(MAX_WAIT_SECONDS))
