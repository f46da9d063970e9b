"""hcert issues and verifies signed health certificates (`HC1:` codes) that anyone can check offline.

Everything a program needs stands here. Issuing (`Issuer`) and reading pictures (`read_picture`) import their packages
when first used, so that a scanner carries and loads none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcert.codec.cwt import Claims
from hcert.codec.limits import Limits
from hcert.errors import (
    ConfigurationError,
    HcertError,
    IssueError,
    MalformedError,
    VerificationError,
)
from hcert.findings import Finding
from hcert.keys.algorithms import Algorithm
from hcert.keys.signers import LocalSigner, Signer
from hcert.keys.trusted_key import TrustedKey
from hcert.keys.usage import Usage
from hcert.records import eu_dcc
from hcert.records.base import UnknownRecord
from hcert.records.eu_dcc import EuDcc
from hcert.trust.trust_list import TrustList
from hcert.verify.unverified import UnverifiedCertificate, read_unverified
from hcert.verify.verdict import Verdict, VerifiedCertificate
from hcert.verify.verifier import Verifier

if TYPE_CHECKING:
    from hcert.issue.certificate import Certificate
    from hcert.issue.issuer import Issuer
    from hcert.issue.qr import PrintSize, QrCode
    from hcert.verify.picture import read_picture

__version__ = "0.1.0"

__all__ = [
    "Algorithm",
    "Certificate",
    "Claims",
    "ConfigurationError",
    "EuDcc",
    "Finding",
    "HcertError",
    "IssueError",
    "Issuer",
    "Limits",
    "LocalSigner",
    "MalformedError",
    "PrintSize",
    "QrCode",
    "Signer",
    "TrustList",
    "TrustedKey",
    "UnknownRecord",
    "UnverifiedCertificate",
    "Usage",
    "Verdict",
    "VerificationError",
    "VerifiedCertificate",
    "Verifier",
    "eu_dcc",
    "read_picture",
    "read_unverified",
]

# Public names whose modules need an extra: name -> (module, extra).
_ON_DEMAND = {
    "Certificate": ("hcert.issue.certificate", "issue"),
    "Issuer": ("hcert.issue.issuer", "issue"),
    "PrintSize": ("hcert.issue.qr", "issue"),
    "QrCode": ("hcert.issue.qr", "issue"),
    "read_picture": ("hcert.verify.picture", "scan"),
}


def __getattr__(name: str) -> Any:
    """Import what needs an extra when it is asked for."""
    if name not in _ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # not needed by programs that only verify

    module, extra = _ON_DEMAND[name]
    try:
        value = getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        raise ImportError(f"hcert.{name} needs more packages: pip install 'hcert[{extra}]'") from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
