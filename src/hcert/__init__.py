"""hcert issues and verifies signed health certificates (`HC1:` and `VC1:` codes) that anyone can check offline.

Everything a program needs stands here. What a scanner at a gate does not need to give a verdict is imported when first
used: issuing and reading pictures with their packages, policies, words, names, identity input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hcert.codec.cwt import Claims
from hcert.codec.limits import Limits
from hcert.errors import (
    ConfigurationError,
    HcertError,
    IssueError,
    JobError,
    MalformedError,
    SignerError,
)
from hcert.findings import Finding
from hcert.keys.algorithms import Algorithm
from hcert.keys.hpke import ReaderKey
from hcert.keys.signers import LocalSigner, Signer
from hcert.keys.trusted_key import TrustedKey
from hcert.keys.usage import Usage
from hcert.records.citizen.model import CitizenRecord
from hcert.records.clvr.model import VaccinationCard
from hcert.records.eu_dcc.model import EuDcc
from hcert.records.health_link.model import HealthLink
from hcert.records.icvp.model import Icvp
from hcert.records.medication_overview.model import MedicationOverview
from hcert.records.record_struct import UnknownRecord
from hcert.records.value_sets import ValueSets
from hcert.tolerances import Tolerances
from hcert.trust.trust_list import TrustList
from hcert.verify.unverified import UnverifiedCertificate, read_unverified
from hcert.verify.verdict import Verdict, VerificationError, VerifiedCertificate
from hcert.verify.verifier import Verifier

if TYPE_CHECKING:
    from hcert import (
        bulk,
        certlogic,
        citizen,
        clvr,
        eu_dcc,
        fhir,
        icvp,
        identity,
        lists,
        medication_overview,
        names,
        paper,
        policy,
        uvci,
        words,
    )
    from hcert.issue.capacity import CodeSize
    from hcert.issue.certificate import Certificate
    from hcert.issue.issuer import Issuer
    from hcert.issue.qr import PrintSize, QrCode
    from hcert.keys.certificate_request import request_certificate
    from hcert.keys.digest_signer import DigestSigner
    from hcert.keys.pkcs11 import Pkcs11Signer
    from hcert.store.trust_store import TrustStore
    from hcert.trust.revocation_list import RevocationList
    from hcert.verify.qr_reader import read_picture

__version__ = "0.1.0"

__all__ = [
    "Algorithm",
    "Certificate",
    "CitizenRecord",
    "Claims",
    "CodeSize",
    "ConfigurationError",
    "DigestSigner",
    "EuDcc",
    "Finding",
    "HcertError",
    "HealthLink",
    "Icvp",
    "IssueError",
    "Issuer",
    "JobError",
    "Limits",
    "LocalSigner",
    "MalformedError",
    "MedicationOverview",
    "Pkcs11Signer",
    "PrintSize",
    "QrCode",
    "ReaderKey",
    "RevocationList",
    "Signer",
    "SignerError",
    "Tolerances",
    "TrustList",
    "TrustStore",
    "TrustedKey",
    "UnknownRecord",
    "UnverifiedCertificate",
    "Usage",
    "VaccinationCard",
    "ValueSets",
    "Verdict",
    "VerificationError",
    "VerifiedCertificate",
    "Verifier",
    "bulk",
    "certlogic",
    "citizen",
    "clvr",
    "eu_dcc",
    "fhir",
    "icvp",
    "identity",
    "lists",
    "medication_overview",
    "names",
    "paper",
    "policy",
    "read_picture",
    "read_unverified",
    "request_certificate",
    "uvci",
    "words",
]

# Public names that are imported when first used: name -> (module, its attribute or None for the module itself, extra).
_ON_DEMAND: Final[dict[str, tuple[str, str | None, str | None]]] = {
    "Certificate": ("hcert.issue.certificate", "Certificate", "issue"),
    "CodeSize": ("hcert.issue.capacity", "CodeSize", "issue"),
    "DigestSigner": ("hcert.keys.digest_signer", "DigestSigner", None),
    "Issuer": ("hcert.issue.issuer", "Issuer", "issue"),
    "Pkcs11Signer": ("hcert.keys.pkcs11", "Pkcs11Signer", "hsm"),
    "PrintSize": ("hcert.issue.qr", "PrintSize", "issue"),
    "QrCode": ("hcert.issue.qr", "QrCode", "issue"),
    "bulk": ("hcert.bulk", None, "bulk"),
    "certlogic": ("hcert.certlogic", None, None),
    "citizen": ("hcert.citizen", None, None),
    "clvr": ("hcert.clvr", None, None),
    "RevocationList": ("hcert.trust.revocation_list", "RevocationList", None),
    "TrustStore": ("hcert.store.trust_store", "TrustStore", None),
    "icvp": ("hcert.icvp", None, None),
    "eu_dcc": ("hcert.eu_dcc", None, None),
    "fhir": ("hcert.fhir", None, None),
    "identity": ("hcert.identity", None, None),
    "lists": ("hcert.lists", None, None),
    "medication_overview": ("hcert.medication_overview", None, None),
    "names": ("hcert.names", None, None),
    "paper": ("hcert.paper", None, None),
    "policy": ("hcert.policy", None, None),
    "read_picture": ("hcert.verify.qr_reader", "read_picture", "scan"),
    "request_certificate": ("hcert.keys.certificate_request", "request_certificate", None),
    "uvci": ("hcert.uvci", None, None),
    "words": ("hcert.words", None, None),
}


def __getattr__(name: str) -> Any:
    """Import a name when it is asked for."""
    if name not in _ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # not needed by programs that only verify

    module, attribute, extra = _ON_DEMAND[name]
    try:
        value = import_module(module)
    except ModuleNotFoundError as error:
        if extra is None:
            raise
        raise ImportError(f"hcert.{name} needs more packages: pip install 'hcert[{extra}]'") from error
    globals()[name] = value if attribute is None else getattr(value, attribute)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
