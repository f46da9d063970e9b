"""Steps 7 to 10 of a verification: what is to be said of signed content at a time.

A verifier runs them on what a trusted key signed, an issuer on what is about to be signed. So an issuer refuses by the
very rules that would refuse its code at a gate.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hcert.checks import freshness
from hcert.checks.revocation import revocation_findings
from hcert.checks.validity import claim_findings
from hcert.findings import Finding, finding
from hcert.records import kinds
from hcert.records.record_struct import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hcert.codec.cwt import ClaimSet
    from hcert.keys.trusted_key import TrustedKey
    from hcert.records.kind import RevocationName
    from hcert.records.kinds import Record
    from hcert.records.value_sets import ValueSets
    from hcert.tolerances import Tolerances
    from hcert.trust.revocation_list import RevocationList

_IN_FUTURE: Final = "entry.in_future"
_LAST: Final = datetime.max.replace(tzinfo=UTC)


class Content(NamedTuple):
    """What was signed, and what was found.

    Attributes:
        record: the payload that was read, the fullest where there are several.
        payload: exactly as signed.
        findings: in the order of the steps.
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
        key: that signed or is to sign them.
        at: the time, aware, in UTC.
        signature: in COSE form; None before it is made.
        revocations: the list to look up; None where there is none.
        revocation_due: whether its absence is an error.
        tolerances: for clocks and lists.
        value_sets: the codes that are known; those of the package where None.
    """
    skew = tolerances.clock_skew
    claims = claim_set.claims
    origin = Origin(claims.issuer, key.kid)

    # (7) claims, and the key's validity
    findings = list(claim_findings(claims, key, at, skew=skew))
    number = kinds.select(claim_set.subclaims)
    payload = claim_set.subclaims[number]
    others = [other for other in claim_set.subclaims if other != number]
    if others:
        findings.append(finding("claims.other_subclaims", others=", ".join(map(kinds.show_number, others))))

    # (8) key usage against what every payload holds
    findings += _usage_findings(claim_set.subclaims, key)

    # (9) record: schema, value sets, combinations; entries dated later than now
    record, record_findings = kinds.decode(number, payload, origin, value_sets)
    findings += record_findings
    kind = kinds.kind_of(record)
    if kind is not None:
        findings += kind.out_of_time(record, at, skew)

    # (10) revocation of the certificate, its key, or single entries, by the names of every payload
    beside = [
        kinds.decode(other, claim_set.subclaims[other], origin, value_sets) for other in others if other in kinds.KINDS
    ]
    # A payload that cannot be read might be revoked, so its errors count.
    findings += (one.without_place() for _, found in beside for one in found if one.severity == "error")
    if revocations is not None:
        findings += freshness.of_revocations(revocations.envelopes, at, tolerances)
        names = _revocation_names(record, [other for other, _ in beside], claims.issuer)
        findings += revocation_findings(revocations, names=names, key=key, signature=signature)
    if revocation_due:
        findings.append(finding("revocation.list_missing"))
    findings += _nothing_left(record, findings, at, skew)
    return Content(record, payload, findings)


def _usage_findings(subclaims: dict[int, Any], key: TrustedKey) -> Iterator[Finding]:
    """Yield an error for each usage that a payload needs and the key does not have; unknown payloads count nowhere."""
    needed = dict.fromkeys(
        usage
        for number, payload in subclaims.items()
        if (kind := kinds.KINDS.get(number)) is not None
        for usage in kind.usages(payload)
    )
    for usage in needed:
        if usage not in key.usages:
            yield finding("usage.not_allowed", usage=usage.value)


def _revocation_names(record: Record, beside: Iterable[Record], issuer: str | None) -> Iterator[RevocationName]:
    """Yield the names of all payloads; what revokes one beside the record revokes the whole certificate."""
    kind = kinds.kind_of(record)
    if kind is not None:
        yield from kind.revocation_names(record, issuer)
    for other in beside:
        kind = kinds.kind_of(other)
        if kind is not None:
            yield from (name._replace(place=None) for name in kind.revocation_names(other, issuer))


def _nothing_left(record: Record, findings: Iterable[Finding], at: datetime, skew: timedelta) -> list[Finding]:
    """Return an error where every entry of a record is revoked or dated too far ahead."""
    out = {found.record: found.code for found in findings if found.takes_entry_out}
    kind = kinds.kind_of(record)
    if kind is None or not out or not out.keys() >= set(kind.places(record)):
        return []
    if kind.future_tolerance:
        later = min(at, _LAST - kind.future_tolerance) + kind.future_tolerance
        far_ahead = {found.record for found in kind.out_of_time(record, later, skew)}
        if any(code == _IN_FUTURE and place not in far_ahead for place, code in out.items()):
            return []
    return [finding("record.nothing_counts")]
