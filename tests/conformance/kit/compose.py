"""Codes put together by hand, so that they can be put together wrongly: CBOR pieces, messages, texts.

What is inflated stands in stored blocks, so that no version of zlib changes a vector; the few that compress are constants.
"""

from __future__ import annotations

import datetime as dt
import zlib
from typing import Any

import cbor2

from kit.keys import Signer, dsc

CLOCK = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
NOW = int(CLOCK.timestamp())
DAY = 86_400
EXPIRY = NOW + 365 * DAY
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

DOSE: dict[str, Any] = {
    "tg": "840539006", "vp": "1119349007", "mp": "EU/1/20/1528", "ma": "ORG-100030215", "dn": 2, "sd": 2,
    "dt": "2026-04-01", "co": "VN", "is": "Ministry of Health", "ci": "URN:UVCI:01:VN:5B1CF2A08E4D4A1C9A3D7E60F2B84C11",
}  # fmt: skip
TEST: dict[str, Any] = {
    "tg": "840539006", "tt": "LP6464-4", "nm": "RT-PCR", "sc": "2026-05-30T01:15:00Z", "tr": "260415000",
    "tc": "Bach Mai Hospital", "co": "VN", "is": "Ministry of Health", "ci": "URN:UVCI:01:VN:AA11BB22CC33DD44",
}  # fmt: skip
RECOVERY: dict[str, Any] = {
    "tg": "840539006", "fr": "2026-02-01", "df": "2026-02-12", "du": "2026-08-01", "co": "VN",
    "is": "Ministry of Health", "ci": "URN:UVCI:01:VN:DD44EE55FF66AA77",
}  # fmt: skip
NAMES: dict[str, Any] = {"fn": "Nguyễn", "gn": "Thị Ánh", "fnt": "NGUYEN", "gnt": "THI<ANH"}


def dcc(group: str = "v", event: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Return an EU DCC payload with one event; None leaves a member out."""
    events = {"v": DOSE, "t": TEST, "r": RECOVERY}
    payload = {"ver": "1.3.0", "nam": NAMES, "dob": "1990-05-17", group: [event or events[group]]} | changes
    return {name: value for name, value in payload.items() if value is not None}


def claims(payload: Any = None, *, subclaim: int = 1, **changes: Any) -> dict[Any, Any]:
    """Return a claim set; `c4` replaces a claim, None leaves it out, a value under `extra` is added as it is."""
    items: dict[Any, Any] = {1: "VN", 4: EXPIRY, 6: NOW - DAY, -260: {subclaim: dcc() if payload is None else payload}}
    items |= {int(name[1:].replace("_", "-")): value for name, value in changes.items()}
    return {key: value for key, value in items.items() if value is not None}


def message(
    content: Any = None,
    *,
    by: Signer | None = None,
    protected: Any = None,
    unprotected: Any = None,
    signature: bytes | None = None,
    tag: bytes = b"\xd2",
) -> bytes:
    """Return a COSE_Sign1 message; `content` is a claim set, or bytes as they are to be signed."""
    who = by or dsc()
    headers = {1: who.algorithm, 4: who.kid} if protected is None else protected
    header = headers if isinstance(headers, bytes) else cbor2.dumps(headers) if headers else b""
    payload = content if isinstance(content, bytes) else cbor2.dumps(claims() if content is None else content)
    signed = who.sign(to_be_signed(header, payload)) if signature is None else signature
    outside = unprotected if isinstance(unprotected, bytes) else cbor2.dumps(unprotected or {})
    return tag + b"\x84" + cbor2.dumps(header) + outside + cbor2.dumps(payload) + cbor2.dumps(signed)


def to_be_signed(header: bytes, payload: bytes) -> bytes:
    """Return the Sig_structure (RFC 9052 section 4.4)."""
    return cbor2.dumps(["Signature1", header, b"", payload])


def stored(data: bytes) -> bytes:
    """Return a zlib stream of stored blocks (RFC 1950, RFC 1951 section 3.2.4)."""
    blocks = [data[at : at + 65_535] for at in range(0, len(data), 65_535)] or [b""]
    body = b"".join(
        bytes([number == len(blocks) - 1])
        + len(block).to_bytes(2, "little")
        + (len(block) ^ 0xFFFF).to_bytes(2, "little")
        + block
        for number, block in enumerate(blocks)
    )
    return b"\x78\x01" + body + zlib.adler32(data).to_bytes(4)


def base45(data: bytes) -> str:
    """Encode by RFC 9285."""
    letters = []
    for at in range(0, len(data) - 1, 2):
        number = data[at] * 256 + data[at + 1]
        letters += [number % 45, number // 45 % 45, number // 2025]
    if len(data) % 2:
        letters += [data[-1] % 45, data[-1] // 45]
    return "".join(ALPHABET[letter] for letter in letters)


def text(data: bytes) -> str:
    """Return the text of a code for a message."""
    return "HC1:" + base45(stored(data))
