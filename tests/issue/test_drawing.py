"""Each module of a drawn code is where it belongs, in every form, and printing advice is exact."""

from __future__ import annotations

import io
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pypdfium2
import pytest
import resvg_py
from PIL import Image

import hcert
from hcert.findings import Finding, finding
from hcert.fragments import fragment
from hcert.issue import drawing
from hcert.issue.qr import QrCode
from hcert.issue.symbol import encode_symbol

if TYPE_CHECKING:
    from collections.abc import Callable

SYMBOL = encode_symbol("HC1:ABC", error="Q")
assert SYMBOL is not None
ROWS = SYMBOL.rows
EDGE = len(ROWS) + 8
MODULES = [[0] * EDGE] * 4 + [[0] * 4 + list(row) + [0] * 4 for row in ROWS] + [[0] * EDGE] * 4
PIXELS = 6  # of a module


def sampled(image: Image.Image) -> list[list[int]]:
    """Return the modules of a picture of the symbol with its quiet zone, by the pixel in the middle of each."""
    grey = image.convert("L").resize((EDGE * PIXELS, EDGE * PIXELS))
    places = [PIXELS * index + PIXELS // 2 for index in range(EDGE)]
    return [[int(int(str(grey.getpixel((x, y)))) < 128) for x in places] for y in places]


def by_pdf(rows: tuple[bytes, ...]) -> Image.Image:
    """Draw as PDF."""
    page = pypdfium2.PdfDocument(drawing.to_pdf(rows, 1.0))[0]
    picture: Image.Image = page.render(scale=PIXELS * EDGE / page.get_width()).to_pil()
    return picture


def by_svg(rows: tuple[bytes, ...]) -> Image.Image:
    """Draw as SVG."""
    data = resvg_py.svg_to_bytes(svg_string=drawing.to_svg(rows, 1.0), width=EDGE * PIXELS, dpi=96)
    return Image.open(io.BytesIO(bytes(data)))


def by_png(rows: tuple[bytes, ...]) -> Image.Image:
    """Draw as PNG."""
    return Image.open(io.BytesIO(drawing.to_png(rows, 1.0, scale=PIXELS)))


@pytest.mark.parametrize("draw", [by_pdf, by_svg, by_png], ids=["PDF", "SVG", "PNG"])
def test_every_module_is_in_its_place(draw: Callable[[tuple[bytes, ...]], Image.Image]) -> None:
    """By independent renderers; a code that is shifted in its quiet zone would still be read."""
    assert sampled(draw(ROWS)) == MODULES


@pytest.mark.parametrize("draw", [by_pdf, by_svg, by_png], ids=["PDF", "SVG", "PNG"])
def test_runs_that_reach_the_edges_are_drawn(draw: Callable[[tuple[bytes, ...]], Image.Image]) -> None:
    """Rows that are dark from end to end, at their first module alone, and at their last."""
    size = len(ROWS)
    rows = (bytes([1] * size), bytes([1] + [0] * (size - 1)), bytes([0] * (size - 1) + [1]), *ROWS[3:])
    expected = [*MODULES[:4], *([0] * 4 + list(row) + [0] * 4 for row in rows), *MODULES[-4:]]
    assert sampled(draw(rows)) == expected


def test_a_terminal_shows_every_module_and_the_quiet_zone() -> None:
    """Two modules a character, in black on white whatever the colours of the terminal are."""
    lines = drawing.to_terminal(ROWS).splitlines()
    assert all(line.startswith("\x1b[30;107m") and line.endswith("\x1b[0m") for line in lines)
    plain = [re.sub("\x1b[^m]*m", "", line) for line in lines]
    shown = [[int(letter in half) for letter in line] for line in plain for half in ("▀█", "▄█")]
    assert {letter for line in plain for letter in line} <= set(" ▀▄█")
    assert shown == [*MODULES, [0] * EDGE]  # an odd number of rows leaves half a line


def test_the_cross_reference_table_of_a_pdf_names_its_objects() -> None:
    """Viewers repair a broken table silently; print shops refuse it."""
    data = drawing.to_pdf(ROWS, 1.0)
    place = int(data.split(b"startxref\n")[1].split(b"\n")[0])
    table = data[place:]
    assert table.startswith(b"xref\n0 5\n0000000000 65535 f \n")
    entries = re.findall(rb"([0-9]{10}) 00000 n \n", table)
    assert len(entries) == 4
    for number, entry in enumerate(entries, 1):
        assert data[int(entry) :].startswith(b"%d 0 obj\n" % number)
    assert all(int(one) < int(two) for one, two in pairwise(entries))
    assert b"/Size 5/Root 1 0 R" in table
    assert data.endswith(b"%%EOF\n")
    assert table.count(b"xref") == 2


def test_the_same_code_gives_the_same_svg() -> None:
    """Sharp edges, and the declaration that every reader of XML takes."""
    drawn = drawing.to_svg(ROWS, 0.5)
    assert drawn.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" ')
    assert ' shape-rendering="crispEdges">' in drawn
    assert f'width="{EDGE * 0.5:.4g}mm" height="{EDGE * 0.5:.4g}mm" viewBox="0 0 {EDGE} {EDGE}"' in drawn


def symbol_of(modules: int) -> QrCode:
    """Return a code with so many modules along its edge."""
    return QrCode((modules - 17) // 4, "Q", modules, SYMBOL)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("dpi", "width_mm", "expected"),
    [
        pytest.param(300, 42.0, (23, 1.947, 40.9), id="usual"),
        pytest.param(254, 2.1, (1, 0.1, 2.1), id="exactly one dot"),
        pytest.param(254, 4.1, (1, 0.1, 2.1), id="not quite two"),
        pytest.param(254, 4.2, (2, 0.2, 4.2), id="exactly two"),
        pytest.param(300, 1.8, (1, 0.085, 1.8), id="rounded"),
    ],
)
def test_print_advice_is_exact(dpi: int, width_mm: float, expected: tuple[int, float, float]) -> None:
    """Whole dots, a module to the thousandth of a millimetre, a width to the tenth."""
    size = symbol_of(21).print_size(dpi=dpi, width_mm=width_mm)
    assert (size.dots_per_module, size.module_mm, size.width_mm) == expected


@pytest.mark.parametrize("width_mm", [2.0, 0.0, float("nan")], ids=["too narrow", "nothing", "not a number"])
def test_what_cannot_be_printed_is_refused_with_the_numbers(width_mm: Any) -> None:
    """Less than one dot a module."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        symbol_of(21).print_size(dpi=254, width_mm=width_mm)
    (found,) = caught.value.findings
    assert (found.code, str(found.details)) == (
        "qr.print_size",
        str(finding("qr.print_size", modules=21, width_mm=width_mm, dpi=254).details),
    )


def test_a_module_is_reliable_from_a_third_of_a_millimetre() -> None:
    """0.33 mm counts."""
    assert hcert.PrintSize(4, 0.33, 42.0).is_reliable
    assert not hcert.PrintSize(4, 0.329, 42.0).is_reliable


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param(lambda: QrCode.of("HC1:a", error="Q"), finding("text.alphabet", position=5), id="small letter"),
        pytest.param(lambda: QrCode.of("!HC1:", error="Q"), finding("text.alphabet", position=1), id="first character"),
        pytest.param(
            lambda: QrCode.of("A" * 1853, error="H"),
            finding("qr.too_large", length=1853, error="H", capacity=1852),
            id="too large",
        ),
        pytest.param(lambda: symbol_of(21).svg(width_mm=0.99), finding("qr.width", most=1000), id="narrow"),
        pytest.param(lambda: symbol_of(21).pdf(width_mm=1000.01), finding("qr.width", most=1000), id="wide"),
        pytest.param(lambda: symbol_of(21).png(scale=101), finding("qr.scale", most=100), id="scale"),
        pytest.param(lambda: symbol_of(21).save("c.gif"), finding("qr.file_type", suffix=".gif"), id="suffix"),
        pytest.param(
            lambda: symbol_of(21).save("c"), finding("qr.file_type", suffix=fragment("file.no_suffix")), id="no suffix"
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_details(call: Callable[[], object], expected: Finding) -> None:
    """The place, the length, the bound or the suffix."""
    with pytest.raises(hcert.HcertError) as caught:
        call()
    assert caught.value.findings == (expected,)


def test_the_bounds_of_width_and_scale_are_allowed() -> None:
    """1 mm and 1 m; a hundred pixels a module."""
    for width_mm in (1, 1000):
        assert symbol_of(21).svg(width_mm=width_mm)
    assert symbol_of(21).png(scale=100)
    assert symbol_of(21).png(scale=1)
