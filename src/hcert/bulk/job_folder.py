"""The folder of a job: who may write to it, and files that are there whole or not at all, also after a power cut.

Codes tell of people's health, so only the owner may read what is here, whatever the umask. For POSIX systems, whose
locks end with the process that holds them.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Final, Literal

from hcert.errors import ConfigurationError, JobError
from hcert.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JOB: Final = "job.json"
LEDGER: Final = "ledger.jsonl"
SLICES: Final = "slices"
EXCLUDED: Final = "excluded"
FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600
_LOCK: Final = "lock"
_TEMPORARY: Final = ".new-"  # begins the name of what no job has taken over yet
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class FileDigest(Frozen, frozen=True):
    """A file as it was when it was written or first read.

    Attributes:
        name: of an output within its folder; the absolute path of an input.
        size: in bytes.
        sha256: of the content, hexadecimal.
    """

    name: str
    size: int
    sha256: str

    @classmethod
    def of(cls, path: Path, *, name: str) -> FileDigest:
        """Read a file whole."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
            return cls(name, file.tell(), digest.hexdigest())


class JobFolder:
    """Paths and writes in the folder of one job.

    Args:
        path: of the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def job_file(self) -> Path:
        """What the job is; a folder without it holds no job."""
        return self.path / JOB

    @property
    def ledger_file(self) -> Path:
        """One line for each committed slice."""
        return self.path / LEDGER

    @property
    def slices(self) -> Path:
        """One folder for each slice that is in place."""
        return self.path / SLICES

    @property
    def excluded(self) -> Path:
        """Which rows must not be signed, decided before the first slice."""
        return self.path / EXCLUDED

    def slice_folder(self, number: int) -> Path:
        """Return where the outputs of a slice are once they are in place."""
        return self.slices / f"slice-{number:06}"

    def new_folder(self) -> Path:
        """Make a folder under a name that no other attempt has; nothing in it counts until it is renamed."""
        folder = self.path / f"{_TEMPORARY}{secrets.token_hex(8)}"
        with naming_write_faults(folder):
            folder.mkdir(FOLDER_MODE)
        return folder

    def put_in_place(self, new: Path, folder: Path) -> None:
        """Rename a folder whose files are on the disk, and wait until the name is on the disk, too."""
        with naming_write_faults(folder):
            new.rename(folder)
            sync(folder.parent)

    def write_whole(self, path: Path, data: bytes) -> None:
        """Write a file whole or not at all."""
        new = path.parent / f"{_TEMPORARY}{secrets.token_hex(8)}"
        with naming_write_faults(path):
            try:
                with create(new) as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                new.rename(path)
            finally:
                new.unlink(missing_ok=True)
            sync(path.parent)

    def is_unused(self) -> bool:
        """Tell whether nothing is here but what an attempt to make a job left behind."""
        return all(path.name in {_LOCK, EXCLUDED} or path.name.startswith(_TEMPORARY) for path in self.path.iterdir())

    def remove_exclusions(self) -> None:
        """Remove what says which rows must not be signed."""
        if self.excluded.exists():
            shutil.rmtree(self.excluded)

    def remove_leftovers(self) -> None:
        """Remove what dead processes left behind before it was in place; only the holder of the lock may."""
        for path in self.path.glob(f"{_TEMPORARY}*"):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)  # a worker of a dead runner may be ending just now
            else:
                path.unlink(missing_ok=True)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the one process that writes to this folder.

        Raises:
            ConfigurationError: `bulk.busy` while another process runs the job; `bulk.no_lock` where the file system
                has no locks.
        """
        try:
            import fcntl  # exists on POSIX only
        except ImportError:
            raise ConfigurationError.of("bulk.no_lock", path=str(self.path)) from None
        with naming_write_faults(self.path / _LOCK):
            lock = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                code = "bulk.busy" if isinstance(error, BlockingIOError) else "bulk.no_lock"
                raise ConfigurationError.of(code, path=str(self.path)) from None
            yield
        finally:
            os.close(lock)


def create(path: Path, mode: Literal["wb", "ab"] = "wb", *, buffering: Literal[-1, 0] = -1) -> IO[bytes]:
    """Open a file to be written or appended to; a new one is readable by its owner alone."""
    return open(path, mode, buffering, opener=_open_private)  # the caller closes it


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, _FILE_MODE)


@contextmanager
def naming_write_faults(path: Path) -> Iterator[None]:
    """Turn a failed write into an error that says what to do.

    Raises:
        JobError: `bulk.disk_full` or `bulk.output`.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise JobError.of("bulk.disk_full", path=str(path)) from None
        reason = errno.errorcode.get(error.errno or 0, "EIO")
        raise JobError.of("bulk.output", path=str(path), reason=reason) from None
