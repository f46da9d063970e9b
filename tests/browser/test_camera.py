"""What the page says of codes that a real camera would see: right for every view, and never of the person before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from browser.conftest import FIGURES
from browser.film import LARGE, NOBODY, SMALL, View
from browser.measure import answers, describe

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser.authority import Authority
    from browser.chromium import GatePage

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("size", [SMALL, LARGE], ids="{0[0]}x{0[1]}".format)
def test_every_view_gets_its_verdict_and_none_another(
    authority: Authority,
    show: Callable[..., GatePage],
    size: tuple[int, int],
    record_property: Callable[[str, object], None],
) -> None:
    """Thirty views of six codes: good, large, refused by the rule, revoked, forged, and foreign."""
    holders = list(authority.holders().values()) * 5
    page = show(NOBODY, *(View((one.text,)) for one in holders), size=size)
    seen = page.wait_for_sightings(len(holders), seconds=120)
    found = answers(seen, page.shown, holders)
    record_property(FIGURES, describe(found, size))
    assert [one.number for one in found if one.answered is None] == []
    assert [one.number for one in found if one.wrong] == []
