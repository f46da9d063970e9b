#!/usr/bin/env python3
"""Check the code in a picture and show the verdict as a card: the verifying side of the API, as a small program.

The command `hcert verify` does the same with more care: texts and pipes, signed lists, policies, sealed parts, JSON.
Exit status: 0 accepted, 1 refused, 2 unusable input. Needs hcert[scan].
"""

from __future__ import annotations

import argparse
import io
import sys
from datetime import UTC, datetime
from pathlib import Path

import hcert
from hcert import words


def main() -> int:
    """Check one code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("certificate", type=Path, help="document signer certificate to trust, PEM or DER")
    parser.add_argument("picture", type=Path, help="picture with a QR code: PNG, JPEG, WebP, GIF, BMP or TIFF")
    parser.add_argument("--lang", choices=["en", "vi"], default="en", help="language of the card (default: en)")
    options = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal may lack letters
    try:
        trust = hcert.TrustList([hcert.TrustedKey.from_certificate(options.certificate.read_bytes())])
        text = hcert.read_picture(options.picture.read_bytes())
    except (hcert.HcertError, OSError) as error:
        print(f"verify.py: {error}", file=sys.stderr)
        return 2
    verdict = hcert.Verifier(trust).check(text)
    print(words.card(verdict, language=options.lang, zone=datetime.now().astimezone().tzinfo or UTC))
    return 0 if verdict.accepted else 1


if __name__ == "__main__":
    sys.exit(main())
