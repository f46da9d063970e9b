"""Options that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hcert.cli.texts import LANGUAGE_OPTION, LANGUAGES
from hcert.cli.values import COUNT, DAYS, FILE, SIGNING_KEY, Choice

if TYPE_CHECKING:
    from collections.abc import Callable

    Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


# The value is read by `Settings.from_arguments`; here it is checked and explained.
language = click.option(
    LANGUAGE_OPTION,
    type=Choice(LANGUAGES),
    default=LANGUAGES[0],
    show_default=True,
    expose_value=False,
    help="Language of cards, messages and help.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
force = click.option("--force", is_flag=True, help="Overwrite an existing output file, but never a key or an input.")
passwords = click.option(
    "--password-file",
    "password_files",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="File with the password of a private key; repeat for keys with different passwords.",
)


value_sets = click.option(
    "--value-sets", type=FILE, metavar="FILE", help="JSON file with codes beyond those of the package."
)


def output(*, required: bool, text: str = "File to write.") -> Decorator:
    """Return the option that names the output."""
    return click.option("-o", "--output", type=FILE, required=required, metavar="FILE", help=text)


def combine(*options: Decorator) -> Decorator:
    """Combine options into one decorator; the help shows them in this order."""

    def decorated(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorated


anchors = combine(
    click.option(
        "--anchor",
        "anchors",
        type=FILE,
        multiple=True,
        metavar="KEY",
        help="Pinned public key of an anchor; repeatable.",
    ),
    click.option(
        "--threshold", type=COUNT, metavar="N", help="How many of the anchors must have signed; without it all."
    ),
)
grace = click.option(
    "--grace-days", type=DAYS, metavar="DAYS", help="How long to go on using an expired list, with a warning."
)
signing_key = click.option(
    "--key",
    type=SIGNING_KEY,
    required=True,
    metavar="KEY",
    help="Private key of the document signer: PEM file, or 'pkcs11:...' for a key in an HSM.",
)
anchor_keys = click.option(
    "--key",
    "keys",
    type=SIGNING_KEY,
    multiple=True,
    required=True,
    metavar="KEY",
    help="Private key of an anchor: PEM file, or 'pkcs11:...' for a key in an HSM; repeatable.",
)
sealing = combine(
    anchor_keys,
    passwords,
    click.option(
        "--version", type=COUNT, required=True, metavar="N", help="Version of the list; higher than every earlier one."
    ),
    click.option("--valid-days", type=DAYS, required=True, metavar="DAYS", help="Days until the list expires."),
    output(required=True),
    force,
)
rotation = combine(
    click.option(
        "--next-anchor",
        "next_anchor_files",
        type=FILE,
        multiple=True,
        metavar="KEY",
        help="Public key of an anchor that signs from the next list on; repeatable.",
    ),
    click.option(
        "--next-threshold", type=COUNT, metavar="N", help="How many of the next anchors must sign; without it all."
    ),
)
allow = click.option(
    "--allow",
    "allowed",
    type=Choice(("ca", "expired", "useless")),
    multiple=True,
    help="Accept keys that are expired, belong to an authority (ca) or have another purpose (useless); repeatable.",
)
