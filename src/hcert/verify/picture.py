"""Reading the text of a QR code from a picture. Needs the packages of `hcert[scan]`."""

from __future__ import annotations

import io

import zxingcpp
from PIL import Image

from hcert.errors import MalformedError


def read_picture(data: bytes) -> str:
    """Return the text of the one QR code in a picture.

    Args:
        data: content of an image file in any format Pillow opens.

    Raises:
        MalformedError: `picture.unreadable`, `picture.no_code` or `picture.several_codes`.
    """
    try:
        picture = Image.open(io.BytesIO(data)).convert("RGBA")
    except Exception:  # noqa: BLE001 - Pillow's readers raise various types for broken files
        raise MalformedError.of("picture.unreadable") from None
    paper = Image.new("RGBA", picture.size, "white")  # where a picture is transparent, paper shows
    picture = Image.alpha_composite(paper, picture).convert("L")
    codes = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    if not codes:
        raise MalformedError.of("picture.no_code")
    if len(codes) > 1:
        raise MalformedError.of("picture.several_codes", count=len(codes))
    return str(codes[0].text)
