"""What `assess.py` says of input that cannot be used, and how it writes to an output that may be closed or full.

Nothing here needs hcert, so that it runs where Python is and nothing else.
"""

from __future__ import annotations

import sys


class UnusableInputError(Exception):
    """What was given on the command line cannot be used; the text says why."""


def show(text: str) -> None:
    """Print; whoever closed the output has seen enough, and the exit status tells the rest."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        sys.stdout = None  # where Python itself says that there is none
    except OSError as error:
        sys.stdout = None
        raise UnusableInputError(f"standard output: {error.strerror}") from None
