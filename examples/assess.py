#!/usr/bin/env python3
"""Assess a program that reads health certificates, in any language, against the conformance kit.

    assess.py --html report.html -- node my_adapter.js
    assess.py --persistent --group text --group zlib -- python adapters/hcert_adapter.py

The program gets one case as a line of JSON on standard input and writes one verdict as a line of JSON:
{"accepted": true}, {"accepted": false} or {"unsupported": "why"}. docs/conformance/README.md says what a case holds.
Exit status: 0 nothing failed, 1 something failed, 2 unusable input.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assessing.judging import judge
from assessing.reporting import Report, as_html, as_json, as_text
from assessing.running import Program

CONFORMS, FAILED, UNUSABLE = 0, 1, 2
KIT = Path(__file__).parent.parent / "docs" / "conformance" / "vectors.json"


class UnusableInputError(Exception):
    """What was given on the command line cannot be used; the text says why."""


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0],
        epilog=__doc__.split("\n", 2)[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--vectors", type=Path, default=KIT, metavar="FILE", help="the kit (default: that of hcert)")
    parser.add_argument("--group", action="append", metavar="NAME", help="only vectors of this group; repeatable")
    parser.add_argument("--timeout", type=float, default=10, metavar="SECONDS", help="for each case (default: 10)")
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
        vectors = [one for one in document["vectors"] if not options.group or one["group"] in options.group]
        count, digest = len(document["vectors"]), hashlib.sha256(data).hexdigest()
        kit = f"version {document['version']}, {count} vectors, SHA-256 {digest}"
    except (ValueError, TypeError, KeyError):
        raise UnusableInputError(f"{options.vectors}: this is no conformance kit") from None
    if not vectors:
        raise UnusableInputError(f"no vector is of the group {', '.join(options.group or ['(any)'])}")
    return vectors, kit


def assess(options: argparse.Namespace) -> Report:
    """Run the program on each vector."""
    vectors, kit = load(options)
    program = Program(options.command, timeout=options.timeout, persistent=options.persistent)
    try:
        results = [judge(vector, program.answer(vector, number)) for number, vector in enumerate(vectors, 1)]
    finally:
        program.close()
    return Report(shlex.join(options.command), datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"), kit, results)


def main() -> int:
    """Assess, and write the report."""
    options = arguments()
    try:
        report = assess(options)
        for path, write in ((options.text, as_text), (options.json, as_json), (options.html, as_html)):
            if path is not None:
                path.write_text(write(report), "utf-8")
    except UnusableInputError as error:
        print(f"assess.py: {error}", file=sys.stderr)
        return UNUSABLE
    except OSError as error:
        print(f"assess.py: {error.filename}: {error.strerror}", file=sys.stderr)
        return UNUSABLE
    print(as_text(report), end="")
    return FAILED if report.failed else CONFORMS


if __name__ == "__main__":
    sys.exit(main())
