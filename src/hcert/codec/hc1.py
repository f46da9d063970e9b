"""Between the text of a QR code and the COSE message inside: `HC1:`, Base45, zlib (steps 1 and 2 of a verification)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hcert.codec import base45
from hcert.codec.zlib_stream import inflate
from hcert.errors import MalformedError

if TYPE_CHECKING:
    from hcert.codec.limits import Limits
    from hcert.codec.zlib_stream import Unfinished

PREFIX: Final = "HC1:"
_TEXT: Final[tuple[type, ...]] = (str, bytes)
_PREFIX_BYTES: Final = PREFIX.encode("ascii")


def open_text(text: str | bytes, *, limits: Limits) -> bytes:
    """Return the COSE message that the text of a code carries.

    Raises:
        MalformedError: a `text.*` or `inflate.*` code.
    """
    if not isinstance(text, _TEXT):  # from callers without types
        raise MalformedError.of("text.not_text")
    if len(text) > limits.text_characters:
        raise MalformedError.of("text.too_long", length=len(text), limit=limits.text_characters)
    found = text.startswith(PREFIX) if isinstance(text, str) else text.startswith(_PREFIX_BYTES)
    if not found:
        raise MalformedError.of("text.prefix")
    return inflate(base45.decode(text[len(PREFIX) :]), limit=limits.message_bytes)


def length(stream: Unfinished) -> int:
    """Return how many characters the text of a code will have, before the end of its stream is known."""
    return len(PREFIX) + base45.encoded_length(stream.length)


def wrap(stream: bytes) -> str:
    """Return the text of a code that carries the zlib stream of a COSE message."""
    return PREFIX + base45.encode(stream)
