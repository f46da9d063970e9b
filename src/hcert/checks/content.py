"""Steps 7 to 10 of a verification: claims, key usage, record and revocation, at a given time.

A verifier runs them on content that a trusted key signed, an issuer on content that it is about to sign. So an issuer
refuses what a verifier would refuse, by the same rules.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from hcert.checks.freshness import revocation_list_findings
from hcert.checks.revocation import revocation_findings
from hcert.checks.validity import claim_findings
from hcert.findings import Finding, finding
from hcert.fragments import fragment
from hcert.frozen import Frozen
from hcert.keys.usage import Usage
from hcert.records import kinds
from hcert.records.record_struct import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hcert.codec.cwt import ClaimSet
    from hcert.keys.trusted_key import TrustedKey
    from hcert.records.kind import RecordKind, RevocationName
    from hcert.records.kinds import Record
    from hcert.records.value_sets import ValueSets
    from hcert.tolerances import Tolerances
    from hcert.trust.revocation_list import RevocationList

_USAGES: Final = {
    Usage.VACCINATION: fragment("usage.vaccination"),
    Usage.TEST: fragment("usage.test"),
    Usage.RECOVERY: fragment("usage.recovery"),
}
_IN_FUTURE: Final = "entry.in_future"
_LAST: Final = datetime.max.replace(tzinfo=UTC)


class Content(Frozen, frozen=True):
    """The content of a code, and the findings about it.

    Attributes:
        record: the decoded payload; of several payloads, the one of the fullest kind.
        payload: that payload exactly as signed.
        findings: the findings in the order of the steps.
    """

    record: Record
    payload: Any
    findings: list[Finding]


def check_content(
    claim_set: ClaimSet,
    key: TrustedKey,
    at: datetime,
    *,
    signature: bytes | None,
    revocations: RevocationList | None,
    revocation_due: bool,
    tolerances: Tolerances,
    value_sets: ValueSets | None,
) -> Content:
    """Run steps 7 to 10.

    Args:
        claim_set: claims and payloads.
        key: the key that signed them or is going to.
        at: the time of the check, aware, in UTC.
        signature: the signature in COSE form; None if there is none yet.
        revocations: the revocation list, if there is one.
        revocation_due: whether it is an error that there is none.
        tolerances: for clocks and lists.
        value_sets: the known codes; None for those of the package.
    """
    skew = tolerances.clock_skew
    claims, subclaims = claim_set.claims, claim_set.subclaims
    origin = Origin(claims.issuer, key.kid)

    # (7) claims, and validity of the key
    findings = claim_findings(claims, key, at, skew=skew)
    number = kinds.select(subclaims)
    payload = subclaims[number]
    others = [*subclaims]
    others.remove(number)
    if others:
        findings.append(finding("claims.other_subclaims", others=tuple(map(kinds.show_number, others))))

    # (8) key usage, for every payload
    findings += _usage_findings(subclaims, key)

    # (9) record: schema, value sets, combinations, dates
    record, record_findings = kinds.decode(number, payload, origin, value_sets)
    findings += record_findings
    kind = kinds.kind_of(record)
    if kind is not None:
        findings += kind.out_of_time(record, at, skew)

    # (10) revocation of the key, the certificate or single entries, by the names in every payload
    other_records: list[Record] = []
    for other in others:
        if other in kinds.KINDS:
            other_record, its_findings = kinds.decode(other, subclaims[other], origin, value_sets)
            other_records.append(other_record)
            # A payload that cannot be decoded might be revoked, so its errors count.
            findings += [found.without_place() for found in its_findings if found.severity == "error"]
    if revocations is not None:
        findings += revocation_list_findings(revocations.envelopes, at, tolerances)
        names = _revocation_names(record, other_records, claims.issuer)
        findings += revocation_findings(revocations, names=names, key=key, signature=signature)
    if revocation_due:
        findings.append(finding("revocation.list_missing"))
    if findings and kind is not None and _nothing_counts(kind, record, findings, at, skew):
        findings.append(finding("record.nothing_counts"))
    return Content(record, payload, findings)


def _usage_findings(subclaims: dict[int | None, Any], key: TrustedKey) -> list[Finding]:
    """Return an error for each usage that a known payload needs and the key lacks."""
    needed: list[Usage] = []
    for number, payload in subclaims.items():
        if number in kinds.KINDS:
            needed += kinds.KINDS[number].usages(payload)
    if key.usages.issuperset(needed):  # nearly always
        return []
    lacking = [usage for usage in dict.fromkeys(needed) if usage not in key.usages]
    return [finding("usage.not_allowed", usage=_USAGES[usage]) for usage in lacking]


def _revocation_names(record: Record, other_records: Iterable[Record], issuer: str | None) -> Iterator[RevocationName]:
    """Yield the names in all payloads. What revokes an entry of another record revokes the whole certificate."""
    kind = kinds.kind_of(record)
    if kind is not None:
        yield from kind.revocation_names(record, issuer)
    for other in other_records:
        kind = kinds.kind_of(other)
        if kind is not None:
            yield from (name._replace(place=None) for name in kind.revocation_names(other, issuer))


def _nothing_counts(
    kind: RecordKind[Any], record: Record, findings: Iterable[Finding], at: datetime, skew: timedelta
) -> bool:
    """Tell whether every entry of a record is revoked or dated too far ahead."""
    excluded = {found.record: found.code for found in findings if found.record and found.excludes_entry}
    if not excluded or not excluded.keys() >= set(kind.places(record)):
        return False
    if kind.future_tolerance:
        later = min(at, _LAST - kind.future_tolerance) + kind.future_tolerance
        far_ahead = {found.record for found in kind.out_of_time(record, later, skew)}
        return not any(code == _IN_FUTURE and place not in far_ahead for place, code in excluded.items())
    return True
