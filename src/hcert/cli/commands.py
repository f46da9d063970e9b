"""The command and its commands, by name."""

from __future__ import annotations

import click

from hcert import __version__
from hcert.cli.completion import completion
from hcert.cli.demo import demo
from hcert.cli.inspect_code import inspect
from hcert.cli.issue import issue
from hcert.cli.keys import keys
from hcert.cli.program import Program
from hcert.cli.store import store
from hcert.cli.trust.key_lists import import_list, seal, sign
from hcert.cli.trust.revoke import revoke
from hcert.cli.trust.show import diff_lists, show_list
from hcert.cli.verify import verify


@click.group(cls=Program, no_args_is_help=False, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="hcert %(version)s")
def hcert() -> None:
    """Issue and verify signed health certificates offline (HC1: codes of the EU DCC and the WHO).

    Exit status: 0 done or accepted, 1 refused, 2 unusable input, 130 interrupted.
    """


@click.group(no_args_is_help=False)
def trust() -> None:
    """Publish key lists and revocation lists."""


for command in (import_list, seal, sign, show_list, diff_lists, revoke):
    trust.add_command(command)
for command in (demo, keys, issue, verify, inspect, trust, store, completion):
    hcert.add_command(command)
