"""Scanners that type: the same text under every layout, and a sentence where an input method swallows keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from browser.keyboards import LAYOUTS, US, Layout, Scanner

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser.authority import Authority
    from browser.chromium import GatePage
    from browser.server import GateServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def desk(gate: GateServer, open_page: Callable[..., GatePage]) -> GatePage:
    """A page without a camera."""
    return open_page(gate)


def texts_sent(page: GatePage) -> list[str]:
    """Collect the texts that a page sends to its gate from now on."""
    sent: list[str] = []

    def note(request: object) -> None:
        if request.url.endswith("/check"):  # type: ignore[attr-defined]
            sent.append(request.post_data)  # type: ignore[attr-defined]

    page.page.on("request", note)
    return sent


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_scanner_is_read_by_its_keys_whatever_the_layout_makes_of_them(
    authority: Authority, desk: GatePage, layout: Layout
) -> None:
    """Shift, digits and signs included; the text arrives as it stands in the code, with its spaces."""
    holder = authority.holders()["too old"]
    sent = texts_sent(desk)
    Scanner(desk.page, layout).scan(holder.text)
    shown = desk.wait_for_state("accepted", "refused", "hint", "unchecked")
    assert sent == [holder.text]
    assert (shown.state, shown.name) == (holder.state, holder.name)


def test_every_character_of_base45_is_typed_as_it_is_and_nothing_is_trimmed(desk: GatePage) -> None:
    """Also a space at the end, which belongs to the text."""
    text = "HC1:0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./: "
    sent = texts_sent(desk)
    Scanner(desk.page, US).scan(text)
    desk.wait_for_state("refused")
    assert sent == [text]


def test_keys_that_an_input_method_swallows_give_a_sentence_and_no_verdict(
    authority: Authority, desk: GatePage
) -> None:
    """UniKey makes Vietnamese letters of the text; the officer reads what to switch off, and nobody is refused."""
    sent = texts_sent(desk)
    scanner = Scanner(desk.page, US)
    scanner.type_through_unikey(authority.holders()["too old"].text)
    scanner.scan("")
    shown = desk.wait_for_state("hint")
    assert "UniKey" in shown.text
    assert sent == []
    assert {one.state for one in desk.shown} <= {"idle", "checking", "hint"}


def test_a_scanner_that_pauses_starts_anew(authority: Authority, desk: GatePage) -> None:
    """Half a text of the person before does not become part of the next one."""
    holder = authority.holders()["too old"]
    sent = texts_sent(desk)
    scanner = Scanner(desk.page, US)
    scanner.type(holder.text[:40])
    scanner.pause(1.1)
    scanner.scan(holder.text)
    desk.wait_for_state("refused")
    assert sent == [holder.text]


def test_a_scanner_presses_no_button_of_the_page(authority: Authority, desk: GatePage) -> None:
    """The text has spaces and ends with Enter; a button that has the focus takes neither."""
    holder = authority.holders()["too old"]
    assert " " in holder.text
    language = desk.page.locator("html").get_attribute("lang")
    desk.page.locator("#language").focus()
    Scanner(desk.page, US).scan(holder.text)
    desk.wait_for_state("refused")
    assert desk.page.locator("html").get_attribute("lang") == language
