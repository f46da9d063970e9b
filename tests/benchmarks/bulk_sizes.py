"""What codes take when they are kept: bytes and processor time a row, as text, with PNG and with SVG.

usage: bulk_sizes.py [ROWS]

People differ in all that people differ in, since equal names would be compressed away. The key lies in a file; files
are written as jobs write them. Nothing is asserted: times belong to machines.
"""

from __future__ import annotations

import datetime as dt
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import pyarrow as pa
import pyarrow.parquet as pq

import hcert
from hcert import bulk
from support.bulk_jobs import BulkDesk
from support.register_rows import Row, row
from support.signers import NOW

SYLLABLES = (
    *("An", "Bảo", "Châu", "Dũng", "Giang", "Hạnh", "Khánh", "Linh", "Minh", "Nga"),
    *("Oanh", "Phúc", "Quân", "Sơn", "Thảo", "Uyên", "Vinh", "Xuân", "Yến", "Đức"),
)
PRODUCTS = ("EU/1/20/1528", "EU/1/20/1507", "EU/1/21/1529", "EU/1/20/1525")


def person(number: int) -> Row:
    """Return the row of a person with one to four doses."""
    chance = random.Random(number)  # noqa: S311 - fictional people
    made: dict[str, Any] = row(number, doses=1 + number % 4)
    names = {"family_name": chance.choice(SYLLABLES), "given_name": " ".join(chance.choices(SYLLABLES, k=3))}
    product, shift = chance.choice(PRODUCTS), dt.timedelta(days=chance.randrange(100))
    doses = [
        dose | {"date": dose["date"] + shift, "product": product, "issuer": f"Sở Y tế {chance.choice(SYLLABLES)}"}
        for dose in made["vaccinations"]
    ]
    born = f"{chance.randint(1940, 2005)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    return made | {"person": made["person"] | names | {"birth_date": born}, "vaccinations": doses}


def main() -> None:
    """Print a line for each form."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    given = [pa.RecordBatch.from_pylist(part, schema=bulk.ISSUE_INPUT) for part in _parts(rows)]
    print(f"{rows} rows {'µs CPU a row':>13} {'bytes a row':>12}")
    with tempfile.TemporaryDirectory() as name:
        desk, path = BulkDesk.make(Path(name)), Path(name) / "codes.parquet"
        for picture in (None, "png", "svg"):
            plan = desk.plan(picture=picture)
            list(bulk.issue_batches(plan, given[:1]))  # imports, and opens the key
            begun = time.process_time()
            with pq.ParquetWriter(path, bulk.ISSUE_OUTPUT, compression="zstd") as out:
                for batch in bulk.issue_batches(plan, given):
                    out.write_batch(batch, row_group_size=10_000)
            spent = (time.process_time() - begun) / rows * 1e6
            print(f"{picture or 'text':10} {spent:13.0f} {path.stat().st_size / rows:12.0f}", flush=True)
        codes = pq.read_table(path, columns=["row_id", "text"])
        assert codes["text"].null_count == 0
        begun = time.process_time()
        audit = bulk.VerifyPlan(trust=hcert.TrustList([desk.signer.key]), at=NOW)
        with pq.ParquetWriter(path, bulk.VERIFY_OUTPUT, compression="zstd") as out:
            for batch in bulk.verify_batches(audit, codes.to_batches(1000)):
                out.write_batch(batch, row_group_size=10_000)
        spent = (time.process_time() - begun) / rows * 1e6
        print(f"{'verdicts':10} {spent:13.0f} {path.stat().st_size / rows:12.0f}")
        print(f"characters of a text: {sum(map(len, codes['text'].to_pylist())) / rows:.0f}")


def _parts(rows: int) -> list[list[Row]]:
    return [[person(number) for number in range(at, min(at + 1_000, rows))] for at in range(0, rows, 1_000)]


if __name__ == "__main__":
    main()
