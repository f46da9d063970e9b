"""Removing items from a revocation list, so that certificates revoked by mistake become valid again."""

from __future__ import annotations

from hcert.trust.revocation_kinds import DIGEST_BYTES, RevocationKind
from hcert.trust.revocation_list import RevocationList
from hcert.trust.revocation_tables import RevocationTables


def reinstate(revocations: RevocationList, named: RevocationList) -> RevocationList:
    """Return `revocations` without the items of `named`; of superseded revisions only the certificates are compared.

    The result has no version. Like a merged list it keeps the envelopes of `revocations`, and stays missing if that is.

    Raises:
        MalformedError: `revocation.damaged`.
    """
    kept = {kind: _keep_records(revocations, named, kind) for kind in RevocationKind}
    result = RevocationList()
    result.envelopes, result.is_missing = revocations.envelopes, revocations.is_missing
    result._full = RevocationTables.build(kept)  # noqa: SLF001 - this room alone makes lists of digests
    return result


def _keep_records(revocations: RevocationList, named: RevocationList, kind: RevocationKind) -> list[bytes]:
    removed = {record[:DIGEST_BYTES] for record in named.records(kind)}
    return [record for record in revocations.records(kind) if record[:DIGEST_BYTES] not in removed]
