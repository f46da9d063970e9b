"""Health links (subclaim 5): SMART Health Links and WHO's Verifiable Health Links. hcert never follows them.

Such a code does not certify an event. It holds a link to a document on a server, and the key to decrypt it. A verdict
tells who issued the link and whether it is well-formed, and always warns that its document is unknown.

Sources: SMART Health Links protocol; IHE ITI VHL; payloads of WHO pilots since 2024.
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - msgspec resolves the annotations
from typing import Annotated, Final

from msgspec import Meta

from hcert.codec.limits import MAX_INTEGER, MAX_TEXT
from hcert.records.record_struct import RecordStruct

SUBCLAIM: Final = 5
MAX_LINK: Final = 4096


class HealthLink(RecordStruct, frozen=True, kw_only=True):
    """A link to a health document. Whoever has it can read the document, so its `repr` shows none of it.

    Attributes:
        scheme: `shlink` or `vhlink`.
        url: address of the document or its manifest.
        key: 32 bytes that decrypt it, in base64url.
        label: text shown to the holder.
        flags: any of `L` (long-term), `P` (passcode), `U` (direct file).
        expires_at: time at which the link expires, aware.
        version: version of the protocol.
    """

    scheme: Annotated[str, Meta(max_length=6)]
    url: Annotated[str, Meta(max_length=MAX_LINK)]
    key: Annotated[str, Meta(max_length=43)]
    label: Annotated[str, Meta(max_length=MAX_TEXT)] | None = None
    flags: Annotated[str, Meta(max_length=2)] = ""
    expires_at: dt.datetime | None = None
    version: Annotated[int, Meta(ge=1, le=MAX_INTEGER)] = 1
