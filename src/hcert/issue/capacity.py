"""Whether a code will fit one QR code, known before anything is signed.

A code that does not fit is refused with the numbers: how long it would be, what fits, and how many of the oldest
entries would have to go, if there is time to find out. Nothing is ever cut silently.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcert.errors import IssueError
from hcert.fragments import fragment
from hcert.issue.symbol import CAPACITY, check_level, version_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from hcert.issue.symbol import ErrorLevel


@dataclass(frozen=True, slots=True)
class CodeSize:
    """How large a code will be.

    Attributes:
        characters: length of its text.
    """

    characters: int

    def version(self, *, error: ErrorLevel = "Q") -> int | None:
        """Return the QR version at an error correction level, 1 to 40; None where no version holds the text.

        Raises:
            ConfigurationError: `qr.error_level`.
        """
        check_level(error)
        return version_for(self.characters, error=error) if self.characters <= CAPACITY[error] else None


def check_fit(length: int, *, entries: int, length_with: Callable[[int], int] | None, error: ErrorLevel) -> None:
    """Raise if a text of `length` characters does not fit one QR code.

    Args:
        length: in characters.
        entries: how many entries the record has.
        length_with: returns the length with only so many of the newest entries; it is asked for few numbers of them.
            None to do without: each answer costs as much as a code, and the error then says only by how much.
        error: level at which it must fit.

    Raises:
        IssueError: `issue.does_not_fit`; `issue.nothing_fits` where no number of entries does.
    """
    most = CAPACITY[error]
    if length <= most:
        return
    sizes = {"length": length, "error": error, "capacity": most}
    if length_with is None and entries > 1:
        raise IssueError.of("issue.does_not_fit", **sizes, advice=fragment("fit.unsearched"))
    kept = 0 if length_with is None else bisect.bisect_right(range(1, entries), most, key=length_with)
    if length_with is None or kept == 0:
        raise IssueError.of("issue.nothing_fits", **sizes)
    version = version_for(length_with(kept), error=error)
    advice = fragment("fit.latest", count=entries - kept, total=entries, kept=kept, version=version)
    raise IssueError.of("issue.does_not_fit", **sizes, advice=advice)
