"""QR codes: alphanumeric, at exactly the level asked for, with advice for paper."""

from __future__ import annotations

import io
import random
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pypdfium2
import pytest
import resvg_py
import segno
import zxingcpp
from PIL import Image

import hcert
from hcert.codec.base45 import ALPHABET as BASE45_ALPHABET
from hcert.issue import symbol
from hcert.issue.qr import QrCode
from hcert.issue.symbol import CAPACITY

ALPHABET = BASE45_ALPHABET.decode()

if TYPE_CHECKING:
    from pathlib import Path

    from support.signers import DocumentSigner


def picture_of(qr: QrCode) -> Image.Image:
    """Return the code as pixels."""
    return Image.open(io.BytesIO(qr.png(scale=4))).convert("L")


def draw(text: str, error: Any = "Q") -> QrCode:
    """Draw a text."""
    return QrCode.of(text, error=error)


def test_the_level_is_q_unless_said_otherwise(es256: DocumentSigner) -> None:
    """The specification recommends Q."""
    assert es256.issue().qr().error == "Q"


@pytest.mark.parametrize(("error", "capacity"), [("L", 4296), ("M", 3391), ("Q", 2420), ("H", 1852)])
def test_holds_exactly_its_capacity_at_each_level(error: str, capacity: int) -> None:
    """One character more is an error that tells the numbers, and never another level."""
    qr = draw("A" * capacity, error)
    assert (qr.version, qr.error, qr.modules) == (40, error, 177)
    with pytest.raises(hcert.IssueError) as caught:
        draw("A" * (capacity + 1), error)
    assert caught.value.code == "qr.too_large"
    assert all(str(number) in str(caught.value) for number in (capacity, capacity + 1))


@pytest.mark.parametrize("error", ["L", "M", "Q", "H"])
def test_the_level_is_never_raised_although_there_is_room(error: str) -> None:
    """The level asked for is the level drawn."""
    (code,) = zxingcpp.read_barcodes(picture_of(draw("HC1:ABC", error)))
    assert (draw("HC1:ABC", error).error, code.ec_level) == (error, error)


@pytest.mark.parametrize("drawn_by", ["zxing", pytest.param("segno", marks=pytest.mark.slow)])
@pytest.mark.parametrize("error", ["L", "M", "Q", "H"])
def test_both_encoders_draw_the_smallest_version_of_the_level_and_are_read_back(
    drawn_by: str, error: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No version is larger than segno's for an alphanumeric text; runs of digits may even make it smaller."""
    if drawn_by == "segno":
        monkeypatch.setattr(symbol, "_HAS_ZXING", False)
    chance = random.Random(error)  # noqa: S311 - sizes of texts, not secrets
    for length in (1, 20, 300, 555, CAPACITY[error] - 4):
        for alphabet in (ALPHABET, "0123456789"):
            text = "HC1:" + "".join(chance.choices(alphabet, k=length))
            qr = draw(text, error)
            smallest = segno.make_qr(text, error=error, mode="alphanumeric", boost_error=False)
            assert qr.version <= int(smallest.version)
            (code,) = zxingcpp.read_barcodes(picture_of(qr))
            assert (code.text, code.ec_level) == (text, error)


def test_a_text_of_another_alphabet_is_refused() -> None:
    """Byte mode would cost five versions."""
    with pytest.raises(hcert.MalformedError):
        draw("HC1:abc")


@pytest.mark.parametrize("error", ["", "q", "X", None])
def test_other_levels_are_the_callers_mistake(error: Any) -> None:
    """There are four."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        draw("HC1:", error)
    assert caught.value.code == "qr.error_level"


@pytest.mark.parametrize(("name", "magic"), [("c.svg", b"<?xml"), ("c.PNG", b"\x89PNG"), ("c.pdf", b"%PDF")])
def test_saves_in_the_form_the_suffix_names(tmp_path: Path, name: str, magic: bytes) -> None:
    """Vectors, pixels and paper."""
    draw("HC1:ABC").save(tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(magic)
    draw("HC1:ABC").save(str(tmp_path / name))


def millimetres_of(path: Path) -> float:
    """Return the width of a file on paper, quiet zone included, as the file itself says it."""
    match path.suffix:
        case ".svg":
            root = ET.fromstring(path.read_text("utf-8"))  # noqa: S314 - our own file
            assert root.get("width") == root.get("height")
            return float(str(root.get("width")).removesuffix("mm"))
        case ".png":
            with Image.open(path) as image:
                assert image.mode == "1"
                return float(image.width / image.info["dpi"][0] * 25.4)
        case _:
            points: float = pypdfium2.PdfDocument(path)[0].get_width()
            return points / 72 * 25.4


@pytest.mark.parametrize("name", ["c.svg", "c.png", "c.pdf"])
@pytest.mark.parametrize("width_mm", [20, 42.0, 120])
def test_a_file_holds_its_physical_width(tmp_path: Path, name: str, width_mm: float) -> None:
    """What a print shop gets is as wide as was asked for; the quiet zone adds four modules on each side."""
    qr = draw("A" * 580)
    qr.save(tmp_path / name, width_mm=width_mm)
    assert millimetres_of(tmp_path / name) == pytest.approx(width_mm / qr.modules * (qr.modules + 8), rel=1e-3)


@pytest.mark.parametrize("name", ["c.svg", "c.png", "c.pdf"])
def test_a_file_on_a_dark_page_has_white_paper_around_the_symbol(tmp_path: Path, name: str) -> None:
    """A code without a background cannot be read by a person in a dark mail client."""
    qr = draw("A" * 580)
    qr.save(tmp_path / name)
    page = Image.new("RGB", (1000, 1000), "#222")
    shown = rasterised(tmp_path / name)
    page.paste(shown, (100, 100), shown if shown.mode == "RGBA" else None)
    assert page.getpixel((103, 103)) == (255, 255, 255)
    assert hcert.read_picture(page) == "A" * 580


def rasterised(path: Path) -> Image.Image:
    """Draw a file about 500 pixels wide by an independent renderer."""
    match path.suffix:
        case ".svg":
            data = bytes(resvg_py.svg_to_bytes(svg_string=path.read_text("utf-8"), width=500, dpi=96))
            return Image.open(io.BytesIO(data)).convert("RGBA")
        case ".png":
            return Image.open(path).convert("RGB")
        case _:
            page = pypdfium2.PdfDocument(path)[0]
            drawn: Image.Image = page.render(scale=500 / page.get_width()).to_pil()
            return drawn


@pytest.mark.parametrize("scale", [1, 3, 8, 13])
def test_a_png_has_as_many_pixels_a_module_as_asked_for(scale: int) -> None:
    """Any scale, also one whose lines do not end at a whole byte."""
    qr = draw("HC1:" + "A" * 200, "L")
    image = Image.open(io.BytesIO(qr.png(scale=scale)))
    assert image.size == ((qr.modules + 8) * scale,) * 2
    modules = [
        [int(image.getpixel(((x + 4) * scale, (y + 4) * scale)) == 0) for x in range(qr.modules)]
        for y in range(qr.modules)
    ]
    assert modules == [list(row) for row in qr._symbol.rows]


@pytest.mark.parametrize("width_mm", [0, -1, 1001, float("nan"), float("inf"), "42", None])
def test_a_width_that_no_paper_has_is_refused(width_mm: Any) -> None:
    """In every format."""
    qr = draw("HC1:ABC")
    for write in (qr.svg, qr.png, qr.pdf):
        with pytest.raises(hcert.ConfigurationError) as caught:
            write(width_mm=width_mm)
        assert caught.value.code == "qr.width"


@pytest.mark.parametrize("scale", [0, 101, 2.5, "8"])
def test_a_scale_that_no_png_has_is_refused(scale: Any) -> None:
    """A module is a whole number of pixels."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        draw("HC1:ABC").png(scale=scale)
    assert caught.value.code == "qr.scale"


def test_the_same_code_gives_the_same_bytes() -> None:
    """No file holds a time or a number of its own."""
    first, second = draw("HC1:" + "A" * 100), draw("HC1:" + "A" * 100)
    assert (first.svg(), first.png(), first.pdf()) == (second.svg(), second.png(), second.pdf())


@pytest.mark.parametrize("name", ["c", "c.gif", "c.txt"])
def test_other_suffixes_are_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    """A file of an unexpected kind helps nobody."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        draw("HC1:ABC").save(tmp_path / name)
    assert caught.value.code == "qr.file_type"
    assert list(tmp_path.iterdir()) == []


def test_draws_on_a_terminal() -> None:
    """A code can be shown where there is nothing but text, with its quiet zone."""
    qr = draw("HC1:ABC")
    lines = [re.sub("\x1b[^m]*m", "", line) for line in qr.terminal().splitlines()]
    edge = qr.modules + 8
    assert {len(line) for line in lines} == {edge}
    image = Image.new("1", (edge, 2 * len(lines)), 1)
    for y, line in enumerate(lines):
        for x, letter in enumerate(line):
            image.putpixel((x, 2 * y), int(letter not in "▀█"))
            image.putpixel((x, 2 * y + 1), int(letter not in "▄█"))
    assert hcert.read_picture(image.resize((edge * 6, image.height * 6))) == "HC1:ABC"


def test_print_size_uses_whole_dots_and_stays_within_the_width() -> None:
    """Modules of unequal size are what scanners stumble over."""
    qr = draw("A" * 580)
    size = qr.print_size(dpi=300)
    assert size.dots_per_module == 5
    assert size.module_mm == pytest.approx(5 * 25.4 / 300, abs=0.001)
    assert size.width_mm == pytest.approx(qr.modules * 5 * 25.4 / 300, abs=0.05)
    assert size.width_mm <= 42
    assert qr.print_size(dpi=600).dots_per_module >= 2 * size.dots_per_module
    assert size.is_reliable
    assert not draw("A" * 2000).print_size().is_reliable


def test_a_symbol_that_cannot_be_printed_so_small_is_an_error() -> None:
    """Less than a dot a module is no print."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        draw("A" * 2000).print_size(dpi=72, width_mm=10)
    assert caught.value.code == "qr.print_size"


def test_the_capacities_are_those_of_segno() -> None:
    """The numbers in the error are the numbers that hold."""
    for error, capacity in {"L": 4296, "M": 3391, "Q": 2420, "H": 1852}.items():
        assert segno.make_qr("A" * capacity, error=error, boost_error=False).version == 40


@pytest.mark.parametrize("text", ["hello", "HC1:x", "HC1:\ud800", "HC1:A\n"])
def test_a_text_that_was_changed_is_not_drawn(text: str) -> None:
    """The message gives a position, and nothing of the text."""
    with pytest.raises(hcert.MalformedError) as caught:
        hcert.Certificate(text=text, cose=b"").qr()
    assert caught.value.code == "text.alphabet"
    assert caught.value.__context__ is None


@pytest.mark.parametrize("changes", [{"width_mm": float("inf")}, {"width_mm": float("nan")}, {"width_mm": 1.0}])
def test_a_size_that_cannot_be_printed_is_refused(changes: dict[str, float], es256: DocumentSigner) -> None:
    """Not even one dot a module, or no number."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        es256.issue().qr().print_size(**changes)  # type: ignore[arg-type]
    assert caught.value.code == "qr.print_size"
