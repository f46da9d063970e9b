"""Running the program under assessment, whatever it does: crash, hang, talk too much, answer late.

A program gets a case as one line of JSON on standard input and answers with one line of JSON: {"accepted": true} or
false, or {"unsupported": "why"}. The case does not hold what is expected.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from queue import Empty, Queue
from typing import IO, Any, Final

from hcert.cli.texts import line

CASE: Final = ("text", "clock", "trust", "revocations", "reader_key")  # what a program sees of a vector
MAX_ANSWER: Final = 100_000  # bytes
MAX_COMPLAINT: Final = 2_000  # bytes kept of standard error
_CHUNKS: Final = 16  # waiting in memory; a program that writes more has to wait
_MAX_QUOTED: Final = 200  # characters of its last words
_MAX_SHOWN: Final = 80  # characters of an unusable answer
_TWICE: Final = "it wrote more than one answer"


class AnswerError(Exception):
    """A program gave no usable answer.

    Attributes:
        reason: why, in words.
    """

    def __init__(self, template: str, /, **details: Any) -> None:
        self.reason = line(template, **details)
        super().__init__(template)


class Program:
    """A program that is started for each case, or once for all of them.

    Args:
        command: program and arguments.
        timeout: seconds in which a case must be answered.
        persistent: whether it answers line by line.
    """

    def __init__(self, command: list[str], *, timeout: float, persistent: bool) -> None:
        self._command, self._timeout, self._persistent = command, timeout, persistent
        self._process: _Process | None = None
        self._closed = False
        self._last: dict[str, Any] = {}

    def answer(self, vector: dict[str, Any], number: int) -> dict[str, Any]:
        """Return the program's answer to a vector, or under `failure` why there is no usable one.

        An answer becomes a failure if the program writes more after it, so judge after the last case.

        Raises:
            OSError: if the program cannot be started.
        """
        case: dict[str, Any] = {"number": number} | {name: vector[name] for name in CASE if name in vector}
        data = json.dumps(case).encode() + b"\n"
        self._check_for_more()
        process = self._process = self._process or _Process(self._command)
        if self._closed:  # while the process began
            self._stop()
        try:
            self._last = read_answer(process.ask(data, self._timeout, whole=not self._persistent), number)
        except AnswerError as error:
            self._last = {"failure": error.reason}
            self._stop()  # the next case gets a fresh one
        if not self._persistent:
            self._stop()
        return self._last

    def close(self) -> None:
        """End the program, from any thread."""
        self._closed = True
        self._check_for_more()
        self._stop()

    def _check_for_more(self) -> None:
        process = self._process
        if process is not None and process.has_output():
            self._last["failure"] = line(_TWICE)
            self._stop()

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.stop()


class _Process:
    """One run of a program."""

    def __init__(self, command: list[str]) -> None:
        pipe = subprocess.PIPE
        self._popen = subprocess.Popen(  # noqa: S603 - running a given program is what this is for
            command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        )
        self._chunks: Queue[bytes] = Queue(_CHUNKS)
        self._complaint = bytearray()
        assert self._popen.stdout is not None  # noqa: S101 - pipes
        assert self._popen.stderr is not None  # noqa: S101
        threading.Thread(target=self._read_output, args=(self._popen.stdout,), daemon=True).start()
        self._listener = threading.Thread(target=self._read_errors, args=(self._popen.stderr,), daemon=True)
        self._listener.start()

    def ask(self, case: bytes, timeout: float, *, whole: bool) -> bytes:
        """Write a case; return the first line of output, or the whole output once the program has ended."""
        deadline = time.monotonic() + timeout
        threading.Thread(target=self._write, args=(case,), kwargs={"end": whole}, daemon=True).start()
        output = b""
        while whole or b"\n" not in output:
            try:
                chunk = self._chunks.get(timeout=max(0, deadline - time.monotonic()))
            except Empty:
                raise AnswerError("it did not answer in time") from None
            if not chunk:
                self._check_status(deadline, answered=whole and bool(output.strip()))
                return output
            output += chunk
            if len(output) > MAX_ANSWER:
                raise AnswerError("it wrote more than {limit} bytes", limit=MAX_ANSWER)
        answer, _, rest = output.partition(b"\n")
        if rest.strip():
            raise AnswerError(_TWICE)
        return answer

    def has_output(self) -> bool:
        """Tell whether the program has written anything since its last answer."""
        try:
            chunk = self._chunks.get_nowait()
        except Empty:
            return False
        if not chunk:
            self._chunks.put(chunk)  # the end is for the next case to see
        return bool(chunk.strip())

    def stop(self) -> None:
        """End the program and all that it started."""
        if self._popen.poll() is None:
            if hasattr(os, "killpg"):
                with contextlib.suppress(OSError):
                    os.killpg(self._popen.pid, signal.SIGKILL)
            self._popen.kill()
            self._popen.wait()
        with contextlib.suppress(Empty):
            while self._chunks.get_nowait():  # make room for the reader, which then sees the end
                pass
            self._chunks.put(b"")  # for a thread that still waits
        with contextlib.suppress(OSError, ValueError):
            if self._popen.stdin is not None:
                self._popen.stdin.close()

    def _check_status(self, deadline: float, *, answered: bool) -> None:
        """Check how a program ended. A signal is a crash, even after an answer."""
        try:
            status = self._popen.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise AnswerError("it did not end in time") from None
        self._listener.join(0.5)
        last = (bytes(self._complaint).decode("utf-8", "replace").strip().splitlines() or ["-"])[-1][:_MAX_QUOTED]
        if status < 0:
            raise AnswerError("it was ended by signal {number}; its last words: {last}", number=-status, last=last)
        if not answered:
            raise AnswerError(
                "it ended with status {status} and no answer; its last words: {last}", status=status, last=last
            )

    def _write(self, case: bytes, *, end: bool) -> None:
        stdin = self._popen.stdin
        assert stdin is not None  # noqa: S101 - a pipe
        with contextlib.suppress(OSError, ValueError):  # a program may end without reading
            stdin.write(case)
            stdin.flush()
            if end:
                stdin.close()

    def _read_output(self, output: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while chunk := os.read(output.fileno(), 65_536):
                self._chunks.put(chunk)
        self._chunks.put(b"")
        output.close()

    def _read_errors(self, errors: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while chunk := os.read(errors.fileno(), 65_536):
                self._complaint += chunk
                del self._complaint[:-MAX_COMPLAINT]
        errors.close()


def read_answer(output: bytes, number: int) -> dict[str, Any]:
    """Read an answer.

    Raises:
        AnswerError: if it is not usable.
    """
    text = output.decode("utf-8", "replace").strip()
    try:
        answer = json.loads(text, object_pairs_hook=_refuse_duplicates)
    except (ValueError, RecursionError) as error:
        if isinstance(error, _TwiceError):
            raise AnswerError("a member occurs twice in its answer: {answer}", answer=text[:_MAX_SHOWN]) from None
        answer = None
    if not isinstance(answer, dict):
        raise AnswerError("its answer is not a JSON object: {answer}", answer=text[:_MAX_SHOWN])
    if answer.get("number", number) != number:
        raise AnswerError("its answer is to another case: {number}", number=str(answer["number"])[:_MAX_SHOWN])
    verdict = isinstance(answer.get("accepted"), bool)
    excuse = isinstance(answer.get("unsupported"), str)
    if verdict == excuse:
        template = (
            "its answer has both accepted and unsupported: {answer}"
            if verdict
            else "its answer has neither accepted (true or false) nor unsupported (a text): {answer}"
        )
        raise AnswerError(template, answer=text[:_MAX_SHOWN])
    return answer


class _TwiceError(ValueError):
    """A member occurs twice in an object."""


def _refuse_duplicates(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        raise _TwiceError
    return found
