"""Writing files: whole or not at all, and never over a key, an input, or anything that nobody meant to lose."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from hcert.cli.contents import CERTIFICATE, PRIVATE_KEY, PUBLIC_KEY, what_is
from hcert.cli.exits import UnusableInputError
from hcert.cli.inputs import MAX_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

KEYS: Final = {PRIVATE_KEY, PUBLIC_KEY, CERTIFICATE}


def check_output(path: Path, *, inputs: Iterable[Path], force: bool) -> None:
    """Refuse an output that would destroy something. Called before any work is done.

    Args:
        path: to be written.
        inputs: files that the same command reads.
        force: whether an existing file may be replaced, if it is neither an input nor a key.

    Raises:
        UnusableInputError: naming the file.
    """
    if not path.exists():
        return
    if path.is_dir():
        raise UnusableInputError.saying("{path}: Is a directory", path=path)
    if not path.is_file():  # a device or a pipe holds nothing that could be lost
        return
    if any(given.exists() and given.samefile(path) for given in inputs):
        raise UnusableInputError.saying("{path}: the output is one of the inputs; name another file", path=path)
    kind = what_is(_beginning(path))
    if isinstance(kind, str) and kind in KEYS:
        raise UnusableInputError.saying("{path}: the output is {kind}; name another file", path=path, kind=kind)
    if not force:
        raise UnusableInputError.saying(
            "{path}: the file exists; name another one, or add --force to replace it", path=path
        )


def write(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Write a file; see `write_by`."""
    write_by(path, lambda new: new.write_bytes(data), mode=mode)


def write_by(path: Path, save: Callable[[Path], object], *, mode: int = 0o666) -> None:
    """Have a file written under a name that nobody can guess, then put it in its place: nobody ever reads half of it.

    Args:
        path: the file.
        save: writes the content to the path it is given, which ends as `path` does.
        mode: permissions, of which those of the process's umask are taken away.

    Raises:
        UnusableInputError: where it cannot be written.
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
        raise UnusableInputError.saying("{path}: {reason}", path=path, reason=error.strerror) from None
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_KEY)
