#!/usr/bin/env python3
"""From record to QR code to verdict: issue a certificate for a fictional citizen, read it back, and refuse forgeries.

It writes the picture citizen.png into DIRECTORY (default: here), with the certificate, keys and signed lists to go on
with. Exit status: 0 all came out as it should, 1 something did not, 2 it could not run. Needs hcert[issue,scan].
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import hcert
from hcert import eu_dcc

if TYPE_CHECKING:
    from collections.abc import Callable

NEXT = """
Files to go on with: {files}. The keys protect nothing: never use them for real.
Try next, in {directory}, with the command hcert:
  {hcert} verify --trust dsc.pem citizen.png
  {hcert} verify --trust keys.cose --anchor anchor.pub --revocations revoked.bin --lang vi citizen.png
  {hcert} inspect citizen.png
  {hcert} demo demo        # a whole authority: more records, codes and lists"""


def make_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Return the private key in a file; make it if there is none. Real keys are in an HSM."""
    if path.exists():
        held = serialization.load_pem_private_key(path.read_bytes(), None)
        if isinstance(held, ec.EllipticCurvePrivateKey):
            return held
    key = ec.generate_private_key(ec.SECP256R1())
    form = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    path.touch(mode=0o600)
    path.write_bytes(pem)
    return key


def make_document_signer(key: ec.EllipticCurvePrivateKey, now: datetime) -> bytes:
    """Return the certificate of a document signer (PEM); real ones are signed by a country's authority."""
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Fictional Health Authority DSC 1"),
        ],
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=730))
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def local_signer(key: ec.EllipticCurvePrivateKey, public: bytes | hcert.TrustedKey) -> hcert.LocalSigner:
    """Return what signs with a key: certificates under the certificate of a document signer, or lists."""
    form = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return hcert.LocalSigner.from_pem(pem, certificate=public)


def make_record(now: datetime) -> hcert.EuDcc:
    """Return one dose of a citizen who does not exist."""
    return hcert.EuDcc(
        person=eu_dcc.Person(
            family_name="Nguyễn",
            given_name="Thị Ngọc Ánh",
            standardised_family_name="NGUYEN",
            standardised_given_name="THI<NGOC<ANH",
        ),
        birth_date=eu_dcc.PartialDate(1990, 5, 17),
        vaccinations=(
            eu_dcc.Vaccination(
                disease="840539006",
                vaccine="1119349007",
                product="EU/1/20/1528",
                manufacturer="ORG-100030215",
                dose_number=2,
                series_doses=2,
                date=now.date() - timedelta(days=30),
                country="VN",
                issuer="Cục Y tế dự phòng",
                certificate_id="URN:UVCI:01:VN:5B1CF2A08E4D4A1C9A3D7E60F2B84C11",
            ),
        ),
    )


def write_lists(directory: Path, certificate: bytes, now: datetime) -> None:
    """Write a signed key list, a signed revocation list that revokes nothing, and the anchor that signs both."""
    key = make_key(directory / "anchor.key")
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    public = key.public_key().public_bytes(serialization.Encoding.PEM, form)
    signer = local_signer(key, hcert.TrustedKey.from_public_key(public))
    until = now + timedelta(days=30)
    keys = hcert.TrustList([hcert.TrustedKey.from_certificate(certificate)])
    (directory / "anchor.pub").write_bytes(public)
    (directory / "keys.cose").write_bytes(keys.seal([signer], version=1, issued_at=now, expires_at=until))
    revoked = hcert.RevocationList().seal([signer], version=1, issued_at=now, expires_at=until)
    (directory / "revoked.bin").write_bytes(revoked)


def show(title: str, verdict: hcert.Verdict) -> None:
    """Print a verdict the way a gate would."""
    print(f"{title}: {'✓ accepted' if verdict.accepted else '✗ refused'}")
    if verdict.accepted and verdict.certificate and isinstance(verdict.certificate.record, hcert.EuDcc):
        record = verdict.certificate.record
        dose = record.vaccinations[0]
        print(f"    {record.person.family_name} {record.person.given_name}, born {record.birth_date}")
        print(f"    dose {dose.dose_number} of {dose.series_doses} on {dose.date:%Y-%m-%d}")
    for finding in verdict.findings:
        print(f"    {finding.severity} {finding.code}: {finding.message}")


def main(directory: Path) -> int:
    """Run the whole path; the exit status is 0 if every step came out as it should."""
    now = datetime.now(UTC)

    # The issuer: keys, a record, a signed code, a picture.
    key = make_key(directory / "dsc.key")
    certificate = make_document_signer(key, now)
    issuer = hcert.Issuer(local_signer(key, certificate), country="VN")
    code = issuer.issue(make_record(now), expires_at=now + timedelta(days=365))
    qr = code.qr(error="Q")
    picture = directory / "citizen.png"
    qr.save(picture)
    (directory / "dsc.pem").write_bytes(certificate)
    size = qr.print_size(dpi=300)
    print(f"wrote {picture}: {len(code.text)} characters, QR version {qr.version}-{qr.error}, ", end="")
    print(f"print it {size.width_mm} mm wide (modules of {size.module_mm} mm at 300 dpi)")

    # The scanner: a list of trusted keys and the picture, nothing else.
    trust = hcert.TrustList([hcert.TrustedKey.from_certificate(certificate)])
    verifier = hcert.Verifier(trust)
    text = hcert.read_picture(picture.read_bytes())
    genuine = verifier.check(text)
    show("the code from the picture", genuine)

    # A forger writes another name into the signed content; a holder keeps the code for too long.
    tampered = verifier.check_cose(code.cose.replace(b"NGUYEN", b"PHUONG"))
    show("the same with another name", tampered)
    expired = verifier.check(text, at=now + timedelta(days=400))
    show("the same in 400 days", expired)

    # The publisher: the lists that scanners carry.
    write_lists(directory, certificate, now)
    files = "dsc.key, dsc.pem, anchor.key, anchor.pub, keys.cose, revoked.bin"
    print(
        NEXT.format(
            files=files, directory=directory.resolve(), hcert=f"{os.path.relpath(sys.executable, directory)} -m hcert"
        )
    )
    return 0 if genuine.accepted and not tampered.accepted and not expired.accepted else 1


def run(example: Callable[[Path], int], about: str) -> int:
    """Run an example in the directory that is named on the command line; what keeps it from running is one line."""
    description, _, epilog = about.partition("\n\n")
    parser = argparse.ArgumentParser(description=description, epilog=epilog)
    parser.add_argument("directory", nargs="?", type=Path, default=".", metavar="DIRECTORY", help="where to write")
    directory = parser.parse_args().directory
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace", line_buffering=True)  # a terminal may lack letters
    try:
        return example(directory)
    except OSError as error:
        reason = f"{error.filename or 'standard output'}: {error.strerror}"
        if error.filename is None:
            sys.stdout = None  # nothing is left to be written at the end
    except ImportError as error:
        reason = str(error)
    print(f"{Path(sys.argv[0]).name}: {reason}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(run(main, __doc__))
