"""`hcert gate`: a page on this device that reads codes and shows cards to a guard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

import hcert
from hcert.cli import options
from hcert.cli.exits import DONE, UnusableInputError
from hcert.cli.help import Command
from hcert.cli.json_files import read_value_sets
from hcert.cli.key_files import load_reader_key
from hcert.cli.signed_lists import Pins
from hcert.cli.streams import note, show
from hcert.cli.texts import line, say
from hcert.cli.values import FILE, PORT
from hcert.cli.verify import choose_policy, judging

if TYPE_CHECKING:
    from pathlib import Path

    from hcert import policy
    from hcert.cli.texts import Settings


@click.command(cls=Command, short_help="Read codes at a gate, in a browser.")
@click.option(
    "--store", "directory", type=FILE, required=True, metavar="DIR", help="Folder with the lists of this device."
)
@options.anchors
@click.option(
    "--updates",
    type=FILE,
    metavar="DIR",
    help="Folder from which new lists are taken, at the start and when somebody asks, such as a mounted stick.",
)
@options.grace
@judging
@click.option("--port", type=PORT, default=8405, show_default=True, metavar="PORT", help="Port of the page.")
@click.option("--count", is_flag=True, help="Show how many codes there were of each verdict since the start.")
@options.language
@click.pass_obj
def gate(settings: Settings, /, directory: Path, updates: Path | None, port: int, *, count: bool, **given: Any) -> int:
    """Start a page for a guard: it reads codes with the camera or a typing scanner, and shows what to do.

    The page is on this device alone (127.0.0.1); open its address in a browser. Without --require or --rules it says
    whether a code is authentic, and accepts nothing. Ctrl-C ends it.

    Exit status: 0 ended, 2 unusable input.
    """
    try:
        from hcert.gate.desk import Desk, Setup  # needs packages that other commands do without
        from hcert.gate.server import GateServer, serve
    except ModuleNotFoundError as error:
        raise ImportError("hcert gate needs more packages: pip install 'hcert[gate]'") from error
    pins = Pins.of(given["anchors"], given["threshold"], datetime.now(UTC))
    if updates is None and not directory.is_dir():
        raise UnusableInputError.because(
            "{directory}: there is no store; make one with `hcert store update`, or name a folder of lists: --updates",
            directory=directory,
        )
    known = read_value_sets(given["value_sets"])
    key = given["open_key"] and load_reader_key(given["open_key"], given["password_files"])
    tolerances = hcert.Tolerances(list_grace=timedelta(days=given["grace_days"] or 0))
    store = hcert.TrustStore(directory, anchors=pins.anchors())
    uses_rules = given["country"] is not None and given["rules"] is None
    fixed = None if uses_rules else choose_policy(given, known, None, tolerances)

    def make_policy() -> policy.Policy | None:
        """Return the rule: with the rules that the store holds now, or as the command line has it."""
        return choose_policy(given, known, store.rules(), tolerances) if uses_rules else fixed

    setup = Setup(
        directory=directory,
        store=store,
        updates=updates,
        make_policy=make_policy,
        uses_rules=uses_rules,
        tolerances=tolerances,
        value_sets=known,
        readers=() if key is None else (key,),
        language=settings.language,
        counting=count,
    )
    desk = Desk(setup)
    if updates is not None:
        report = desk.take_folder()
        if report.problem == "folder":
            note(say("{path}: it cannot be read now; ask for an update once it can", path=updates))
        for refused in report.refused:
            note(f"{updates / refused.file}: {refused.code}: {refused.message[settings.language]}")
    try:
        server = GateServer(desk, port=port)
    except OSError as error:
        raise UnusableInputError.because(
            "port {port}: {reason}; end the other program, or name another port with --port",
            port=port,
            reason=line(error.strerror or "it cannot be used"),
        ) from None
    show(server.url)
    note(say("gate open; end it with Ctrl-C"))
    serve(server)
    return DONE
