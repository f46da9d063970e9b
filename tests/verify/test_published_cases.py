"""The published test cases of the EU: every expectation is met."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.process
def test_every_published_eu_case_has_the_expected_result(shared: Path) -> None:
    """As checked by the program in ../shared that others run against hcert."""
    files = (shared / "check" / "eu_dcc.py", shared / "testdata" / "eu-dcc" / "cases.jsonl")
    command = [sys.executable, *map(str, files)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter
    assert run.stdout.splitlines()[-1] == "2225 held, 0 not", run.stdout + run.stderr
    assert run.returncode == 0
