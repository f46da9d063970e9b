"""The report of an import: the keys taken from a list that others publish, and what became of its other entries.

A broken entry never fails an import. It is quarantined with its reason and its place in the list, for an operator to
inspect.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from hcert.findings import Finding
    from hcert.trust.trust_list import TrustList


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The result of an import.

    Attributes:
        trust: the keys taken.
        quarantined: `import.entry` for each entry that could not be read, and `keys.known_private` for each key that
            anybody can sign with; `record` is its place in the list.
        skipped: `import.filtered` or `import.duplicate` for each entry left out on purpose.
        warnings: other `import.*` findings, about entries that were taken.
        created: when each document of the list was created, by its DID; for a JWKS, which does not say it, when it was
            fetched, by the origin of its keys. Empty for other lists.
    """

    trust: TrustList
    quarantined: tuple[Finding, ...] = ()
    skipped: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    created: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def created_at(self) -> datetime | None:
        """The earliest time in `created`; None if it is empty."""
        return min(self.created.values(), default=None)
