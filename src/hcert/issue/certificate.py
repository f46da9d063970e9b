"""The certificate that an issuer returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hcert.issue.qr import QrCode

if TYPE_CHECKING:
    from hcert.findings import Finding
    from hcert.issue.symbol import ErrorLevel


@dataclass(frozen=True, slots=True)
class Certificate:
    """An issued certificate. The issuer has verified it under the signer's key.

    Attributes:
        text: the content of the QR code, `HC1:` and Base45.
        cose: the COSE message inside, for transports without a QR code.
        error: QR error correction level that it was issued for; at this level the text fits one code.
        identifier: how the record names the certificate, for the issuer's register and for revoking it: certificate id
            in hexadecimal or UVCI; None for a record without one.
        findings: warnings from issuing; a verifier gives them too.
    """

    text: str = field(repr=False)
    cose: bytes = field(repr=False)
    error: ErrorLevel = field(default="Q", repr=False)
    identifier: str | None = field(default=None, repr=False)
    findings: tuple[Finding, ...] = field(default=(), repr=False)

    def qr(self, *, error: ErrorLevel | None = None) -> QrCode:
        """Draw the text as a QR code.

        Args:
            error: error correction level; that of the certificate if None. The HCERT specification recommends Q; lower
                levels make larger modules and suit screens, higher ones survive more damage. It is used as given, never
                raised or lowered.

        Raises:
            IssueError: `qr.too_large`, with the numbers.
            ConfigurationError: `qr.error_level`.
            MalformedError: `text.alphabet` for a text that was changed.
        """
        return QrCode.of(self.text, error=self.error if error is None else error)
