"""Fuzz a subject, guided by coverage.

usage: python tests/fuzz/harness.py SUBJECT [--seconds N] [--form] [--go-on] [--findings FOLDER] [--corpus FOLDER]

Needs `atheris`, which is no dependency of hcert, so nothing of it is imported before `main`. A finding is an exception,
a call of more than 50 ms of processor time in each of four runs, or one that takes more than 16 MiB. Inputs are kept in
the folder of findings, one for each place in the code; so is the slowest of all. See `README.md` beside this file.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import time
import traceback
import tracemalloc
from importlib import import_module
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from fuzz.mutation import Mutate

MAX_SECONDS: Final = 0.05
MAX_BYTES: Final = 16 * 2**20
WEIGHED: Final = 1000  # one run of so many, since watching memory slows everything down
HEAVY: Final = 20_000  # bytes from which one input of ten is weighed
_NOTED: Final = 0.005  # seconds from which the slowest input is kept


class Costly(Exception):  # noqa: N818 - a finding rather than an error
    """A call cost too much."""


class Watched:
    """A subject that is timed, and weighed now and then.

    Attributes:
        runs: calls so far, without those repeated to be sure.
        slowest: processor time of the slowest input, in seconds, the best of four runs.
        heaviest: bytes, the most that any of the weighed calls allocated.
        places: in the code, of the findings so far.
    """

    def __init__(
        self, name: str, subject: Callable[[bytes], object], *, folder: Path | None = None, weighed: int = WEIGHED
    ) -> None:
        self.name = name
        self.runs = 0
        self.slowest = 0.0
        self.heaviest = 0
        self.places: set[str] = set()
        self._subject = subject
        self._folder = folder
        self._weighed = weighed

    def __call__(self, data: bytes) -> None:
        """Run the subject.

        Raises:
            Costly: where it takes too much.
            Exception: whatever the subject raises.
        """
        self.runs += 1
        taken = self._seconds(data)
        if taken > self.slowest:  # anything else may have happened in that time
            taken = min(taken, *(self._seconds(data) for _ in range(3)))
            if taken > self.slowest:
                self.slowest = taken
                if taken > _NOTED:
                    self.keep(f"slowest-{self.name}", data)
                if taken > MAX_SECONDS:
                    self.slowest = 0.0  # so that the next one is found as well
                    raise Costly(f"{taken * 1000:.0f} ms")
        if self.runs % self._weighed == 0 or (len(data) > HEAVY and self.runs % 10 == 0):
            self._weigh(data)

    def go_on(self, data: bytes) -> None:
        """Run the subject, keep what is found, and return."""
        try:
            self(data)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            frame = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{type(error).__name__} {frame.filename}:{frame.lineno}"
            if place not in self.places:
                self.places.add(place)
                name = f"finding-{self.name}-{hashlib.sha256(data).hexdigest()[:12]}"
                self.keep(name, data)
                self.keep(f"{name}.txt", traceback.format_exc().encode("utf-8", "backslashreplace"))
                sys.stderr.write(f"FINDING {self.name}: {place}\n")

    def keep(self, name: str, data: bytes) -> None:
        """Write a file into the folder of findings, where there is one."""
        if self._folder is not None:
            (self._folder / name).write_bytes(data)

    def _seconds(self, data: bytes) -> float:
        start = time.thread_time()
        self._subject(data)
        return time.thread_time() - start

    def _weigh(self, data: bytes) -> None:
        tracemalloc.start()
        try:
            self._subject(data)
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        self.heaviest = max(self.heaviest, most)
        if most > MAX_BYTES:
            raise Costly(f"{most} bytes")


def mutator(mutate: Mutate) -> Callable[[bytes, int, int], bytes]:
    """Return a mutator for atheris: most of its changes keep the form of the input, the others change bytes."""

    def change(data: bytes, most: int, seed: int) -> bytes:
        random = Random(seed)  # noqa: S311 - chance, no secrets
        for _ in range(random.choice([1, 1, 1, 2, 4])):
            try:
                changed = None if random.random() < 0.1 else mutate(data, random)
            except (ValueError, RecursionError):
                changed = None
            data = _change_bytes(data, random) if changed is None else changed
        return data[:most]

    return change


def _change_bytes(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + random.randbytes(random.randrange(3)) + data[at + random.randrange(3) :]


def main() -> None:
    """Fuzz until the time is over."""
    sys.path[0] = str(Path(__file__).parent.parent)  # `fuzz` is the folder, whatever else it holds
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("subject")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--runs", type=int, default=-1)
    parser.add_argument("--length", type=int, default=4096, help="of the longest input, in bytes")
    parser.add_argument("--findings", type=Path)
    parser.add_argument(
        "--form", action="store_true", help="keep the form of inputs; libFuzzer changes bytes otherwise"
    )
    parser.add_argument("--go-on", action="store_true", help="do not stop at the first finding")
    parser.add_argument("--corpus", type=Path, help="folder; seeded where it is empty")
    options = parser.parse_args()
    name = options.subject
    folder = options.findings or Path(tempfile.mkdtemp(prefix="hcert-findings-"))
    folder.mkdir(parents=True, exist_ok=True)
    corpus = options.corpus or Path(tempfile.mkdtemp(prefix=f"hcert-corpus-{name}-"))
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["hcert"]):
        subjects = import_module("fuzz.subjects")
        mutations = import_module("fuzz.mutation").MUTATIONS
    if not corpus.is_dir() or not any(corpus.iterdir()):
        import_module("fuzz.corpus").write(corpus, name)
    watched = Watched(name, subjects.SUBJECTS[name], folder=folder)

    def one(data: bytes) -> None:
        (watched.go_on if options.go_on else watched)(data)
        if watched.runs % 20_000 == 0:
            watched.keep(f"summary-{name}", summary(watched).encode())

    arguments = [
        sys.argv[0], f"-max_total_time={options.seconds}", f"-runs={options.runs}", f"-max_len={options.length}",
        f"-artifact_prefix={folder}/crash-{name}-", "-rss_limit_mb=1500", "-timeout=20", str(corpus),
    ]  # fmt: skip
    more = {"custom_mutator": mutator(mutations[name])} if options.form and name in mutations else {}
    atheris.Setup(arguments, one, **more)
    atheris.Fuzz()


def summary(watched: Watched) -> str:
    """Say in one line what was measured."""
    return (
        f"{watched.name}: {watched.runs} runs, slowest {watched.slowest * 1000:.2f} ms,"
        f" heaviest {watched.heaviest / 1024:.0f} KiB, {len(watched.places)} findings\n"
    )


if __name__ == "__main__":
    main()
