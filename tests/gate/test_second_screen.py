"""The sealed part: opened with the readers' key on purpose, for a minute, for the code that was shown last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import hcert
from hcert.gate.second_screen import SECONDS, SecondScreen
from support.gates import authority, make_setup, open_gate, reader, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hcert.records.citizen.sealed import Sealed
    from support.gates import Client

ID_NUMBER = "001190000123"  # of `hcert demo`


class Clock:
    """Seconds that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Client]:
    """A gate with the readers' key of the clinic."""
    with open_gate(make_setup(tmp_path, readers=[reader("other"), reader()])) as client:
        yield client


def sealed_part() -> Sealed:
    """Return a sealed part as a verifier finds it."""
    trust = hcert.TrustList([hcert.TrustedKey.from_certificate(authority()["dsc.pem"])])
    sealed = hcert.Verifier(trust).verify(text_of("citizen")).sealed
    assert sealed is not None
    return sealed


def show(gate: Client, name: str = "citizen") -> str:
    """Show a code to a gate, and return its view."""
    answer = gate.post("/check", text_of(name).encode()).json
    assert answer["sealed"] == (name == "citizen")
    return str(answer["view"])


def test_a_sealed_part_is_opened_on_purpose_only(clinic: Client) -> None:
    """A verdict shows nothing of it."""
    view = show(clinic)
    assert clinic.get("/sealed").json == {"state": "empty", "remaining": 0.0, "lines": None}
    assert clinic.post("/sealed", view.encode()).json["opened"] is True
    content = clinic.get("/sealed").json
    assert content["state"] == "open"
    assert 0 < content["remaining"] <= SECONDS
    assert ["Số định danh", ID_NUMBER] in content["lines"]["vi"]
    assert ["Vaccine lots", "1: ABV1234, 2: FF0123"] in content["lines"]["en"]


def test_what_was_opened_never_reaches_the_first_screen(clinic: Client) -> None:
    """The guard and the queue see that one."""
    view = show(clinic)
    opened = clinic.post("/sealed", view.encode())
    again = clinic.post("/check", text_of("citizen").encode())
    assert ID_NUMBER.encode() not in opened.body + again.body + clinic.get("/state").body


def test_the_next_code_closes_what_was_opened(clinic: Client) -> None:
    """The same code in the next frame does not."""
    clinic.post("/sealed", show(clinic).encode())
    show(clinic)
    assert clinic.get("/sealed").json["state"] == "open"
    show(clinic, "code")
    assert clinic.get("/sealed").json["state"] == "empty"


def test_it_can_be_closed(clinic: Client) -> None:
    """Before the minute is over."""
    clinic.post("/sealed", show(clinic).encode())
    assert clinic.post("/sealed").json == {"opened": False}
    assert clinic.get("/sealed").json["state"] == "empty"


@pytest.mark.parametrize("view", ["0" * 24, "x", "\N{SNOWMAN}"])
def test_only_the_code_shown_last_can_be_opened(clinic: Client, view: str) -> None:
    """A view that was never there."""
    show(clinic)
    assert clinic.post("/sealed", view.encode()).status == 409


def test_the_code_before_cannot_be_opened(clinic: Client) -> None:
    """Its holder has gone."""
    view = show(clinic)
    show(clinic, "code")
    assert clinic.post("/sealed", view.encode()).status == 409


def test_a_gate_without_readers_keys_opens_nothing(gate: Client) -> None:
    """It does not offer it either."""
    answer = gate.post("/check", text_of("citizen").encode()).json
    assert answer["sealed"] is False
    assert gate.post("/sealed", answer["view"].encode()).status == 409


def test_the_key_of_others_opens_nothing_and_says_so(tmp_path: Path) -> None:
    """The part was sealed for another group."""
    with open_gate(make_setup(tmp_path, readers=[reader("other")])) as gate:
        answer = gate.post("/sealed", show(gate).encode()).json
        assert answer["opened"] is False
        assert answer["reason"]["en"]
        assert answer["reason"]["vi"]
        assert gate.get("/sealed").json["state"] == "empty"


def test_after_a_minute_the_content_is_gone() -> None:
    """From the screen and from memory."""
    clock = Clock()
    screen = SecondScreen([reader()], clock=clock)
    assert screen.offer("view", sealed_part())
    opened = screen.open("view")
    assert opened is not None
    assert opened.opened
    clock.now += SECONDS - 1
    assert (screen.look().state, screen.look().remaining) == ("open", 1.0)
    clock.now += 1
    assert screen.look().state == "empty"
    assert ID_NUMBER not in repr(vars(screen))


def test_a_code_can_be_opened_for_a_minute_after_it_was_seen() -> None:
    """Not when its holder has long gone."""
    clock = Clock()
    screen = SecondScreen([reader()], clock=clock)
    screen.offer("view", sealed_part())
    clock.now += SECONDS + 1
    assert screen.open("view") is None
    screen.offer("view", sealed_part())
    assert screen.open("view") is not None
