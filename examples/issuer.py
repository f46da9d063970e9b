#!/usr/bin/env python3
"""Issue a code for each person of a table (CSV): rows in, codes, a register and rejects out.

    issuer.py people.csv --key dsc.key --certificate dsc.pem --country VN -o codes

The columns of the table are person_id, family_name, given_name, birth_date, dose_date, dose_number and product. The
register says whose a certificate is: without it nothing can be revoked. An interrupted run can be started again.
Exit status: 0 all were issued, 1 there are rejects, 2 unusable input. Needs hcert[issue].
"""

from __future__ import annotations

import argparse
import csv
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import hcert
from hcert import citizen

YEAR = timedelta(days=365)


def make_record(row: dict[str, str], certificate_id: bytes) -> hcert.CitizenRecord:
    """Return the record of a row."""
    person = citizen.Person(
        family_name=row["family_name"],
        given_name=row["given_name"],
        birth_date=citizen.PartialDate.parse(row["birth_date"]),
    )
    dose = citizen.Vaccination(
        number=1,
        diseases=(citizen.COVID_19,),
        date=date.fromisoformat(row["dose_date"]),
        dose_number=int(row["dose_number"]),
        series_doses=2,
        product=row["product"],
        country="VN",
        issuer="Bộ Y tế",
    )
    return hcert.CitizenRecord(certificate_id=certificate_id, person=person, vaccinations=(dose,))


def read_register(path: Path) -> dict[str, bytes]:
    """Return the certificate ids of persons, by person id."""
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {row[0]: bytes.fromhex(row[1]) for row in csv.reader(file)}


def issue_all(issuer: hcert.Issuer, table: Path, folder: Path) -> int:
    """Issue a code for each row that has none yet; return the number of rejects."""
    known = read_register(folder / "register.csv")
    rejects = 0
    with (
        table.open(encoding="utf-8-sig", newline="") as people,
        (folder / "register.csv").open("a", encoding="utf-8", newline="") as register,
        (folder / "rejects.csv").open("w", encoding="utf-8", newline="") as rejected,
    ):
        for row in csv.DictReader(people):
            person_id = row["person_id"]
            picture = folder / f"{person_id}.png"
            if picture.exists():
                continue
            certificate_id = known.get(person_id) or citizen.new_certificate_id()
            try:
                code = issuer.issue(make_record(row, certificate_id), expires_at=datetime.now(UTC) + YEAR, error="Q")
            except (hcert.IssueError, ValueError) as error:
                rejects += 1
                csv.writer(rejected).writerow([person_id, getattr(error, "code", "row.unreadable")])
                continue
            if person_id not in known:  # before the code leaves: what is not in the register cannot be revoked
                csv.writer(register).writerow([person_id, certificate_id.hex()])
                register.flush()
            code.qr(error="Q").save(picture)
    return rejects


def main() -> int:
    """Issue all rows of a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("table", type=Path, help="people, CSV")
    parser.add_argument("--key", type=Path, required=True, help="private key, PEM")
    parser.add_argument("--certificate", type=Path, required=True, help="document signer certificate, PEM or DER")
    parser.add_argument("--country", required=True, help="issuing country, such as VN")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder for codes, register and rejects")
    options = parser.parse_args()
    try:
        signer = hcert.LocalSigner.from_pem(options.key.read_bytes(), certificate=options.certificate.read_bytes())
        options.output.mkdir(mode=0o700, exist_ok=True)
        rejects = issue_all(hcert.Issuer(signer, country=options.country), options.table, options.output)
    except (hcert.HcertError, OSError, KeyError) as error:
        print(f"issuer.py: {error}", file=sys.stderr)
        return 2
    print(f"{options.output}: rejects: {rejects}")
    return 1 if rejects else 0


if __name__ == "__main__":
    sys.exit(main())
