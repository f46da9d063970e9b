"""What passes between the stages of issuing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from hcert.codec.cwt import Claims
    from hcert.findings import Finding
    from hcert.issue.layout import Draft
    from hcert.issue.symbol import ErrorLevel
    from hcert.records.kind import Content
    from hcert.records.kinds import Issuable


class Job(NamedTuple):
    """What is the same for all records that are issued together.

    Attributes:
        claims: issuer and times, whole seconds.
        issued_at: the issue time of the claims.
        error: level at which each code must fit one QR code.
        advises: whether to find out how many entries fit where not all of them do.
    """

    claims: Claims
    issued_at: datetime
    error: ErrorLevel
    advises: bool


class Request(NamedTuple):
    """What to certify, and what to seal into it."""

    record: Issuable
    confidential: Content | None


class LaidOut(NamedTuple):
    """A code that lacks its signature, how its record names it, and its warnings."""

    draft: Draft
    identifier: str | None
    findings: tuple[Finding, ...]
