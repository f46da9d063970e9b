"""Chromium as tests drive it: with a film as its camera, a watch on what the page shows, and a log of its requests."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Playwright

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS: Final = (
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
FAKE_CAMERA: Final = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
WATCH: Final = (Path(__file__).parent / "watch.js").read_text(encoding="utf-8")
SCREENS: Final = (Path(__file__).parent / "screens.js").read_text(encoding="utf-8")
DESKTOP: Final = (1280, 800)


def program() -> str | None:
    """Return the path of the system's Chromium, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def require() -> None:
    """Skip if Chromium or playwright is missing; fail if the variable CI_REQUIRES_CHROMIUM is set, as in .ci/run."""
    missing = [] if program() else ["Chromium (Debian: apt-get install chromium)"]
    missing += [] if find_spec("playwright") else ["playwright (pip install --group browser)"]
    if not missing:
        return
    words = f"the page of the gate is NOT tested: {' and '.join(missing)} is missing"
    if os.environ.get("CI_REQUIRES_CHROMIUM"):
        raise RuntimeError(words)
    pytest.skip(words, allow_module_level=True)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the card showed from some moment on.

    Attributes:
        time: milliseconds since the page was opened, when it stood in the document.
        painted: the same, in the next animation frame; None if that has not come yet.
        state: `data-state` of the card.
        verdict: the word.
        name: of the person.
        born: birth date.
        reasons: short ones.
        text: everything that can be read on the card.
    """

    time: float
    painted: float | None
    state: str
    verdict: str
    name: str
    born: str
    reasons: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """From when to when a view of the film was before the camera, in milliseconds since the page was opened.

    Attributes:
        number: of the view in the film.
        begin: when its first frame reached the page.
        end: when the first frame without it did; None while it is in view.
    """

    number: int
    begin: float
    end: float | None


class GatePage:
    """The page of a gate in a browser, with everything that its card has shown and that it has asked for."""

    def __init__(self, page: Page, requests: list[str]) -> None:
        self.page = page
        self.requests = requests

    @property
    def state(self) -> str:
        """The state of the card."""
        return str(self.page.locator("#card").get_attribute("data-state"))

    @property
    def now(self) -> float:
        """Milliseconds since the page was opened."""
        return float(self.page.evaluate("performance.now()"))

    @property
    def shown(self) -> list[Shown]:
        """Everything that the card has shown, in order."""
        return [Shown(**(one | {"reasons": tuple(one["reasons"])})) for one in self.page.evaluate("watch.shown")]

    @property
    def sightings(self) -> list[Sighting]:
        """The views that have been before the camera, in order."""
        return [Sighting(**one) for one in self.page.evaluate("watch.sightings")]

    def wait_for_state(self, *states: str, seconds: float = 10) -> Shown:
        """Wait until the card is in one of the states, and return what it shows."""
        expression = "(states) => states.includes(document.getElementById('card').dataset.state)"
        self.page.wait_for_function(expression, arg=list(states), timeout=seconds * 1000, polling=20)
        return self.shown[-1]

    def wait_for_sightings(self, count: int, *, seconds: float) -> list[Sighting]:
        """Wait until so many views have come and gone, and return them."""
        expression = "(count) => watch.sightings.filter((one) => one.end !== null).length >= count"
        self.page.wait_for_function(expression, arg=count, timeout=seconds * 1000)
        return [one for one in self.sightings if one.end is not None][:count]

    def wait_for_camera(self) -> None:
        """Wait until the camera is on."""
        self.page.wait_for_function("() => document.body.dataset.camera === 'on'")

    def choose_picture(self, png: bytes) -> None:
        """Choose a picture by the button for it."""
        picture: Any = {"name": "code.png", "mimeType": "image/png", "buffer": png}
        self.page.locator("#choose-picture").set_input_files(picture)

    def choose_language(self, language: str) -> None:
        """Switch to a language by the button for it."""
        if self.page.locator("html").get_attribute("lang") != language:
            self.page.locator("#language").click()
        self.page.wait_for_function("(language) => document.documentElement.lang === language", arg=language)

    def wait(self, seconds: float) -> None:
        """Let the page go on for a while."""
        self.page.wait_for_timeout(seconds * 1000)


@contextmanager
def launch(playwright: Playwright, *, film: Path | None = None, log: Path | None = None) -> Iterator[Browser]:
    """Start Chromium with a film as its camera; without a film it has no camera at all.

    Args:
        playwright: the driver.
        film: Motion JPEG.
        log: file for everything that the browser itself asks the network for.
    """
    arguments = [*ARGUMENTS, *(FAKE_CAMERA if film else ())]
    arguments += [f"--use-file-for-fake-video-capture={film.absolute()}"] if film else []
    arguments += [f"--log-net-log={log.absolute()}"] if log else []
    browser = playwright.chromium.launch(executable_path=program(), headless=True, args=arguments)
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def opened(browser: Browser, address: str, *, size: tuple[int, int] = DESKTOP, **more: Any) -> Iterator[GatePage]:
    """Open the page of a gate in a window of its own."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **more)
    requests: list[str] = []
    context.on("request", lambda request: requests.append(request.url))
    context.add_init_script(WATCH)
    try:
        page = context.new_page()
        page.goto(address)
        page.wait_for_function("() => window.watch && document.getElementById('card')?.dataset.state")
        yield GatePage(page, requests)
    finally:
        context.close()


def hosts_asked_by_pages(log: Path) -> set[str]:
    """Return every host in the network log of a browser, but those that Chromium asks on its own account.

    Chromium asks its maker for updates and accounts, whatever page is open; such requests have no page as initiator.
    """
    read = json.loads(log.read_text(encoding="utf-8"))
    start = read["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    events = [one for one in read["events"] if isinstance(one.get("params"), dict)]
    begun = [one["params"] for one in events if one["type"] == start and "initiator" in one["params"]]
    own = {_host(one["url"]) for one in begun if one["initiator"] == "not an origin"}
    by_pages = {_host(one["url"]) for one in begun if one["initiator"] != "not an origin"}
    named = {_host(one["params"][key]) for one in events for key in ("url", "host", "hostname") if key in one["params"]}
    return by_pages | (named - own)


def _host(named: object) -> str:
    text = str(named)
    return urlsplit(text if "://" in text else f"//{text}").hostname or text
