"""`hcert completion`: the script with which a shell completes commands, options and file names."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from hcert.cli import options
from hcert.cli.help import Command
from hcert.cli.program import NAME
from hcert.cli.streams import show
from hcert.cli.values import Choice


@click.command(cls=Command, short_help="Print the completion script for a shell.")
@click.argument("shell", type=Choice(["bash", "zsh", "fish"]), metavar="SHELL")
@options.language
@click.pass_context
def completion(ctx: click.Context, /, shell: str) -> None:
    """Print the completion script for SHELL (bash, zsh or fish).

    For bash and zsh: eval "$(hcert completion bash)". For fish: hcert completion fish | source.

    Exit status: 0 done, 2 unusable input.
    """
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - click knows each of the choices
    show(kind(ctx.find_root().command, {}, NAME, f"_{NAME.upper()}_COMPLETE").source())
