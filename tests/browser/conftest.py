"""Fixtures of the tests in a browser: Chromium, an authority with its store, a gate, and films of people."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from browser import chromium, server
from browser.authority import Authority
from browser.film import SMALL, View, make_film

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Playwright

    from browser.chromium import GatePage
    from browser.server import GateServer

SERIES = ("--require", "series")
FIGURES = "figures of the gate"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured, for the record: no test asserts a time."""
    for report in terminalreporter.getreports("passed"):
        for name, value in getattr(report, "user_properties", ()):
            if name == FIGURES:
                terminalreporter.write_line(str(value))


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """The driver of browsers."""
    chromium.require()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority and the people with its codes."""
    return Authority.make(tmp_path_factory.mktemp("authority") / "demo")


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Make a film of people who show codes one after the other."""

    def make(*views: View, size: tuple[int, int] = SMALL, seed: int = 1405) -> Path:
        return make_film(tmp_path_factory.mktemp("film") / "people.mjpeg", views, size=size, seed=seed)

    return make


@pytest.fixture
def start_gate(authority: Authority) -> Iterator[Callable[..., GateServer]]:
    """Start gates with the lists of the authority; they end with the test."""
    with ExitStack() as stack:

        def start(*options: object) -> GateServer:
            return stack.enter_context(server.started(authority.folder, *server.LISTS, *options))

        yield start


@pytest.fixture(scope="module")
def gate(authority: Authority) -> Iterator[GateServer]:
    """A gate that demands a series, for all tests of a file that leave it as it is."""
    with server.started(authority.folder, *server.LISTS, *SERIES) as running:
        yield running


@pytest.fixture(scope="module")
def blind(playwright: Playwright) -> Iterator[Browser]:
    """A browser without a camera."""
    with chromium.launch(playwright) as running:
        yield running


@pytest.fixture
def open_page(playwright: Playwright, blind: Browser) -> Iterator[Callable[..., GatePage]]:
    """Open the page of a gate: without a camera, or in a browser of its own with a film as its camera."""
    with ExitStack() as stack:

        def start(running: GateServer, film: Path | None = None) -> GatePage:
            browser = blind if film is None else stack.enter_context(chromium.launch(playwright, film=film))
            return stack.enter_context(chromium.opened(browser, running.address))

        yield start


@pytest.fixture
def show(gate: GateServer, film: Callable[..., Path], open_page: Callable[..., GatePage]) -> Callable[..., GatePage]:
    """Open the page of the gate, and show views to its camera."""

    def start(*views: View, size: tuple[int, int] = SMALL) -> GatePage:
        return open_page(gate, film(*views, size=size))

    return start
