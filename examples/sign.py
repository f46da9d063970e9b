#!/usr/bin/env python3
"""Sign a citizen record or an EU DCC and write it as a QR code.

RECORD is a JSON file: a citizen record has the members person, vaccinations, tests, recoveries; an EU DCC is its
payload, {"ver": "1.3.3", "nam": {...}, "dob": "...", "v": [{...}]}. What only a group of readers may see is sealed with
--seal. The output is a picture (.svg, .png, .pdf) or the text of the code (.txt); without -o the text goes to standard
output, and into a file or pipe without a line end, which would be no part of the code.
Exit status: 0 issued, 1 the record cannot be issued, 2 unusable input. Needs hcert[issue].
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hcert
from command_line import UnusableInputError
from hcert import citizen, eu_dcc
from key_files import certificate_key, naming, reader_key

ISSUED, REFUSED, UNUSABLE = 0, 1, 2
USUAL_EDGE = 42  # mm, which makes the diagonal of 60 that the specification recommends at most
FINE_MODULE = 0.34  # mm a module: four dots at 300 dpi, of 0.339 mm; under 0.33 mm cameras begin to fail on plain paper


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], epilog=__doc__.split("\n", 2)[2])
    parser.add_argument("record", type=Path, metavar="RECORD", help="JSON file with the record")
    parser.add_argument("--key", type=Path, required=True, help="private key, PEM")
    parser.add_argument("--certificate", type=Path, required=True, help="document signer certificate, PEM or DER")
    parser.add_argument("--country", required=True, help="issuing country, such as VN")
    parser.add_argument("--valid-days", type=int, required=True, metavar="DAYS", help="days until the code expires")
    parser.add_argument("--password-file", type=Path, metavar="FILE", help="file with the password of the private key")
    parser.add_argument("--error", choices="LMQH", default="Q", help="QR error correction level (default: Q)")
    parser.add_argument(
        "--seal",
        type=Path,
        nargs=2,
        action="append",
        metavar=("READER", "CONTENT"),
        help="seal CONTENT (JSON: id_number, phone, lot_numbers, ...) for the public key READER (PEM, DER); repeatable",
    )
    parser.add_argument("-o", "--output", type=Path, help="file to write: .svg, .png, .pdf or .txt")
    return parser.parse_args()


def without_repeats(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that has a member twice, of which JSON would drop one silently."""
    kept = dict(members)
    if len(kept) != len(members):
        raise ValueError("a member stands twice")
    return kept


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=without_repeats)
    except (ValueError, RecursionError):  # ValueError is Python's word for numbers of thousands of digits too
        raise UnusableInputError(f"{path}: this is no JSON file, or an object in it has a member twice") from None


def confidential(options: argparse.Namespace) -> dict[hcert.TrustedKey, citizen.Confidential] | None:
    """Return what to seal, by reader."""
    if not options.seal:
        return None
    sealed: dict[hcert.TrustedKey, citizen.Confidential] = {}
    for path, content in options.seal:
        reader = reader_key(path)
        if reader in sealed:
            raise UnusableInputError(f"{path}: this reader has a --seal already; seal all that it may see at once")
        sealed[reader] = citizen.confidential_from_members(read_json(content))
    return sealed


def signer(options: argparse.Namespace) -> hcert.LocalSigner:
    """Load the key that signs, and its certificate."""
    password = options.password_file and options.password_file.read_bytes().rstrip(b"\r\n")
    key = certificate_key(options.certificate)
    with naming(options.key):
        return hcert.LocalSigner.from_pem(options.key.read_bytes(), certificate=key, password=password)


def issue(options: argparse.Namespace) -> hcert.Certificate:
    """Sign the record the options name."""
    members = read_json(options.record)
    is_citizen = isinstance(members, dict) and "person" in members
    issuer = hcert.Issuer(signer(options), country=options.country)
    return issuer.issue(
        citizen.from_members(members) if is_citizen else eu_dcc.from_payload(members),
        expires_at=datetime.now(UTC) + timedelta(days=options.valid_days),
        confidential=confidential(options),
        error=options.error if drawn(options) else "L",
    )


def drawn(options: argparse.Namespace) -> bool:
    """Tell whether the output is a picture."""
    return options.output is not None and options.output.suffix.lower() != ".txt"


def write(code: hcert.Certificate, options: argparse.Namespace) -> None:
    """Write the code where the options say."""
    if options.output is None:
        show(code.text)
    elif not drawn(options):
        options.output.write_text(code.text, encoding="ascii")
    else:
        qr = code.qr(error=options.error)
        qr.save(options.output)
        size = qr.print_size(dpi=300, width_mm=max(USUAL_EDGE, FINE_MODULE * qr.modules))
        print(
            f"{options.output}: QR version {qr.version}-{qr.error}, {len(code.text)} characters; "
            f"print it {size.width_mm} mm wide or more",
            file=sys.stderr,
        )


def show(text: str) -> None:
    """Print the text of a code; what nobody can read was not handed out."""
    if sys.stdout is None:
        raise UnusableInputError("standard output: it is closed")
    try:
        print(text, end="\n" if sys.stdout.isatty() else "", flush=True)
    except OSError as error:
        sys.stdout = None  # nothing is left to be written at the end
        raise UnusableInputError(f"standard output: {error.strerror}") from None


def main() -> int:
    """Issue one certificate; every failure is one line per reason."""
    options = arguments()
    status, reasons = UNUSABLE, []
    try:
        write(issue(options), options)
        status = ISSUED
    except hcert.IssueError as error:
        status = REFUSED
        reasons = [f"{finding.code}: {finding.message}" for finding in error.findings]
    except hcert.HcertError as error:
        reasons = [f"{error.code}: {error}"]
    except OSError as error:
        reasons = [f"{error.filename or 'an input'}: {error.strerror}"]
    except (UnusableInputError, ImportError) as error:
        reasons = [str(error)]
    except OverflowError:
        reasons = ["--valid-days reaches beyond the calendar"]
    for reason in reasons:
        print(f"sign.py: {reason}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
