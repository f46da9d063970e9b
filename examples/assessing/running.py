"""Running the program under assessment: hostile to it in nothing but the cases, and prepared for everything it may do.

A program gets a case as one line of JSON on standard input and answers with one line of JSON: {"accepted": true} or
false, or {"unsupported": "why"}. What would give the answer away is not in the case.
"""

from __future__ import annotations

import json
import subprocess
import threading
from queue import Empty, Queue
from typing import IO, Any, Final

ANSWERS: Final = frozenset(
    {"id", "group", "expect", "reason", "codes", "opened", "severity", "rule", "source", "shows"}
)
LONGEST_ANSWER: Final = 100_000  # characters


class Program:
    """A program that is started for each case, or once for all of them.

    Args:
        command: program and arguments.
        timeout: seconds in which a case must be answered.
        persistent: whether it answers line by line.
    """

    def __init__(self, command: list[str], *, timeout: float, persistent: bool) -> None:
        self._command, self._timeout, self._persistent = command, timeout, persistent
        self._process: subprocess.Popen[str] | None = None
        self._lines: Queue[str] = Queue()

    def answer(self, vector: dict[str, Any], number: int) -> dict[str, Any]:
        """Return what the program says of a vector, or under `failure` why there is nothing usable."""
        case = {"number": number, **{name: value for name, value in vector.items() if name not in ANSWERS}}
        line = json.dumps(case) + "\n"
        try:
            return read(self._ask(line) if self._persistent else self._run(line))
        except OSError as error:
            return {"failure": f"it cannot be run: {error.strerror}"}

    def close(self) -> None:
        """End a program that is still running."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _run(self, line: str) -> str | None:
        try:
            done = subprocess.run(  # noqa: S603 - running a given program is what this is for
                self._command, input=line, capture_output=True, timeout=self._timeout, check=False,
                encoding="utf-8", errors="replace",
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return None
        return done.stdout or f"exit status {done.returncode}"

    def _ask(self, line: str) -> str | None:
        if self._process is None:
            self._start()
        assert self._process is not None  # noqa: S101 - just started
        try:
            stdin = self._process.stdin
            assert stdin is not None  # noqa: S101 - a pipe
            stdin.write(line)
            stdin.flush()
            return self._lines.get(timeout=self._timeout)
        except (Empty, BrokenPipeError):
            ended = self._process.poll()
            self.close()  # the next case gets a fresh one
            return None if ended is None else f"exit status {ended}"

    def _start(self) -> None:
        self._lines = Queue()
        self._process = subprocess.Popen(  # noqa: S603 - as above
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            encoding="utf-8", errors="replace",
        )  # fmt: skip
        threading.Thread(target=_forward, args=(self._process.stdout, self._lines), daemon=True).start()


def _forward(output: IO[str], lines: Queue[str]) -> None:
    for line in output:
        lines.put(line)


def read(output: str | None) -> dict[str, Any]:
    """Read an answer: the last line that a program wrote."""
    if output is None:
        return {"failure": "it did not answer in time"}
    if len(output) > LONGEST_ANSWER:
        return {"failure": "it wrote too much"}
    lines = output.strip().splitlines()
    try:
        answer = json.loads(lines[-1])
    except (ValueError, IndexError, RecursionError):
        return {"failure": f"its answer is no JSON: {' '.join(output.split())[:80]}"}
    if isinstance(answer, dict) and (
        isinstance(answer.get("accepted"), bool) or isinstance(answer.get("unsupported"), str)
    ):
        return answer
    return {"failure": "its answer has neither accepted (true or false) nor unsupported (a text)"}
