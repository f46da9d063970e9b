"""The page on the screens of gates: nothing cut off, nothing pale, everything by keyboard, everything said aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from browser import chromium
from browser.film import LARGE, View, draw_code
from browser.keyboards import US, Scanner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Playwright

    from browser.authority import Authority
    from browser.chromium import GatePage
    from browser.server import GateServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SCREENS = {"touch screen": (800, 480), "phone": (412, 915), "desktop": (1280, 800)}
MIN_CONTRAST = 4.5
LOOK = """() => ({
    scrolls: [document.documentElement.scrollHeight > innerHeight, document.documentElement.scrollWidth > innerWidth],
    cutOff: screens.cutOff(), overlaps: screens.overlaps(), contrasts: screens.contrasts(),
    sign: document.getElementById("sign").innerText.trim(),
    verdict: document.getElementById("verdict").innerText.trim(),
    announced: document.getElementById("announcer").innerText.trim()})"""

FOCUS = """() => [document.activeElement.id, getComputedStyle(document.activeElement).outlineStyle,
    getComputedStyle(document.activeElement.parentElement).outlineStyle]"""


@pytest.fixture(scope="module")
def browser(playwright: Playwright, film: Callable[..., Path]) -> Iterator[Browser]:
    """A browser with a camera that sees nobody."""
    with chromium.launch(playwright, film=film(View((), shown=30), size=LARGE)) as running:
        yield running


def codes(authority: Authority) -> dict[str, tuple[str, str]]:
    """Return codes by a name, each with the state it leads to, of the people with the longest names."""
    people = authority.holders()
    return {
        "accepted": ("accepted", authority.issue(authority.longest())),
        "refused": ("refused", authority.issue(authority.longest(days_ago=400))),
        "forged": ("refused", people["forged"].text),
        "foreign": ("hint", people["foreign"].text),
    }


def looks_of(page: GatePage, authority: Authority) -> dict[str, dict[str, Any]]:
    """Bring a page into every state, empty first and NOT CHECKED last, and return how each looks."""
    looks = {"idle": page.page.evaluate(LOOK)}
    for name, (state, text) in codes(authority).items():
        page.choose_picture(draw_code(text))
        page.wait_for_state(state)
        looks[name] = page.page.evaluate(LOOK)
        page.page.keyboard.press("Escape")
        page.wait_for_state("idle")
    page.page.route("**/picture", lambda route: route.abort())
    page.choose_picture(draw_code(text))
    page.wait_for_state("unchecked")
    return looks | {"unchecked": page.page.evaluate(LOOK)}


@pytest.fixture(scope="module", params=["vi", "en"])
def language(request: pytest.FixtureRequest) -> str:
    """A language of the page."""
    return str(request.param)


@pytest.fixture(scope="module", params=SCREENS)
def looks(
    request: pytest.FixtureRequest, gate: GateServer, browser: Browser, authority: Authority, language: str
) -> dict[str, dict[str, Any]]:
    """How the page looks in every state, on a screen, in a language."""
    with chromium.opened(browser, gate.address, size=SCREENS[request.param]) as page:
        page.choose_language(language)
        page.wait_for_camera()
        page.page.evaluate(chromium.SCREENS)
        return looks_of(page, authority)


def test_nothing_is_cut_off_and_nothing_has_to_be_scrolled(looks: dict[str, dict[str, Any]]) -> None:
    """With the longest names that can be certified, in every state."""
    wrong = {
        name: (look["scrolls"], look["cutOff"], look["overlaps"])
        for name, look in looks.items()
        if any(look["scrolls"]) or look["cutOff"] or look["overlaps"]
    }
    assert wrong == {}


def test_every_text_has_contrast(looks: dict[str, dict[str, Any]]) -> None:
    """Of at least 4.5 to 1 against every colour that can be behind it, stripes included."""
    pale = {name: [one for one in look["contrasts"] if one["ratio"] < MIN_CONTRAST] for name, look in looks.items()}
    assert {name: found for name, found in pale.items() if found} == {}
    assert all(look["contrasts"] for look in looks.values())


def test_states_differ_by_sign_and_word_and_not_by_colour_alone(looks: dict[str, dict[str, Any]]) -> None:
    """Each state that says something of a person has its own sign and its own word."""
    for part in ("sign", "verdict"):
        found = [looks[name][part] for name in ("accepted", "refused", "unchecked")]
        assert len(set(found)) == len(found)
        assert all(found)


def test_a_verdict_is_announced_to_screen_readers(looks: dict[str, dict[str, Any]]) -> None:
    """Word, reasons and name, in one sentence after the other."""
    for name in ("accepted", "refused"):
        assert looks[name]["announced"].startswith(looks[name]["verdict"])
        assert "Tằng Tôn Nữ" in looks[name]["announced"]


def test_the_page_is_used_by_keyboard_alone(gate: GateServer, browser: Browser, authority: Authority) -> None:
    """Every button is reached by Tab and shows that it has the focus; Enter presses it; Escape clears the card."""
    with chromium.opened(browser, gate.address) as page:
        page.page.locator("#tools-label").press("Enter")
        reached = {}
        for _ in range(20):
            page.page.keyboard.press("Tab")
            name, *outlines = page.page.evaluate(FOCUS)
            reached[name] = set(outlines) != {"none"}
        assert {"next", "language", "sound", "update", "choose-lists", "choose-picture"} <= reached.keys()
        assert all(shows for name, shows in reached.items() if name)
        before = page.page.locator("html").get_attribute("lang")
        page.page.locator("#language").focus()
        page.page.keyboard.press("Enter")
        page.page.wait_for_function("(before) => document.documentElement.lang !== before", arg=before)
        Scanner(page.page, US).scan(authority.holders()["too old"].text)
        page.wait_for_state("refused")
        page.page.locator("#more > summary").focus()
        page.page.keyboard.press("Enter")
        assert page.page.locator("#details > li").first.is_visible()
        page.page.keyboard.press("Escape")
        assert page.wait_for_state("idle").name == ""
