"""How a command ends when it fails: whose fault it is, and one line for each reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hcert.cli.texts import Line

if TYPE_CHECKING:
    from typing import Self

    from hcert import Finding

DONE: Final = 0
REFUSED: Final = 1
UNUSABLE: Final = 2
INTERRUPTED: Final = 130


class EndError(Exception):
    """Ends a command.

    Attributes:
        status: exit status of the process.
        lines: what to print, one line for each reason: a text, or a finding with the name of its file.
    """

    status = UNUSABLE

    def __init__(self, *lines: str | Line | tuple[str | Line, Finding]) -> None:
        self.lines = lines
        super().__init__(*lines)

    @classmethod
    def because(cls, template: str, /, **details: Any) -> Self:
        """Make the error for one line, printed in the language of the person."""
        return cls(Line(template, details))


class UnusableInputError(EndError):
    """The command line, or a file that it names, cannot be used."""


class RefusedError(EndError):
    """The input was checked and refused."""

    status = REFUSED


class StoppedError(EndError):
    """The user pressed Ctrl-C."""

    status = INTERRUPTED
