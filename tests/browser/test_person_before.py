"""The card of the person before is gone before the next one can be mistaken for them, whatever becomes of the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from browser.film import View
from browser.keyboards import US, Scanner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from browser.authority import Authority
    from browser.chromium import GatePage, Shown
    from browser.server import GateServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SERIES = ("--require", "series")
NOT_CHECKED_AFTER = 2000  # milliseconds that a gate has for its answer
SLACK = 1000  # milliseconds for a busy machine
FREEZE = """async () => {
    const camera = document.getElementById("camera");
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [camera.videoWidth, camera.videoHeight];
    canvas.getContext("2d").drawImage(camera, 0, 0);
    camera.srcObject = canvas.captureStream();
    await camera.play();
}"""  # a camera that is there, and whose one frame stays
SAYING = ("accepted", "refused", "authentic")


def after(shown: list[Shown], moment: float) -> list[Shown]:
    """Return what a card shows from a moment on, beginning with what it showed then."""
    before = [one for one in shown if one.time <= moment]
    return before[-1:] + [one for one in shown if one.time > moment]


@pytest.fixture
def two_people(authority: Authority, film: Callable[..., Path]) -> Path:
    """A film of a person who is accepted, and one who is refused, for two seconds each."""
    people = authority.holders()
    return film(*(View((people[name].text,), shown=60, pause=15) for name in ("good", "too old")))


def test_a_gate_that_dies_leaves_no_card_behind(
    start_gate: Callable[..., GateServer], open_page: Callable[..., GatePage], two_people: Path
) -> None:
    """NOT CHECKED stands in place of the card in two seconds, and no verdict comes back while others pass by."""
    gate = start_gate(*SERIES)
    page = open_page(gate, two_people)
    page.wait_for_state("accepted")
    gate.kill()
    died = page.now
    unchecked = page.wait_for_state("unchecked")
    assert unchecked.time - died < NOT_CHECKED_AFTER + SLACK
    assert unchecked.name == ""
    page.wait(6)
    assert [one.state for one in after(page.shown, unchecked.time) if one.state in SAYING] == []


def test_a_gate_that_hangs_leaves_no_card_and_its_late_answer_is_dropped(
    authority: Authority,
    start_gate: Callable[..., GateServer],
    open_page: Callable[..., GatePage],
    film: Callable[..., Path],
) -> None:
    """It hangs while the first person is in view, and answers about them when the second is."""
    people = authority.holders()
    first, second = people["good"], people["too old"]
    gate = start_gate(*SERIES)
    page = open_page(gate, film(View((first.text,), shown=60), View((second.text,), shown=300)))
    page.wait_for_state("accepted")
    gate.freeze()
    hung = page.now
    unchecked = page.wait_for_state("unchecked")
    assert unchecked.time - hung < NOT_CHECKED_AFTER + SLACK
    page.wait(3)
    assert {one.state for one in after(page.shown, unchecked.time)} == {"unchecked"}
    page.page.wait_for_function("() => watch.sightings.at(-1).number === 1 && watch.sightings.at(-1).end === null")
    gate.thaw()
    thawed = page.now
    page.wait_for_state("refused")
    page.wait(1)
    (last,) = (one for one in page.sightings if one.end is None)
    assert last.number == 1, "the film has begun again: the machine is too busy for this test"
    assert {one.name for one in after(page.shown, thawed)} <= {"", second.name}


def test_a_typed_code_clears_the_card_before_it_is_asked_about(
    authority: Authority, start_gate: Callable[..., GateServer], open_page: Callable[..., GatePage]
) -> None:
    """The next person's code goes to a gate that hangs: the card is empty at once, and NOT CHECKED for ever."""
    people = authority.holders()
    gate = start_gate(*SERIES)
    page = open_page(gate)
    scanner = Scanner(page.page, US)
    scanner.scan(people["too old"].text)
    page.wait_for_state("refused")
    gate.freeze()
    scanner.type(people["good"].text)
    typed = page.now
    scanner.scan("")
    page.wait_for_state("checking", seconds=NOT_CHECKED_AFTER / 1000)
    unchecked = page.wait_for_state("unchecked")
    assert unchecked.time - typed < NOT_CHECKED_AFTER + SLACK
    gate.thaw()
    page.wait(2)
    assert [one.state for one in after(page.shown, unchecked.time)] == ["unchecked"]


@pytest.mark.parametrize(
    ("body", "status"),
    [("{}", 500), ("<html>", 200), ('{"state": "accepted", "vi', 200), ("{}", 200), ("[]", 200), ("null", 200)],
)
def test_answers_that_make_no_sense_are_not_checked(
    gate: GateServer, open_page: Callable[..., GatePage], two_people: Path, body: str, status: int
) -> None:
    """Whatever answers on the port: an error, a page in HTML, or a verdict cut off."""
    page = open_page(gate, two_people)
    page.wait_for_state(*SAYING)
    page.page.route("**/frame", lambda route: route.fulfill(status=status, body=body))
    unchecked = page.wait_for_state("unchecked", seconds=3)
    page.wait(1)
    assert [one.state for one in after(page.shown, unchecked.time) if one.state in SAYING] == []


def test_the_next_persons_verdict_replaces_the_card_without_mixing_them(
    gate: GateServer, open_page: Callable[..., GatePage], two_people: Path
) -> None:
    """Whenever the card names somebody, verdict, name and reasons are of one and the same person."""
    page = open_page(gate, two_people)
    page.wait_for_sightings(4, seconds=30)
    kinds = {(one.state, one.name, bool(one.reasons)) for one in page.shown if one.name or one.reasons}
    assert kinds == {("accepted", "Trần Văn Bình", False), ("refused", "Phạm Minh Đức", True)}


def test_a_card_leaves_after_its_code(authority: Authority, show: Callable[..., GatePage]) -> None:
    """Nobody in view for a while: the card says nothing about anybody."""
    page = show(View((authority.holders()["good"].text,), shown=45, pause=300))
    page.wait_for_state("accepted")
    (gone,) = page.wait_for_sightings(1, seconds=10)
    idle = page.wait_for_state("idle", seconds=9)
    assert gone.end is not None
    assert idle.time - gone.end < 8000
    assert idle.name == ""


def test_a_camera_that_freezes_leaves_no_card(authority: Authority, show: Callable[..., GatePage]) -> None:
    """Its last frame shows a person who has long gone: that is no answer about whoever stands there now."""
    page = show(View((authority.holders()["good"].text,), shown=300))
    page.wait_for_state("accepted")
    page.page.evaluate(FREEZE)
    frozen = page.now
    silent = page.wait_for_state("idle", "unchecked", seconds=10)
    assert silent.time - frozen < 6000
    page.wait(1)
    assert [one.state for one in after(page.shown, silent.time) if one.state in SAYING] == []
