"""`hcert assess` with its commands, of which the first is meant where none is named."""

from __future__ import annotations

import click

from hcert.cli import options
from hcert.cli.assess.command import assess_program
from hcert.cli.assess.form import form
from hcert.cli.assess.sheets import sheets
from hcert.cli.help import Group
from hcert.cli.texts import LANGUAGE_OPTION

_HELP = ("-h", "--help")


class _Assess(Group):
    """Runs the program on the command line unless another command is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read a command line, with the name of the command if it has none."""
        at = 0
        while at < len(args) and args[at].partition("=")[0] == LANGUAGE_OPTION:
            at += 1 if "=" in args[at] else 2
        if at < len(args) and args[at] not in (*self.commands, *_HELP):
            args = [*args[:at], str(assess_program.name), *args[at:]]
        return super().parse_args(ctx, args)


@click.group(cls=_Assess, no_args_is_help=False, short_help="Assess programs and apps against the conformance kit.")
@options.language
def assess() -> None:
    """Assess a program in any language, or an app on a phone, against the conformance kit.

    hcert assess --vectors vectors.json -- node app.js runs a program; the word program may be left out. For an app make
    sheets of codes, show them to the app, and enter what it shows into the form.
    """


for command in (assess_program, sheets, form):
    assess.add_command(command)
