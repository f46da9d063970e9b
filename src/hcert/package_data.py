"""The data files that are part of the package."""

from __future__ import annotations

import pkgutil


def read_data_file(package: str, name: str) -> bytes:
    """Return the content of a file in the folder `data` of a package.

    Raises:
        FileNotFoundError: if the package was installed without it.
    """
    data = pkgutil.get_data(package, f"data/{name}")
    if data is None:  # pragma: no cover - only a loader without data support answers so
        raise FileNotFoundError(name)
    return data
