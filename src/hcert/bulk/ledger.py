"""The ledger of a job: a line for each slice, written after its outputs are in place and before anything may leave."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from hcert.bulk.job_folder import FileDigest, create, naming_write_faults, sync
from hcert.errors import ConfigurationError
from hcert.frozen import Frozen

if TYPE_CHECKING:
    from pathlib import Path


class CommittedSlice(Frozen, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A committed slice. What has a line was reported, so it is never made again.

    Attributes:
        slice: number of the slice, from 0.
        plan: digest of the plan, hexadecimal.
        rows: of the input; accepted, refused and skipped together.
        accepted: rows with a code, or codes that were accepted.
        refused: rows with a reason instead.
        skipped: rows that a job before has committed; they are not in the outputs.
        codes: how many findings of each code there are.
        kid: of the key that signed, hexadecimal; None where nothing was signed.
        started_at, finished_at: ISO 8601, UTC.
        version: of hcert.
        outputs: the files of the slice.
    """

    slice: int
    plan: str
    rows: int
    accepted: int
    refused: int
    skipped: int
    codes: dict[str, int]
    kid: str | None
    started_at: str
    finished_at: str
    version: str
    outputs: tuple[FileDigest, ...]


class Ledger:
    """The ledger file.

    Attributes:
        slices: the committed ones, by number.
        torn: whether the last line was cut off by a crash; such a line never counted.

    Raises:
        ConfigurationError: `bulk.ledger` if a line that is not the last one cannot be read, or cannot be of this job.
    """

    def __init__(self, path: Path, *, plan: str, slices: int) -> None:
        self._path = path
        self.slices: dict[int, CommittedSlice] = {}
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            data = b""
        *lines, rest = data.split(b"\n")
        self._sound_bytes = 0
        for number, line in enumerate(lines, 1):
            made = _decode(line)
            if made is None and number == len(lines) and not rest:
                break
            if made is None or made.plan != plan or made.slice in self.slices or not 0 <= made.slice < slices:
                raise ConfigurationError.of("bulk.ledger", path=str(path), line=number)
            self.slices[made.slice] = made
            self._sound_bytes += len(line) + 1
        self.torn = len(data) > self._sound_bytes

    def append(self, made: CommittedSlice) -> None:
        """Write a line and wait until it is on the disk; a torn line is cut off first.

        Raises:
            JobError: `bulk.disk_full` or `bulk.output`; the slice is not committed then.
        """
        with naming_write_faults(self._path):
            created = not self._path.exists()
            line = msgspec.json.encode(made) + b"\n"
            with create(self._path, "ab", buffering=0) as file:  # a buffer would try again while the file is closed
                file.truncate(self._sound_bytes)
                try:
                    rest = memoryview(line)
                    while rest:
                        rest = rest[file.write(rest) :]
                    os.fsync(file.fileno())
                except OSError:
                    file.truncate(self._sound_bytes)
                    raise
            if created:
                sync(self._path.parent)
        self._sound_bytes += len(line)
        self.torn = False
        self.slices[made.slice] = made


def _decode(line: bytes) -> CommittedSlice | None:
    try:
        return msgspec.json.decode(line, type=CommittedSlice)
    except (msgspec.DecodeError, UnicodeDecodeError):  # a ValidationError is a DecodeError
        return None
