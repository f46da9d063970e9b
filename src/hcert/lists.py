"""Key lists and withdrawal lists, for those who publish and carry them: import, compare, sign, hash.

The lists themselves are `hcert.TrustList` and `hcert.RevocationList`.
"""

from __future__ import annotations

from hcert.keys.trusted_key import Status
from hcert.trust.anchors import Anchors
from hcert.trust.bundles import import_certificates
from hcert.trust.changes import Changes, diff
from hcert.trust.gateway import import_gateway, import_german
from hcert.trust.gdhcn import import_gdhcn
from hcert.trust.imported import Imported
from hcert.trust.signed_document import Envelope, State, add_signature, signed_by
from hcert.trust.withdrawal import Withdrawal, country_uci_hash, signature_hash, uci_hash

__all__ = [
    "Anchors",
    "Changes",
    "Envelope",
    "Imported",
    "State",
    "Status",
    "Withdrawal",
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
]
