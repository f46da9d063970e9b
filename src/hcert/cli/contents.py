"""What a file is, so that an error can say it: most unusable files are good ones in the wrong place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization

if TYPE_CHECKING:
    from collections.abc import Callable

FULL_LIST_MAGIC: Final = b"HCERTDOC"
DOCUMENT_MAGIC: Final = b"\xd8\x62"  # COSE_Sign under tag 98
PICTURES: Final = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"RIFF": "WebP",
}
_BEGINNINGS: Final = {
    FULL_LIST_MAGIC: "a signed list",
    DOCUMENT_MAGIC: "a signed list",
    b"%PDF-": "a PDF",
    b"HC1:": "the text of a code",
    b"VC1:": "the text of a code",
    b"{": "JSON",
    b"[": "JSON",
    **{magic: f"a {name} picture" for magic, name in PICTURES.items()},
}
PRIVATE_KEY: Final = "a private key"
CERTIFICATE: Final = "a certificate"
PUBLIC_KEY: Final = "a public key"
PUBLIC_KEY_OR_CERTIFICATE: Final = "a public key or a certificate"
_PEM: Final = {
    "CERTIFICATE": CERTIFICATE,
    "PUBLIC KEY": PUBLIC_KEY,
    "CERTIFICATE REQUEST": "a certificate request",
    "NEW CERTIFICATE REQUEST": "a certificate request",
}
_DER: Final[dict[str, Callable[[bytes], object]]] = {
    CERTIFICATE: x509.load_der_x509_certificate,
    PUBLIC_KEY: serialization.load_der_public_key,
    PRIVATE_KEY: lambda data: serialization.load_der_private_key(data, None),
    "a certificate request": x509.load_der_x509_csr,
}


def find_picture_format(data: bytes) -> str | None:
    """Return the format of a picture by its first bytes."""
    return next((name for magic, name in PICTURES.items() if data.startswith(magic)), None)


def recognise(data: bytes) -> str | None:
    """Return what a file is, as a noun with its article; None if it looks like nothing known."""
    if not data:
        return "an empty file"
    if found := re.search(rb"-----BEGIN ([A-Z0-9 ]{1,64})-----", data):
        label = found[1].decode()
        return PRIVATE_KEY if label.endswith("PRIVATE KEY") else _PEM.get(label, "a PEM file of another kind")
    for beginning, name in _BEGINNINGS.items():
        if data.lstrip().startswith(beginning):
            return name
    return next((name for name, load in _DER.items() if _can_load(load, data)), None)


def _can_load(load: Callable[[bytes], object], data: bytes) -> bool:
    try:
        load(data)
    except Exception:  # noqa: BLE001 - the library raises various types
        return False
    return True
