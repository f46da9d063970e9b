#!/usr/bin/env python3
"""Publish key lists and withdrawal lists: import, seal, sign, show, diff, withdraw.

    trust.py import gdhcn did.json --signer who.pem --key anchor1.pem --version 7 --valid-days 30 -o keys.cose
    trust.py seal dsc1.pem dsc2.pem --reader clinic.pub --key anchor1.pem --version 8 --valid-days 30 -o keys.cose
    trust.py sign keys.cose --key anchor2.pem -o keys.cose
    trust.py show keys.cose --anchor anchor1.pub anchor2.pub
    trust.py diff old.cose keys.cose --anchor anchor1.pub anchor2.pub
    trust.py withdraw --uci URN:UVCI:... --key anchor1.pem --version 2 --valid-days 7 -o revocations.bin
    trust.py withdraw --base revocations.bin --anchor anchor1.pub --delta --entry 5B1C.../2 ... -o delta.cose

Anchors are key pairs for ES256 or PS256; --key takes the private key (PEM), --anchor the public key or a certificate
of it. Exit status: 0 done, 1 a list is refused, 2 unusable input.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

import hcert
from hcert import lists

if TYPE_CHECKING:
    from collections.abc import Iterable

DONE, REFUSED, UNUSABLE = 0, 1, 2
NOW = datetime.now(UTC)


class UnusableInputError(Exception):
    """What was given on the command line cannot be used; the text says why."""


def public_key(path: Path) -> hcert.TrustedKey:
    """Load an anchor or a reader's key: a public key, the key of a certificate, or a published key document (JSON)."""
    data = path.read_bytes()
    if data.lstrip().startswith(b"{"):
        return from_key_document(path, data)
    try:
        return hcert.TrustedKey.from_public_key(data)
    except hcert.HcertError:
        return hcert.TrustedKey.from_public_key(hcert.TrustedKey.from_certificate(data).spki)


def from_key_document(path: Path, data: bytes) -> hcert.TrustedKey:
    """Load the P-256 key of a DID document, as WHO publishes the one that signs its list."""
    from base64 import urlsafe_b64decode

    try:
        jwk = json.loads(data)["verificationMethod"][0]["publicKeyJwk"]
        x, y = (int.from_bytes(urlsafe_b64decode(jwk[name] + "==")) for name in "xy")
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except (ValueError, TypeError, LookupError):
        raise UnusableInputError(f"{path}: this is no key document with a P-256 key") from None
    return hcert.TrustedKey.from_public_key(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def signer(path: Path) -> hcert.LocalSigner:
    """Load the private key of an anchor; its kid is that of the bare public key."""
    pem = path.read_bytes()
    try:
        public = load_pem_private_key(pem, None).public_key()
        spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, TypeError):
        raise UnusableInputError(f"{path}: this is no private key in PEM without password") from None
    return hcert.LocalSigner.from_pem(pem, certificate=hcert.TrustedKey.from_public_key(spki))


def sealing(options: argparse.Namespace) -> dict[str, Any]:
    """Return what sealing needs."""
    return {
        "signers": [signer(path) for path in options.key],
        "version": options.version,
        "issued_at": NOW,
        "expires_at": NOW + timedelta(days=options.valid_days),
    }


def next_anchors(options: argparse.Namespace) -> lists.Anchors | None:
    """Return the anchors that are to sign from now on, if they change."""
    keys = tuple(map(public_key, options.next_anchor))
    return lists.Anchors(keys, options.next_threshold or len(keys)) if keys else None


def pins(options: argparse.Namespace) -> dict[str, Any]:
    """Return what opening needs; lists are opened whatever their age, which `show` tells."""
    if not options.anchor:
        raise UnusableInputError("--anchor is needed: the public keys that must have signed the list")
    keys = [public_key(path) for path in options.anchor]
    return {"anchors": keys, "threshold": options.threshold, "at": NOW, "grace": timedelta.max}


def files_of(paths: Iterable[Path]) -> dict[str, bytes]:
    """Read files, and all files of folders."""
    found: dict[str, bytes] = {}
    for path in paths:
        inside = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
        found |= {str(file): file.read_bytes() for file in inside}
    return found


def imported(options: argparse.Namespace) -> lists.Imported:
    """Import a list that others publish."""
    if options.form == "certificates":
        return lists.import_certificates(files_of(options.files), countries=options.countries)
    data = options.files[0].read_bytes()
    if options.form == "gateway":
        return lists.import_gateway(data, countries=options.countries)
    if options.signer is None:
        raise UnusableInputError(f"a list of the form {options.form} is signed: name the pinned key with --signer")
    if options.form == "german":
        return lists.import_german(data, signer=public_key(options.signer))
    return lists.import_gdhcn(
        data,
        signer=public_key(options.signer),
        at=NOW,
        max_age=timedelta(days=options.max_age_days),
        domains=options.domains,
        participants=options.participants,
        children={json.loads(path.read_bytes())["id"]: path.read_bytes() for path in options.files[1:]},
    )


def write(path: Path, data: bytes) -> None:
    """Write a list under a new name first, so that nobody ever reads half of it."""
    new = path.with_name(path.name + ".new")
    new.write_bytes(data)
    new.replace(path)


def run_import(options: argparse.Namespace) -> None:
    """Import, report, and seal as a list of our own."""
    result = imported(options)
    for title, found in (("quarantined", result.quarantined), ("remark", result.remarks)):
        for one in found:
            print(f"{title}: {one.record}: {one.message}")
    print(f"{len(result.trust)} taken, {len(result.quarantined)} quarantined, {len(result.ignored)} ignored")
    write(options.output, result.trust.seal(**sealing(options), next_anchors=next_anchors(options)))


def run_seal(options: argparse.Namespace) -> None:
    """Seal our own keys: document signers, and readers of sealed parts."""
    result = lists.import_certificates(files_of(options.files))
    if result.quarantined:
        raise UnusableInputError("; ".join(f"{one.record}: {one.message}" for one in result.quarantined))
    readers = [
        hcert.TrustedKey.from_public_key(path.read_bytes(), usages=frozenset({hcert.Usage.OPEN}))
        for path in options.reader
    ]
    trust = hcert.TrustList([*result.trust, *readers])
    write(options.output, trust.seal(**sealing(options), next_anchors=next_anchors(options)))
    print(f"{len(trust)} sealed")


def run_sign(options: argparse.Namespace) -> None:
    """Add signatures to a list; look at it with `show` first."""
    data = options.file.read_bytes()
    for path in options.key:
        data = lists.add_signature(data, signer(path))
    write(options.output, data)


def run_show(options: argparse.Namespace) -> None:
    """Print what a list says."""
    data = options.file.read_bytes()
    if data.startswith(b"HCERTDOC"):
        revocations = hcert.RevocationList.open(options.file, **pins(options))
        show_envelope(revocations.envelope)
        print(f"{len(revocations)} in the list")
        return
    trust = hcert.TrustList.open(data, **pins(options))
    show_envelope(trust.envelope)
    for key in trust:
        print(describe(key))
    for found in trust.quarantined:
        print(f"quarantined: {found.record}: {found.message}")
    print(f"{len(trust)} in the list, {len(trust.quarantined)} quarantined")


def show_envelope(envelope: lists.Envelope | None) -> None:
    """Print version, times and next anchors."""
    assert envelope is not None  # noqa: S101 - an opened list has one
    late = " (expired)" if envelope.expires_at < NOW else ""
    print(f"version {envelope.state.version}")
    print(f"valid from {envelope.issued_at:%F %R} to {envelope.expires_at:%F %R} UTC{late}")
    if envelope.next_anchors is not None:
        names = ", ".join(key.kid.hex() for key in envelope.next_anchors.keys)
        print(f"next anchors, {envelope.next_anchors.threshold} of: {names}")


def describe(key: hcert.TrustedKey) -> str:
    """Return a key in one line."""
    algorithm = key.algorithm.name if key.algorithm else "-"
    until = f"until {key.not_after:%F}" if key.not_after else "no end"
    usages = ",".join(sorted(key.usages))
    parts = [f"{key.kid.hex():16} {algorithm:5}", key.country or "-", until, usages, key.status, key.origin or ""]
    return " ".join(parts).rstrip()


def run_diff(options: argparse.Namespace) -> None:
    """Print what changed from one key list to the next."""
    old, new = (hcert.TrustList.open(path.read_bytes(), **pins(options)) for path in (options.old, options.new))
    changes = lists.diff(old, new)
    for key in changes.added:
        print(f"+ {describe(key)}")
    for key in changes.removed:
        print(f"- {describe(key)}")
    for before, after in changes.changed:
        print(f"~ {describe(before)}\n  {describe(after)}")
    print(f"{len(changes.added)} added, {len(changes.removed)} removed, {len(changes.changed)} changed")


def run_withdraw(options: argparse.Namespace) -> None:
    """Write a withdrawal list, full or as a delta to a full one."""
    news = hcert.RevocationList(
        certificates=map(bytes.fromhex, options.certificate),
        entries=options.entry,
        keys=[hcert.TrustedKey.from_certificate(path.read_bytes()) for path in options.signer_key],
        superseded={
            bytes.fromhex(name): int(least) for name, _, least in (one.partition("=") for one in options.older)
        },
        uci_hashes=map(lists.uci_hash, options.uci),
        signature_hashes=map(bytes.fromhex, options.signature_hash),
    )
    if options.base is None:
        if options.delta:
            raise UnusableInputError("--delta needs --base, the full list to which it applies")
        write(options.output, news.seal(**sealing(options)))
    else:
        base = hcert.RevocationList.open(options.base, **pins(options))
        held = base.updated(options.after.read_bytes(), **pins(options)) if options.after else base
        merged = held.merged(news)
        data = merged.seal_delta(**sealing(options), base=base) if options.delta else merged.seal(**sealing(options))
        write(options.output, data)
    print(f"{len(news)} withdrawn")


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
    seals.add_argument("--valid-days", type=float, required=True, metavar="DAYS", help="days until the list expires")
    seals.add_argument("-o", "--output", type=Path, required=True, help="file to write")
    rotates = argparse.ArgumentParser(add_help=False)
    rotates.add_argument("--next-anchor", type=Path, nargs="+", default=[], help="public keys that sign from now on")
    rotates.add_argument("--next-threshold", type=int, help="how many of them must (default: all)")
    opens = argparse.ArgumentParser(add_help=False)
    opens.add_argument("--anchor", type=Path, nargs="+", default=[], help="pinned public keys")
    opens.add_argument("--threshold", type=int, help="how many of them must have signed (default: all)")

    command = commands.add_parser("import", parents=[seals, rotates], help="take over a list that others publish")
    command.set_defaults(run=run_import)
    command.add_argument("form", choices=["gdhcn", "gateway", "german", "certificates"])
    command.add_argument("files", type=Path, nargs="+", metavar="FILE", help="the list; folders of certificates")
    command.add_argument("--signer", type=Path, help="the pinned key that signed it (gdhcn, german)")
    command.add_argument("--max-age-days", type=float, default=7, help="oldest gdhcn list to take (default: 7)")
    command.add_argument("--domains", nargs="+", help="trust domains to take (gdhcn), such as DCC")
    command.add_argument("--participants", nargs="+", help="participants to take (gdhcn), such as OMN")
    command.add_argument("--countries", nargs="+", help="countries to take (gateway, certificates), such as NL")

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

    command = commands.add_parser("diff", parents=[opens], help="print what changed between key lists")
    command.set_defaults(run=run_diff)
    command.add_argument("old", type=Path)
    command.add_argument("new", type=Path)

    command = commands.add_parser("withdraw", parents=[seals, opens], help="make a withdrawal list or a delta")
    command.set_defaults(run=run_withdraw)
    command.add_argument("--base", type=Path, help="full list to start from")
    command.add_argument("--after", type=Path, metavar="DELTA", help="the last delta to the base, which stays in force")
    command.add_argument("--delta", action="store_true", help="write only what is new, as a delta to the base")
    command.add_argument("--certificate", nargs="+", default=[], metavar="HEX", help="certificate ids")
    command.add_argument("--entry", nargs="+", default=[], metavar="HEX/N", help="entry ids")
    command.add_argument("--older", nargs="+", default=[], metavar="HEX=N", help="revisions before N of a certificate")
    command.add_argument("--signer-key", type=Path, nargs="+", default=[], metavar="DSC", help="document signers")
    command.add_argument("--uci", nargs="+", default=[], help="identifiers of EU certificates")
    command.add_argument("--signature-hash", nargs="+", default=[], metavar="HEX", help="EU hashes of signatures")
    return root


def main() -> int:
    """Run one command."""
    options = parser().parse_args()
    try:
        options.run(options)
    except hcert.MalformedError as error:
        print(f"trust.py: refused: {error}", file=sys.stderr)
        return REFUSED
    except (UnusableInputError, hcert.HcertError) as error:
        print(f"trust.py: {error}", file=sys.stderr)
        return UNUSABLE
    except OSError as error:
        print(f"trust.py: {error.filename}: {error.strerror}", file=sys.stderr)
        return UNUSABLE
    except (ValueError, LookupError, OverflowError):
        print("trust.py: an identifier, number or file is not of the form it must have; see --help", file=sys.stderr)
        return UNUSABLE
    return DONE


if __name__ == "__main__":
    sys.exit(main())
