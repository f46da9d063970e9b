"""Health links: SMART Health Links and the WHO's Verifiable Health Links (subclaim 5), recognised and not followed.

Such a code certifies no event. It holds a link to a document on a server and the key to decrypt it. Offline one can say
who issued the link, and whether it could be followed; what it leads to stays unknown, and every verdict says so.

Sources: SMART Health Links protocol; IHE ITI VHL; forms on the wire of WHO pilots since 2024.
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - msgspec reads the annotations at run time
from typing import Annotated, Final

from msgspec import Meta

from hcert.codec.limits import MAX_INTEGER, MAX_TEXT
from hcert.records.record_struct import RecordStruct

SUBCLAIM: Final = 5
MAX_LINK: Final = 4096


class HealthLink(RecordStruct, frozen=True, kw_only=True):
    """A link to a health document. Whoever holds it may read the document, so its `repr` shows nothing of it.

    Attributes:
        scheme: `shlink` or `vhlink`.
        url: where the document or its manifest is.
        key: 32 bytes that decrypt it, in base64url.
        label: what the holder sees.
        flags: of `L` (long-term), `P` (passcode), `U` (direct file).
        expires_at: until when the link works, aware.
        version: of the protocol.
    """

    scheme: Annotated[str, Meta(max_length=6)]
    url: Annotated[str, Meta(max_length=MAX_LINK)]
    key: Annotated[str, Meta(max_length=43)]
    label: Annotated[str, Meta(max_length=MAX_TEXT)] | None = None
    flags: Annotated[str, Meta(max_length=2)] = ""
    expires_at: dt.datetime | None = None
    version: Annotated[int, Meta(ge=1, le=MAX_INTEGER)] = 1
