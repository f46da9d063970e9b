"""Options that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hcert.cli.texts import Settings
from hcert.cli.values import DAYS, FILE

if TYPE_CHECKING:
    from collections.abc import Callable

    Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _set_language(ctx: click.Context, _param: click.Parameter, value: Any) -> None:
    ctx.ensure_object(Settings).language = value


language = click.option(
    "--lang",
    type=click.Choice(["en", "vi"]),
    default="en",
    show_default=True,
    envvar="HCERT_LANG",
    is_eager=True,
    expose_value=False,
    callback=_set_language,
    help="Language of what people read.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
force = click.option("--force", is_flag=True, help="Overwrite the output where it exists; never a key or an input.")
passwords = click.option(
    "--password-file",
    "password_files",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="File with the password of a private key; repeat it for keys with different passwords.",
)


value_sets = click.option(
    "--value-sets", type=FILE, metavar="FILE", help="JSON file with codes to be known beside those of the package."
)


def output(*, required: bool, text: str = "File to write.") -> Decorator:
    """Return the option for the file to write."""
    return click.option("-o", "--output", type=FILE, required=required, metavar="FILE", help=text)


def together(*options: Decorator) -> Decorator:
    """Return several options as one decorator, in the order in which the help shall show them."""

    def decorated(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorated


anchors = together(
    click.option("--anchor", "anchors", type=FILE, multiple=True, metavar="KEY", help="Pinned public key; repeatable."),
    click.option("--threshold", type=int, metavar="N", help="How many of them must have signed.  [default: all]"),
)
sealing = together(
    click.option(
        "--key",
        "keys",
        type=FILE,
        multiple=True,
        required=True,
        metavar="KEY",
        help="Private key of an anchor, PEM; repeatable.",
    ),
    passwords,
    click.option("--version", type=click.IntRange(min=1), required=True, help="Higher than that of all lists before."),
    click.option("--valid-days", type=DAYS, required=True, metavar="DAYS", help="Days until the list expires."),
    output(required=True),
    force,
)
