#!/usr/bin/env python3
"""Issue a code for each person of a table (CSV); the output (Parquet) holds codes, register and rejects.

    issuer.py people.csv --secret ids.secret --key dsc.key --certificate dsc.pem --country VN -o codes.parquet

The columns of the table are person_id, family_name, given_name, birth_date, dose_date, dose_number and product. The
file of --secret holds 32 random bytes: with it, a person has the same certificate id in every run. The output appears
when it is whole; rows without text are rejects. Exit status: 0 all were issued, 1 there are rejects, 2 unusable input.
Needs hcert[issue,bulk].
"""

from __future__ import annotations

import argparse
import csv
import sys
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import parquet

import hcert
from hcert import bulk, citizen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def day(text: str) -> date | None:
    """Return a day; None where there is none, and the row will be refused."""
    with suppress(ValueError):
        return date.fromisoformat(text)
    return None


def to_row(person: dict[str, str], certificate_id: bytes) -> dict[str, Any]:
    """Return a row of a job; members are named as the attributes of `citizen.CitizenRecord`."""
    order = person["dose_number"]
    dose = {
        "number": 1,
        "diseases": [citizen.COVID_19],
        "date": day(person["dose_date"]),
        "country": "VN",
        "issuer": "Bộ Y tế",
        "product": person["product"],
        "dose_number": int(order) if order.isdecimal() else None,
        "series_doses": 2,
    }
    holder = {name: person[name] for name in ("family_name", "given_name", "birth_date")}
    return {
        "row_id": person["person_id"],
        "certificate_id": certificate_id,
        "person": holder,
        "vaccinations": [dose],
    }


def read(table: Iterable[dict[str, str]], secret: bytes) -> Iterator[pa.RecordBatch]:
    """Yield the persons of a table, a thousand at a time."""
    people = iter(table)
    while some := list(islice(people, 1000)):
        ids = bulk.derive_ids(secret, [person["person_id"] for person in some])
        yield pa.RecordBatch.from_pylist(list(map(to_row, some, ids)), schema=bulk.ISSUE_INPUT)


def issue_all(plan: bulk.IssuePlan, table: Path, secret: bytes, output: Path) -> int:
    """Issue a code for each person; return the number of rejects."""
    rejects, unfinished = 0, output.with_suffix(".part")
    with (
        table.open(encoding="utf-8-sig", newline="") as people,
        parquet.ParquetWriter(unfinished, bulk.ISSUE_OUTPUT) as codes,
    ):
        for batch in bulk.issue_batches(plan, read(csv.DictReader(people), secret)):
            codes.write_batch(batch)
            rejects += batch.column("text").null_count
    unfinished.replace(output)
    return rejects


def main() -> int:
    """Issue all rows of a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("table", type=Path, help="people, CSV")
    parser.add_argument("--secret", type=Path, required=True, help="32 random bytes, from which ids are derived")
    parser.add_argument("--key", required=True, help="private key, PEM")
    parser.add_argument("--certificate", required=True, help="document signer certificate, PEM or DER")
    parser.add_argument("--country", required=True, help="issuing country, such as VN")
    parser.add_argument("-o", "--output", type=Path, required=True, help="codes, register and rejects, Parquet")
    options = parser.parse_args()
    now = datetime.now(UTC)
    try:
        plan = bulk.IssuePlan(
            signer=bulk.LocalKey(key=options.key, certificate=options.certificate),
            kid=hcert.TrustedKey.from_certificate(Path(options.certificate).read_bytes()).kid,
            country=options.country,
            issued_at=now,
            expires_at=now + timedelta(days=365),
        )
        rejects = issue_all(plan, options.table, options.secret.read_bytes(), options.output)
    except (hcert.HcertError, OSError, KeyError) as error:
        print(f"issuer.py: {error}", file=sys.stderr)
        return 2
    print(f"{options.output}: rejects: {rejects}")
    return 1 if rejects else 0


if __name__ == "__main__":
    sys.exit(main())
