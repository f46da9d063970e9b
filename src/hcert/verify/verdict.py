"""What a verifier says of a code: the reasons, and the certificate once a trusted key's signature holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from datetime import datetime

    from hcert.codec.cwt import Claims
    from hcert.findings import Finding
    from hcert.keys.trusted_key import TrustedKey
    from hcert.records.kinds import Record


@dataclass(frozen=True, slots=True)
class VerifiedCertificate:
    """A certificate that a trusted key signed. That alone is no acceptance: it may have expired, say.

    Attributes:
        record: the payload as a typed record.
        payload: the payload exactly as signed, as plain dicts, lists, text and numbers; None where the claims around it
            could not be read.
        claims: issuer and times of the container.
        key: the trusted key that verified the signature.
    """

    record: Record
    payload: Any = field(repr=False)
    claims: Claims
    key: TrustedKey


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of one check.

    Attributes:
        findings: every reason found, in the order of the checks.
        certificate: what was signed, once a trusted key's signature holds; else None.
        checked_at: the time for which the verdict holds, aware.
        counted: places of the entries because of which the verifier's policy is satisfied, such as `tests[1]`; empty
            without a policy.
        revocation_checked: whether a revocation list was looked up.
    """

    findings: tuple[Finding, ...]
    certificate: VerifiedCertificate | None
    checked_at: datetime
    counted: tuple[str, ...] = ()
    revocation_checked: bool = False

    @property
    def accepted(self) -> bool:
        """Whether no finding has the severity `error`."""
        return not any(found.severity == "error" for found in self.findings)

    def __bool__(self) -> NoReturn:
        raise TypeError("a verdict is neither true nor false; ask for verdict.accepted")
