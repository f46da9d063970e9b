"""`hcert bulk issue`: a code for each row of a table."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import hcert
from hcert.cli import options
from hcert.cli.bulk.running import check_engine, making, run, slicing
from hcert.cli.help import Command
from hcert.cli.issue import check_signer
from hcert.cli.key_files import load_reader_public_key, load_signer
from hcert.cli.token_uri import TokenUri, parse_key_place
from hcert.cli.values import COUNTRY_CODE, FILE, MOMENT, Choice

if TYPE_CHECKING:
    from hcert import bulk


@click.command(cls=Command, short_help="Issue a code for each row of a table.")
@making
@options.signing_key
@click.option("--password-file", type=FILE, metavar="FILE", help="File with the password of the private key.")
@click.option("--certificate", type=FILE, required=True, metavar="DSC", help="Its certificate (PEM or DER).")
@click.option("--country", type=COUNTRY_CODE, required=True, metavar="CC", help="Issuing country, such as VN.")
@click.option("--expires", type=MOMENT, required=True, metavar="TIME", help="When the codes expire.")
@click.option("--issued-at", type=MOMENT, metavar="TIME", help="Issue time of all codes; without it now.")
@click.option(
    "--error",
    type=Choice(["L", "M", "Q", "H"]),
    default="Q",
    show_default=True,
    help="Error correction level at which each code must fit a QR code.",
)
@click.option("--picture", type=Choice(["svg", "png"]), help="Draw each code, too.")
@click.option(
    "--reader",
    "readers",
    type=FILE,
    multiple=True,
    metavar="KEY",
    help="Public key of a group of readers for whom the column confidential is sealed; repeatable.",
)
@click.option(
    "--committed",
    type=FILE,
    multiple=True,
    metavar="DIR",
    help="Folder of an earlier job: what it issued is not issued again; repeatable.",
)
@slicing
def issue(**given: Any) -> int:
    """Issue a code for each row of the Parquet or Arrow IPC files INPUTS, or of the files in folders.

    The job has a ledger, so it can be stopped at any time and resumed with `hcert bulk resume`. Rows that cannot be
    issued are listed by `hcert bulk rejects`. Nothing may leave the folder before its slice is in the ledger.

    Exit status: 0 all rows issued, 1 some are refused, 2 unusable input.
    """
    check_engine(given)
    request = {
        "key": given["key"].text if isinstance(given["key"], TokenUri) else _absolute(given["key"]),
        "password_file": given["password_file"] and _absolute(given["password_file"]),
        "certificate": _absolute(given["certificate"]),
        "country": given["country"],
        "issued_at": (given["issued_at"] or datetime.now(UTC).replace(microsecond=0)).isoformat(),
        "expires": given["expires"].isoformat(),
        "error": given["error"],
        "picture": given["picture"],
        "readers": list(map(_absolute, given["readers"])),
    }
    plan = make_issue_plan(request)
    job = hcert.bulk.Job.create(
        given["job"],
        plan,
        given["inputs"],
        slice_rows=given["slice_rows"],
        committed=given["committed"],
        request=request,
    )
    return run(job, plan, given)


def make_issue_plan(request: dict[str, Any]) -> bulk.IssuePlan:
    """Make the plan of a job from what its folder says.

    Raises:
        UnusableInputError: naming the file or key that cannot be used.
    """
    place, certificate = parse_key_place(request["key"]), Path(request["certificate"])
    password = request["password_file"] and Path(request["password_file"])
    signer = load_signer(place, [password] if password else [], certificate=certificate)
    check_signer(signer.key, certificate, datetime.now(UTC))
    return hcert.bulk.IssuePlan(
        signer=hcert.bulk.Pkcs11Key(place.text, certificate=certificate)
        if isinstance(place, TokenUri)
        else hcert.bulk.LocalKey(key=place, certificate=certificate, password_file=password),
        kid=signer.key.kid,
        country=request["country"],
        issued_at=datetime.fromisoformat(request["issued_at"]),
        expires_at=datetime.fromisoformat(request["expires"]),
        error=request["error"],
        picture=request["picture"],
        readers=tuple(load_reader_public_key(Path(one)) for one in request["readers"]),
    )


def _absolute(path: Path) -> str:
    """Return a path that means the same when the job is resumed from another folder."""
    return str(path.absolute())
