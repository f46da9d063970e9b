"""Files mapped into memory: opened at once whatever their size, and shared by all processes that map them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcert.fragments import fragment
from hcert.paths import to_path
from hcert.trust.document_content import malformed_document

if TYPE_CHECKING:
    from mmap import mmap
    from os import PathLike


def map_file(path: PathLike[str]) -> mmap:
    """Map a file.

    Raises:
        MalformedError: `document.malformed` for an empty file, which cannot be mapped.
        ConfigurationError: `file.path`.
        OSError: if the file cannot be read.
    """
    from mmap import ACCESS_READ, mmap  # not needed by programs that hold their lists in memory

    with to_path(path).open("rb") as file:
        try:
            return mmap(file.fileno(), 0, access=ACCESS_READ)
        except ValueError:
            raise malformed_document(fragment("content.empty")) from None
