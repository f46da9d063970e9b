"""Reading files, each kind up to a limit that no honest file reaches: a name may belong to an endless device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hcert.cli.contents import DOCUMENT_MAGIC, FULL_LIST_MAGIC
from hcert.cli.exits import UnusableInputError
from hcert.cli.streams import progress

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MAX_KEY: Final = 1_000_000  # bytes of a key, certificate or password
MAX_IDS: Final = 64_000_000  # of a file of identifiers to revoke, a million of them
MAX_JSON: Final = 32_000_000  # of a record, or of a list that others publish
MAX_DOCUMENT: Final = 64_000_000  # of a key list or a delta
MAX_FULL_LIST: Final = 2_000_000_000  # of a full revocation list, which for ten million items has 165 MB


def read_file(path: Path, limit: int) -> bytes:
    """Read a file.

    Raises:
        UnusableInputError: for a file above the limit.
    """
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise UnusableInputError.because(
            "{path}: it is larger than {megabytes} MB, which nothing that belongs here is",
            path=path,
            megabytes=limit // 1000000,
        )
    return data


def read_list(path: Path) -> bytes:
    """Read a signed list of any kind.

    Raises:
        UnusableInputError: for a file above the limit of its kind.
    """
    return read_file(path, MAX_FULL_LIST if is_full_list(path) else MAX_DOCUMENT)


def is_full_list(path: Path) -> bool:
    """Tell a full revocation list from a key list or delta: only it has an attachment."""
    with path.open("rb") as file:
        return file.read(len(FULL_LIST_MAGIC)) == FULL_LIST_MAGIC


def is_document(path: Path) -> bool:
    """Tell a signed list without attachment from other files."""
    with path.open("rb") as file:
        return file.read(len(DOCUMENT_MAGIC)) == DOCUMENT_MAGIC


def list_files(paths: Iterable[Path]) -> list[Path]:
    """Return files, and all files of folders."""
    found: list[Path] = []
    for path in paths:
        found += sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    return found


def read_files(paths: Iterable[Path]) -> dict[str, bytes]:
    """Read files, and all files of folders."""
    files = list_files(paths)
    return {str(file): read_file(file, MAX_JSON) for file in progress(files, "files", total=len(files))}
