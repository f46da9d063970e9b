"""How long a gate takes from a code in view to its verdict on the screen: Chromium, with a film as its camera.

usage: gate.py [--views N]

The film shows six people in turn, whose codes are good, large, refused by the rule, revoked, forged, and foreign. Needs
Chromium and `pip install --group browser`. Nothing is asserted but that the answers are right, since times belong to
machines.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from playwright.sync_api import sync_playwright

from browser import chromium, server
from browser.authority import Authority
from browser.film import LARGE, NOBODY, SMALL, View, make_film
from browser.measure import Answer, answers, describe

SECONDS_A_VIEW = 3  # at most


def measure(authority: Authority, size: tuple[int, int], count: int) -> list[Answer]:
    """Show so many views of the six to a gate, and return what it answered."""
    holders = list(authority.holders().values())
    views = [View((holder.text,)) for holder in holders * max(1, min(count // len(holders), 6))]
    film = make_film(authority.folder / f"{size[0]}.mjpeg", [NOBODY, *views], size=size, seed=count)
    showing = [holders[number % len(holders)] for number in range(len(views))]
    with (
        server.started(authority.folder, *server.LISTS, "--require", "series") as gate,
        sync_playwright() as playwright,
        chromium.launch(playwright, film=film) as browser,
        chromium.opened(browser, gate.address) as page,
    ):
        seen = page.wait_for_sightings(count, seconds=SECONDS_A_VIEW * count)
        return answers(seen, page.shown, showing)


def main() -> int:
    """Print the times at both sizes; the status is 1 if an answer was wrong or none came."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--views", type=int, default=36, metavar="N", help="how many are shown at each size")
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority.make(Path(folder) / "demo")
        for size in (SMALL, LARGE):
            found = measure(authority, size, options.views)
            failed |= any(one.answered is None or one.wrong for one in found)
            print(describe(found, size), flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
