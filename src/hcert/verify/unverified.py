"""Reading a code without verifying it; for debugging only."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from hcert.codec import code_text, cose_sign1, cwt
from hcert.codec.limits import Limits
from hcert.findings import limit_findings
from hcert.records import kinds
from hcert.records.record_struct import Origin

if TYPE_CHECKING:
    from hcert.findings import Finding


@dataclass(frozen=True, slots=True)
class UnverifiedCertificate:
    """The content of a code that was not verified. Anyone can make such a code, so this is not a `VerifiedCertificate`.

    Attributes:
        algorithm: COSE algorithm number in the message.
        kid: key identifier in the message.
        claims: issuer and times.
        subclaims: payloads by their number in claim -260; under None the payload of a `VC1:` code, which has none.
        leniencies: warnings for tolerated deviations of the container.
        record_findings: what decoding the payloads finds, errors and warnings, at most 200.
    """

    algorithm: int
    kid: bytes
    claims: cwt.Claims
    subclaims: dict[int | None, Any] = field(repr=False)
    leniencies: tuple[Finding, ...]
    record_findings: tuple[Finding, ...]


def read_unverified(text: str | bytes) -> UnverifiedCertificate:
    """Read a code without verifying its signature.

    Raises:
        MalformedError: a `text.*`, `inflate.*`, `cose.*` or `claims.*` code.
    """
    limits = Limits()
    message, container = code_text.decode(text, limits=limits)
    parts = cose_sign1.decode(message, limits=limits, container=container)
    claim_set = cwt.decode(parts.payload, limits=limits, container=container)
    origin = Origin(claim_set.claims.issuer, parts.kid)
    found = [kinds.decode(number, payload, origin)[1] for number, payload in claim_set.subclaims.items()]
    return UnverifiedCertificate(
        algorithm=parts.algorithm,
        kid=parts.kid,
        claims=claim_set.claims,
        subclaims=claim_set.subclaims,
        leniencies=parts.leniencies + claim_set.leniencies,
        record_findings=limit_findings(chain.from_iterable(found)),
    )
