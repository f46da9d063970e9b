"""Jobs as tests run them: a signer in files, rows in a file, and what is in the folder afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

import hcert
from hcert import bulk
from support.register_rows import Row, write_rows
from support.signers import EXPIRY, NOW, DocumentSigner, document_signer, p256

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class BulkDesk:
    """A folder with a key, its certificate and rows.

    Attributes:
        folder: where everything is.
        signer: whose key it is.
    """

    folder: Path
    signer: DocumentSigner

    @classmethod
    def make(cls, folder: Path) -> BulkDesk:
        """Write the key and its certificate."""
        return cls(folder, document_signer(p256())).write_key()

    def write_key(self) -> BulkDesk:
        """Write the key and its certificate, and return the desk."""
        (self.folder / "dsc.key").write_bytes(self.signer.pem)
        (self.folder / "dsc.der").write_bytes(self.signer.certificate)
        return self

    def plan(self, **changes: Any) -> bulk.IssuePlan:
        """Return the plan that all jobs here have."""
        members: dict[str, Any] = {
            "signer": bulk.LocalKey(key=self.folder / "dsc.key", certificate=self.folder / "dsc.der"),
            "country": "VN",
            "kid": self.signer.key.kid,
            "issued_at": NOW,
            "expires_at": EXPIRY,
        }
        return bulk.IssuePlan(**(members | changes))

    def job(
        self,
        rows: list[Row],
        *,
        name: str = "job",
        plan: bulk.IssuePlan | None = None,
        slice_rows: int = 20,
        **options: Any,
    ) -> bulk.Job:
        """Make a job over rows."""
        path = write_rows(self.folder / f"{name}.parquet", rows)
        return bulk.Job.create(self.folder / name, plan or self.plan(), [path], slice_rows=slice_rows, **options)


def outputs(job: bulk.Job) -> list[dict[str, Any]]:
    """Return the rows of the committed slices, in order."""
    return [row for path in job.outputs() for row in pq.read_table(path).to_pylist()]


def texts(job: bulk.Job) -> dict[str, str | None]:
    """Return the text of each row of the committed slices; None for a refused one."""
    rows = outputs(job)
    found = {row["row_id"]: row["text"] for row in rows}
    assert len(found) == len(rows), "a row stands twice"
    return found


def files(folder: Path) -> set[str]:
    """Return the names of all files of a job but its lock."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.name != "lock"}


def assert_issued(desk: BulkDesk, text: str | None, identifier: bytes) -> None:
    """Check that a code is good, and about whom it should be."""
    assert text is not None
    record = desk.signer.verifier.verify(text, at=NOW).record
    assert isinstance(record, hcert.CitizenRecord)
    assert record.certificate_id == identifier
