"""Paths that callers give: whatever is not a path is refused by an error with a code, not by one of the interpreter."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hcert.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


def to_path(path: object) -> Path:
    """Return a path as an object.

    Raises:
        ConfigurationError: `file.path` for another type, or a text with the character NUL.
    """
    from pathlib import Path  # not needed by programs that hold their lists in memory

    if not isinstance(path, str | os.PathLike):
        raise ConfigurationError.of("file.path")
    name = os.fspath(path)
    if not isinstance(name, str) or "\0" in name:
        raise ConfigurationError.of("file.path")
    return Path(name)
