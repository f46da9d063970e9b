"""What a re-issue makes void."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcert.bulk.columns import read_rows
from hcert.bulk.schemas import ISSUE_OUTPUT

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa


def superseded(batches: Iterable[pa.RecordBatch]) -> dict[bytes, int]:
    """Return the oldest revision that still counts of each certificate that was issued again.

    Pass it to `RevocationList(superseded=...)`, which refuses the revisions before.

    Args:
        batches: committed output of `issue_batches`, of all jobs; columns other than `certificate_id`, `revision` and
            `text` may be left out.

    Raises:
        ConfigurationError: `bulk.schema`, `bulk.batches` or `bulk.source`.
    """
    newest: dict[bytes, int] = {}
    for rows in read_rows(batches, ISSUE_OUTPUT, ("certificate_id", "revision", "text"), size=1000):
        for row in rows:
            certificate_id, revision = row.members["certificate_id"], row.members["revision"]
            if row.members["text"] is not None and certificate_id is not None and revision is not None and revision > 1:
                newest[certificate_id] = max(newest.get(certificate_id, 0), revision)
    return newest
