"""The exceptions of hcert: one root class, and a subclass for each party that can be at fault.

Every error has its reasons as findings, with stable codes and without personal data. hcert deliberately raises no other
exceptions, and `Verifier.check` raises none of them for any text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcert.findings import Finding, finding

if TYPE_CHECKING:
    from typing import Self

    from hcert.verify.verdict import Verdict


class HcertError(Exception):
    """Root of all errors that hcert raises deliberately.

    Attributes:
        findings: the reasons, at least one.
    """

    def __init__(self, *findings: Finding) -> None:
        self.findings = findings
        super().__init__("; ".join(found.message for found in findings))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.findings  # the findings, not the message, so that errors can be pickled

    @classmethod
    def of(cls, code: str, /, **details: Any) -> Self:
        """Return the error for one finding of the catalog."""
        return cls(finding(code, **details))

    @property
    def code(self) -> str:
        """The stable code of the first reason."""
        return self.findings[0].code


class MalformedError(HcertError):
    """The input is malformed; whoever made it is at fault."""


class ConfigurationError(HcertError):
    """A key, certificate, password or argument cannot be used; the caller is at fault."""


class IssueError(HcertError):
    """The certificate would not be valid; nothing was issued."""


class VerificationError(HcertError):
    """A certificate was refused.

    Attributes:
        verdict: the whole verdict, including its warnings.
    """

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        super().__init__(*(found for found in verdict.findings if found.severity == "error"))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.verdict,)
