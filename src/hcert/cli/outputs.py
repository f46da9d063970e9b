"""Writing files: whole or not at all, and never over a key, an input, or any file without `--force`."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hcert.cli.contents import CERTIFICATE, PRIVATE_KEY, PUBLIC_KEY, recognise
from hcert.cli.exits import UnusableInputError
from hcert.cli.inputs import MAX_KEY
from hcert.cli.texts import line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hcert.cli.token_uri import KeyPlace

KEYS: Final = {PRIVATE_KEY, PUBLIC_KEY, CERTIFICATE}


def check_output(path: Path, *, inputs: Iterable[KeyPlace], force: bool) -> None:
    """Refuse an output that cannot be written or would destroy something, before any work is done.

    Args:
        path: to be written.
        inputs: files that the same command reads; keys in tokens among them are ignored.
        force: whether an existing file may be replaced, if it is neither an input nor a key.

    Raises:
        UnusableInputError: naming the file.
    """
    if not path.exists():
        if not path.parent.is_dir():
            raise UnusableInputError.because("{path}: {reason}", path=path, reason=line("No such file or directory"))
        return
    if path.is_dir():
        raise UnusableInputError.because("{path}: Is a directory", path=path)
    if not path.is_file():  # a device or a pipe holds nothing that could be lost
        return
    if any(isinstance(given, Path) and given.exists() and given.samefile(path) for given in inputs):
        raise UnusableInputError.because("{path}: the output is one of the inputs; name another file", path=path)
    if (kind := recognise(_read_beginning(path))) in KEYS:
        raise UnusableInputError.because("{path}: the output is {kind}; name another file", path=path, kind=line(kind))
    if not force:
        raise UnusableInputError.because(
            "{path}: the file exists; name another one, or add --force to replace it", path=path
        )


def write(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Write a file; see `write_with`."""
    write_with(path, lambda new: new.write_bytes(data), mode=mode)


def write_with(path: Path, save: Callable[[Path], object], *, mode: int = 0o666) -> None:
    """Write a file under a random name, then move it into place: no reader ever sees half a file.

    Args:
        path: the file.
        save: writes the content to the path it gets, which has the suffix of `path`.
        mode: permissions, less those of the umask.

    Raises:
        UnusableInputError: if it cannot be written.
    """
    if path.exists() and not path.is_file():
        save(path)
        return
    new = path.parent / f".{path.stem}.{secrets.token_hex(8)}{path.suffix}"
    try:
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
        save(new)
        new.replace(path)
    except OSError as error:
        reason = line(error.strerror or "it cannot be written")
        raise UnusableInputError.because("{path}: {reason}", path=path, reason=reason) from None
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def _read_beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_KEY)
