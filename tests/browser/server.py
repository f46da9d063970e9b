"""`hcert gate` as a process of its own, which tests can kill, freeze and thaw."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from browser.authority import PINS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 30  # seconds: a gate that has not ended by then hangs
LISTS = ("--store", "gate-store", "--updates", ".", *PINS)


@dataclass(frozen=True)
class GateServer:
    """A running gate."""

    process: subprocess.Popen[str]
    address: str

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def freeze(self) -> None:
        """Let it answer nothing, and still take connections, as a computer that is overloaded."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it answer again, late answers first."""
        self.process.send_signal(signal.SIGCONT)


@contextmanager
def started(folder: Path, *options: object) -> Iterator[GateServer]:
    """Start a gate in a folder on a free port, and end it afterwards."""
    command = [sys.executable, "-m", "hcert", "gate", "--port", "0", *map(str, options)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder) as process:  # noqa: S603 - our own
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:"), address
            yield GateServer(process, address)
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
