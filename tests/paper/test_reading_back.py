"""What is printed can be read: from a rendered page, from a photograph of it, and from the screen of a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import hcert
from hcert import paper
from hcert.paper.symbol import CARD_CHARACTERS, CARD_VERSION
from support import pages
from support.signers import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

SHEETS = range(13, 36)  # versions
CARDS = range(13, CARD_VERSION + 1)
FEW = {13, 20, CARD_VERSION, 35}  # of the fast run
CAMERA = 204  # dots an inch, 8 pixels a millimetre: a whole sheet in a picture of 4 megapixels
CAMERA_NEAR = 305  # 12 pixels a millimetre: a folded sheet or a card
NEAR_FROM = 32  # modules of a sheet under 0.41 mm, three pixels of the far camera, are read near only


def each(versions: range) -> list[Any]:
    """Return versions as parameters, most of them for the slow run."""
    return [pytest.param(one, marks=[] if one in FEW else [pytest.mark.slow]) for one in versions]


@pytest.mark.parametrize("version", each(SHEETS))
def test_a_sheet_is_read_back_at_the_resolution_of_printers_and_of_faxes(
    codes: dict[int, str], trust: hcert.TrustList, version: int
) -> None:
    """At 300 and 150 dots an inch."""
    data = paper.sheet(codes[version], trust=trust, at=NOW)
    for dpi in (300, 150):
        assert pages.read(pages.render(data, dpi=dpi)) == [codes[version]]


@pytest.mark.parametrize("version", each(CARDS))
def test_a_card_is_read_back(codes: dict[int, str], trust: hcert.TrustList, version: int) -> None:
    """Up to the densest code that a card takes."""
    data = paper.card(codes[version], trust=trust, at=NOW)
    for dpi in (300, 150):
        assert pages.read(pages.render(data, dpi=dpi)) == [codes[version]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("draw", "version", "dpi"),
    [
        *(
            pytest.param(paper.sheet, version, CAMERA if version < NEAR_FROM else CAMERA_NEAR, id=f"sheet-{version}")
            for version in SHEETS
        ),
        *(pytest.param(paper.card, version, CAMERA_NEAR, id=f"card-{version}") for version in CARDS),
    ],
)
def test_a_photograph_is_read(
    codes: dict[int, str], trust: hcert.TrustList, draw: Callable[..., bytes], version: int, dpi: int
) -> None:
    """From an angle, unsharp, in uneven light and with the noise of a sensor."""
    page = pages.render(draw(codes[version], trust=trust, at=NOW), dpi=dpi)
    assert pages.read(pages.photograph(page)) == [codes[version]]


@pytest.mark.parametrize("version", each(SHEETS))
def test_a_picture_for_a_phone_is_read_back(codes: dict[int, str], trust: hcert.TrustList, version: int) -> None:
    """As it is, and as a screenshot of half the size if its modules have six pixels or more."""
    picture = pages.open_png(paper.picture(codes[version], trust=trust, at=NOW))
    assert picture.size == (1080, 2340)
    assert pages.read(picture) == [codes[version]]
    if version in FEW and version <= CARD_VERSION:
        assert pages.read(picture.resize((540, 1170))) == [codes[version]]


def test_the_modules_of_a_picture_are_whole_pixels(codes: dict[int, str], trust: hcert.TrustList) -> None:
    """The symbol is black and white, without a grey edge."""
    picture = pages.open_png(paper.picture(codes[20], trust=trust, at=NOW))
    symbol = picture.crop((100, 600, 980, 1400))
    assert sum(symbol.histogram()[1:255]) == 0


@pytest.mark.parametrize("version", [13, 28, 35])
def test_the_code_of_a_sheet_is_one_path_of_62_millimetres_off_the_folds(
    codes: dict[int, str], trust: hcert.TrustList, version: int
) -> None:
    """With its quiet zone, in the middle of the first panel."""
    paths = pages.paths_of(paper.sheet(codes[version], trust=trust, at=NOW))
    edge = 17 + 4 * version
    (symbol,) = [box for segments, box in paths if segments > 1000]
    assert symbol.right - symbol.left == pytest.approx(62 * edge / (edge + 8), abs=0.05)
    assert symbol.bottom - symbol.top == pytest.approx(62 * edge / (edge + 8), abs=0.05)
    assert (symbol.left + symbol.right) / 2 == pytest.approx(105 / 2, abs=0.05)
    assert symbol.bottom < 297 / 2 - 15


def test_the_code_of_a_card_is_one_path_of_46_9_millimetres(codes: dict[int, str], trust: hcert.TrustList) -> None:
    """With its quiet zone."""
    paths = pages.paths_of(paper.card(codes[CARD_VERSION], trust=trust, at=NOW))
    edge = 17 + 4 * CARD_VERSION
    (symbol,) = [box for segments, box in paths if segments > 1000]
    assert symbol.right - symbol.left == pytest.approx(46.9 * edge / (edge + 8), abs=0.05)
    assert (symbol.right - symbol.left) / edge > 0.34


def test_a_code_too_dense_for_a_card_is_refused_with_what_to_do(codes: dict[int, str], trust: hcert.TrustList) -> None:
    """It says how much a card holds."""
    with pytest.raises(hcert.IssueError, match=str(CARD_CHARACTERS)) as caught:
        paper.card(codes[35], trust=trust, at=NOW)
    assert caught.value.code == "paper.too_dense"
    assert hcert.CodeSize(CARD_CHARACTERS).version(error="M") == CARD_VERSION
    assert hcert.CodeSize(CARD_CHARACTERS + 1).version(error="M") == CARD_VERSION + 1
