"""Nothing leaves the computer, and nothing of anybody stays in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from browser import chromium
from browser.film import View

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Playwright

    from browser.authority import Authority
    from browser.chromium import GatePage
    from browser.server import GateServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STORED = """async () => [
    ...Object.keys(localStorage), ...Object.keys(sessionStorage),
    ...(await indexedDB.databases()).map((one) => one.name),
    ...(await caches.keys()), ...(await navigator.serviceWorker.getRegistrations()).map((one) => one.scope),
    document.cookie].filter(Boolean)"""


def test_no_request_leaves_the_computer(
    authority: Authority, gate: GateServer, playwright: Playwright, film: Callable[..., Path], tmp_path: Path
) -> None:
    """From the log of the whole browser's network, not of the page alone, after three people were checked."""
    people = authority.holders()
    shown = film(*(View((people[name].text,)) for name in ("good", "revoked", "foreign")))
    log = tmp_path / "network.json"
    with (
        chromium.launch(playwright, film=shown, log=log) as browser,
        chromium.opened(browser, gate.address) as page,
    ):
        page.wait_for_sightings(3, seconds=20)
        for button in ("#language", "#sound", "#tools-label", "#update"):
            page.page.locator(button).click()
        page.wait(1)
        asked = page.requests
    assert len(asked) > 10
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(gate.address).netloc}
    assert chromium.hosts_asked_by_pages(log) == {"127.0.0.1"}


def test_nothing_stays_in_the_browser(authority: Authority, show: Callable[..., GatePage]) -> None:
    """No storage, no cookie, no cache, and no name in the title or the address."""
    page = show(View((authority.holders()["good"].text,)))
    name = page.wait_for_state("accepted").name
    assert page.page.evaluate(STORED) == []
    assert page.page.context.cookies() == []
    assert page.page.context.storage_state() == {"cookies": [], "origins": []}
    assert name not in page.page.title() + page.page.url
    page.page.keyboard.press("Escape")
    page.wait_for_state("idle")
    assert name not in page.page.content()
