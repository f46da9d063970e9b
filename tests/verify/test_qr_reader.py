"""Pictures: what is drawn is read back, from pixels and from vectors."""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import resource
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import resvg_py
import segno
import zxingcpp
from PIL import Image

import hcert
from hcert.verify import qr_reader
from support.signers import vaccination_record

if TYPE_CHECKING:
    from pathlib import Path

    from support.signers import DocumentSigner


def png_of(image: Image.Image) -> bytes:
    """Encode a picture."""
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


@pytest.mark.parametrize("error", ["L", "M", "Q", "H"])
def test_a_drawn_code_is_read_back_from_png(either: DocumentSigner, tmp_path: Path, error: Any) -> None:
    """The text survives the picture at every error level."""
    code = either.issue()
    code.qr(error=error).save(tmp_path / "code.png")
    assert hcert.read_picture((tmp_path / "code.png").read_bytes()) == code.text


def test_a_drawn_code_is_read_back_from_rasterised_svg(either: DocumentSigner, tmp_path: Path) -> None:
    """An independent renderer and an independent reader agree."""
    code = either.issue()
    code.qr().save(tmp_path / "code.svg")
    drawn = resvg_py.svg_to_bytes(svg_string=(tmp_path / "code.svg").read_text(encoding="utf-8"), width=800, dpi=96)
    on_paper = Image.new("RGB", (900, 900), "white")
    symbol = Image.open(io.BytesIO(bytes(drawn)))
    on_paper.paste(symbol, (50, 50), symbol if symbol.mode == "RGBA" else None)
    assert hcert.read_picture(png_of(on_paper)) == code.text


def test_a_code_is_read_from_a_small_tilted_photograph(es256: DocumentSigner, tmp_path: Path) -> None:
    """Pictures need not be upright or large."""
    code = es256.issue()
    code.qr(error="M").save(tmp_path / "code.png")
    photograph = Image.open(tmp_path / "code.png").convert("L").rotate(7, expand=True, fillcolor=255)
    assert hcert.read_picture(png_of(photograph.resize((500, 500)))) == code.text


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    """A few kilobytes can claim to be of any size."""
    too_large = ("picture.too_large", {"pixels": 16_002_000, "limit": 16_000_000})
    for size, reason in (((8000, 2000), ("picture.no_code", {})), ((8001, 2000), too_large)):
        with pytest.raises(hcert.MalformedError) as caught:
            hcert.read_picture(png_of(Image.new("1", size, 1)))
        assert [(found.code, dict(found.details)) for found in caught.value.findings] == [reason]


@pytest.mark.parametrize("kind", ["Aztec", "DataMatrix", "Code128"])
def test_another_kind_of_code_is_none(kind: str) -> None:
    """Certificates are QR codes; a boarding pass beside one is not looked at."""
    barcode = zxingcpp.create_barcode("HC1:ABC", getattr(zxingcpp.BarcodeFormat, kind))
    drawn = bytes(resvg_py.svg_to_bytes(svg_string=zxingcpp.write_barcode_to_svg(barcode), width=600))
    symbol = Image.open(io.BytesIO(drawn)).convert("RGBA")
    image = Image.new("RGB", (symbol.width + 100, symbol.height + 100), "white")
    image.paste(symbol, (50, 50), symbol)
    assert len(zxingcpp.read_barcodes(image)) == 1
    with pytest.raises(hcert.MalformedError) as caught:
        hcert.read_picture(png_of(image))
    assert caught.value.code == "picture.no_code"


@pytest.mark.parametrize("data", [b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"P1 1 1\n0\n"])
def test_a_file_of_another_format_is_not_a_picture(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostScript would be handed to another program, through temporary files."""
    monkeypatch.setattr("subprocess.check_call", lambda *_, **__: pytest.fail("a program was started"))
    with pytest.raises(hcert.MalformedError) as caught:
        hcert.read_picture(data)
    assert caught.value.code == "picture.unreadable"


def test_a_transparent_picture_is_read_as_on_paper(es256: DocumentSigner, tmp_path: Path) -> None:
    """Where nothing is drawn there is paper."""
    code = es256.issue()
    code.qr().save(tmp_path / "code.png")
    dark = Image.open(tmp_path / "code.png").convert("L").point(lambda value: 255 - value)
    transparent = Image.new("RGBA", dark.size, (0, 0, 0, 0))
    transparent.putalpha(dark)
    assert hcert.read_picture(png_of(transparent)) == code.text


@pytest.mark.parametrize("mode", ["RGBA", "LA", "RGB", "P", "L"])
def test_every_pixel_of_a_picture_lies_on_white_paper(mode: str) -> None:
    """As Pillow composes the whole of it at once, up to rounding; it is higher than one strip."""
    noise = Image.frombytes(
        "RGBA", (7, 300), b"".join(hashlib.sha512(bytes([row])).digest() for row in range(132))[:8400]
    )
    given = noise if mode == "RGBA" else noise.convert(mode)
    paper = Image.new("RGBA", given.size, "white")
    expected = Image.alpha_composite(paper, given.convert("RGBA")).convert("L")
    found = qr_reader._draw_on_paper(Image.open(io.BytesIO(png_of(given))))
    assert (found.mode, found.size) == ("L", given.size)
    assert max(abs(one - other) for one, other in zip(found.tobytes(), expected.tobytes(), strict=True)) <= 2


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "picture.unreadable"),
        (b"HC1:", "picture.unreadable"),
        (b"\x89PNG\r\n\x1a\n", "picture.unreadable"),
        (png_of(Image.new("L", (50, 50), 255)), "picture.no_code"),
    ],
)
def test_says_what_is_wrong_with_a_picture(data: bytes, code: str) -> None:
    """No picture and no code are told apart."""
    with pytest.raises(hcert.MalformedError) as caught:
        hcert.read_picture(data)
    assert caught.value.code == code


def side_by_side(*texts: str) -> bytes:
    """Draw QR codes on one sheet."""
    drawn = []
    for text in texts:
        data = io.BytesIO()
        segno.make_qr(text, error="L").save(data, kind="png", scale=4, border=4)
        drawn.append(Image.open(data).convert("L"))
    sheet = Image.new("L", (sum(one.width for one in drawn), max(one.height for one in drawn)), 255)
    left = 0
    for one in drawn:
        sheet.paste(one, (left, 0))
        left += one.width
    return png_of(sheet)


def test_the_health_code_is_taken_from_a_sheet(es256: DocumentSigner) -> None:
    """Others are in nobody's way, and the same one twice is one."""
    text = es256.issue().text
    assert hcert.read_picture(side_by_side("https://example.org", text)) == text
    assert hcert.read_picture(side_by_side(text, text)) == text
    assert hcert.read_picture(side_by_side("https://example.org", "https://example.org")) == "https://example.org"


def test_several_codes_that_could_be_meant_are_refused(es256: DocumentSigner) -> None:
    """Which one would be meant is not guessed."""
    codes = [es256.issue(vaccination_record(schema_version=f"1.3.{minor}")).text for minor in (0, 3)]
    for texts, count in ((codes, 2), ([*codes, "https://example.org"], 2), (["https://a.example", "tel:113"], 2)):
        with pytest.raises(hcert.MalformedError) as caught:
            hcert.read_picture(side_by_side(*texts))
        assert (caught.value.code, dict(caught.value.findings[0].details)["count"]) == ("picture.several_codes", count)


@pytest.mark.parametrize(
    "mode", ["L", *(pytest.param(mode, marks=pytest.mark.slow) for mode in ("RGBA", "LA", "RGB", "P"))]
)
def test_a_large_picture_takes_little_memory(mode: str) -> None:
    """A few kilobytes can hold as many pixels as are read; each takes eight bytes at most."""
    data = png_of(Image.new(mode, (4000, 4000)))
    assert len(data) < 100_000
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=measure_growth, args=(data, sender))
    process.start()
    growth = receiver.recv()
    process.join()
    assert growth < 8 * 4000 * 4000


def measure_growth(data: bytes, sender: Any) -> None:
    """Send by how many bytes the peak of a new process grows while it reads a picture."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(hcert.MalformedError):
        hcert.read_picture(data)
    sender.send((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)


@pytest.mark.parametrize("form", ["bytes", "path", "text", "image", "grey array", "colour array"])
def test_every_form_of_picture_is_read(es256: DocumentSigner, tmp_path: Path, form: str) -> None:
    """Content, path, Pillow image, or the pixels of a camera."""
    code, path = es256.issue(), tmp_path / "code.png"
    code.qr().save(path)
    with Image.open(path) as image:
        forms: dict[str, Any] = {
            "bytes": path.read_bytes(),
            "path": path,
            "text": str(path),
            "image": image,
            "grey array": np.asarray(image.convert("L")),
            "colour array": np.asarray(image.convert("RGB")),
        }
        assert hcert.read_picture(forms[form]) == code.text
        assert image.copy().size == image.size  # the picture of the caller is left open


@pytest.mark.parametrize(
    "given", [None, 5, ["a"], np.zeros((2, 2), dtype=complex)], ids=["None", "5", "list", "complex"]
)
def test_anything_but_a_picture_is_the_callers_mistake(given: Any) -> None:
    """The message says what is expected."""
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.read_picture(given)
    assert caught.value.code == "picture.type"


def test_a_missing_picture_file_is_reported(tmp_path: Path) -> None:
    """As every other program does."""
    with pytest.raises(FileNotFoundError):
        hcert.read_picture(tmp_path / "missing.png")


@pytest.mark.parametrize(
    "size", [(65_536, 1), (1, 65_536), (0, 0), (0, 9), (9, 0)], ids=lambda size: f"{size[0]} by {size[1]}"
)
def test_a_picture_of_an_impossible_shape_is_refused(size: tuple[int, int]) -> None:
    """A strip is within the limit of pixels, but no decoder takes it."""
    with pytest.raises(hcert.MalformedError) as caught:
        hcert.read_picture(Image.new("L", size))
    assert caught.value.code == "picture.unreadable"


def test_the_longest_edge_is_read() -> None:
    """One pixel less than what is refused."""
    with pytest.raises(hcert.MalformedError) as caught:
        hcert.read_picture(png_of(Image.new("L", (65_535, 1))))
    assert caught.value.code == "picture.no_code"


def test_the_text_of_a_code_is_not_a_path_and_no_error_quotes_it(es256: DocumentSigner) -> None:
    """An error about a missing file would carry the whole certificate into a log."""
    text = es256.issue().text
    with pytest.raises(hcert.ConfigurationError) as caught:
        hcert.read_picture(text)
    assert caught.value.code == "picture.type"
    assert text[4:40] not in str(caught.value)
