#!/usr/bin/env python3
"""One citizen, one code: all doses and tests of a fictional citizen in one QR code, and what only a clinic may see.

It writes citizen-record.png into DIRECTORY (default: here).
Exit status: 0 all came out as it should, 1 something did not, 2 it could not run. Needs hcert[issue,scan]. Nothing here
touches the network.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519

import hcert
from hcert import citizen, identity, names, policy, words
from quickstart import local_signer, make_document_signer, run

if TYPE_CHECKING:
    from pathlib import Path

VIETNAM = timezone(timedelta(hours=7))
# A personal code of decision 1405: number, name, birth date, self-declared, user code, sex and phone.
PERSONAL_CODE = "001190000123|NGUYEN THI NGOC ANH|1990-05-17|0|100000000000000001|<2<<0900000123"
DOSES = (  # product, days ago
    ("EU/1/21/1529", 500),
    ("EU/1/21/1529", 430),
    ("EU/1/20/1528", 250),
    ("EU/1/20/1528", 60),
)
TESTS = (  # kind of test, device of a rapid one, hours ago, where
    ("LP217198-3", "1232", 24 * 90, "Trạm Y tế phường Bến Nghé"),
    ("LP6464-4", None, 24 * 30, "Bệnh viện Bạch Mai"),
    ("LP6464-4", None, 20, "Bệnh viện Bạch Mai"),
)


def make_reader(name: str) -> hcert.ReaderKey:
    """Make the key of a group of readers. A real one stays with the readers."""
    pem = x25519.X25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    reader = hcert.ReaderKey.from_pem(pem)
    print(f"readers of the {name}: key {reader.key.kid.hex()}")
    return reader


def make_record(given: identity.Identity, now: datetime) -> hcert.CitizenRecord:
    """Return the record of four doses and three tests."""
    split = names.propose_split(given.full_name)
    if split is not None:
        print(f"proposed split of the name: {split.family_name} | {split.given_name}")
    person = given.person(family_name="Nguyễn", given_name="Thị Ngọc Ánh", nationality="VN")  # as a clerk confirms it
    doses = tuple(
        citizen.Vaccination(
            number=number,
            diseases=(citizen.COVID_19,),
            date=(now - timedelta(days=days)).date(),
            country="VN",
            issuer="Bộ Y tế",
            product=product,
            dose_number=number,
            series_doses=max(number, 2),
        )
        for number, (product, days) in enumerate(DOSES, start=1)
    )
    tests = tuple(
        citizen.Test(
            number=number,
            disease=citizen.COVID_19,
            test_type=test_type,
            sampled_at=(now - timedelta(hours=hours)).replace(microsecond=0),
            result="260415000",
            country="VN",
            issuer="Bộ Y tế",
            device=device,
            centre=centre,
        )
        for number, (test_type, device, hours, centre) in enumerate(TESTS, start=len(DOSES) + 1)
    )
    certificate_id = citizen.new_certificate_id()
    return hcert.CitizenRecord(certificate_id=certificate_id, person=person, vaccinations=doses, tests=tests)


def show_sealed(who: str, record: hcert.CitizenRecord, reader: hcert.ReaderKey) -> bool:
    """Try to open the sealed part; tell whether it opened."""
    if record.sealed is None:
        return False
    try:
        content = record.sealed.open(reader)
    except hcert.MalformedError as error:
        print(f"{who}: ✗ {words.message(error.findings[0], language='vi')}")
        return False
    print(f"{who}: ✓ {words.label('id_number', language='vi')} {content.id_number}, lô {dict(content.lot_numbers)}")
    return True


def main(directory: Path) -> int:
    """Run the whole path; the exit status is 0 if every step came out as it should."""
    now = datetime.now(UTC)

    # The issuer: identity as typed, record, sealed part, size, code.
    given = identity.parse_personal_code(PERSONAL_CODE)
    record = make_record(given, now)
    clinic, stranger = make_reader("clinic"), make_reader("others")
    private_key = ec.generate_private_key(ec.SECP256R1())
    certificate = make_document_signer(private_key, now)
    issuer = hcert.Issuer(local_signer(private_key, certificate), country="VN")
    secret = citizen.Confidential(
        id_number=given.confidential.id_number,
        phone=given.confidential.phone,
        lot_numbers=((1, "ABV1234"), (2, "ABV5678"), (3, "FF0123"), (4, "FF0456")),
    )
    expires_at = now + timedelta(days=365)
    size = issuer.predict(record, expires_at=expires_at, confidential={clinic.key: secret})
    print(f"the code will have {size.characters} characters: QR version {size.version(error='M')} at level M")
    code = issuer.issue(record, expires_at=expires_at, confidential={clinic.key: secret}, error="M")
    picture = directory / "citizen-record.png"
    code.qr(error="M").save(picture)

    # The gate: trusted keys, a policy, the picture.
    trust = hcert.TrustList([hcert.TrustedKey.from_certificate(certificate)])
    entry = policy.AnyOf(policy.CompletedSeries(zone=VIETNAM), policy.RecentNegativeTest(within=timedelta(hours=72)))
    verdict = hcert.Verifier(trust, policy=entry).check(hcert.read_picture(picture.read_bytes()))
    print(words.card(verdict, language="vi", zone=VIETNAM))

    # The sealed part: opened by the clinic, refused for others.
    shown = verdict.certificate and verdict.certificate.record
    if not isinstance(shown, hcert.CitizenRecord):
        return 1
    opened = show_sealed("phòng khám", shown, clinic)
    refused = not show_sealed("bên khác", shown, stranger)
    return 0 if verdict.accepted and opened and refused else 1


if __name__ == "__main__":
    sys.exit(run(main, __doc__))
