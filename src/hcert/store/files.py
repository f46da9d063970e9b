"""The files of a store: read whole, replaced whole or not at all, and written by one process at a time.

No link is followed: a file is opened only if it is a regular one. A new file is written under a name that nobody can
guess and then renamed, so a file is whole at every moment and readers need no lock. Writers take a lock that only the
owner of the directory can open, and wait for it for a limited time.

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

MAX_WAIT_SECONDS: Final = 10.0  # an update takes milliseconds, or a second with a large list
_PAUSE_SECONDS: Final = 0.02
_LOCK: Final = "lock"
_TEMPORARY: Final = ".new"
_NO_LINKS: Final = os.O_NOFOLLOW | os.O_CLOEXEC


class StoreFiles:
    """The files in a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, name: str) -> bytes | None:
        """Return the content of a file; None if it does not exist, no bytes if it is not a regular file."""
        try:
            file = os.open(self._directory / name, os.O_RDONLY | os.O_NONBLOCK | _NO_LINKS)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:  # a symbolic link
                return b""
            raise
        with open(file, "rb") as opened:  # noqa: PTH123 - a descriptor
            return opened.read() if stat.S_ISREG(os.fstat(file).st_mode) else b""

    def find(self, name: str) -> Path | None:
        """Return the path of a regular file, to be mapped into memory; None if there is none."""
        path = self._directory / name
        try:
            return path if stat.S_ISREG(path.lstat().st_mode) else None
        except FileNotFoundError:
            return None

    def list_names(self, prefix: str) -> list[str]:
        """Return the file names with a prefix, shorter ones first, so that numbered files come in order."""
        found = (path.name for path in self._directory.iterdir() if path.name.startswith(prefix))
        return sorted(found, key=lambda name: (len(name), name))

    def exists(self, name: str) -> bool:
        """Tell whether there is a file, directory or link of that name."""
        return os.path.lexists(self._directory / name)

    def fingerprint(self) -> frozenset[tuple[str, int, int, int]]:
        """Return a value that changes whenever one of the files is replaced."""
        found = set()
        with os.scandir(self._directory) as entries:
            for entry in entries:
                if _TEMPORARY not in entry.name:
                    with suppress(FileNotFoundError):
                        status = entry.stat(follow_symlinks=False)
                        found.add((entry.name, status.st_ino, status.st_mtime_ns, status.st_size))
        return frozenset(found)

    @contextmanager
    def open_writer(self) -> Iterator[Writer]:
        """Wait for the lock and return the writer that holds it; files that a dead process left behind are removed.

        Raises:
            ConfigurationError: `store.busy` where another process holds the lock for more than `MAX_WAIT_SECONDS`.
        """
        until = time.monotonic() + MAX_WAIT_SECONDS
        while (lock := self._try_lock()) is None:
            if time.monotonic() > until:
                raise _busy_error()
            time.sleep(_PAUSE_SECONDS)
        try:
            writer = Writer(self._directory, lock)
            writer.remove_temporary_files()
            yield writer
        finally:
            os.close(lock)

    def _try_lock(self) -> int | None:
        """Return the file of the lock once this process holds it; None if another does, or has just removed it."""
        import fcntl  # exists on POSIX only, and only programs that keep a store need it

        path = self._directory / _LOCK
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT | _NO_LINKS, 0o600)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            path.unlink(missing_ok=True)  # a symbolic link, which no store creates
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        if not _is_same_file(path, lock):
            os.close(lock)
            return None
        with suppress(PermissionError):  # another user owns it
            os.fchmod(lock, 0o600)
        return lock


class Writer:
    """Writes files while it holds the lock of a store."""

    def __init__(self, directory: Path, lock: int) -> None:
        self._directory = directory
        self._lock = lock

    def replace(self, name: str, data: bytes) -> None:
        """Replace or create a file, whole or not at all.

        Raises:
            ConfigurationError: `store.busy` where the lock was removed, so that another process may be writing too.
        """
        path = self._directory / name
        new = self._directory / f".{name}.{secrets.token_hex(8)}{_TEMPORARY}"
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS, 0o666)
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
        """Remove a file if it exists; raises as `replace`."""
        self._check_lock()
        (self._directory / name).unlink(missing_ok=True)

    def remove_temporary_files(self) -> None:
        """Remove the files that dead processes left behind before they had renamed them."""
        for path in self._directory.iterdir():
            if path.name.endswith(_TEMPORARY):
                with suppress(OSError):  # a directory, which no store creates
                    path.unlink()

    def _check_lock(self) -> None:
        if not _is_same_file(self._directory / _LOCK, self._lock):
            raise _busy_error()


def _is_same_file(path: Path, file: int) -> bool:
    """Tell whether a path still leads to an open file."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(file))
    except FileNotFoundError:
        return False


def _busy_error() -> ConfigurationError:
    return ConfigurationError.of("store.busy", seconds=round(MAX_WAIT_SECONDS))
