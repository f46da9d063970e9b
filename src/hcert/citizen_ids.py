"""The form of the identifiers of citizen records and of their entries.

Records and UVCIs carry them, and revocation lists name them.
"""

from __future__ import annotations

from typing import Final

CERTIFICATE_ID_BYTES: Final = 16
ENTRY_ID: Final = rf"[0-9A-F]{{{2 * CERTIFICATE_ID_BYTES}}}/[1-9][0-9]{{0,18}}"
"""Pattern of an entry id: the certificate id in hexadecimal, a slash, and the number of the entry."""
