"""How a command ends when it does not end well: whose fault it is, and the one line for each reason."""

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
        lines: what to print, a line a reason: text, or a finding with the file that it is about.
    """

    status = UNUSABLE

    def __init__(self, *lines: str | Line | tuple[str, Finding]) -> None:
        self.lines = lines
        super().__init__(*lines)

    @classmethod
    def saying(cls, template: str, /, **details: Any) -> Self:
        """Make the error for one line, to be said in the language of the person."""
        return cls(Line(template, details))


class UnusableInputError(EndError):
    """What was given on the command line, or in a file that it names, cannot be used."""


class RefusedError(EndError):
    """What was asked for was looked at and refused."""

    status = REFUSED


class StoppedError(EndError):
    """The person at the keyboard pressed Ctrl-C."""

    status = INTERRUPTED
