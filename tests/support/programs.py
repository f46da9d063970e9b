"""Programs of the project as tests run them: in this process, with what they printed and their exit status."""

from __future__ import annotations

import io
import runpy
import subprocess
import sys
from contextlib import ExitStack, chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock


def run_program(script: Path, *arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a Python program as its own command line would, without starting an interpreter for it."""
    command = [str(script), *map(str, arguments)]
    printed, said = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    status: object = 0
    with ExitStack() as stack:
        stack.enter_context(chdir(cwd or Path.cwd()))
        stack.enter_context(mock.patch.object(sys, "argv", command))
        stack.enter_context(redirect_stdout(printed))
        stack.enter_context(redirect_stderr(said))
        try:
            runpy.run_path(str(script), run_name="__main__")
        except SystemExit as ended:
            status = ended.code or 0
    assert isinstance(status, int), status
    return subprocess.CompletedProcess(command, status, *map(_text_of, (printed, said)))


def _text_of(stream: io.TextIOWrapper) -> str:
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode("utf-8")
