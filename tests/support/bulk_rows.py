"""Rows of bulk jobs, plans over key files, and searching of what came out."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pyarrow as pa

import hcert
from hcert import bulk, citizen
from hcert.records.record_struct import RecordStruct
from support.citizen_records import citizen_person, citizen_record
from support.signers import EXPIRY, NOW, DocumentSigner, document_signer, p256

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable
    from pathlib import Path

SIGNER = document_signer(p256())
_NOT_IN_ROWS = {"unrecognised", "sealed", "version"}


def key_in(folder: Path, signer: DocumentSigner = SIGNER) -> bulk.LocalKey:
    """Write the key of a signer into a folder."""
    (folder / "dsc.key").write_bytes(signer.pem)
    (folder / "dsc.der").write_bytes(signer.certificate)
    return bulk.LocalKey(key=folder / "dsc.key", certificate=folder / "dsc.der")


def plan_in(folder: Path, **changes: Any) -> bulk.IssuePlan:
    """Return a plan whose key is in a folder."""
    given: dict[str, Any] = {
        "signer": key_in(folder),
        "kid": SIGNER.key.kid,
        "country": "VN",
        "issued_at": NOW,
        "expires_at": EXPIRY,
    }
    return bulk.IssuePlan(**(given | changes))


def members_of(value: Any) -> Any:
    """Return a part of a record as a row holds it."""
    if isinstance(value, RecordStruct):
        names = [name for name in value.__struct_fields__ if name not in _NOT_IN_ROWS]
        return {name: members_of(getattr(value, name)) for name in names}
    if isinstance(value, tuple):
        return list(map(members_of, value))
    return str(value) if isinstance(value, citizen.PartialDate) else value


def row_of(
    record: hcert.CitizenRecord, *, row_id: str = "row-1", confidential: citizen.Confidential | None = None
) -> dict[str, Any]:
    """Return the row of a record."""
    row = {"row_id": row_id, **members_of(record)}
    if confidential is not None:
        lots = [{"number": number, "lot": lot} for number, lot in confidential.lot_numbers]
        row["confidential"] = members_of(confidential) | {"lot_numbers": lots}
    return row


def certificate_id_of(number: int) -> bytes:
    """Return the certificate id of a person of the tests."""
    return hashlib.sha256(str(number).encode()).digest()[:16]


def make_rows(count: int) -> list[dict[str, Any]]:
    """Return rows of so many persons, with one to four doses and up to two tests each."""
    return [
        row_of(
            citizen_record(
                1 + number % 4,
                number % 3,
                certificate_id=certificate_id_of(number),
                person=citizen_person(given_name=f"Thị {chr(65 + number % 26)}"),
            ),
            row_id=f"row-{number}",
        )
        for number in range(count)
    ]


def batch_of(rows: Iterable[dict[str, Any]]) -> pa.RecordBatch:
    """Return rows as a batch of the published schema."""
    return pa.RecordBatch.from_pylist(list(rows), schema=bulk.ISSUE_INPUT)


def issue(plan: bulk.IssuePlan, batches: Any) -> list[dict[str, Any]]:
    """Issue batches and return the rows of the output."""
    out = list(bulk.issue_batches(plan, batches))
    assert all(batch.schema == bulk.ISSUE_OUTPUT for batch in out)
    return [row for batch in out for row in batch.to_pylist()]


def codes_of(row: dict[str, Any]) -> list[str]:
    """Return the codes of the findings of a row."""
    return [found["code"] for found in row["findings"]]


def verify(rows: Iterable[dict[str, Any]], *, at: dt.datetime = NOW) -> list[dict[str, Any]]:
    """Verify the texts of rows and return the rows of the output."""
    plan = bulk.VerifyPlan(trust=hcert.TrustList([SIGNER.key]), at=at)
    texts = [{"row_id": row["row_id"], "text": row["text"]} for row in rows]
    out = list(bulk.verify_batches(plan, [pa.RecordBatch.from_pylist(texts, schema=bulk.VERIFY_INPUT)]))
    assert all(batch.schema == bulk.VERIFY_OUTPUT for batch in out)
    return [row for batch in out for row in batch.to_pylist()]
