"""The frame of the command: each wrong input is one line on standard error, with a status that says whose fault."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

import hcert
from hcert import words
from hcert.cli.exits import DONE, INTERRUPTED, REFUSED, UNUSABLE, EndError, StoppedError
from hcert.cli.streams import note
from hcert.cli.texts import Line, Settings, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME: Final = "hcert"


class Program(click.Group):
    """The command with its commands."""

    def main(self, *args: Any, **options: Any) -> NoReturn:
        """Run a command line and end the process, or what stands for it in a test."""
        settings = Settings()
        given = {"prog_name": NAME, **options, "standalone_mode": False, "obj": settings}
        run = super().main
        sys.exit(ended(lambda: run(*args, **given), settings))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise StoppedError.saying("interrupted") from None


def ended(run: Callable[[], Any], settings: Settings) -> int:
    """Run a command, print what keeps it from ending well, and return its exit status."""
    try:
        status = run()
    except Exception as error:
        reasons = tuple(_reasons(error, settings.language))
        if not reasons:
            raise
        for reason in reasons:
            note(reason)
        return _status(error)
    except KeyboardInterrupt:
        note(say("interrupted"))
        return INTERRUPTED
    return status if isinstance(status, int) else DONE


def _status(error: Exception) -> int:
    if isinstance(error, EndError):
        return error.status
    return REFUSED if isinstance(error, hcert.IssueError) else UNUSABLE


def _reasons(error: Exception, language: words.Language) -> Iterator[str]:
    """Yield the lines that say what is wrong; none for an error that nobody foresaw."""
    if isinstance(error, EndError):
        for line in error.lines:
            yield in_language(line, language)
    elif isinstance(error, click.UsageError):
        more = f" See '{error.ctx.command_path} --help'." if error.ctx else ""
        yield _one_line(error.format_message()) + more
    elif isinstance(error, click.ClickException):
        yield _one_line(error.format_message())
    elif isinstance(error, hcert.HcertError):
        yield from (said(finding, language) for finding in error.findings)
    elif isinstance(error, OSError):
        details = {"path": error.filename or "an input", "reason": error.strerror or str(error)}
        yield Line("{path}: {reason}", details).said(language)
    elif isinstance(error, ImportError):
        yield str(error)


def in_language(line: str | Line | tuple[str, hcert.Finding], language: words.Language) -> str:
    """Return a line of an error as it is printed."""
    if isinstance(line, tuple):
        return f"{line[0]}: {said(line[1], language)}"
    return line if isinstance(line, str) else line.said(language)


def said(finding: hcert.Finding, language: words.Language) -> str:
    """Return what a finding says, behind its code."""
    return f"{finding.code}: {words.message(finding, language=language)}"


def _one_line(text: str) -> str:
    """Fold a text of several lines, as lists of choices are, into one."""
    return " ".join(line.strip() for line in text.splitlines()).strip()
