"""Keys in tokens on the command line: a PKCS #11 URI instead of the file of a private key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

_SCHEME: Final = "pkcs11:"
_SHOWN: Final = frozenset({"token", "serial", "object", "id"})


@dataclass(frozen=True)
class TokenUri:
    """A PKCS #11 URI (RFC 7512). It is printed by what names the token and the key: the rest may hold a PIN by mistake.

    Attributes:
        text: the URI as given.
    """

    text: str

    def __str__(self) -> str:
        path = self.text[len(_SCHEME) :].partition("?")[0]
        return _SCHEME + ";".join(one for one in path.split(";") if one.partition("=")[0] in _SHOWN)


KeyPlace: TypeAlias = Path | TokenUri


def parse_key_place(value: str) -> KeyPlace:
    """Parse the value of `--key`.

    Raises:
        ValueError: for an empty one.
    """
    if not value or "\0" in value:
        raise ValueError
    return TokenUri(value) if value[: len(_SCHEME)].lower() == _SCHEME else Path(value)
