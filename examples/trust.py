#!/usr/bin/env python3
"""Publish key lists and withdrawal lists: import, seal, sign, show, diff, withdraw.

    trust.py import gdhcn did.json --signer who.pem --key anchor1.pem --version 7 --valid-days 30 -o keys.cose
    trust.py seal dsc1.pem dsc2.pem --reader clinic.pub --key anchor1.pem --version 8 --valid-days 30 -o keys.cose
    trust.py sign keys.cose --key anchor2.pem -o keys.cose
    trust.py show keys.cose --anchor anchor1.pub anchor2.pub
    trust.py diff old.cose keys.cose --anchor anchor1.pub anchor2.pub
    trust.py withdraw --uci URN:UVCI:... --key anchor1.pem --version 2 --valid-days 7 -o revocations.bin
    trust.py withdraw --base revocations.bin --anchor anchor1.pub --delta --entry 5B1C.../2 ... -o delta.cose
    trust.py show delta.cose --base revocations.bin --anchor anchor1.pub

Anchors are key pairs for ES256 or PS256; --key takes the private key (PEM), --anchor the public key or a certificate
of it. Exit status: 0 done, 1 a list is refused, 2 unusable input.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

import hcert
from command_line import UnusableInputError, printable, show
from hcert import lists
from key_files import reader_key
from publishing.importing import FORMS, MAX_AGE_DAYS, run_import
from publishing.inputs import files_of, signer, write, write_keys
from publishing.showing import run_diff, run_show
from publishing.values import country_and_identifier, days, hexadecimal, moment, oldest_revision
from publishing.withdrawing import run_withdraw

DONE, REFUSED, UNUSABLE = 0, 1, 2


def run_seal(options: argparse.Namespace) -> None:
    """Seal our own keys: document signers, and readers of sealed parts."""
    result = lists.import_certificates(files_of(options.files))
    if result.quarantined:
        raise UnusableInputError("; ".join(f"{one.record}: {one.message}" for one in result.quarantined))
    trust = hcert.TrustList([*result.trust, *map(reader_key, options.reader)])
    write_keys(options, trust)
    show(f"{len(trust)} sealed")


def run_sign(options: argparse.Namespace) -> None:
    """Add signatures to a list; look at it with `show` first."""
    data = options.file.read_bytes()
    for path in options.key:
        data = lists.add_signature(data, signer(path))
    write(options.output, data)


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    root = argparse.ArgumentParser(
        description=__doc__.split("\n")[0],
        epilog=__doc__.split("\n", 2)[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = root.add_subparsers(required=True, metavar="COMMAND")

    seals = argparse.ArgumentParser(add_help=False)
    seals.add_argument("--key", type=Path, nargs="+", required=True, help="private keys of anchors, PEM")
    seals.add_argument("--version", type=int, required=True, help="higher than all before")
    seals.add_argument("--valid-days", type=days, required=True, metavar="DAYS", help="days until the list expires")
    seals.add_argument("-o", "--output", type=Path, required=True, help="file to write")
    rotates = argparse.ArgumentParser(add_help=False)
    rotates.add_argument("--next-anchor", type=Path, nargs="+", default=[], help="public keys that sign from now on")
    rotates.add_argument("--next-threshold", type=int, help="how many of them must (default: all)")
    opens = argparse.ArgumentParser(add_help=False)
    opens.add_argument("--anchor", type=Path, nargs="+", help="pinned public keys")
    opens.add_argument("--threshold", type=int, help="how many of them must have signed (default: all)")

    command = commands.add_parser("import", parents=[seals, rotates], help="take over a list that others publish")
    command.set_defaults(run=run_import)
    command.add_argument("form", choices=FORMS)
    command.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="the list, and gdhcn documents it refers to; certificates"
    )
    command.add_argument("--signer", type=Path, help="the pinned key that signed it (gdhcn, german)")
    command.add_argument(
        "--max-age-days", type=days, metavar="DAYS", help=f"oldest gdhcn list to take (default: {MAX_AGE_DAYS:g})"
    )
    command.add_argument("--newer-than", type=moment, metavar="TIME", help="when the list held was created (gdhcn)")
    command.add_argument("--domains", nargs="+", help="trust domains to take (gdhcn), such as DCC")
    command.add_argument("--participants", nargs="+", help="participants to take (gdhcn), such as OMN")
    command.add_argument("--usages", nargs="+", help="usages to take (gdhcn; default: DSC; other keys verify nothing)")
    command.add_argument("--countries", nargs="+", help="countries to take (all but gdhcn), such as NL")

    command = commands.add_parser("seal", parents=[seals, rotates], help="make a key list of certificates")
    command.set_defaults(run=run_seal)
    command.add_argument("files", type=Path, nargs="+", metavar="FILE", help="certificates, or folders of them")
    command.add_argument("--reader", type=Path, nargs="+", default=[], help="public keys of readers of sealed parts")

    command = commands.add_parser("sign", help="add a signature")
    command.set_defaults(run=run_sign)
    command.add_argument("file", type=Path)
    command.add_argument("--key", type=Path, nargs="+", required=True, help="private keys of anchors, PEM")
    command.add_argument("-o", "--output", type=Path, required=True, help="file to write")

    command = commands.add_parser("show", parents=[opens], help="print what a list says")
    command.set_defaults(run=run_show)
    command.add_argument("file", type=Path)
    command.add_argument("--base", type=Path, help="the file is a delta to this full list")

    command = commands.add_parser("diff", parents=[opens], help="print what changed between key lists")
    command.set_defaults(run=run_diff)
    command.add_argument("old", type=Path)
    command.add_argument("new", type=Path)

    command = commands.add_parser("withdraw", parents=[seals, opens], help="make a withdrawal list or a delta")
    command.set_defaults(run=run_withdraw)
    command.add_argument("--base", type=Path, help="full list to start from")
    command.add_argument("--after", type=Path, metavar="DELTA", help="the last delta to the base, which stays in force")
    command.add_argument(
        "--delta", action="store_true", default=None, help="write only what is new, as a delta to the base"
    )
    for option, form, metavar, words in (
        ("--certificate", hexadecimal, "HEX", "certificate ids"),
        ("--entry", str, "HEX/N", "entry ids"),
        ("--older", oldest_revision, "HEX=N", "revisions before N of a certificate"),
        ("--uci", str, "UCI", "identifiers of EU certificates"),
        ("--country-uci", country_and_identifier, "CC=UCI", "the same, with the country that issued"),
        ("--uci-hash", hexadecimal, "HEX", "EU hashes of identifiers"),
        ("--country-uci-hash", hexadecimal, "HEX", "EU hashes of countries with identifiers"),
        ("--signature-hash", hexadecimal, "HEX", "EU hashes of signatures"),
    ):
        command.add_argument(option, type=form, nargs="+", default=[], metavar=metavar, help=words)
    command.add_argument("--signer-key", type=Path, nargs="+", default=[], metavar="DSC", help="document signers")
    return root


def main() -> int:
    """Run one command."""
    options = parser().parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a letter still shows the report
    try:
        options.run(options)
    except hcert.MalformedError as error:
        print(f"trust.py: refused: {error}", file=sys.stderr)
        return REFUSED
    except (UnusableInputError, hcert.HcertError) as error:
        print(printable(f"trust.py: {error}"), file=sys.stderr)
        return UNUSABLE
    except OSError as error:
        print(printable(f"trust.py: {error.filename}: {error.strerror}"), file=sys.stderr)
        return UNUSABLE
    return DONE


if __name__ == "__main__":
    sys.exit(main())
