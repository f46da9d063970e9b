"""What holds for every command there is, and for any that comes: found by walking them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import ROOT
from hcert.cli.commands import hcert as program
from support.command import ANCHORS, ISSUING, by, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command with its path."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(commands(program))
named = pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
# A call of each command that writes to a file of its choice, and the inputs it reads.
WRITING: dict[tuple[str, ...], tuple[tuple[object, ...], tuple[str, ...]]] = {
    ("issue",): (
        ("issue", *ISSUING, "record.json", "--seal", "clinic.pub", "secret.json", "--password-file", "password"),
        ("record.json", "k.pem", "trust/dsc.der", "clinic.pub", "secret.json", "password"),
    ),
    ("trust", "seal"): (
        ("trust", "seal", "trust/dsc.der", "--reader", "clinic.pub", "--next-anchor", "anchor2.pub", *by(1)),
        ("trust/dsc.der", "clinic.pub", "anchor2.pub", "anchor1.pem"),
    ),
    ("trust", "import"): (
        ("trust", "import", "german", "list.json", "--signer", "anchor2.pub", *by(1)),
        ("list.json", "anchor2.pub", "anchor1.pem"),
    ),
    ("trust", "sign"): (
        ("trust", "sign", "draft.cose", "--key", "anchor2.pem", *ANCHORS),
        ("draft.cose", "anchor2.pem", "anchor1.pub"),
    ),
    ("print",): (
        ("print", "dcc.txt", "--trust", "keys.cose", *ANCHORS, "--revocations", "full.bin"),
        ("dcc.txt", "keys.cose", "anchor1.pub", "full.bin"),
    ),
    ("bulk", "rejects"): (("bulk", "rejects", "night job"), ("night job/job.json",)),
    ("bulk", "superseded"): (("bulk", "superseded", "night job"), ("night job/job.json",)),
    ("trust", "revoke"): (
        (
            *("trust", "revoke", "--base", "full.bin", "--after", "empty.cose", "--delta", *ANCHORS, *by(1, version=3)),
            *("--signer-key", "trust/dsc.der", "--ids", "dcc.txt"),
        ),
        ("full.bin", "empty.cose", "trust/dsc.der", "dcc.txt", "anchor1.pem", "anchor2.pub"),
    ),
}


@named
def test_a_command_says_what_it_does_and_how_it_ends(office: Path, path: tuple[str, ...]) -> None:
    """For people and for those who write scripts."""
    command = COMMANDS[path]
    done = run(office, *path, "--help")
    assert done.status == 0
    assert done.stdout.startswith(f"Usage: hcert {' '.join(path)} ")
    assert "Exit status: 0 " in done.stdout
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help or option.name in {"valid_days", "algorithm"}, option.name


@named
def test_an_unknown_option_is_one_line(office: Path, path: tuple[str, ...]) -> None:
    """For all commands alike."""
    done = run(office, *path, "--no-such-option")
    assert (done.status, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("hcert: No such option")
    assert done.stderr.endswith(f"See 'hcert {' '.join(path)} --help'.\n")


def test_every_command_is_in_the_reference() -> None:
    """And no other."""
    page = (ROOT / "docs" / "reference" / "command.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `hcert ([a-z ]+)`", page, re.MULTILINE)) == {" ".join(path) for path in COMMANDS}


def test_every_command_that_writes_a_file_is_tried() -> None:
    """A new one has to stand in the table."""
    assert set(WRITING) == {
        path for path, command in COMMANDS.items() if any(p.name == "output" for p in command.params)
    }


@pytest.mark.parametrize("force", [(), ("--force",)])
@pytest.mark.parametrize(
    ("path", "name"), [(path, name) for path, (_, names) in WRITING.items() for name in names], ids=str
)
def test_no_output_replaces_an_input(office: Path, path: tuple[str, ...], name: str, force: tuple[str, ...]) -> None:
    """Of no command, by no option."""
    before = (office / name).read_bytes()
    done = run(office, *WRITING[path][0], "-o", name, *force)
    assert (done.status, done.stderr.count("\n")) == (2, 1), done
    assert done.stderr.startswith(f"hcert: {name}: ")
    assert (office / name).read_bytes() == before


FILES = ("record.json", "citizen.json", "keys.cose", "full.bin", "empty.cose", "k.pem", "anchor1.pub", "clinic.key", "")
WORDS = st.sampled_from(
    [
        *sorted({option for command in COMMANDS.values() for param in command.params for option in param.opts}),
        *FILES,
        *(
            "trust",
            "blank.png",
            "cut.png",
            "none",
            "-",
            "--",
            "1",
            "0",
            "-1",
            "VN",
            "XX",
            "abc",
            "HC1:",
            "\x00",
            "ữ",
            "en",
        ),
    ]
)


@named
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(words=st.lists(WORDS, max_size=8))
def test_random_command_lines_end_in_our_own_errors(office: Path, path: tuple[str, ...], words: list[str]) -> None:
    """No traceback, no usage, and nothing written over what is there."""
    before = {file: file.read_bytes() for file in office.iterdir() if file.is_file()}
    arguments: list[Any] = [*path, *words]
    if path[0] in {"demo", "keys"} or path == ("store", "update"):  # these make what they are told to
        arguments = [word if word in path or word.startswith("-") else f"/none/{word}" for word in arguments]
    done = run(office, *arguments)
    assert done.status in {0, 1, 2}, done
    assert all(line.startswith("hcert: ") for line in done.stderr.splitlines()), done
    assert done.status != 2 or done.stderr, done
    assert {file: file.read_bytes() for file in before} == before
    for file in office.iterdir():  # what was written beside is not for the other tests
        if file.is_file() and file not in before:
            file.unlink()
