#!/usr/bin/env python3
"""Decode and check a code as the WHO's test bed does, but with the proof of the key list verified and no network.

Give it the key list, the DID document of the key that signs it (as downloaded, and compared in another way), and the
text of a code. It prints the verdict as JSON. A health link counts as valid, and is not followed.
Exit status: 0 accepted, 1 refused, 2 unusable input. Needs hcert alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import hcert


def pinned_key(did_document: bytes) -> hcert.TrustedKey:
    """Return the P-256 key in the first entry of a DID document."""
    jwk = json.loads(did_document)["verificationMethod"][0]["publicKeyJwk"]
    x, y = (int.from_bytes(urlsafe_b64decode(jwk[name] + "==")) for name in ("x", "y"))
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    return hcert.TrustedKey.from_public_key(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def main() -> int:
    """Check one code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("list", type=Path, help="trust list of the GDHCN, version 2, such as trustlist.json")
    parser.add_argument("key", type=Path, help="DID document of the key that signs the list")
    parser.add_argument("code", type=Path, help="file with the text of a code, HC1:...")
    parser.add_argument("--at", type=datetime.fromisoformat, help="time of the check with its zone (default: now)")
    options = parser.parse_args()
    at = options.at or datetime.now(UTC)
    try:
        signer = pinned_key(options.key.read_bytes())
        imported = hcert.lists.import_gdhcn(options.list.read_bytes(), signer=signer, at=at)
        text = options.code.read_bytes().strip()
        verdict = hcert.Verifier(imported.trust, health_links=True).check(text, at=at)
    except (hcert.HcertError, OSError) as error:
        print(f"who_test_bed.py: {error}", file=sys.stderr)
        return 2
    except (LookupError, TypeError, ValueError):
        parser.error("the file of the key is not a DID document with a P-256 key")
    print(json.dumps(verdict.as_dict(), indent=2))
    return 0 if verdict.accepted else 1


if __name__ == "__main__":
    sys.exit(main())
