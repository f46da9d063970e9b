"""What commands have in common: keys, files, and the options that sealing and opening need."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

import hcert
from command_line import UnusableInputError
from hcert import lists
from key_files import anchor_key, naming

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from pathlib import Path

NOW = datetime.now(UTC)


def public_key(path: Path) -> hcert.TrustedKey:
    """Load a key that signs lists: a public key, the key of a certificate, or a published key document (JSON)."""
    data = path.read_bytes()
    return from_key_document(path, data) if data.lstrip().startswith(b"{") else anchor_key(path)


def from_key_document(path: Path, data: bytes) -> hcert.TrustedKey:
    """Load the P-256 key of a DID document, as WHO publishes the one that signs its list."""
    try:
        jwk = json.loads(data)["verificationMethod"][0]["publicKeyJwk"]
        x, y = (int.from_bytes(urlsafe_b64decode(jwk[name] + "==")) for name in "xy")
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except (ValueError, TypeError, LookupError, RecursionError):
        raise UnusableInputError(f"{path}: this is no key document with a P-256 key") from None
    return hcert.TrustedKey.from_public_key(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def signer(path: Path) -> hcert.LocalSigner:
    """Load the private key of an anchor; its kid is that of the bare public key."""
    pem = path.read_bytes()
    try:
        public = load_pem_private_key(pem, None).public_key()
        spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UnusableInputError(f"{path}: this is no private key in PEM without password") from None
    with naming(path):
        return hcert.LocalSigner.from_pem(pem, certificate=hcert.TrustedKey.from_public_key(spki))


def sealing(options: argparse.Namespace) -> dict[str, Any]:
    """Return what sealing needs."""
    return {
        "signers": [signer(path) for path in options.key],
        "version": options.version,
        "issued_at": NOW,
        "expires_at": NOW + timedelta(days=options.valid_days),
    }


def pins(options: argparse.Namespace) -> dict[str, Any]:
    """Return what opening needs; lists are opened whatever their age, which `show` tells."""
    if not options.anchor:
        raise UnusableInputError("--anchor is needed: the public keys that must have signed the list")
    keys = [public_key(path) for path in options.anchor]
    return {"anchors": keys, "threshold": options.threshold, "at": NOW, "grace": timedelta.max}


def write_keys(options: argparse.Namespace, trust: hcert.TrustList) -> None:
    """Seal a key list and write it, with the anchors that are to sign from now on, if they change."""
    if not len(trust):
        raise UnusableInputError("no key is left for the list, so nothing is written: under it nothing is accepted")
    coming = None
    if options.next_anchor:
        keys = tuple(map(public_key, options.next_anchor))
        coming = lists.Anchors(keys, len(keys) if options.next_threshold is None else options.next_threshold)
    elif options.next_threshold is not None:
        raise UnusableInputError("--next-threshold needs --next-anchor")
    write(options.output, trust.seal(**sealing(options), next_anchors=coming))


def write(path: Path, data: bytes) -> None:
    """Write a list under a new name first, so that nobody ever reads half of it."""
    new = path.parent / f"{path.name}.new"
    try:
        new.write_bytes(data)
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise UnusableInputError(f"{path}: {error.strerror}") from None


def files_of(paths: Iterable[Path]) -> dict[str, bytes]:
    """Read files, and all files of folders."""
    found: dict[str, bytes] = {}
    for path in paths:
        inside = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
        found |= {str(file): file.read_bytes() for file in inside}
    return found
