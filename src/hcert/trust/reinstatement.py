"""Taking items out of a revocation list, so that what was revoked by mistake becomes valid again."""

from __future__ import annotations

from hcert.trust.revocation_kinds import DIGEST_BYTES, RevocationKind
from hcert.trust.revocation_list import RevocationList
from hcert.trust.revocation_tables import RevocationTables


def reinstate(revocations: RevocationList, named: RevocationList) -> RevocationList:
    """Return a list without the items of another, whatever revisions stand beside them: these become valid again.

    It has no version. The envelopes of the list count on, and so does that it is missing, as in a merged one.

    Raises:
        MalformedError: `revocation.damaged`.
    """
    kept = {kind: _kept(revocations, named, kind) for kind in RevocationKind}
    result = RevocationList()
    result.envelopes, result.is_missing = revocations.envelopes, revocations.is_missing
    result._full = RevocationTables.of(kept)  # noqa: SLF001 - of this room, which alone makes lists of digests
    return result


def _kept(revocations: RevocationList, named: RevocationList, kind: RevocationKind) -> list[bytes]:
    out = {record[:DIGEST_BYTES] for record in named.records(kind)}
    return [record for record in revocations.records(kind) if record[:DIGEST_BYTES] not in out]
