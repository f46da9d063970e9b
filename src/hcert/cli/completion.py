"""`hcert completion`: what a shell needs to complete commands, options and names of files."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from hcert.cli.program import NAME
from hcert.cli.streams import show


@click.command(short_help="Print the completion for a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, /, shell: str) -> None:
    """Print the completion for SHELL, to be put where it looks for such, or evaluated: eval "$(hcert completion bash)".

    Exit status: 0 done, 2 unusable input.
    """
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - the choice names those there are
    show(kind(ctx.find_root().command, {}, NAME, f"_{NAME.upper()}_COMPLETE").source())
