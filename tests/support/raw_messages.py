"""Certificates encoded by hand, so that tests can make every part of them wrong.

Independent of hcert's own encoders: cbor2 and the base45 package encode, and `cryptography` signs.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import cbor2
from base45 import b45encode

import hcert
from hcert.keys.algorithms import sign
from hcert.records.citizen.encode import to_wire as citizen_to_wire
from hcert.records.eu_dcc.model import to_wire
from hcert.records.icvp import encode as icvp_encode
from support.signers import EXPIRY, NOW

if TYPE_CHECKING:
    from support.signers import DocumentSigner

DCC: dict[str, Any] = {
    "ver": "1.3.0",
    "nam": {"fn": "Musterfrau-Gößinger", "gn": "Gabriele", "fnt": "MUSTERFRAU<GOESSINGER", "gnt": "GABRIELE"},
    "dob": "1998-02-26",
    "v": [
        {
            "tg": "840539006",
            "vp": "1119349007",
            "mp": "EU/1/20/1528",
            "ma": "ORG-100030215",
            "dn": 1,
            "sd": 2,
            "dt": "2026-02-18",
            "co": "AT",
            "is": "Ministry of Health, Austria",
            "ci": "URN:UVCI:01:AT:10807843F94AEE0EE5093FBC254BD813#B",
        },
    ],
}

CARD: dict[str, Any] = {
    "ver": "1.0.0",
    "nam": {"fnt": "DOË", "gnt": "John"},
    "dob": "2017-07-19",
    "v": [
        {"reg": "FRA", "rep": 36, "i": 1245, "a": 1386, "mp": 29},
        {"reg": "FRA", "rep": 36, "i": 127, "a": 1688, "mp": 644},
    ],
}


def card_text_of(message: bytes, *, raw: bool = False) -> str:
    """Return the text of a vaccination card with this COSE message, as zlib or as raw deflate."""
    packer = zlib.compressobj(9, wbits=-15 if raw else 15)
    return "VC1:" + str(b45encode(packer.compress(message) + packer.flush()), "ascii")


def card_claims_of(payload: Any = CARD, **claims: Any) -> dict[Any, Any]:
    """Return the claim set of a vaccination card; `c1`, `c4` and so on as in `claims_of`."""
    return claims_of(**claims) | {-260: payload}


def text_of(message: bytes) -> str:
    """Return the text of a code with this COSE message."""
    return "HC1:" + str(b45encode(zlib.compress(message, 9)), "ascii")


def claims_of(payload: Any = DCC, **claims: Any) -> dict[Any, Any]:
    """Return a claim set; `c1`, `c4` and so on replace claims, and None leaves a claim out."""
    items: dict[Any, Any] = {1: "VN", 4: int(EXPIRY.timestamp()), 6: int(NOW.timestamp()), -260: {1: payload}}
    items |= {int(name[1:]): value for name, value in claims.items()}
    return {key: value for key, value in items.items() if value is not None}


def payload_of(record: Any) -> dict[int, Any]:
    """Return claim -260 for a record, without the checks of an issuer."""
    if isinstance(record, hcert.CitizenRecord):
        return {-1405: citizen_to_wire(record)}
    if isinstance(record, hcert.EuDcc):
        return {1: to_wire(record)}
    return {-6: icvp_encode.encode(record)}


@dataclass(frozen=True)
class Handmade:
    """A COSE_Sign1 message of which every part can be replaced."""

    signer: DocumentSigner
    claims: Any = field(default_factory=claims_of)
    protected: Any = None
    unprotected: Any = field(default_factory=dict)
    payload: bytes | None = None
    tag: int | None = 18
    outer_tag: int | None = None

    @property
    def message(self) -> bytes:
        """The signed message."""
        headers = {1: self.signer.key.algorithm, 4: self.signer.key.kid} if self.protected is None else self.protected
        protected = headers if isinstance(headers, bytes) else cbor2.dumps(headers) if headers else b""
        payload = cbor2.dumps(self.claims) if self.payload is None else self.payload
        signature = sign(self.signer.private_key, cbor2.dumps(["Signature1", protected, b"", payload]))
        item: Any = [protected, self.unprotected, payload, signature]
        for tag in (self.tag, self.outer_tag):
            item = item if tag is None else cbor2.CBORTag(tag, item)
        return cbor2.dumps(item)

    @property
    def text(self) -> str:
        """The message as the text of a code."""
        return text_of(self.message)


def sign_unchecked(signer: DocumentSigner, record: Any) -> str:
    """Return the text of a code for a record that an issuer would refuse, such as one dated ahead."""
    return Handmade(signer, claims=claims_of() | {-260: payload_of(record)}).text
