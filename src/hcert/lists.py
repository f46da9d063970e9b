"""Key lists and revocation lists, for those who publish and carry them: import, compare, sign, hash.

The lists themselves are `hcert.TrustList` and `hcert.RevocationList`.
"""

from __future__ import annotations

from hcert.importers.certificate_files import import_certificates
from hcert.importers.eu_gateway import import_gateway, import_german
from hcert.importers.gdhcn import import_gdhcn
from hcert.importers.report import Imported
from hcert.keys.trusted_key import Status
from hcert.trust.anchors import Anchors
from hcert.trust.reinstatement import without
from hcert.trust.revocation_kinds import RevocationKind, country_uci_hash, signature_hash, uci_hash
from hcert.trust.signed_document import Envelope, State, add_signature, signed_by
from hcert.trust.trust_list_diff import Changes, diff

__all__ = [
    "Anchors",
    "Changes",
    "Envelope",
    "Imported",
    "RevocationKind",
    "State",
    "Status",
    "add_signature",
    "country_uci_hash",
    "diff",
    "import_certificates",
    "import_gateway",
    "import_gdhcn",
    "import_german",
    "signature_hash",
    "signed_by",
    "uci_hash",
    "without",
]
