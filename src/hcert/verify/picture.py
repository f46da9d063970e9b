"""Reading the text of a QR code from a picture. Needs the packages of `hcert[scan]`."""

from __future__ import annotations

import io
from typing import Final

import zxingcpp
from PIL import Image

from hcert.codec.envelope import PREFIX
from hcert.errors import MalformedError

_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")  # others run programs, or are no pictures of codes
_PIXELS_MOST: Final = 40_000_000  # two or three times those of a phone's camera


def read_picture(data: bytes) -> str:
    """Return the text of the QR code in a picture; of several the one that begins with `HC1:`, equal ones count once.

    Args:
        data: content of an image file: PNG, JPEG, WebP, GIF, BMP or TIFF of at most 40 million pixels.

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
        if picture.width * picture.height <= _PIXELS_MOST:
            return _on_paper(picture)
    except Exception:  # noqa: BLE001 - Pillow's readers raise various types for broken files
        raise MalformedError.of("picture.unreadable") from None
    raise MalformedError.of("picture.too_large", pixels=picture.width * picture.height, limit=_PIXELS_MOST)


def _on_paper(picture: Image.Image) -> Image.Image:
    """Return a picture in grey, with paper where it is transparent."""
    if not picture.has_transparency_data:
        return picture.convert("L")
    grey = picture.convert("LA")
    paper = Image.new("L", picture.size, "white")
    paper.paste(grey.getchannel("L"), mask=grey.getchannel("A"))
    return paper
