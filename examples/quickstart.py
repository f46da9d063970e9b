#!/usr/bin/env python3
"""From record to QR to verdict: issue a certificate for a fictional citizen, read it back, and refuse forgeries.

It writes citizen.png into DIRECTORY (default: here).
Exit status: 0 all came out as it should, 1 something did not, 2 it could not run. Needs hcert[issue,scan]. Nothing here
touches the network.
"""

from __future__ import annotations

import argparse
import io
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID, ObjectIdentifier

import hcert
from hcert import eu_dcc

if TYPE_CHECKING:
    from collections.abc import Callable

VACCINATION_SIGNER = ObjectIdentifier("1.3.6.1.4.1.1847.2021.1.2")  # extended key usage


def make_document_signer(now: datetime, *, vaccinations_only: bool = True) -> tuple[bytes, bytes]:
    """Return private key and certificate (PEM) of a document signer; real ones live in HSMs, under a ministry's CA."""
    private_key = ec.generate_private_key(ec.SECP256R1())
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
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=730))
    )
    if vaccinations_only:
        builder = builder.add_extension(x509.ExtendedKeyUsage([VACCINATION_SIGNER]), critical=False)
    certificate = builder.sign(private_key, hashes.SHA256())
    pem = private_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem, certificate.public_bytes(serialization.Encoding.PEM)


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
    private_key, certificate = make_document_signer(now)
    signer = hcert.LocalSigner.from_pem(private_key, certificate=certificate)
    issuer = hcert.Issuer(signer, country="VN")
    code = issuer.issue(make_record(now), expires_at=now + timedelta(days=365))
    qr = code.qr(error="Q")
    picture = directory / "citizen.png"
    qr.save(picture)
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
