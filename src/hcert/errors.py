"""The exceptions of hcert: one root class, and a subclass for each party that can be at fault.

Every error carries its reasons as findings, with stable codes and without personal data. Nothing else is raised on
purpose; `Verifier.check` raises none of these for any text. The branch for a refused certificate, `VerificationError`,
is defined with the verdict that it carries (`hcert.verify.verdict`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hcert.findings import Finding, finding

if TYPE_CHECKING:
    from typing import Self

_TRANSIENT: Final = frozenset({"signer.session_lost", "signer.unavailable"})


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
    """A record, or what is to be sealed into it, would not make a valid certificate; nothing was issued."""


class JobError(HcertError):
    """No record can be issued: the signer, its key, the times, a reader's key or the revocation list is at fault."""


class SignerError(JobError):
    """A signing key in hardware or in a remote service cannot be used."""

    @property
    def transient(self) -> bool:
        """Whether the same call may succeed later; if not, somebody has to act first."""
        return all(found.code in _TRANSIENT for found in self.findings)
