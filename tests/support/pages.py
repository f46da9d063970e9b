"""Pages as a printer and a phone see them: rendered, photographed, read back, and taken apart into text and tags."""

from __future__ import annotations

import ctypes
import io
import random
from typing import TYPE_CHECKING, Any, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium
import zxingcpp
from PIL import Image, ImageChops, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Iterator

MM = 72 / 25.4  # points
DPI = 72
_WORDS = 200  # UTF-16 units of a tag or an alternative text


class Box(NamedTuple):
    """Where something is on a page, in millimetres from its top left corner."""

    left: float
    top: float
    right: float
    bottom: float


def open_pdf(data: bytes) -> pypdfium2.PdfDocument:
    """Open a document."""
    return pypdfium2.PdfDocument(data)


def render(data: bytes, *, dpi: int, page: int = 0) -> Image.Image:
    """Draw a page in grey."""
    with open_pdf(data) as document:
        picture: Image.Image = document[page].render(scale=dpi / DPI).to_pil()
        return picture.convert("L")


def read(picture: Image.Image) -> list[str]:
    """Return the texts of the QR codes in a picture, control characters included."""
    formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    return [code.text for code in zxingcpp.read_barcodes(picture, formats=formats, text_mode=zxingcpp.TextMode.Plain)]


def photograph(page: Image.Image, *, seed: int = 1) -> Image.Image:
    """Return a page as a phone sees it: from an angle, turned a little, unsharp, in uneven light, with noise."""
    width, height = page.size
    lean = round(width * 0.06)
    corners = (-lean, lean, lean // 2, height + lean, width + lean, height - lean // 2, width - lean // 2, -lean)
    seen = page.transform(page.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=150)
    seen = seen.rotate(4, Image.Resampling.BICUBIC, fillcolor=150).filter(ImageFilter.GaussianBlur(1))
    light = Image.linear_gradient("L").resize(page.size).point(lambda value: 140 + value // 3)
    noise = Image.frombytes("L", page.size, random.Random(seed).randbytes(width * height))  # noqa: S311 - of a sensor
    noise = noise.point(lambda value: 128 + (value - 128) // 8)
    return ImageChops.add(ImageChops.multiply(seen, light), noise, offset=-128)


def text_of(data: bytes) -> str:
    """Return the text of a document as a reader copies it, on one line."""
    with open_pdf(data) as document:
        return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())


def letters_of(data: bytes, *, page: int = 0) -> Iterator[tuple[str, Box]]:
    """Yield every letter of a page and where it stands."""
    with open_pdf(data) as document:
        shown = document[page]
        _, height = shown.get_size()
        letters = shown.get_textpage()
        for index in range(letters.count_chars()):
            letter = letters.get_text_range(index, 1)
            if letter.strip():
                left, bottom, right, top = letters.get_charbox(index)
                yield letter, Box(left / MM, (height - top) / MM, right / MM, (height - bottom) / MM)


def paths_of(data: bytes, *, page: int = 0) -> list[tuple[int, Box]]:
    """Return the filled paths of a page: how many segments each has, and where it is."""
    with open_pdf(data) as document:
        shown = document[page]
        _, height = shown.get_size()
        found = []
        for one in shown.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=5):
            mode, stroke = ctypes.c_int(), ctypes.c_int()
            pdfium.FPDFPath_GetDrawMode(one.raw, mode, stroke)
            left, bottom, right, top = one.get_bounds()
            if mode.value:
                box = Box(left / MM, (height - top) / MM, right / MM, (height - bottom) / MM)
                found.append((pdfium.FPDFPath_CountSegments(one.raw), box))
        return found


def fonts_of(data: bytes) -> dict[str, bool]:
    """Return the fonts of a document, and whether each is inside."""
    fonts: dict[str, bool] = {}
    with open_pdf(data) as document:
        for page in document:
            for one in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=5):
                font = pdfium.FPDFTextObj_GetFont(one.raw)
                name = ctypes.create_string_buffer(_WORDS)
                pdfium.FPDFFont_GetBaseFontName(font, name, _WORDS)
                fonts[name.value.decode()] = pdfium.FPDFFont_GetIsEmbedded(font) == 1
    return fonts


class Tag(NamedTuple):
    """An element of the structure that a screen reader follows."""

    kind: str
    alternative: str
    language: str


def tags_of(data: bytes, *, page: int = 0) -> list[Tag]:
    """Return the elements of a page in their order."""
    with open_pdf(data) as document:
        shown = document[page]  # must outlive its tree
        tree = pdfium.FPDF_StructTree_GetForPage(shown.raw)
        count = pdfium.FPDF_StructTree_CountChildren(tree)
        found = [tag for index in range(count) for tag in _walk(pdfium.FPDF_StructTree_GetChildAtIndex(tree, index))]
        pdfium.FPDF_StructTree_Close(tree)
        shown.close()
        return found


def _walk(element: Any) -> Iterator[Tag]:
    if not element:
        return
    yield Tag(
        _word(pdfium.FPDF_StructElement_GetType, element),
        _word(pdfium.FPDF_StructElement_GetAltText, element),
        _word(pdfium.FPDF_StructElement_GetLang, element),
    )
    for index in range(pdfium.FPDF_StructElement_CountChildren(element)):
        yield from _walk(pdfium.FPDF_StructElement_GetChildAtIndex(element, index))


def _word(ask: Any, element: Any) -> str:
    buffer = ctypes.create_string_buffer(2 * _WORDS)
    size = ask(element, buffer, 2 * _WORDS)
    return buffer.raw[: max(size - 2, 0)].decode("utf-16-le")


def open_png(data: bytes) -> Image.Image:
    """Open a picture in grey."""
    return Image.open(io.BytesIO(data)).convert("L")


def overlaps_of(data: bytes, *, page: int = 0) -> list[str]:
    """Return pairs of letters of which one covers a good part of the other, as where a text runs over another."""
    letters = [(place, *one) for place, one in enumerate(letters_of(data, page=page)) if one[0].isalnum()]
    letters.sort(key=lambda one: one[2].top)
    found = []
    for index, (place, letter, box) in enumerate(letters):
        for near, other, beside in letters[index + 1 :]:
            if beside.top >= box.bottom:
                break
            width = min(box.right, beside.right) - max(box.left, beside.left)
            height = min(box.bottom, beside.bottom) - beside.top
            kerned = abs(place - near) <= 3  # neighbours in a word, or of a ligature
            if not kerned and min(width, height) > 0 and width * height > 0.2 * min(_area(box), _area(beside)):
                found.append(letter + other)
    return found


def _area(box: Box) -> float:
    return (box.right - box.left) * (box.bottom - box.top)
