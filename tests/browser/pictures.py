"""Take pictures of a gate's page in every state that an officer sees, at three sizes, to be looked at.

usage: pictures.py FOLDER

Needs Chromium and `pip install --group browser`. The people have names of usual length, and once the longest.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent))

from playwright.sync_api import Playwright, sync_playwright

from browser import chromium, server
from browser.authority import PINS, Authority
from browser.film import LARGE, View, make_film

if TYPE_CHECKING:
    from collections.abc import Iterator

    from browser.chromium import GatePage
    from browser.server import GateServer

SIZES = ((800, 480), (412, 915), (1280, 800))
LANGUAGES = ("vi", "en")
SERIES = ("--require", "series")


@dataclass(frozen=True)
class Scene:
    """A gate, what it sees, and the state of the card that this leads to."""

    name: str
    state: str
    texts: tuple[str, ...]
    options: tuple[str, ...]


def scenes(authority: Authority) -> Iterator[Scene]:
    """Yield everything to be taken."""
    people = authority.holders()
    good = (people["good"].text,)
    usual = (*server.LISTS, *SERIES)
    for name, days in (("stale", 2), ("expired", 20)):
        authority.fill_store(name, expired_for=timedelta(days=days))
    old = (*PINS, *SERIES, "--grace-days", "10", "--store")
    yield Scene("idle", "idle", (), usual)
    yield Scene("accepted", "accepted", good, usual)
    yield Scene("accepted-longest", "accepted", (authority.issue(authority.longest()),), usual)
    yield Scene("refused", "refused", (people["too old"].text,), usual)
    yield Scene("refused-longest", "refused", (authority.issue(authority.longest(days_ago=400)),), usual)
    yield Scene("forged", "refused", (people["forged"].text,), usual)
    yield Scene("revoked", "refused", (people["revoked"].text,), usual)
    yield Scene("foreign", "hint", (people["foreign"].text,), usual)
    yield Scene("two-codes", "hint", (*good, people["too old"].text), usual)
    yield Scene("not-checked", "unchecked", good, usual)
    yield Scene("authentic-without-rule", "authentic", good, server.LISTS)
    yield Scene("stale-lists", "accepted", good, (*old, "stale"))
    yield Scene("expired-lists", "refused", good, (*old, "expired"))


def take(page: GatePage, gate: GateServer, scene: Scene, folder: Path, size: tuple[int, int]) -> None:
    """Take the pictures of a scene at one size, one in each language."""
    if scene.state == "unchecked":
        page.wait_for_state("accepted", "refused", "authentic")
        gate.freeze()
    page.wait_for_state(scene.state)
    for language in LANGUAGES:
        page.choose_language(language)
        page.wait(0.3)
        page.page.screenshot(path=folder / f"{scene.name}-{size[0]}x{size[1]}-{language}.png")
    gate.thaw()


def take_all(playwright: Playwright, authority: Authority, folder: Path) -> None:
    """Take the pictures of all scenes."""
    for scene in scenes(authority):
        film = make_film(authority.folder / f"{scene.name}.mjpeg", [View(scene.texts, pause=0)], size=LARGE, seed=7)
        with ExitStack() as stack:
            gate = stack.enter_context(server.started(authority.folder, *scene.options))
            browser = stack.enter_context(chromium.launch(playwright, film=film))
            for size in SIZES:
                with chromium.opened(browser, gate.address, size=size) as page:
                    page.wait_for_camera()
                    take(page, gate, scene, folder, size)


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the pictures go")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        take_all(playwright, Authority.make(Path(made) / "demo"), folder)


if __name__ == "__main__":
    main()
