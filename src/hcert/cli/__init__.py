"""The command `hcert`: issue, verify and look into codes, make keys, publish and carry lists.

It uses the library as any program does, and adds files, words for people, and the checks that catch the slips of those
who run it. Exit status: 0 done or accepted, 1 refused, 2 unusable input, 130 interrupted. Needs the extra `cli`.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line of this process."""
    try:
        from hcert.cli.commands import hcert  # the package may be missing, which must be one line
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        print("hcert: the command needs the package click: pip install click", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    hcert()
