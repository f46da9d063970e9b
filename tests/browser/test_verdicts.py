"""What the page says, and what it does not say: without a rule, of foreign codes, of two codes, of broken frames."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

import hcert
from browser import chromium, server
from browser.authority import PINS
from browser.film import LARGE, View, draw_code
from support.citizen_records import CERTIFICATE_ID, citizen_person, sampled

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser

    from browser.authority import Authority
    from browser.chromium import GatePage
    from browser.server import GateServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]

POSITIVE = "260373001"


def test_without_a_rule_nobody_is_accepted(
    authority: Authority, start_gate: Callable[..., GateServer], open_page: Callable[..., GatePage]
) -> None:
    """A positive test of this morning is authentic, which is no tick and not the word for an accepted certificate."""
    infected = sampled(1, sampled_at=authority.now, result=POSITIVE)
    record = hcert.CitizenRecord(certificate_id=CERTIFICATE_ID, person=citizen_person(), tests=(infected,))
    page = open_page(start_gate())
    page.choose_picture(draw_code(authority.issue(record)))
    shown = page.wait_for_state("authentic", "accepted", "refused")
    assert shown.state == "authentic"
    assert "✓" not in page.page.locator("#sign").inner_text()
    assert shown.verdict.upper() in {"XÁC THỰC", "AUTHENTIC"}
    assert page.page.locator("#rule").is_visible()


@pytest.mark.parametrize("name", ["forged", "revoked"])
def test_without_a_rule_a_forgery_is_refused_all_the_same(
    authority: Authority, start_gate: Callable[..., GateServer], open_page: Callable[..., GatePage], name: str
) -> None:
    """So is what was revoked."""
    page = open_page(start_gate())
    page.choose_picture(draw_code(authority.holders()[name].text))
    assert page.wait_for_state("authentic", "accepted", "refused").state == "refused"


def test_a_code_for_a_payment_is_a_hint_and_no_refusal(authority: Authority, show: Callable[..., GatePage]) -> None:
    """Somebody holds up the wrong code: a sentence, no verdict, no name."""
    page = show(View((authority.holders()["foreign"].text,)))
    shown = page.wait_for_state("hint", "refused")
    assert shown.state == "hint"
    assert page.page.locator("#hint").inner_text().strip()
    page.wait_for_sightings(2, seconds=10)
    assert {one.state for one in page.shown} <= {"idle", "checking", "hint"}
    assert {one.name for one in page.shown} == {""}


def test_two_codes_in_view_give_no_verdict(authority: Authority, show: Callable[..., GatePage]) -> None:
    """Nobody can tell whose verdict it would be, even if both would be accepted."""
    people = authority.holders()
    both = View((people["good"].text, people["too old"].text), shown=60)
    page = show(both, size=LARGE)
    page.wait_for_state("hint")
    (seen,) = page.wait_for_sightings(1, seconds=10)
    hints = [one for one in page.shown if one.state == "hint"]
    assert hints[0].text
    resting = seen.begin + 500  # the first frames are blurred, and one of the two can be read before the other
    assert {one.state for one in page.shown if resting < one.time} <= {"idle", "checking", "hint"}


def test_a_broken_frame_is_no_verdict_and_does_no_harm(authority: Authority, show: Callable[..., GatePage]) -> None:
    """The gate refuses to read it, the page says that nothing was checked, and the next frame is read again."""
    page = show(View((authority.holders()["good"].text,), shown=90, pause=5))
    page.wait_for_state("accepted")
    page.page.route("**/frame", lambda route: route.continue_(post_data=b"\xff\xd8\xff\xe0 no picture"))
    assert page.wait_for_state("unchecked").name == ""
    page.page.unroute("**/frame")
    page.wait_for_state("accepted")


def test_a_picture_can_be_chosen_instead_of_a_camera(
    authority: Authority, gate: GateServer, open_page: Callable[..., GatePage]
) -> None:
    """A file that somebody sent, by the button for it."""
    page = open_page(gate)
    page.page.locator("#choose-picture").set_input_files(authority.folder / "code.png")
    shown = page.wait_for_state("accepted", "refused", "unchecked", "hint")
    assert (shown.state, shown.name) == ("accepted", "Nguyễn Thị Ngọc Ánh")


def test_a_card_names_the_person_the_rule_and_what_counted(
    authority: Authority, gate: GateServer, open_page: Callable[..., GatePage]
) -> None:
    """And tells the officer to compare them with a document; the age of the lists is in view all the time."""
    page = open_page(gate)
    page.choose_picture(draw_code(authority.holders()["good"].text))
    shown = page.wait_for_state("accepted")
    assert shown.name == "Trần Văn Bình"
    assert "1975" in shown.born
    for element in ("#sign", "#verdict", "#counted > li", "#rule", "#issuer", "#compare", "#lists > li", "#clock"):
        assert page.page.locator(element).first.is_visible(), element
        assert page.page.locator(element).first.inner_text().strip(), element
    assert "VN" in page.page.locator("#issuer").inner_text()


def test_a_refusal_gives_its_gravest_reason_in_short(
    authority: Authority, gate: GateServer, open_page: Callable[..., GatePage]
) -> None:
    """At most three reasons, each short enough to be read in two seconds."""
    page = open_page(gate)
    page.choose_picture(draw_code(authority.holders()["too old"].text))
    shown = page.wait_for_state("refused")
    assert 1 <= len(shown.reasons) <= 3
    assert "270" in shown.reasons[0]
    assert max(map(len, shown.reasons)) <= 28


def test_a_camera_that_may_not_be_used_is_explained(gate: GateServer, open_page: Callable[..., GatePage]) -> None:
    """The page stays usable for typing scanners and pictures, and says why there is no camera."""
    page = open_page(gate)
    page.page.wait_for_function("() => ['refused', 'absent', 'none'].includes(document.body.dataset.camera)")
    assert page.page.locator("#camera-note").inner_text().strip()


@pytest.mark.parametrize(("days", "age", "state"), [(2, "stale", "accepted"), (20, "expired", "refused")])
def test_lists_that_have_expired_are_seen_before_and_beside_every_card(
    authority: Authority, blind: Browser, days: int, age: str, state: str
) -> None:
    """Within their grace a code is still accepted; afterwards none is, and the card says why."""
    authority.fill_store(age, expired_for=dt.timedelta(days=days))
    options = ("--store", age, *PINS, "--require", "series", "--grace-days", 10)
    with server.started(authority.folder, *options) as gate, chromium.opened(blind, gate.address) as page:
        lists = page.page.locator(f"#lists > li[data-state={age}]")
        lists.first.wait_for()
        assert [one.is_visible() for one in lists.all()] == [True, True]
        page.choose_picture(draw_code(authority.holders()["good"].text))
        shown = page.wait_for_state("accepted", "refused")
        assert (shown.state, bool(shown.reasons)) == (state, state == "refused")
        assert [one.is_visible() for one in lists.all()] == [True, True]
