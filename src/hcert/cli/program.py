"""The frame of the command: each wrong input is one line on standard error, and the exit status says whose fault."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

import hcert
from hcert import words
from hcert.cli.exits import DONE, INTERRUPTED, REFUSED, UNUSABLE, EndError, StoppedError
from hcert.cli.help import Group, explain_usage
from hcert.cli.streams import note
from hcert.cli.texts import Line, Settings, line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

NAME: Final = "hcert"


class Program(Group):
    """The command with its commands."""

    group_class = Group

    def main(self, args: Sequence[str] | None = None, **options: Any) -> NoReturn:  # type: ignore[override]
        """Run a command line and end the process."""
        arguments = sys.argv[1:] if args is None else list(args)
        settings = Settings.from_arguments(arguments)
        given = {"prog_name": NAME, **options, "standalone_mode": False, "obj": settings}
        run = super().main
        sys.exit(run_to_status(lambda: run(arguments, **given), settings))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise StoppedError.because("interrupted") from None


def run_to_status(run: Callable[[], Any], settings: Settings) -> int:
    """Run a command, print what went wrong, and return the exit status."""
    try:
        status = run()
    except Exception as error:
        reasons = tuple(_explain(error, settings.language))
        if not reasons:
            raise
        for reason in reasons:
            note(reason)
        return _find_status(error)
    except KeyboardInterrupt:
        note(Line("interrupted", {}).in_language(settings.language))
        return INTERRUPTED
    return status if isinstance(status, int) else DONE


def _find_status(error: Exception) -> int:
    if isinstance(error, EndError):
        return error.status
    return REFUSED if isinstance(error, hcert.IssueError) else UNUSABLE


def _explain(error: Exception, language: words.Language) -> Iterator[str]:
    """Yield a line for each thing that is wrong; none for an unforeseen error."""
    if isinstance(error, EndError):
        for one in error.lines:
            yield _put_in_language(one, language)
    elif isinstance(error, click.UsageError):
        yield explain_usage(error).in_language(language)
    elif isinstance(error, click.ClickException):
        yield " ".join(error.format_message().split())
    elif isinstance(error, hcert.HcertError):
        yield from (describe_finding(finding, language) for finding in error.findings)
    elif isinstance(error, OSError):
        details = {"path": error.filename or line("an input"), "reason": line(error.strerror or "it cannot be read")}
        yield Line("{path}: {reason}", details).in_language(language)
    elif isinstance(error, ImportError):
        yield str(error)


def _put_in_language(reason: str | Line | tuple[str | Line, hcert.Finding], language: words.Language) -> str:
    if isinstance(reason, tuple):
        source, finding = reason
        return f"{_put_in_language(source, language)}: {describe_finding(finding, language)}"
    return reason if isinstance(reason, str) else reason.in_language(language)


def describe_finding(finding: hcert.Finding, language: words.Language) -> str:
    """Return a finding as one line: its code and its message."""
    return f"{finding.code}: {words.message(finding, language=language)}"
