"""A file mapped into memory, so that a list of any length opens without being read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcert.trust.signed_document import malformed

if TYPE_CHECKING:
    from mmap import mmap
    from os import PathLike


def mapped(path: PathLike[str]) -> mmap:
    """Map a file.

    Raises:
        MalformedError: `document.malformed` for an empty file.
        OSError: if it cannot be read.
    """
    from mmap import ACCESS_READ, mmap  # programs that hold their lists in memory need no files
    from pathlib import Path

    with Path(path).open("rb") as file:
        try:
            return mmap(file.fileno(), 0, access=ACCESS_READ)
        except ValueError:  # an empty file cannot be mapped
            raise malformed("it is empty") from None
