#!/usr/bin/env python3
"""Sign the record in a JSON file and draw it as a QR code: the issuing side of the API, as a small program.

The command `hcert issue` does the same with more care: it seals parts, explains mistakes and overwrites nothing.
Exit status: 0 issued, 1 the record cannot be issued, 2 unusable input. Needs hcert[issue].
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hcert
from hcert import citizen, eu_dcc


def main() -> int:
    """Issue one certificate."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("record", type=Path, help="citizen record or EU DCC, JSON")
    parser.add_argument("--key", type=Path, required=True, help="private key, PEM")
    parser.add_argument("--certificate", type=Path, required=True, help="document signer certificate, PEM or DER")
    parser.add_argument("--country", required=True, help="issuing country, such as VN")
    parser.add_argument("-o", "--output", type=Path, required=True, help="picture to write: .svg, .png or .pdf")
    options = parser.parse_args()
    try:
        certificate = options.certificate.read_bytes()
        signer = hcert.LocalSigner.from_pem(options.key.read_bytes(), certificate=certificate)
        issuer = hcert.Issuer(signer, country=options.country)
        members = json.loads(options.record.read_text(encoding="utf-8"))
        record = citizen.from_dict(members) if "person" in members else eu_dcc.from_payload(members)
        code = issuer.issue(record, expires_at=datetime.now(UTC) + timedelta(days=365), error="Q")
        code.qr(error="Q").save(options.output)
    except hcert.IssueError as error:
        for finding in error.findings:
            print(f"sign.py: {finding.code}: {finding.message}", file=sys.stderr)
        return 1
    except (hcert.HcertError, OSError, ValueError, TypeError) as error:
        print(f"sign.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
