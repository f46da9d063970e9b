"""The command `hcert` as tests run it: in this process, in a folder, with what it printed and its exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import chdir
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from hcert.cli.commands import hcert as command

if TYPE_CHECKING:
    from pathlib import Path

    from _pytest.mark.structures import ParameterSet

ANCHORS = ("--anchor", "anchor1.pub", "--anchor", "anchor2.pub")
ISSUING = ("--key", "k.pem", "--certificate", "trust/dsc.der", "--country", "VN", "--valid-days", 365)
CLOSED = "import os, sys; os.close(int(sys.argv[1])); os.execv(sys.executable, sys.argv[2:])"


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[str]:
        """What was printed, line by line."""
        return self.stdout.splitlines()

    @property
    def json(self) -> Any:
        """What was printed as JSON."""
        return json.loads(self.stdout)


def run(
    folder: Path, *arguments: object, given: str | bytes = "", environment: dict[str, str | None] | None = None
) -> Done:
    """Run the command in a folder."""
    with chdir(folder):
        result = CliRunner(env=environment).invoke(command, list(map(str, arguments)), input=given)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout, result.stderr)


def process(folder: Path, *arguments: object, **streams: Any) -> tuple[int, str]:
    """Run the command as a process of its own, with streams of its own or one `closed`; return status and errors."""
    program = [sys.executable, "-m", "hcert", *map(str, arguments)]
    if "closed" in streams:
        program = [sys.executable, "-c", CLOSED, str(streams.pop("closed")), *program]
    environment = os.environ | streams.pop("environment", {})
    done = subprocess.run(  # noqa: S603 - our own command
        program, check=False, stderr=subprocess.PIPE, text=True, cwd=folder, env=environment, **streams
    )
    return done.returncode, done.stderr


def issue(folder: Path, *arguments: object) -> Done:
    """Issue with the usual key; options given later replace the usual ones."""
    return run(folder, "issue", *ISSUING, *arguments)


def text_of(folder: Path, record: str = "record.json") -> str:
    """Return the text of a code issued now."""
    done = issue(folder, record)
    assert done.status == 0, done.stderr
    return done.stdout


def verify(folder: Path, *arguments: object, given: str | bytes = "") -> Done:
    """Verify with the usual trust."""
    return run(folder, "verify", "--trust", "trust", *arguments, given=given)


def trust(folder: Path, *arguments: object) -> Done:
    """Run a command of `hcert trust`."""
    return run(folder, "trust", *arguments)


def by(*numbers: int, version: int = 1) -> tuple[object, ...]:
    """Return the options for sealing with so many anchors."""
    keys = [word for number in numbers for word in ("--key", f"anchor{number}.pem")]
    return (*keys, "--valid-days", 30, "--version", version)


def gate(folder: Path, code: str, *more: object) -> tuple[int, list[str]]:
    """Check a code under the signed lists; return exit status and codes."""
    done = run(folder, "verify", "--json", "--trust", "keys.cose", *ANCHORS, *more, code)
    assert done.status in {0, 1}, done.stderr
    return done.status, [found["code"] for found in done.json["findings"]]


def named_rows(*rows: tuple[Any, ...]) -> list[ParameterSet]:
    """Name each row of a table after its last column, the words that the error must hold."""
    return [pytest.param(*row, id=str(row[-1])) for row in rows]


def assert_one_line(done: Done, status: int, words: str) -> None:
    """Check that a command ended with one line that holds these words."""
    assert done.status == status, done
    assert words in done.stderr, done
    assert done.stderr.startswith("hcert: "), done
    assert done.stderr.count("\n") == 1, done
