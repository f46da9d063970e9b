"""What the people at the command line have before them: a clerk's desk, and the office of a trust operator."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from PIL import Image

from hcert import citizen
from hcert.records.eu_dcc.model import to_wire
from support import signers as authority
from support.bulk_jobs import BulkDesk
from support.citizen_records import citizen_record, recovered
from support.command import ANCHORS, by, issue, trust
from support.register_rows import row
from support.signers import document_signer, p256, pem_of, spki_of, vaccination_record

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything a clerk needs: keys, certificate, records."""
    folder = tmp_path_factory.mktemp("desk")
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(authority, "NOT_BEFORE", now - dt.timedelta(days=30))
        patch.setattr(authority, "NOT_AFTER", now + dt.timedelta(days=700))
        signer = document_signer(p256())
        foreign = document_signer(p256(), country="FR")
        (folder / "other.der").write_bytes(document_signer(p256()).certificate)
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        top = document_signer(p256(), extensions=[constraints])
        patch.setattr(authority, "NOT_AFTER", now - dt.timedelta(days=1))
        expired = document_signer(p256())
    (folder / "k.pem").write_bytes(signer.pem)
    (folder / "locked.pem").write_bytes(pem_of(signer.private_key, b"secret"))
    (folder / "password").write_text("secret\n")
    (folder / "wrong").write_text("guess\n")
    (folder / "trust").mkdir()
    (folder / "trust" / "dsc.der").write_bytes(signer.certificate)
    (folder / "trust" / "notes.txt").write_text("not a certificate")
    (folder / "foreign.der").write_bytes(foreign.certificate)
    (folder / "expired.der").write_bytes(expired.certificate)
    (folder / "ca.der").write_bytes(top.certificate)
    (folder / "ca.pem").write_bytes(top.pem)
    (folder / "expired.pem").write_bytes(expired.pem)
    (folder / "record.json").write_text(json.dumps(to_wire(vaccination_record())), encoding="utf-8")
    members = citizen.to_dict(citizen_record(recoveries=(recovered(8),)))
    (folder / "citizen.json").write_text(json.dumps(members), encoding="utf-8")
    (folder / "open.json").write_text(json.dumps(members | {"person": {"id_number": "001190000123"}}))
    (folder / "secret.json").write_text(json.dumps({"id_number": "001190000123", "lot_numbers": [[1, "FF0123"]]}))
    for name in ("clinic", "others"):
        private_key = x25519.X25519PrivateKey.generate()
        (folder / f"{name}.key").write_bytes(pem_of(private_key))
        (folder / f"{name}.pub").write_bytes(spki_of(private_key))
    (folder / "empty").write_bytes(b"")
    (folder / "list.json").write_text("[]")
    (folder / "twice.json").write_text('{"ver": "1.3.3", "ver": "1.3.0"}')
    (folder / "broken.json").write_text('{"ver": "1.3.3",\n "nam": }')
    (folder / "deep.json").write_text("[" * 100_000)
    (folder / "long.json").write_text("9" * 5_000)
    (folder / "infinite.json").write_text("[Infinity]")
    Image.new("L", (60, 60), 255).save(folder / "blank.png")
    (folder / "cut.png").write_bytes((folder / "blank.png").read_bytes()[:60])
    (folder / "paper.pdf").write_bytes(b"%PDF-1.4\n")
    (folder / "drawing.svg").write_text("<svg/>")
    return folder


@pytest.fixture(scope="session")
def office(desk: Path) -> Path:
    """The desk with what a trust operator has beside: anchors, codes, and the lists published so far."""
    for number in (1, 2):
        anchor = p256()
        (desk / f"anchor{number}.pem").write_bytes(pem_of(anchor))
        (desk / f"anchor{number}.pub").write_bytes(spki_of(anchor))
        (desk / f"locked{number}.pem").write_bytes(pem_of(anchor, b"secret"))
    assert issue(desk, "record.json", "-o", "dcc.txt").status == 0
    assert issue(desk, "citizen.json", "-o", "life.txt").status == 0
    assert issue(desk, "record.json", "-o", "dcc.png").status == 0
    for done in (
        trust(desk, "seal", "trust/dsc.der", "--reader", "clinic.pub", *by(1), "-o", "draft.cose"),
        trust(desk, "sign", "draft.cose", "--key", "anchor2.pem", "-o", "keys.cose"),
        trust(desk, "revoke", *by(1, 2), "-o", "full.bin"),
        trust(
            desk,
            "revoke",
            "--base",
            "full.bin",
            "--first-delta",
            "--delta",
            *ANCHORS,
            *by(1, 2, version=2),
            "-o",
            "empty.cose",
        ),
    ):
        assert done.status == 0, done.stderr
    (desk / "empty folder").mkdir()
    BulkDesk(desk, document_signer(p256())).write_key().job([row(0)], name="night job")
    (desk / "number.json").write_text('{"id": 7}')
    (desk / "deep.key").write_text('{"verificationMethod": ' + "[" * 100_000)
    (desk / "384.pem").write_bytes(pem_of(ec.generate_private_key(ec.SECP384R1())))
    unknown = bytes.fromhex("06082a8648ce3d03017f")  # a curve that nobody has
    form = serialization.PrivateFormat.PKCS8
    der = p256().private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption())
    encoded = base64.encodebytes(der.replace(bytes.fromhex("06082a8648ce3d030107"), unknown)).decode()
    (desk / "odd.pem").write_text(f"-----BEGIN PRIVATE KEY-----\n{encoded}-----END PRIVATE KEY-----\n")
    return desk
