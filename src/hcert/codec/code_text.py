"""From the text of a code to the COSE message inside, and back: prefix, Base45, zlib.

These are steps 1 and 2 of a verification. Sources: eHealth Network, "Technical Specifications for EU Digital COVID
Certificates", volume 1, for `HC1:`; CLVR, chapters 6 and 7, for `VC1:`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hcert.codec import base45
from hcert.codec.container import CONTAINERS, PREFIX_CHARACTERS, Container
from hcert.codec.zlib_stream import inflate
from hcert.errors import MalformedError

if TYPE_CHECKING:
    from hcert.codec.limits import Limits
    from hcert.codec.zlib_stream import UnfinishedStream

_TEXT: Final[tuple[type, ...]] = (str, bytes)
_BY_PREFIX: Final[dict[str | bytes, Container]] = {
    spelling: container for prefix, container in CONTAINERS.items() for spelling in (prefix, prefix.encode("ascii"))
}


class Unpacked(NamedTuple):
    """The COSE message in a text, and the container that the prefix names."""

    message: bytes
    container: Container


def decode(text: str | bytes, *, limits: Limits) -> Unpacked:
    """Return the COSE message in the text of a code.

    Raises:
        MalformedError: a `text.*` or `inflate.*` code.
    """
    if not isinstance(text, _TEXT):  # untyped callers pass anything
        raise MalformedError.of("text.not_text")
    if len(text) > limits.text_characters:
        raise MalformedError.of("text.too_long", length=len(text), limit=limits.text_characters)
    container = _BY_PREFIX.get(text[:PREFIX_CHARACTERS])
    if container is None:
        raise MalformedError.of("text.prefix")
    stream = base45.decode(text[PREFIX_CHARACTERS:])
    return Unpacked(inflate(stream, limit=limits.message_bytes, raw=container.raw_deflate), container)


def predict_length(stream: UnfinishedStream) -> int:
    """Return the number of characters that the text of a code will have once its stream is finished."""
    return PREFIX_CHARACTERS + base45.encoded_length(stream.length)


def encode_stream(stream: bytes, container: Container) -> str:
    """Return the text of a code for the zlib stream of a COSE message."""
    return container.prefix + base45.encode(stream)
