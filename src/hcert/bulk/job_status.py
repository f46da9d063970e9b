"""How far a job is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hcert.frozen import Frozen

if TYPE_CHECKING:
    from typing import Self

    from hcert.bulk.ledger import Ledger


class JobStatus(Frozen, frozen=True, kw_only=True):
    """How far a job is, by its ledger.

    Attributes:
        rows: of all inputs.
        rows_done: of the committed slices.
        slices: how many there are.
        slices_done: how many are committed.
        accepted, refused, skipped: rows of the committed slices.
        codes: how many findings of each code they have.
        torn: whether the last line of the ledger was cut off by a crash; it never counted, and its slice is made again.
    """

    rows: int
    rows_done: int
    slices: int
    slices_done: int
    accepted: int
    refused: int
    skipped: int
    codes: dict[str, int]
    torn: bool

    @classmethod
    def of(cls, ledger: Ledger, *, rows: int, slices: int) -> Self:
        """Add up the lines of a ledger."""
        done = ledger.slices.values()
        codes: Counter[str] = Counter()
        for made in done:
            codes.update(made.codes)
        return cls(
            rows=rows,
            rows_done=sum(made.rows for made in done),
            slices=slices,
            slices_done=len(done),
            accepted=sum(made.accepted for made in done),
            refused=sum(made.refused for made in done),
            skipped=sum(made.skipped for made in done),
            codes=dict(sorted(codes.items())),
            torn=ledger.torn,
        )

    @property
    def complete(self) -> bool:
        """Whether every slice is committed."""
        return self.slices_done == self.slices
