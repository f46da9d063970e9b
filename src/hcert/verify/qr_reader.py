"""Reading the text of a QR code from a picture. Needs the packages of `hcert[scan]`."""

from __future__ import annotations

import io
from os import PathLike
from typing import Any, Final, Protocol, TypeAlias

import zxingcpp
from PIL import Image

from hcert.codec.container import CONTAINERS
from hcert.errors import ConfigurationError, MalformedError
from hcert.paths import to_path

_PREFIXES: Final = tuple(CONTAINERS)
_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")  # others run programs, or do not hold codes
MAX_PIXELS: Final = 16_000_000  # more than a phone's camera gives by default; a decoded one takes 64 MB of memory
MAX_WEBP_PIXELS: Final = 8_000_000  # whose decoder takes 16 bytes for each instead of 4
MAX_EDGE: Final = 65_535  # of what zxing-cpp takes
MAX_FILE_BYTES: Final = 64_000_000  # an uncompressed picture of the most pixels, with room for its metadata
_STRIP_ROWS: Final = 128


class PixelArray(Protocol):
    """Rows of pixels, grey or RGB, such as a numpy array that a camera library gives."""

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """Shape, type and data (numpy's array interface, version 3)."""


Picture: TypeAlias = bytes | str | PathLike[str] | Image.Image | PixelArray


def read_picture(picture: Picture) -> str:
    """Return the text of the QR code in a picture; of several the one that is a code of hcert. Equal ones count once.

    Args:
        picture: content or path of an image file (PNG, JPEG, WebP, GIF, BMP or TIFF), a Pillow image, or an array of
            grey or RGB pixels; at most 16 million pixels, WebP 8 million, in a file of 64 MB.

    Raises:
        MalformedError: `picture.unreadable`, `picture.too_large`, `picture.no_code` or `picture.several_codes`.
        ConfigurationError: `picture.type` for anything else; `file.path`.
        OSError: if the file cannot be read.
    """
    grey = _open_grey(picture)
    codes = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    if not codes:
        raise MalformedError.of("picture.no_code")
    texts = {str(code.text) for code in codes}
    found = {text for text in texts if text.startswith(_PREFIXES)} or texts
    if len(found) > 1:
        raise MalformedError.of("picture.several_codes", count=len(found))
    return found.pop()


def _open_grey(picture: Picture) -> Image.Image:
    """Return a picture in grey, whatever form it came in."""
    if isinstance(picture, Image.Image):
        return _bounded(picture)
    if isinstance(picture, str) and picture.startswith(_PREFIXES):  # the text of a code, which no error may quote
        raise ConfigurationError.of("picture.type")
    if isinstance(picture, str | PathLike):
        with to_path(picture).open("rb") as file:
            return _decode(file.read(MAX_FILE_BYTES))
    if isinstance(picture, bytes):
        return _decode(picture)
    try:
        shape: Any = picture.__array_interface__["shape"]
        pixels = int(shape[0]) * int(shape[1])
        image = Image.fromarray(picture) if pixels <= MAX_PIXELS else None  # this copies the array
    except Exception:  # noqa: BLE001 - anything at all may stand here
        raise ConfigurationError.of("picture.type") from None
    if image is None:
        raise MalformedError.of("picture.too_large", pixels=pixels, limit=MAX_PIXELS)
    return _bounded(image)


def _decode(data: bytes) -> Image.Image:
    """Decode an image file."""
    try:
        picture = Image.open(io.BytesIO(data), formats=_FORMATS)
    except Exception:  # noqa: BLE001 - Pillow's readers raise various types for broken files
        raise MalformedError.of("picture.unreadable") from None
    with picture:
        picture.draft("L", picture.size)  # a JPEG is then decoded in grey
        return _bounded(picture)


def _bounded(picture: Image.Image) -> Image.Image:
    """Draw a picture in grey once its size is known to be bearable: a few kilobytes can claim to be of any size.

    Raises:
        MalformedError: `picture.too_large` or `picture.unreadable`.
    """
    pixels, limit = picture.width * picture.height, MAX_WEBP_PIXELS if picture.format == "WEBP" else MAX_PIXELS
    if pixels > limit:
        raise MalformedError.of("picture.too_large", pixels=pixels, limit=limit)
    if not pixels or max(picture.size) > MAX_EDGE:
        raise MalformedError.of("picture.unreadable")
    try:
        return _draw_on_paper(picture)
    except Exception:  # noqa: BLE001 - as above
        raise MalformedError.of("picture.unreadable") from None


def _draw_on_paper(picture: Image.Image) -> Image.Image:
    """Return a picture in grey, with paper where it is transparent.

    It is converted in strips: as a whole, each step between would take four bytes a pixel more.
    """
    picture.load()  # what is damaged is refused here
    if picture.mode == "L" and not picture.has_transparency_data:
        return picture
    paper = Image.new("L", picture.size, "white")
    for top in range(0, picture.height, _STRIP_ROWS):
        strip = picture.crop((0, top, picture.width, min(top + _STRIP_ROWS, picture.height)))
        if picture.has_transparency_data:
            grey = strip.convert("LA")
            paper.paste(grey.getchannel("L"), (0, top), mask=grey.getchannel("A"))
        else:
            paper.paste(strip.convert("L"), (0, top))
    return paper
