"""Commands whose help and usage errors are in the language of the person; click has them in English only."""

from __future__ import annotations

import difflib
import inspect
from typing import TYPE_CHECKING, Any

import click

from hcert.cli.codes import PREFIXES
from hcert.cli.exits import UnusableInputError
from hcert.cli.texts import Line, line, say, translate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from click import Context, HelpFormatter


class _Localised(click.Command):
    """What commands and groups of them have in common."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Read a command line.

        Raises:
            UnusableInputError: for an option with too few values, or with one too many.
        """
        try:
            return super().parse_args(ctx, args)
        except click.BadOptionUsage as error:
            option = next(one for one in self.get_params(ctx) if error.option_name in one.opts)
            problem = line("Option '{name}' needs {count} values.", name=error.option_name, count=option.nargs)
            if option.nargs == 1:
                takes_none = isinstance(option, click.Option) and option.is_flag
                template = "Option '{name}' takes no value." if takes_none else "Option '{name}' needs a value."
                problem = line(template, name=error.option_name)
            raise _usage_error(ctx, problem) from None

    def format_usage(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the usage line. Names of arguments are the same in every language."""
        pieces = map(translate, self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=f"{say('Usage')}: ")

    def format_help_text(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002 - click passes it
        """Write the docstring, paragraph by paragraph."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text("\n\n".join(map(translate, paragraphs_of(self))))

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the table of options."""
        records = [(param, param.get_help_record(ctx)) for param in self.get_params(ctx)]
        rows = [
            (record[0], _explain_option(param, ctx))
            for param, record in records
            if record is not None and isinstance(param, click.Option)
        ]
        with formatter.section(say("Options")):
            formatter.write_dl(rows)


class Command(_Localised):
    """A command."""

    allow_extra_args = True  # so that `invoke` finds them

    def invoke(self, ctx: Context) -> Any:
        """Run the command.

        Raises:
            UnusableInputError: for an argument that it does not take.
        """
        if ctx.args:
            shown = next(
                (prefix for prefix in PREFIXES if ctx.args[0].startswith(prefix)), ctx.args[0]
            )  # nothing of a code is shown
            raise _usage_error(ctx, line("Unexpected argument '{argument}'.", argument=shown))
        return super().invoke(ctx)


class Group(_Localised, click.Group):
    """A group of commands."""

    command_class = Command

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is named.

        Raises:
            UnusableInputError: if there is no such command.
        """
        if self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            near = difflib.get_close_matches(args[0], self.commands)
            raise _usage_error(ctx, _suggest(line("No such command '{name}'.", name=args[0]), near))
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the tables of options and commands."""
        super().format_options(ctx, formatter)
        with formatter.section(say("Commands")):
            formatter.write_dl([(name, translate(one.short_help or "")) for name, one in self.commands.items()])


def paragraphs_of(command: click.Command) -> list[str]:
    """Return the paragraphs of a command's docstring, each as one line."""
    return [" ".join(paragraph.split()) for paragraph in inspect.cleandoc(command.help or "").split("\n\n")]


def explain_usage(error: click.UsageError) -> Line:
    """Return what is wrong with a command line, and where its help is."""
    problem = line(" ".join(error.format_message().split()))
    if isinstance(error, click.MissingParameter) and error.param is not None:
        kind = "Missing option {name}." if isinstance(error.param, click.Option) else "Missing argument {name}."
        problem = line(kind, name=error.param.get_error_hint(error.ctx))
    elif isinstance(error, click.BadParameter) and error.param is not None:
        name = error.param.get_error_hint(error.ctx)
        problem = line("Invalid value for {name}: {problem}", name=name, problem=error.message)
    elif isinstance(error, click.NoSuchOption):
        problem = _suggest(line("No such option '{name}'.", name=error.option_name), error.possibilities)
    return _see_help(error.ctx, problem)


def _usage_error(ctx: Context, problem: Line) -> UnusableInputError:
    return UnusableInputError(_see_help(ctx, problem))


def _see_help(ctx: Context | None, problem: Line) -> Line:
    command = "hcert" if ctx is None else ctx.command_path
    return line("{problem} See '{command} --help'.", problem=problem, command=command)


def _suggest(problem: Line, near: Sequence[str] | None) -> Line:
    """Return a problem with a name, and the name that was perhaps meant."""
    return line("{problem} Did you mean '{near}'?", problem=problem, near=near[0]) if near else problem


def _explain_option(option: click.Option, ctx: Context) -> str:
    """Return what an option does, its default, and whether it is required."""
    default = option.get_help_extra(ctx).get("default")
    notes = [say("default: {value}", value=default)] if default else []
    notes += [say("required")] if option.required else []
    return "  ".join(filter(None, [translate(option.help or ""), f"[{'; '.join(notes)}]" if notes else ""]))
