"""What an importer makes of a list that others publish: the keys, and what became of everything else in it.

A broken entry never breaks an import. It is quarantined with its reason and its place in the list, so that an operator
can count and look.
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
        quarantined: `import.entry` for each entry that could not be taken, its place in `record`.
        skipped: `import.filtered` and `import.duplicate` for each entry left out on purpose.
        warnings: other `import.*` warnings about entries that were taken.
        created_at: when the list says it was made, the oldest of its documents; None where it does not.
        created: the same for each document that was read, by its DID; empty where lists do not say it.
    """

    trust: TrustList
    quarantined: tuple[Finding, ...] = ()
    skipped: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    created_at: datetime | None = None
    created: Mapping[str, datetime] = field(default_factory=dict)
