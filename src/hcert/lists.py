"""Key lists and revocation lists, for those who publish and carry them: import, compare, sign, hash.

The lists themselves are `hcert.TrustList`, `hcert.RevocationList` and `hcert.certlogic.RuleList`.
"""

from __future__ import annotations

from hcert.importers.certificate_files import import_certificates
from hcert.importers.eu_gateway import import_gateway, import_german
from hcert.importers.gdhcn import import_gdhcn
from hcert.importers.jwks import import_jwks
from hcert.importers.report import ImportReport
from hcert.keys.trusted_key import Status
from hcert.store.store_update import StoreUpdate
from hcert.trust.anchors import Anchors
from hcert.trust.document_content import Envelope, State
from hcert.trust.reinstatement import reinstate
from hcert.trust.revocation_kinds import RevocationKind, country_uci_hash, signature_hash, uci_hash
from hcert.trust.signed_document import add_signature, find_signers
from hcert.trust.trust_list_diff import TrustListDiff, diff

__all__ = [
    "Anchors",
    "Envelope",
    "ImportReport",
    "RevocationKind",
    "State",
    "Status",
    "StoreUpdate",
    "TrustListDiff",
    "add_signature",
    "country_uci_hash",
    "diff",
    "find_signers",
    "import_certificates",
    "import_gateway",
    "import_gdhcn",
    "import_german",
    "import_jwks",
    "reinstate",
    "signature_hash",
    "uci_hash",
]
