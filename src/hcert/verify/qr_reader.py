"""Reading the text of a QR code from a picture. Needs the packages of `hcert[scan]`."""

from __future__ import annotations

import io
from typing import Final

import zxingcpp
from PIL import Image

from hcert.codec.hc1 import PREFIX
from hcert.errors import MalformedError

_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")  # others run programs, or are no pictures of codes
MAX_PIXELS: Final = 16_000_000  # more than a phone's camera gives by default; a decoded one takes 64 MB of memory
MAX_WEBP_PIXELS: Final = 8_000_000  # whose decoder takes 16 bytes for each instead of 4
_STRIP_ROWS: Final = 128


def read_picture(data: bytes) -> str:
    """Return the text of the QR code in a picture; of several the one that begins with `HC1:`, equal ones count once.

    Args:
        data: content of an image file: PNG, JPEG, WebP, GIF, BMP or TIFF of at most 16 million pixels, WebP of 8.

    Raises:
        MalformedError: `picture.unreadable`, `picture.too_large`, `picture.no_code` or `picture.several_codes`.
    """
    codes = zxingcpp.read_barcodes(_in_grey(data), formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    if not codes:
        raise MalformedError.of("picture.no_code")
    texts = {str(code.text) for code in codes}
    found = {text for text in texts if text.startswith(PREFIX)} or texts
    if len(found) > 1:
        raise MalformedError.of("picture.several_codes", count=len(found))
    return found.pop()


def _in_grey(data: bytes) -> Image.Image:
    """Decode a picture, once its size is known to be bearable: a few kilobytes can claim to be of any size."""
    try:
        picture = Image.open(io.BytesIO(data), formats=_FORMATS)
        limit = MAX_WEBP_PIXELS if picture.format == "WEBP" else MAX_PIXELS
        if picture.width * picture.height <= limit:
            return _on_paper(picture)
    except Exception:  # noqa: BLE001 - Pillow's readers raise various types for broken files
        raise MalformedError.of("picture.unreadable") from None
    raise MalformedError.of("picture.too_large", pixels=picture.width * picture.height, limit=limit)


def _on_paper(picture: Image.Image) -> Image.Image:
    """Return a picture in grey, with paper where it is transparent.

    It is converted in strips: as a whole, each step between would take four bytes a pixel more.
    """
    picture.draft("L", picture.size)  # a JPEG is then decoded in grey
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
    picture.close()
    return paper
