#!/usr/bin/env python3
"""Assess a program that reads health certificates, in any language, against the conformance kit.

    assess.py --html report.html -- node my_adapter.js
    assess.py --persistent --group text --group zlib -- python adapters/hcert_adapter.py

The program gets one case as a line of JSON on standard input and writes one verdict as a line of JSON:
{"accepted": true}, {"accepted": false} or {"unsupported": "why"}. docs/conformance/README.md says what a case holds.
Exit status: 0 nothing failed, 1 something failed or nothing was shown, 2 unusable input, 130 interrupted.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import math
import os
import shlex
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from assessing.judging import SEVERITIES, judge, shown_nothing
from assessing.reporting import Report, as_html, as_json, as_text
from assessing.running import Program
from command_line import UnusableInputError, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CONFORMS, FAILED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130
TEXTS = ("id", "group", "text", "clock", "shows", "rule", "source")
KIT = Path(__file__).parent.parent / "docs" / "conformance" / "vectors.json"


def seconds(value: str) -> float:
    """Read a time limit."""
    number = float(value)
    if not 0 < number < math.inf:
        raise ValueError
    return number


def count(value: str) -> int:
    """Read a number of programs."""
    number = int(value)
    if number < 1:
        raise ValueError
    return number


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0],
        epilog=__doc__.split("\n", 2)[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--vectors", type=Path, default=KIT, metavar="FILE", help="the kit (default: that of hcert)")
    parser.add_argument("--group", action="append", metavar="NAME", help="only vectors of this group; repeatable")
    parser.add_argument("--timeout", type=seconds, default=5, metavar="SECONDS", help="for each case (default: 5)")
    parser.add_argument("--jobs", type=count, default=os.cpu_count() or 1, metavar="N", help="programs at a time")
    parser.add_argument("--codes", action="store_true", help="findings must be those of hcert too")
    parser.add_argument("--persistent", action="store_true", help="start the program once; it answers line by line")
    parser.add_argument("--text", type=Path, metavar="FILE", help="write the report as text, besides printing it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report as JSON")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the report as a page")
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="the program and its arguments, after --")
    return parser.parse_args()


def load(options: argparse.Namespace) -> tuple[list[dict[str, Any]], str]:
    """Load the kit; return the vectors to run, and what the kit is."""
    data = options.vectors.read_bytes()
    try:
        document = json.loads(data)
        everything = document["vectors"]
        known = document["version"] == 1 and all(map(usable, everything))
        vectors = [one for one in everything if not options.group or one["group"] in options.group]
        count, digest = len(document["vectors"]), hashlib.sha256(data).hexdigest()
        kit = f"version {document['version']}, {count} vectors, SHA-256 {digest}"
        if options.group:
            kit += f"; of them only the groups {', '.join(options.group)}"
    except (ValueError, TypeError, KeyError, RecursionError):
        raise UnusableInputError(f"{options.vectors}: this is no conformance kit") from None
    if not known:
        raise UnusableInputError(f"{options.vectors}: this is no conformance kit of version 1")
    if not vectors:
        raise UnusableInputError(f"no vector is of the group {', '.join(options.group or ['(any)'])}")
    return vectors, kit


def usable(vector: Any) -> bool:
    """Tell whether a vector has what judging and reporting need."""
    return (
        all(isinstance(vector[name], str) for name in TEXTS)
        and isinstance(vector["trust"], dict)
        and vector["expect"] in {"accept", "refuse", "either"}
        and vector["severity"] in SEVERITIES
    )


def assess(options: argparse.Namespace) -> Report:
    """Run the program on each vector."""
    vectors, kit = load(options)
    if shutil.which(options.command[0]) is None:
        raise UnusableInputError(f"{options.command[0]}: there is no such program")
    idle: SimpleQueue[Program] = SimpleQueue()

    def answer(vector: dict[str, Any], number: int) -> dict[str, Any]:
        program = idle.get()
        try:
            return program.answer(vector, number)
        finally:
            idle.put(program)

    with ExitStack() as stack:  # which ends the programs first, so that nobody waits for their answers
        pool = stack.enter_context(ThreadPoolExecutor(options.jobs))
        for _ in range(min(options.jobs, len(vectors))):
            program = Program(options.command, timeout=options.timeout, persistent=options.persistent)
            idle.put(stack.enter_context(closing(program)))
        answers = list(counted(pool.map(answer, vectors, range(1, len(vectors) + 1)), len(vectors)))
    results = [judge(vector, said, codes=options.codes) for vector, said in zip(vectors, answers, strict=True)]
    return Report(shlex.join(options.command), datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"), kit, results)


def counted(answers: Iterable[dict[str, Any]], total: int) -> Iterator[dict[str, Any]]:
    """Pass answers on, and count them for whoever watches."""
    watched = sys.stderr is not None and sys.stderr.isatty()
    try:
        for number, answer in enumerate(answers, 1):
            if watched:
                print(f"\r{number} of {total} vectors", end="", file=sys.stderr, flush=True)
            yield answer
    finally:
        if watched:
            print(file=sys.stderr)


def main() -> int:
    """Assess, and write the report."""
    options = arguments()
    wanted = ((options.text, as_text), (options.json, as_json), (options.html, as_html))
    reports = [(path, write) for path, write in wanted if path is not None]
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a letter still shows the report
    new = [path for path, _ in reports if not path.exists()]
    try:
        for path, _ in reports:
            path.open("a").close()  # what cannot be written is told before the program runs, not after
        report = assess(options)
        for path, write in reports:
            path.write_text(write(report), "utf-8")
        show(as_text(report).removesuffix("\n"))
    except UnusableInputError as error:
        print(f"assess.py: {error}", file=sys.stderr)
        return UNUSABLE
    except OSError as error:
        print(f"assess.py: {error.filename or options.command[0]}: {error.strerror}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        print("assess.py: interrupted before its end", file=sys.stderr)
        return INTERRUPTED
    finally:
        for path in new:
            if path.exists() and not path.stat().st_size:
                path.unlink()
    return FAILED if report.failed or shown_nothing(report.results) else CONFORMS


if __name__ == "__main__":
    sys.exit(main())
