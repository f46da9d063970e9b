"""A file mapped into memory: opened at once, however large, and shared by all processes that have it open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcert.fragments import fragment
from hcert.trust.signed_document import malformed

if TYPE_CHECKING:
    from mmap import mmap
    from os import PathLike


def mapped(path: PathLike[str]) -> mmap:
    """Map a file.

    Raises:
        MalformedError: `document.malformed` for an empty one, which cannot be mapped.
        OSError: if it cannot be read.
    """
    from mmap import ACCESS_READ, mmap  # programs that hold their lists in memory need no files
    from pathlib import Path

    with Path(path).open("rb") as file:
        try:
            return mmap(file.fileno(), 0, access=ACCESS_READ)
        except ValueError:
            raise malformed(fragment("content.empty")) from None
