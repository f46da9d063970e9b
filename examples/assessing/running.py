"""Running the program under assessment, prepared for everything it may do: crash, hang, babble, answer late.

A program gets a case as one line of JSON on standard input and answers with one line of JSON: {"accepted": true} or
false, or {"unsupported": "why"}. What would give the answer away is not in the case.
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

CASE: Final = ("text", "clock", "trust", "revocations", "reader_key")  # what a program sees; all else is the answer
LONGEST_ANSWER: Final = 100_000  # bytes
LONGEST_COMPLAINT: Final = 2_000  # bytes kept of standard error
_CHUNKS: Final = 16  # waiting in memory; a program that floods has to wait
_TOO_MUCH: Final = f"it wrote more than {LONGEST_ANSWER} bytes"
_TWICE: Final = "it wrote more than one answer"
_LATE: Final = "it did not answer in time"


class AnswerError(Exception):
    """A program gave no usable answer; the text says why."""


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
        """Return what the program says of a vector, or under `failure` why there is nothing usable.

        An answer given so far becomes a failure if the program goes on talking after it; so judge when all is over.

        Raises:
            OSError: if the program cannot be started.
        """
        case: dict[str, Any] = {"number": number} | {name: vector[name] for name in CASE if name in vector}
        line = json.dumps(case).encode() + b"\n"
        self._look_back()
        process = self._process = self._process or _Process(self._command)
        if self._closed:  # while the process began
            self._stop()
        try:
            self._last = read(process.ask(line, self._timeout, whole=not self._persistent), number)
        except AnswerError as error:
            self._last = {"failure": str(error)}
            self._stop()  # the next case gets a fresh one
        if not self._persistent:
            self._stop()
        return self._last

    def close(self) -> None:
        """End a program that is still running, also from another thread than the one that waits for its answer."""
        self._closed = True
        self._look_back()
        self._stop()

    def _look_back(self) -> None:
        process = self._process
        if process is not None and process.talks():
            self._last["failure"] = _TWICE
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
        threading.Thread(target=self._read, args=(self._popen.stdout,), daemon=True).start()
        self._listener = threading.Thread(target=self._listen, args=(self._popen.stderr,), daemon=True)
        self._listener.start()

    def ask(self, line: bytes, timeout: float, *, whole: bool) -> bytes:
        """Hand in a case; return the first line of output, or the whole of it with the end of the program."""
        deadline = time.monotonic() + timeout
        threading.Thread(target=self._write, args=(line,), kwargs={"end": whole}, daemon=True).start()
        output = b""
        while whole or b"\n" not in output:
            try:
                chunk = self._chunks.get(timeout=max(0, deadline - time.monotonic()))
            except Empty:
                raise AnswerError(_LATE) from None
            if not chunk:
                self._ended(deadline, answered=whole and bool(output.strip()))
                return output
            output += chunk
            if len(output) > LONGEST_ANSWER:
                raise AnswerError(_TOO_MUCH)
        answer, _, rest = output.partition(b"\n")
        if rest.strip():
            raise AnswerError(_TWICE)
        return answer

    def talks(self) -> bool:
        """Tell whether the program has written something that nobody asked for."""
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
            self._chunks.put(b"")  # which is for whoever still waits
        with contextlib.suppress(OSError, ValueError):
            if self._popen.stdin is not None:
                self._popen.stdin.close()

    def _ended(self, deadline: float, *, answered: bool) -> None:
        """Look how a program ended that says no more; a signal is a crash even where it answered before."""
        try:
            status = self._popen.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise AnswerError("it did not end in time") from None
        self._listener.join(0.5)
        last = bytes(self._complaint).decode("utf-8", "replace").strip().splitlines()[-1:]
        said = f"; its last words: {last[0][:200]}" if last else ""
        if status < 0:
            raise AnswerError(f"it was ended by signal {-status}{said}")
        if not answered:
            raise AnswerError(f"it ended with status {status} and no answer{said}")

    def _write(self, line: bytes, *, end: bool) -> None:
        stdin = self._popen.stdin
        assert stdin is not None  # noqa: S101 - a pipe
        with contextlib.suppress(OSError, ValueError):  # a program may end without reading
            stdin.write(line)
            stdin.flush()
            if end:
                stdin.close()

    def _read(self, output: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while chunk := os.read(output.fileno(), 65_536):
                self._chunks.put(chunk)
        self._chunks.put(b"")
        output.close()

    def _listen(self, errors: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while chunk := os.read(errors.fileno(), 65_536):
                self._complaint += chunk
                del self._complaint[:-LONGEST_COMPLAINT]
        errors.close()


def read(output: bytes, number: int) -> dict[str, Any]:
    """Read an answer.

    Raises:
        AnswerError: if it is none.
    """
    text = output.decode("utf-8", "replace").strip()
    try:
        answer = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        reason = f" ({error})" if isinstance(error, _TwiceError) else ""
        raise AnswerError(f"its answer is not one object of JSON{reason}: {text[:80]}") from None
    if not isinstance(answer, dict):
        raise AnswerError(f"its answer is not one object of JSON: {text[:80]}")
    if answer.get("number", number) != number:
        raise AnswerError(f"its answer is to another case: {str(answer['number'])[:80]}")
    verdict = isinstance(answer.get("accepted"), bool)
    excuse = isinstance(answer.get("unsupported"), str)
    if verdict == excuse:
        raise AnswerError(
            "its answer needs accepted (true or false) or unsupported (a text), and has "
            + ("both" if verdict else f"neither: {text[:80]}")
        )
    return answer


class _TwiceError(ValueError):
    """A member stands twice."""


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        raise _TwiceError("a member stands twice")
    return found
