"""Keys from files, for the command lines that use hcert; what cannot be used is named by its file."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import hcert
from command_line import UnusableInputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name the file in what hcert says of the key in it."""
    try:
        yield
    except hcert.ConfigurationError as error:
        raise UnusableInputError(f"{path}: {error.code}: {error}") from None


def certificate_key(path: Path) -> hcert.TrustedKey:
    """Load the key of a certificate."""
    with naming(path):
        return hcert.TrustedKey.from_certificate(path.read_bytes())


def reader_key(path: Path) -> hcert.TrustedKey:
    """Load the public key of a group of readers."""
    with naming(path):
        return hcert.TrustedKey.from_public_key(path.read_bytes(), usages=frozenset({hcert.Usage.OPEN}))


def anchor_key(path: Path) -> hcert.TrustedKey:
    """Load a key that signs lists: a public key, or the key of a certificate."""
    try:
        key = hcert.TrustedKey.from_public_key(path.read_bytes())
    except hcert.ConfigurationError:
        key = hcert.TrustedKey.from_public_key(certificate_key(path).spki)
    if key.algorithm is None:
        raise UnusableInputError(f"{path}: this key is neither P-256 (ES256) nor RSA of at least 2048 bits (PS256)")
    return key
