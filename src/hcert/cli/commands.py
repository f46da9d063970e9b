"""The command and its commands, by name."""

from __future__ import annotations

import click

from hcert import __version__
from hcert.cli import options
from hcert.cli.assess.group import assess
from hcert.cli.bulk.issue import issue as bulk_issue
from hcert.cli.bulk.looking import rejects, resume, status, superseded
from hcert.cli.bulk.verify import verify as bulk_verify
from hcert.cli.completion import completion
from hcert.cli.demo import demo
from hcert.cli.gate import gate
from hcert.cli.help import Group
from hcert.cli.inspect_code import inspect
from hcert.cli.issue import issue
from hcert.cli.keys import keys
from hcert.cli.print_codes import print_codes
from hcert.cli.program import Program
from hcert.cli.store import store
from hcert.cli.trust.import_list import import_list
from hcert.cli.trust.key_lists import seal, sign
from hcert.cli.trust.revoke import revoke
from hcert.cli.trust.show import diff_lists, show_list
from hcert.cli.verify import verify


@click.group(cls=Program, no_args_is_help=False, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="hcert %(version)s")
@options.language
def hcert() -> None:
    """Issue and verify signed health certificates offline (HC1: codes of the EU DCC and the WHO).

    Exit status: 0 done or accepted, 1 refused, 2 unusable input, 130 interrupted.
    """


@click.group(cls=Group, no_args_is_help=False, short_help="Publish key lists, revocation lists and rule lists.")
@options.language
def trust() -> None:
    """Publish key lists, revocation lists and rule lists."""


@click.group(cls=Group, no_args_is_help=False, short_help="Issue or verify many.")
@options.language
def bulk() -> None:
    """Issue or verify many, in jobs that can be stopped at any time and resumed."""


BULK_COMMANDS: tuple[click.Command, ...] = (bulk_issue, bulk_verify, resume, status, rejects, superseded)
TRUST_COMMANDS: tuple[click.Command, ...] = (import_list, seal, sign, show_list, diff_lists, revoke)
COMMANDS: tuple[click.Command, ...] = (
    demo,
    keys,
    issue,
    print_codes,
    verify,
    inspect,
    trust,
    store,
    gate,
    bulk,
    assess,
    completion,
)

for command in BULK_COMMANDS:
    bulk.add_command(command)
for command in TRUST_COMMANDS:
    trust.add_command(command)
for command in COMMANDS:
    hcert.add_command(command)
