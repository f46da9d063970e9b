"""The command as a process: streams that are closed, full or poor in letters, Ctrl-C, and a missing package."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import PATIENCE, ROOT, wait_for
from support.command import ANCHORS, ISSUING, process, text_of

INTERRUPTIBLE = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
)
CALLS: dict[str, tuple[object, ...]] = {
    "verify": ("verify", "--trust", "trust", "dcc.txt"),
    "show": ("trust", "show", "keys.cose", *ANCHORS),
    "issue": ("issue", *ISSUING, "record.json"),
    "assess": (
        "assess",
        "--vectors",
        "kit.json",
        "--",
        sys.executable,
        "-c",
        "print(input() and '{\"accepted\": true}')",
    ),
}


@pytest.fixture(scope="module", autouse=True)
def kit(office: Path) -> None:
    """A conformance kit of one vector that any program passes which accepts everything."""
    document = json.loads((ROOT / "docs" / "conformance" / "vectors.json").read_text("utf-8"))
    vector = next(one for one in document["vectors"] if one["expect"] == "accept")
    (office / "kit.json").write_text(json.dumps(document | {"vectors": [vector]}))


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize(
    ("name", "status", "said"),
    [("verify", 0, ""), ("show", 0, ""), ("assess", 0, ""), ("issue", 2, "hcert: standard output: Broken pipe\n")],
)
def test_a_broken_pipe_is_an_error_only_for_a_code(office: Path, name: str, status: int, said: str) -> None:
    """`hcert verify ... | head -1` ends quietly, with the status of the verdict; a code nobody got is not issued."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert process(office, *CALLS[name], stdout=writing) == (status, said)
    finally:
        os.close(writing)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")  # noqa: PTH110 - no path to keep
@pytest.mark.parametrize("name", CALLS)
def test_a_full_disk_is_one_line(office: Path, name: str) -> None:
    """And no refusal."""
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        done = process(office, *CALLS[name], stdout=full)
    assert done == (2, "hcert: standard output: No space left on device\n")


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize(
    ("name", "status", "said"),
    [("verify", 0, ""), ("show", 0, ""), ("assess", 0, ""), ("issue", 2, "hcert: standard output: it is closed\n")],
)
def test_a_closed_output_changes_no_status(office: Path, name: str, status: int, said: str) -> None:
    """Only the exit status is wanted then, but of a code that is to be written there."""
    assert process(office, *CALLS[name], closed=1) == (status, said)


@pytest.mark.process
def test_a_closed_input_is_one_line(office: Path) -> None:
    """There is no text to read."""
    done = process(office, "verify", "--trust", "trust", "-", closed=0)
    assert done == (2, "hcert: standard input: it is closed\n")


@pytest.mark.process
def test_a_closed_error_stream_changes_no_status(office: Path) -> None:
    """There is nobody to tell."""
    assert process(office, "verify", "--trust", "trust", "none.png", closed=2)[0] == 2


@pytest.mark.process
def test_an_ascii_terminal_shows_plain_letters(office: Path) -> None:
    """Letters without their marks, and signs in brackets: not a row of question marks."""
    command = [sys.executable, "-m", "hcert", *map(str, CALLS["verify"]), "--lang", "vi"]
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = subprocess.run(command, capture_output=True, check=True, cwd=office, env=environment)  # noqa: S603
    lines = done.stdout.decode("ascii").splitlines()
    assert lines[:2] == ["[OK] CHAP NHAN", "  Nguyen Thi Ngoc Anh, sinh 17/05/1990"]
    assert "?" not in done.stdout.decode("ascii")
    command[-2:] = ["--json"]
    told = subprocess.run(command, capture_output=True, check=True, cwd=office, env=environment)  # noqa: S603
    assert b'"fn": "Nguy\\u1ec5n"' in told.stdout


@pytest.mark.process
def test_an_interrupted_command_ends_in_one_line(office: Path, tmp_path: Path) -> None:
    """At once, with the status that shells know."""
    fifo = tmp_path / "code"
    os.mkfifo(fifo)
    command = [sys.executable, "-m", "hcert", "verify", "--trust", "trust", str(fifo)]
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", INTERRUPTIBLE, *command], stderr=subprocess.PIPE, text=True, cwd=office
    ) as running:
        try:
            writing = os.open(fifo, os.O_WRONLY)  # returns when the command has opened the other end
            time.sleep(0.2)
            running.send_signal(signal.SIGINT)
            assert running.communicate(timeout=PATIENCE)[1] == "hcert: interrupted\n"
            os.close(writing)
        finally:
            running.kill()
    assert running.returncode == 130


@pytest.mark.slow
@pytest.mark.process
def test_an_interrupted_assessment_ends_in_one_line(office: Path, tmp_path: Path) -> None:
    """At once, and leaves no empty page behind."""
    started, page = tmp_path / "started", tmp_path / "page.html"
    slow = f"import pathlib, time; pathlib.Path({str(started)!r}).touch(); time.sleep(600)"
    given = ("--vectors", "kit.json", "--timeout", 3600, "--html", page, "--", sys.executable, "-c", slow)
    command = [sys.executable, "-c", INTERRUPTIBLE, sys.executable, "-m", "hcert", "assess", *given]
    with subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True, cwd=office) as running:  # noqa: S603
        try:
            wait_for(started)
            running.send_signal(signal.SIGINT)
            assert running.communicate(timeout=PATIENCE)[1] == "hcert: interrupted\n"
        finally:
            running.kill()
    assert (running.returncode, page.exists()) == (130, False)


@pytest.mark.process
def test_a_missing_package_is_one_line(office: Path, tmp_path: Path) -> None:
    """Of the extra of the command, or of one that a command needs."""
    (tmp_path / "click.py").write_text("raise ModuleNotFoundError('click', name='click')")
    path = {"PYTHONPATH": str(tmp_path)}
    assert process(office, "verify", "x", environment=path, stdout=subprocess.DEVNULL) == (
        2,
        "hcert: the command needs the package click: pip install click\n",
    )
    (tmp_path / "click.py").rename(tmp_path / "zxingcpp.py")
    status, said = process(office, "verify", "--trust", "trust", "dcc.png", environment=path)
    assert (status, said.count("\n")) == (2, 1)
    assert "hcert.read_picture needs more packages" in said


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="a device of Linux")  # noqa: PTH110 - no path to keep
@pytest.mark.parametrize(
    "arguments",
    [
        ("verify", "--trust", "trust", "/dev/zero"),
        ("verify", "--trust", "/dev/zero", "HC1:"),
        ("verify", "--trust", "/dev/zero", *ANCHORS, "HC1:"),
        ("issue", *ISSUING, "/dev/zero"),
        ("trust", "show", "/dev/zero", *ANCHORS),
        ("trust", "seal", "/dev/zero", "--key", "anchor1.pem", "--version", 1, "--valid-days", 1, "-o", "x"),
    ],
    ids=str,
)
def test_an_endless_file_is_one_line(office: Path, arguments: tuple[object, ...]) -> None:
    """Within seconds, and not when memory is full."""
    status, said = process(office, *arguments, stdout=subprocess.DEVNULL)
    assert (status, said.count("\n")) == (2, 1)
    assert "/dev/zero: " in said


@pytest.mark.process
@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("hcert tr", {"trust"}, id="command"),
        pytest.param("hcert trust re", {"revoke"}, id="command of a group"),
        pytest.param("hcert issue --cert", {"--certificate"}, id="option"),
        pytest.param("hcert issue --error ", {"L", "M", "Q", "H"}, id="choice"),
        pytest.param("hcert --lang v", {"vi"}, id="language"),
    ],
)
def test_bash_completes(office: Path, words: str, expected: set[str]) -> None:
    """By the line of the documentation, in a real bash."""
    typed = [*words.split(), *([""] if words.endswith(" ") else [])]
    script = (
        'eval "$(hcert completion bash)"\n'
        f"COMP_WORDS=({' '.join(map(repr, typed))}) COMP_CWORD={len(typed) - 1}\n"
        "_hcert_completion hcert\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
        "complete -p hcert\n"
    )
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = ["bash", "--norc", "-e", "-c", script]
    done = subprocess.run(  # noqa: S603 - our own command
        command, capture_output=True, text=True, check=False, cwd=office, env=os.environ | {"PATH": path}
    )
    *completed, registered = done.stdout.splitlines()
    assert set(completed) == expected, done
    assert registered == "complete -o nosort -F _hcert_completion hcert"


def test_files_are_read_in_one_place_with_a_limit() -> None:
    """So that no command reads one without an end."""
    for path in (ROOT / "src" / "hcert" / "cli").rglob("*.py"):
        found = re.findall(r"\.read_(?:bytes|text)\(|\.read\(\)", path.read_text(encoding="utf-8"))
        assert not found, path


def test_the_installed_command_is_this_one(office: Path) -> None:
    """The script that pip writes."""
    from importlib.metadata import entry_points

    (script,) = entry_points(group="console_scripts", name="hcert")
    assert script.value == "hcert.cli:main"
    assert text_of(office).startswith("HC1:")
