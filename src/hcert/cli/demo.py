"""`hcert demo`: a fictional health authority in a folder, with everything that the pages of the documentation use."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click
from cryptography.hazmat.primitives.serialization import Encoding

import hcert
from hcert import citizen, eu_dcc, lists
from hcert.cli import certificates, demo_data, options
from hcert.cli.exits import UnusableInputError
from hcert.cli.help import Command
from hcert.cli.inputs import MAX_KEY, read_file
from hcert.cli.keys import PRIVATE
from hcert.cli.outputs import write
from hcert.cli.streams import show, show_json
from hcert.cli.texts import say
from hcert.cli.values import FILE

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD: Final = "secret"  # noqa: S105 - of a key that belongs to nobody
CSCA_AGE: Final = timedelta(days=30)  # so that what was issued a while ago can be shown
CONTENT: Final = {
    "csca.key, csca.pem": "the signing authority of the country",
    "dsc.key, dsc.pem": "the document signer that signs certificates; trust/dsc.pem is the same, for verifiers",
    "locked.key, password": "the key of dsc.pem once more, locked by a password, and that password",
    "anchor1.key, anchor1.pub, anchor2...": "the anchors that sign lists, of which both must",
    "clinic.key, clinic.pub": "a group of readers of sealed parts",
    "record.json, citizen.json, secret.json": "an EU DCC, a citizen record, and what only the clinic may see",
    "code.png, citizen.png, .txt, .cose": "the codes of these records",
    "revoked.png": "a code that the delta revokes",
    "keys.cose": "the signed key list",
    "full.bin, delta.cose": "the signed revocation list, and a delta to it",
}
PINS: Final = "--anchor anchor1.pub --anchor anchor2.pub"
NEXT: Final = (
    "hcert verify --trust trust citizen.png",
    "hcert verify --trust trust --lang vi --open clinic.key citizen.png",
    f"hcert verify --trust keys.cose {PINS} --revocations full.bin --revocations delta.cose revoked.png",
    "hcert issue --key dsc.key --certificate dsc.pem --country VN --valid-days 365 record.json -o mine.png",
)


@click.command(cls=Command, short_help="Make a fictional authority to try everything with.")
@click.argument("directory", type=FILE)
@options.as_json
@options.language
def demo(directory: Path, *, as_json: bool) -> None:
    """Make a fictional health authority in DIRECTORY, which must be new or empty.

    It holds keys, certificates, signed lists, records and codes: everything that the documentation uses. The names are
    always the same, the keys are new each time. The private keys are not protected: never use them for real.

    Exit status: 0 done, 2 unusable input.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise UnusableInputError.saying("{directory}: expected a new or an empty folder", directory=directory)
    now = datetime.now(UTC).replace(microsecond=0)
    files = authority(now)
    (directory / "trust").mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        write(directory / name, data, mode=PRIVATE if name.endswith(".key") else 0o666)
    if as_json:
        show_json({"directory": str(directory), "files": sorted(files)})
        return
    width = max(map(len, CONTENT))
    show(say("{directory}: a health authority that does not exist, valid from now on", directory=directory))
    show("\n".join(f"  {names:{width}}  {say(text)}" for names, text in CONTENT.items()))
    show(say("Try, in {directory}:", directory=directory))
    show("\n".join(f"  {line}" for line in NEXT))


def authority(now: datetime) -> dict[str, bytes]:
    """Return all files of a fictional authority by name."""
    files = _keys(now)
    signer = hcert.LocalSigner.from_pem(files["dsc.key"], certificate=files["dsc.pem"])
    issuer = hcert.Issuer(signer, country="VN")
    clinic = hcert.TrustedKey.from_public_key(files["clinic.pub"], usages=frozenset({hcert.Usage.OPEN}))
    payload, members, secret = (
        demo_data.eu_dcc_payload(now),
        demo_data.citizen_members(now),
        demo_data.confidential_members(),
    )
    revoked = demo_data.eu_dcc_payload(now)
    files |= {
        "record.json": _as_file(payload),
        "citizen.json": _as_file(members),
        "secret.json": _as_file(secret),
    }
    expires_at = now + timedelta(days=365)
    codes = {
        "code": issuer.issue(eu_dcc.from_payload(payload), expires_at=expires_at, error="Q"),
        "citizen": issuer.issue(
            citizen.from_dict(members),
            expires_at=expires_at,
            error="Q",
            confidential={clinic: citizen.confidential_from_dict(secret)},
        ),
        "revoked": issuer.issue(eu_dcc.from_payload(revoked), expires_at=expires_at, error="Q"),
    }
    for name, code in codes.items():
        files |= {f"{name}.txt": code.text.encode(), f"{name}.cose": code.cose, f"{name}.png": _png(code)}
    return files | _lists(files, clinic, revoked["v"][0]["ci"], now)


def _keys(now: datetime) -> dict[str, bytes]:
    """Return the keys and certificates."""
    begin = now - CSCA_AGE
    csca, dsc = (certificates.signing_key("ES256") for _ in range(2))
    top = certificates.csca_certificate(
        csca, certificates.name_of("VN", "Fictional Health Authority"), now=begin, days=certificates.CSCA_DAYS
    )
    certificate = certificates.dsc_certificate(
        dsc.public_key(),
        certificates.name_of("VN", "Fictional Document Signer 1"),
        authority=top,
        authority_key=csca,
        usages=(),
        now=begin,
        days=certificates.DSC_DAYS,
    ).public_bytes(Encoding.PEM)
    clinic = certificates.reader_key()
    files = {
        "csca.key": certificates.private_pem(csca, None),
        "csca.pem": top.public_bytes(Encoding.PEM),
        "dsc.key": certificates.private_pem(dsc, None),
        "dsc.pem": certificate,
        "trust/dsc.pem": certificate,
        "locked.key": certificates.private_pem(dsc, PASSWORD.encode()),
        "password": f"{PASSWORD}\n".encode(),
        "clinic.key": certificates.private_pem(clinic, None),
        "clinic.pub": certificates.public_pem(clinic.public_key()),
    }
    for number in (1, 2):
        anchor = certificates.signing_key("ES256")
        files[f"anchor{number}.key"] = certificates.private_pem(anchor, None)
        files[f"anchor{number}.pub"] = certificates.public_pem(anchor.public_key())
    return files


def _lists(files: dict[str, bytes], clinic: hcert.TrustedKey, revoked: str, now: datetime) -> dict[str, bytes]:
    """Return the signed lists: keys, an empty revocation list, and a delta to it that revokes one code."""
    anchors = [hcert.TrustedKey.from_public_key(files[f"anchor{number}.pub"]) for number in (1, 2)]
    signers = [
        hcert.LocalSigner.from_pem(files[f"anchor{number}.key"], certificate=anchor)
        for number, anchor in enumerate(anchors, 1)
    ]
    month: dict[str, Any] = {"issued_at": now, "expires_at": now + timedelta(days=30)}
    keys = hcert.TrustList([hcert.TrustedKey.from_certificate(files["dsc.pem"]), clinic])
    full = hcert.RevocationList().seal(signers, version=1, **month)
    base = hcert.RevocationList.open(full, anchors=anchors, at=now)
    goal = hcert.RevocationList(uci_hashes=[lists.uci_hash(revoked)])
    return {
        "keys.cose": keys.seal(signers, version=1, **month),
        "full.bin": full,
        "delta.cose": goal.seal_delta(signers, base=base, version=2, **month),
    }


def _as_file(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def _png(code: hcert.Certificate) -> bytes:
    """Draw a code; the library writes files only."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder) / "code.png"
        code.qr(error="Q").save(path)
        return read_file(path, MAX_KEY)
