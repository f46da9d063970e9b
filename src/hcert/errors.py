"""The exceptions of hcert: one root, and a branch for each party that can be at fault.

Every error carries its reasons as findings, with stable codes and without personal data. Nothing else is raised on
purpose; `Verifier.check` raises none of these for any text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcert.findings import Finding, finding

if TYPE_CHECKING:
    from typing import Self

    from hcert.verify.verdict import Verdict


class HcertError(Exception):
    """Root of all errors that hcert raises on purpose.

    Attributes:
        findings: the reasons, at least one.
    """

    def __init__(self, *findings: Finding) -> None:
        self.findings = findings
        super().__init__("; ".join(found.message for found in findings))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.findings  # not the text, so that processes can hand errors to each other

    @classmethod
    def of(cls, code: str, /, **details: Any) -> Self:
        """Make the error for one finding of the catalog."""
        return cls(finding(code, **details))

    @property
    def code(self) -> str:
        """The stable code of the first reason."""
        return self.findings[0].code


class MalformedError(HcertError):
    """What was handed in to be read cannot be read; whoever made it is at fault."""


class ConfigurationError(HcertError):
    """A key, certificate, password or argument cannot be used; the caller is at fault."""


class IssueError(HcertError):
    """What was asked for would not make a valid certificate; nothing was issued."""


class VerificationError(HcertError):
    """A certificate was refused.

    Attributes:
        verdict: the whole verdict, with its warnings too.
    """

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        super().__init__(*(found for found in verdict.findings if found.severity == "error"))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.verdict,)
