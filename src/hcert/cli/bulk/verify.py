"""`hcert bulk verify`: a verdict for each row of a table."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import hcert
from hcert.cli import options
from hcert.cli.bulk.running import check_engine, making, run, slicing
from hcert.cli.exits import UnusableInputError
from hcert.cli.help import Command
from hcert.cli.signed_lists import Pins
from hcert.cli.values import FILE, MOMENT
from hcert.cli.verify import load_certificates

if TYPE_CHECKING:
    from hcert import bulk


@click.command(cls=Command, short_help="Verify the code of each row of a table.")
@making
@click.option(
    "--trust",
    type=FILE,
    multiple=True,
    metavar="PATH",
    help="Trusted certificate or folder of certificates, repeatable.",
)
@click.option(
    "--store", type=FILE, metavar="DIR", help="Instead of --trust: the store of lists, with its --anchor keys."
)
@options.anchors
@click.option("--at", type=MOMENT, metavar="TIME", help="Time of the check; without it now.")
@slicing
def verify(**given: Any) -> int:
    """Verify the code of each row of the Parquet or Arrow IPC files INPUTS, or of the files in folders.

    The verdicts are in the folder of the job; counts by code are printed. `hcert bulk rejects` lists what is refused.

    Exit status: 0 all codes accepted, 1 some are refused, 2 unusable input.
    """
    check_engine(given)
    request = {
        "trust": [str(one.absolute()) for one in given["trust"]],
        "store": given["store"] and str(given["store"].absolute()),
        "anchors": [str(one.absolute()) for one in given["anchors"]],
        "threshold": given["threshold"],
        "at": (given["at"] or datetime.now(UTC).replace(microsecond=0)).isoformat(),
    }
    plan = make_verify_plan(request)
    job = hcert.bulk.Job.create(given["job"], plan, given["inputs"], slice_rows=given["slice_rows"], request=request)
    return run(job, plan, given)


def make_verify_plan(request: dict[str, Any]) -> bulk.VerifyPlan:
    """Make the plan of a job from what its folder says.

    Raises:
        UnusableInputError: naming the option, file or key that cannot be used.
    """
    at = datetime.fromisoformat(request["at"])
    if bool(request["trust"]) is (request["store"] is not None):
        raise UnusableInputError.because("name the trusted keys with --trust, or a store with --store and --anchor")
    if request["store"] is None:
        if request["anchors"] or request["threshold"] is not None:
            raise UnusableInputError.because("--anchor and --threshold belong to --store; --trust names certificates")
        return hcert.bulk.VerifyPlan(trust=load_certificates([Path(one) for one in request["trust"]]), at=at)
    pins = Pins.of([Path(one) for one in request["anchors"]], request["threshold"], at)
    where = hcert.bulk.StoreLocation(directory=request["store"], anchors=pins.anchors())
    return hcert.bulk.VerifyPlan(trust=where, at=at)
