"""From the text of a code to the COSE message inside, and back: `HC1:`, Base45, zlib.

These are steps 1 and 2 of a verification. Source: eHealth Network, "Technical Specifications for EU Digital COVID
Certificates", volume 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hcert.codec import base45
from hcert.codec.zlib_stream import inflate
from hcert.errors import MalformedError

if TYPE_CHECKING:
    from hcert.codec.limits import Limits
    from hcert.codec.zlib_stream import UnfinishedStream

PREFIX: Final = "HC1:"
_TEXT: Final[tuple[type, ...]] = (str, bytes)
_PREFIX_BYTES: Final = PREFIX.encode("ascii")


def decode(text: str | bytes, *, limits: Limits) -> bytes:
    """Return the COSE message in the text of a code.

    Raises:
        MalformedError: a `text.*` or `inflate.*` code.
    """
    if not isinstance(text, _TEXT):  # untyped callers pass anything
        raise MalformedError.of("text.not_text")
    if len(text) > limits.text_characters:
        raise MalformedError.of("text.too_long", length=len(text), limit=limits.text_characters)
    has_prefix = text.startswith(PREFIX) if isinstance(text, str) else text.startswith(_PREFIX_BYTES)
    if not has_prefix:
        raise MalformedError.of("text.prefix")
    return inflate(base45.decode(text[len(PREFIX) :]), limit=limits.message_bytes)


def predict_length(stream: UnfinishedStream) -> int:
    """Return the number of characters that the text of a code will have once its stream is finished."""
    return len(PREFIX) + base45.encoded_length(stream.length)


def encode_stream(stream: bytes) -> str:
    """Return the text of a code for the zlib stream of a COSE message."""
    return PREFIX + base45.encode(stream)
