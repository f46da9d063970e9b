"""`hcert gate`: it opens with one command in a demo folder, ends cleanly, and says in one line why it cannot open."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from conftest import ROOT
from hcert.gate import server
from support.command import ANCHORS, assert_one_line, run
from support.gates import authority

if TYPE_CHECKING:
    from pathlib import Path

    from hcert.gate.desk import Desk

GATE = ("gate", "--store", "lists", "--updates", ".", *ANCHORS, "--port", "0")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as `hcert demo` makes it; we are in it."""
    monkeypatch.chdir(tmp_path)
    for name, data in authority().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return tmp_path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Desk]:
    """The desks of gates that a command opened; they end at once, as by Ctrl-C."""
    desks: list[Desk] = []

    def interrupt(running: server.GateServer, *_: Any) -> None:
        desks.append(running.desk)
        raise KeyboardInterrupt

    monkeypatch.setattr(server.GateServer, "serve_forever", interrupt)
    return desks


def test_one_command_opens_a_gate_and_ctrl_c_ends_it(folder: Path, opened: list[Desk]) -> None:
    """In the folder of a demo, whose lists it takes."""
    done = run(folder, *GATE, "--require", "series")
    assert done.status == 0, done.stderr
    assert urlsplit(done.lines[0]).hostname == "127.0.0.1"
    (desk,) = opened
    assert [one.state for one in desk.state().lists] == ["fresh", "fresh"]
    assert desk.check_text(authority()["code.txt"].decode()).state == "accepted"
    assert desk.check_text(authority()["revoked.txt"].decode()).state == "refused"


def test_the_options_reach_the_gate(folder: Path, opened: list[Desk]) -> None:
    """Rule, language, readers' key and counter, spelled as in other commands."""
    options = ("--require", "series", "--require", "test", "--open", "clinic.key", "--count", "--lang", "vi")
    assert run(folder, *GATE, *options).status == 0
    (desk,) = opened
    answer = desk.check_text(authority()["citizen.txt"].decode())
    assert answer.sealed
    state = desk.state()
    assert (state.language, state.counts, state.updates) == ("vi", {"accepted": 1}, True)
    assert state.rule is not None


@pytest.mark.parametrize("page", ["how-to/gate.md", "vi/man-hinh-kiem-soat.md"])
def test_the_command_of_the_pages_opens_a_gate(folder: Path, opened: list[Desk], page: str) -> None:
    """Their blocks are not run as pasted, since the gate goes on until somebody ends it."""
    lines = re.findall(r"^hcert (gate .*)$", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert len(lines) == 1
    assert run(folder, *shlex.split(lines[0]), "--port", "0").status == 0
    assert [one.state for one in opened[0].state().lists] == ["fresh", "fresh"]


def test_without_a_rule_it_opens_and_says_so(folder: Path, opened: list[Desk]) -> None:
    """A gate that only looks at authenticity."""
    assert run(folder, *GATE).status == 0
    assert opened[0].state().rule is None


def test_a_country_alone_means_the_rules_of_the_store(folder: Path, opened: list[Desk]) -> None:
    """As for `hcert store verify`; a gate that lacks them opens, shows that, and checks nothing until they come."""
    assert run(folder, *GATE, "--country", "VN").status == 0
    (desk,) = opened
    assert [(one.kind, one.state) for one in desk.state().lists][2] == ("rules", "missing")
    assert desk.check_text(authority()["code.txt"].decode()).state == "unchecked"


def test_a_file_that_is_refused_is_named_at_the_start(folder: Path, opened: list[Desk]) -> None:
    """It does not keep the gate from opening."""
    (folder / "keys.cose").write_bytes(b"\xd8\x62 broken")
    done = run(folder, *GATE)
    assert done.status == 0
    assert "hcert: keys.cose: document.malformed: " in done.stderr
    assert [one.state for one in opened[0].state().lists] == ["missing", "fresh"]


def test_a_stick_that_is_not_in_is_told_at_the_start(folder: Path, opened: list[Desk]) -> None:
    """The gate opens all the same: the stick may come later."""
    done = run(folder, "gate", "--store", "lists", "--updates", "stick", *ANCHORS, "--port", "0")
    assert done.status == 0
    assert "hcert: stick: it cannot be read now" in done.stderr
    assert [one.state for one in opened[0].state().lists] == ["missing", "missing"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("gate", "--store", "lists", *ANCHORS), "lists: there is no store"),
        (("gate", *ANCHORS), "Missing option '--store'"),
        (("gate", "--store", "lists", "--updates", "."), "--anchor is needed"),
        ((*GATE, "--rules", "rules.json"), "--rules and --country need each other"),
        ((*GATE, "--open", "clinic.pub"), "clinic.pub: expected a private key"),
        ((*GATE, "--port", "65536"), "expected a port from 0 to 65535"),
        ((*GATE, "--port", "http"), "expected a port from 0 to 65535"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_keeps_it_from_opening_is_one_line(
    folder: Path, opened: list[Desk], arguments: tuple[str, ...], words: str
) -> None:
    """And nothing is opened."""
    assert_one_line(run(folder, *arguments), 2, words)
    assert opened == []


def test_a_port_in_use_is_one_line(folder: Path, opened: list[Desk]) -> None:
    """It names the port and the way out."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run(folder, *GATE, "--port", port)
    assert_one_line(done, 2, f"port {port}: ")
    assert "--port" in done.stderr
    assert opened == []


def test_a_missing_package_is_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That says what to install."""
    for name in [name for name in sys.modules if name.startswith("hcert.gate")] + ["hcert.verify.qr_reader"]:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "zxingcpp", None)
    assert_one_line(run(folder, *GATE), 2, "pip install 'hcert[gate]'")


@pytest.mark.process
def test_a_gate_answers_and_ends_by_ctrl_c(folder: Path) -> None:
    """As a process: its address on the first line, status 0, no word about the interruption."""
    command = [sys.executable, "-m", "hcert", *GATE, "--require", "series"]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    ) as gate:
        assert gate.stdout is not None
        address = urlsplit(gate.stdout.readline().strip())
        connection = HTTPConnection(str(address.netloc), timeout=5)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200  # the connection stays open while the gate ends
        gate.send_signal(signal.SIGINT)
        stdout, stderr = gate.communicate(timeout=10)
        connection.close()
    assert (gate.returncode, stdout) == (0, "")
    assert "Traceback" not in stderr
