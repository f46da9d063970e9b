"""PEM text (RFC 7468) around a certificate."""

from __future__ import annotations

import binascii
from typing import Final

from hcert.errors import ConfigurationError
from hcert.fragments import fragment

_MARK: Final = b"-----BEGIN "
_BEGIN: Final = b"-----BEGIN CERTIFICATE-----"
_END: Final = b"-----END CERTIFICATE-----"


def encode_text(data: bytes | str) -> bytes:
    """Return PEM text or a password as bytes; half a surrogate pair becomes bytes that match nothing.

    Raises:
        ConfigurationError: `key.not_bytes` for anything else, such as the path of a file.
    """
    if isinstance(data, str):
        return data.encode("utf-8", "surrogatepass")
    if not isinstance(data, bytes):
        raise ConfigurationError.of("key.not_bytes", given=type(data).__name__)
    return data


def is_pem(data: bytes) -> bool:
    """Return whether `data` is PEM of any kind; otherwise it may be DER."""
    return _MARK in data


def count_certificates(data: bytes) -> int:
    """Return how many certificates a PEM text holds; 0 for DER."""
    return data.count(_BEGIN)


def decode_certificate(data: bytes) -> bytes:
    """Return the DER of the first certificate in PEM text, or `data` itself if it is not PEM.

    Text before and after the PEM block is ignored.

    Raises:
        ValueError: the PEM text holds no certificate, has no end line, or is not valid Base64.
    """
    if not count_certificates(data):
        if is_pem(data):
            raise ValueError(fragment("certificate.none"))
        return data
    body = data.partition(_BEGIN)[2]
    encoded, end, _ = body.partition(_END)
    if not end:
        raise ValueError(fragment("certificate.pem_end"))
    return binascii.a2b_base64(b"".join(encoded.split()), strict_mode=True)
